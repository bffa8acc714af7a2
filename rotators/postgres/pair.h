/* pair.h - what the catalogs say of an owner and its two logins. */
#ifndef POSTGRES_PAIR_H
#define POSTGRES_PAIR_H
#include <stdbool.h>

#include "connect.h"
#include "twins.h"

struct pair {
  bool next_exists;
  bool owner_can_login;
};

/* Reads, over the admin's session, and refuses a pair that is none: KT_MISSING
 * without the owner or the current login, KT_CONFIG for roles that do not
 * belong together.  Without this, whoever may write the secret could have the
 * admin hand him any role. */
int pair_read(struct db *admin, const char *current, const struct twins *twins,
              struct pair *out);

/* Lines for a DBA about objects and logins that are where they should not
 * be. */
int pair_warn(struct db *admin, const struct twins *twins);

/* KT_BUSY while sessions of this login are open. */
int pair_require_idle(struct db *admin, const char *login);

#endif
