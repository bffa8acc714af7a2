/* Inside iam: principals made of what the store has, counted. */
#ifndef IAM_PRINCIPAL_MAKE_H
#define IAM_PRINCIPAL_MAKE_H

#include <stdatomic.h>

#include "iam/principal.h"
#include "iam/session.h"
#include "store/iam.h"

/* What a const struct principal really is.  Owns all that hangs on it. */
struct held {
  struct principal p; /* first: principal_put finds the whole by it */
  atomic_int references;
  _Atomic int64_t used_day_us; /* the last that was written down */
};

struct held *held_get(struct held *h);

/* With one reference each.  *out: returned, principal_put.  A stored policy
 * that does not parse makes no principal: ERR_CORRUPT. */
int principal_make_root(const char *account, const char *access_key_id,
                        struct held **out, struct err *e);
/* `access_key_id`: "" for none. */
int principal_make_user(const char *account, const struct iam_rights *rights,
                        const char *access_key_id, struct held **out,
                        struct err *e);
/* `policy`: the session's, or NULL when none was passed. */
int principal_make_session(const char *account, const struct iam_rights *rights,
                           const struct session *session, const char *policy,
                           struct held **out, struct err *e);

#endif
