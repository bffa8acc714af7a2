/* Rows of secrets, kept in memory from one read to the next: the page cache of
 * a database costs ten times as much to ask.  What is kept is what the
 * database has: values are sealed.
 *
 * A kept result belongs to one secret (or a replica and its primary) and is
 * good until something about that secret is committed.  Commits are numbered by
 * the driver's change count.  A writer marks the secrets it touched with the
 * number that its commit will get, before it commits; a result that was read at
 * number r is used at number s only when its secret's mark is not above either.
 * So within a transaction kept results and the rows read beside them are of one
 * state.
 *
 * Which statement reads or touches what is said in one table (cache.c).  One
 * that is not in it is never kept, and touches everything when it writes.
 * Thread-safe.
 */
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include "base/buf.h"
#include "store/driver.h"

#define CACHE_KEY_MAX    1024
#define CACHE_RESULT_MAX (128 * 1024) /* larger ones are not kept */
#define TOUCHED_MAX      8

struct cache;

/* Rows of one run of a statement, written by cached_add_row and read by
 * cached_next and cached_column.  Immutable once it is kept; counted. */
struct cached;

int cache_new(size_t max_bytes, struct cache **out, struct err *e);
void cache_free(struct cache *c);
/* 0: nothing is kept. */
void cache_resize(struct cache *c, size_t max_bytes);

struct cache_key {
  enum sql_id id;
  uint64_t hash;
  size_t len;
  unsigned char bytes[CACHE_KEY_MAX];
};

/* false: results of this statement are not kept. */
bool cache_key_make(enum sql_id id, const struct sql_arg *args, size_t n,
                    struct cache_key *out);

/* A reference, cached_put; NULL: there is none that is good at `seen`. */
struct cached *cache_find(struct cache *c, const struct cache_key *key,
                          uint64_t seen);
/* Takes a reference of its own if it keeps it. */
void cache_keep(struct cache *c, const struct cache_key *key, uint64_t seen,
                struct cached *x);
void cached_put(struct cached *x);

/* *out: a reference, cached_put. */
int cached_new(struct cached **out, struct err *e);
void cached_begin_row(struct cached *x);
void cached_add(struct cached *x, const struct sql_arg *value);
/* ERR_NOMEM: it did not fit. */
int cached_end(struct cached *x, struct err *e);

/* Where one reader is. */
struct cached_at {
  size_t at, row_end;
};
/* To the next row; false: there is none. */
bool cached_next(const struct cached *x, struct cached_at *at);
/* The next column; texts and blobs are borrowed from x, with a NUL behind. */
void cached_column(const struct cached *x, struct cached_at *at,
                   struct sql_arg *out);

/* The secrets that a transaction has touched. */
struct touched {
  int64_t ids[TOUCHED_MAX];
  size_t n;
  bool all;
};

/* A statement that is run in a writing transaction. */
void touched_add(struct touched *t, enum sql_id id, const struct sql_arg *args,
                 size_t n);
/* Before the commit that will have this number; only one at a time. */
void cache_touch(struct cache *c, const struct touched *t, uint64_t number);

#endif
