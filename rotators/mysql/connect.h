/* connect.h - one session with a server, every wait bounded by the step. */
#ifndef MYSQL_CONNECT_H
#define MYSQL_CONNECT_H
#include <stdbool.h>

#include <mysql.h>

#include "fields.h"
#include "server.h"

/* {0} is a closed one. */
struct db {
  struct kt_step *step;      /* borrowed */
  const struct login *login; /* borrowed until db_close */
  MYSQL *conn;
  struct watchdog *watchdog;
  struct server server;
  bool is_private;  /* TLS, a Unix socket or loopback: not to be overheard */
  bool is_expired;  /* logged in only to change its password */
  bool has_mutated; /* the host knows that the target may have changed */
};

enum db_open_flag {
  DB_WITH_DATABASE = 1, /* log in to the secret's dbname */
  DB_EVEN_EXPIRED = 2   /* take a session that can only change its password */
};

/* Logs in and prepares the session.  KT_AUTH: the password was refused. */
int db_open(struct kt_step *step, const struct login *login, unsigned flags,
            struct db *out);
void db_close(struct db *db);

/* KT_CONFIG on a server that takes no changes, such as a replica. */
int db_require_primary(struct db *db);

/* A statement that reads.  *out_result is returned: mysql_free_result. */
int db_query(struct db *db, const char *sql, MYSQL_RES **out_result);
/* A statement about the session alone. */
int db_execute(struct db *db, const char *sql);

/* A statement that changes the target: tells the host first, shows none of
 * the server's text (it may quote the statement), and is KT_AMBIGUOUS when
 * nobody knows whether it took effect. */
int db_change(struct db *db, const char *sql);

#endif
