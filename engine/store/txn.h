/* Inside the store: a transaction and the rows of a statement, over any
 * driver.
 *
 * A store function is `txn_begin`, its work, `txn_finish(&t, rc)`: 0 commits,
 * anything else undoes everything.  The work returns 0 or a negative code and
 * writes its text into t->e.
 */
#ifndef STORE_TXN_H
#define STORE_TXN_H

#include <string.h>

#include "store/cache.h"
#include "store/driver.h"
#include "store/store.h"

struct store {
  const struct driver *driver;
  struct db *db;
  struct cache *cache; /* NULL: the driver's database is shared with others */
  struct meta_row meta;
};

struct txn {
  const struct driver *driver;
  struct conn *conn; /* NULL: not begun */
  bool write;
  struct err *e;   /* borrowed; may be NULL */
  int64_t changed; /* rows, by the last txn_exec */
  struct cache *cache;
  uint64_t seen;          /* of one that reads: which state */
  struct db *db;          /* of one that writes */
  struct touched touched; /* the same */
};

int txn_begin(struct store *s, bool write, struct txn *t, struct err *e);
/* To write what a power cut may undo until the next txn_begin's commit. */
int txn_begin_soon(struct store *s, struct txn *t, struct err *e);
/* Commits when rc is 0.  Gives rc, or what the commit said. */
int txn_finish(struct txn *t, int rc);

static inline struct sql_arg arg_int(int64_t v)
{
  return (struct sql_arg){SQL_INT, v, NULL, 0};
}

/* NULL is null. */
static inline struct sql_arg arg_text(const char *v)
{
  if (v == NULL)
    return (struct sql_arg){SQL_NULL, 0, NULL, 0};
  return (struct sql_arg){SQL_TEXT, 0, v, strlen(v)};
}

static inline struct sql_arg arg_blob(const void *v, size_t len)
{
  return (struct sql_arg){v == NULL ? SQL_NULL : SQL_BLOB, 0, v, len};
}

#define SQL_ARGS(...)                    \
  (const struct sql_arg[]){__VA_ARGS__}, \
      sizeof((const struct sql_arg[]){__VA_ARGS__}) / sizeof(struct sql_arg)

/* Runs a statement that gives no rows. */
int txn_exec_args(struct txn *t, enum sql_id id, const struct sql_arg *args,
                  size_t n);
#define txn_exec(t, id, ...) txn_exec_args(t, id, SQL_ARGS(__VA_ARGS__))

/* The rows of one run, read from left to right. */
struct rows {
  struct txn *t;
  struct stmt *stmt;     /* NULL: not open, or kept */
  struct cached *cached; /* or the rows as they were kept */
  struct cached_at at;
  int column;
  bool bad; /* a text was longer than its place */
};

int rows_open_args(struct rows *r, struct txn *t, enum sql_id id,
                   const struct sql_arg *args, size_t n);
#define rows_open(r, t, id, ...) rows_open_args(r, t, id, SQL_ARGS(__VA_ARGS__))
/* 1: a row; 0: no more; otherwise an error, ERR_CORRUPT for a row before that
 * did not fit. */
int rows_next(struct rows *r);
/* Gives rc, or ERR_CORRUPT when rc is no error and a row did not fit. */
int rows_close(struct rows *r, int rc);

int64_t row_int(struct rows *r);
void row_text(struct rows *r, char *out, size_t size);
#define row_array(r, array) row_text(r, array, sizeof(array))
size_t row_bytes(struct rows *r, void *out, size_t size);
/* *out: returned, free(); NULL for null.  ERR_NOMEM. */
int row_copy(struct rows *r, unsigned char **out, size_t *out_len);

/* One row with one number; ERR_NOT_FOUND without a text. */
int txn_int(struct txn *t, enum sql_id id, const struct sql_arg *args, size_t n,
            int64_t *out);
/* One row with one text. */
int txn_text(struct txn *t, enum sql_id id, const struct sql_arg *args,
             size_t n, char *out, size_t size);

#endif
