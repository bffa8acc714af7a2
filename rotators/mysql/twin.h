/* twin.h - one account of the pair's next user, made like its model. */
#ifndef MYSQL_TWIN_H
#define MYSQL_TWIN_H
#include "account.h"
#include "twins.h"

/* KT_CONFIG unless all that the model may do comes from the role. */
int twin_require_model(struct db *admin, const struct account *model,
                       const char *role);

/* The account of `name` at the model's host takes `password`, with the model's
 * TLS demands and limits and the role by default.  `twin` is NULL where there
 * is none yet. */
int twin_set(struct db *admin, const struct account *model,
             const struct account *twin, const char *name, const char *role,
             const char *password);

/* KT_BUSY while sessions of this user are open, if the admin can see. */
int twin_require_idle(struct db *admin, const char *name);

#endif
