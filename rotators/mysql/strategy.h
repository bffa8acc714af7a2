/* strategy.h - what the strategies do alike. */
#ifndef MYSQL_STRATEGY_H
#define MYSQL_STRATEGY_H
#include "account.h"

/* create_secret of a rotator whose user name stays: a new password. */
int strategy_create(struct kt_step *step);

/* test_secret: logs in with the stage, into its database, and, with an admin,
 * looks at each declared account.  `also` (or NULL) checks more over the same
 * session. */
int strategy_test(struct kt_step *step, int (*also)(struct db *own));

/* With an admin: does each declared account take this login's password? */
int strategy_test_accounts(struct kt_step *step, const struct login *login);

/* KT_CONFIG if the secret declares more hosts than a user can change itself. */
int strategy_require_one_host(struct kt_step *step, const struct login *login);

#endif
