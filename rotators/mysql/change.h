/* change.h - the statements that change an account's password. */
#ifndef MYSQL_CHANGE_H
#define MYSQL_CHANGE_H
#include "account.h"

/* The account takes `password` alone (MySQL: a retained one stays). */
int change_password(struct db *admin, const struct account *account,
                    const char *password);

/* The account takes `password` first, and what it took first before as well.
 * Never repeat it blindly: on MySQL a second one pushes the old password out.
 */
int change_retaining(struct db *admin, const struct account *account,
                     const char *password, const struct verifier *old);

/* Nothing but this verifier of the account (MariaDB), or nothing retained
 * (MySQL). */
int change_drop_others(struct db *admin, const struct account *account,
                       const struct verifier *kept);

/* ACCOUNT LOCK, with a password that nobody knows; and the way back. */
int change_lock(struct db *admin, const struct account *account);
int change_unlock(struct db *admin, const struct account *account);

/* The session's own account, with the few rights that it has. */
int change_own_password(struct db *own, const char *password);

/* " IDENTIFIED …" for this password, as this server wants it; `plugin` is the
 * one that the account shall have. */
struct sql;
int change_say_identified(struct db *admin, struct sql *sql, const char *plugin,
                          const char *password);

#endif
