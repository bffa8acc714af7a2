/* connect.h - one session with PostgreSQL, every wait bounded by the step. */
#ifndef POSTGRES_CONNECT_H
#define POSTGRES_CONNECT_H
#include <stdbool.h>

#include <libpq-fe.h>

#include "fields.h"

/* {0} is a closed one. */
struct db {
  struct kt_step *step;      /* borrowed */
  const struct login *login; /* borrowed until db_close */
  PGconn *conn;
  int version; /* 150004, 180000, … */
  bool in_recovery;
  bool commits_late; /* synchronous_commit is off */
  bool in_transaction;
};

/* Logs in and prepares the session: a pg_catalog-only search path and the
 * server's own timeouts.  KT_AUTH: the password was refused. */
int db_open(struct kt_step *step, const struct login *login, struct db *out);
void db_close(struct db *db);
/* Does the login work?  A login and one statement: a pooler may let anybody in
 * until then. */
int db_try(struct kt_step *step, const struct login *login);

/* KT_CONFIG on a standby, whose roles cannot be changed. */
int db_require_primary(struct db *db);

/* One statement, its parameters as text.  *out_result (may be NULL) is
 * returned: PQclear. */
int db_query(struct db *db, const char *sql, int n_values,
             const char *const *values, PGresult **out_result);
/* Statements without parameters; one string may hold several. */
int db_execute(struct db *db, const char *sql);

/* A transaction as the session's own role.  db_close ends an open one. */
int db_begin(struct db *db);
/* KT_AMBIGUOUS when nobody knows whether it was committed. */
int db_commit(struct db *db);

#endif
