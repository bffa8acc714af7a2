/* What a database must do for the store: connections that hold one
 * transaction at a time, and the statements of store/sql.h.
 *
 * A driver knows nothing of secrets.  Errors come as ERR_FULL, ERR_IO,
 * ERR_CORRUPT, ERR_BUSY, ERR_NOMEM, ERR_EXISTS (a unique index) or
 * ERR_INTERNAL, with a text that says what to do.
 */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/sql.h"

struct db;
struct conn;
struct stmt;

enum sql_type { SQL_NULL, SQL_INT, SQL_TEXT, SQL_BLOB };

struct sql_arg {
  enum sql_type type;
  int64_t num;
  const void *data; /* borrowed until the statement is closed */
  size_t len;
};

enum access {
  ACCESS_READ,
  ACCESS_WRITE,
  /* Durable with the next ACCESS_WRITE at the latest, and never without what
   * was committed before.  It may be lost only where all who use the store are
   * lost with it, as by a power cut under an embedded one: a driver that cannot
   * promise that makes it durable at once. */
  ACCESS_WRITE_SOON
};

struct driver {
  const char *id_column;
  /* No other process can have it open: open takes a lock. */
  bool is_alone;

  /* Makes an empty database that nobody sees until publish; ERR_EXISTS.  *out:
   * returned, freed by close. */
  int (*create)(const char *where, struct db **out, struct err *e);
  /* Closes it and gives it its name, durably.  Takes db. */
  int (*publish)(struct db *db, struct err *e);
  /* ERR_NOT_FOUND, ERR_BUSY (another process has it), ERR_CORRUPT (not ours).
   * *out: returned, freed by close. */
  int (*open)(const char *where, struct db **out, struct err *e);
  void (*close)(struct db *db);

  /* A connection with a transaction begun; waits for its turn.  A reader sees
   * every commit that returned before, and none that returns after.  *out:
   * returned by release. */
  int (*acquire)(struct db *db, enum access access, struct conn **out,
                 struct err *e);
  /* Of a reader: the change count of its state, or a lower one. */
  uint64_t (*seen)(struct conn *conn);
  int (*commit)(struct conn *conn, struct err *e);
  /* Undoes what was not committed. */
  void (*release)(struct conn *conn);

  /* Many statements at once, for migrations. */
  int (*script)(struct conn *conn, const char *sql, struct err *e);
  /* One run of a statement, which must be closed before it is run again on
   * the same connection. */
  int (*run)(struct conn *conn, enum sql_id id, const struct sql_arg *args,
             size_t n, struct stmt **out, struct err *e);
  /* 1: a row; 0: no more. */
  int (*next)(struct stmt *stmt, struct err *e);
  int (*columns)(struct stmt *stmt);
  /* Texts and blobs: borrowed until next or done. */
  void (*get)(struct stmt *stmt, int column, struct sql_arg *out);
  int64_t (*get_int)(struct stmt *stmt, int column);
  /* Borrowed until next or close; NULL: null. */
  const void *(*get_bytes)(struct stmt *stmt, int column, size_t *out_len);
  void (*done)(struct stmt *stmt);
  /* Rows changed by the last statement. */
  int64_t (*changed)(struct conn *conn);

  uint64_t (*change_count)(struct db *db);
  int (*check)(struct db *db, struct err *e);
};

extern const struct driver driver_sqlite;

#endif
