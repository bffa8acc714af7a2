/* grants.h - what SHOW GRANTS tells. */
#ifndef MYSQL_GRANTS_H
#define MYSQL_GRANTS_H
#include "account.h"

struct grants {
  bool has_role, is_default; /* the role that was asked for */
  const char *direct;        /* the first grant beside it, or NULL */
};

int grants_read(struct db *admin, const struct account *account,
                const char *role, struct grants *out);

/* KT_DENIED if the session has not this right on *.*. */
int grants_require_global(struct db *admin, const char *right);

/* The same as a question; roles that may bring it count as yes. */
int grants_has_global(struct db *admin, const char *right, bool *out_has);

#endif
