/* How replies tell of users, groups, roles, policies and keys. */
#ifndef API_IAM_SHAPE_H
#define API_IAM_SHAPE_H

#include "api/call.h"
#include "store/iam.h"

/* {"Entity": "user/NAME", "Name": …: what every kind has; left open. */
void iam_shape_begin(struct call *c, const struct iam_entity *n);
/* Besides: tags, members, policies, documents. */
int iam_shape_more(struct call *c, const struct iam_entity *n);
/* One access key, without its secret; left open. */
void iam_shape_key(struct call *c, const struct iam_entity *user,
                   const struct iam_key *key);

#endif
