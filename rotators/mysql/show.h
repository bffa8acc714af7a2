/* show.h - reads what SHOW CREATE USER prints. */
#ifndef MYSQL_SHOW_H
#define MYSQL_SHOW_H
#include <stdbool.h>

#include "connect.h"

/* What a session's own account says of itself. */
struct own_account {
  const char *plugin;    /* the host's, until the step returns */
  bool has_alternatives; /* MariaDB's OR */
};

int show_own_account(struct db *own, struct own_account *out);

/* The clauses of an account behind its password (REQUIRE, WITH, …), to be
 * given to its twin; "" if there are none.  The host's memory. */
int show_clauses(struct db *admin, const char *user, const char *host,
                 const char **out_clauses);

#endif
