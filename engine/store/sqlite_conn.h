/* Inside the SQLite driver: its connections and its errors. */
#ifndef STORE_SQLITE_CONN_H
#define STORE_SQLITE_CONN_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "store/driver.h"

#define SQLITE_STORE_ID "1265914740" /* "KtSt": PRAGMA application_id */

struct stmt {
  sqlite3_stmt *sqlite; /* prepared at first use */
  struct conn *conn;
  bool is_open;
};

struct conn {
  struct db *db;
  sqlite3 *sqlite;
  bool writes, in_txn, failed;
  bool syncs_later; /* the writer: commits wait for no disk */
  uint64_t seen;    /* change count before the read transaction began */
  struct conn *next;
  struct stmt stmts[SQL_COUNT];
};

struct db {
  char *path, *final_path; /* final_path: while it is being created */
  int lock_fd;
  pthread_mutex_t writing, pool;
  pthread_cond_t returned;
  struct conn *writer;
  struct conn *idle; /* a stack: the warmest cache first */
  int readers;
  int wal_pages;
  _Atomic uint64_t changes;
  _Atomic bool stopped;
};

/* SQLite's extended code to ours, with a text that says what to do. */
int sqlite_fail(struct conn *c, int rc, struct err *e);
bool sqlite_sync_failed(int rc);
/* Statements without rows. */
int sqlite_exec(struct conn *c, const char *sql, struct err *e);
/* A connection to db->path that is set up for its part; ERR_CORRUPT when the
 * file is no store, unless it is being made.  *out: returned, freed by
 * sqlite_conn_free. */
int sqlite_conn_new(struct db *db, bool writes, struct conn **out,
                    struct err *e);
void sqlite_conn_free(struct conn *c);
/* Undoes the transaction, where there is one. */
void sqlite_end_txn(struct conn *c);

#endif
