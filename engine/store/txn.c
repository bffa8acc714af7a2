/* Transactions and rows over the driver's vtable. */
#include "store/txn.h"

#include <assert.h>
#include <stdlib.h>

static int begin(struct store *s, enum access access, struct txn *t,
                 struct err *e)
{
  int rc;

  *t = (struct txn){.driver = s->driver,
                    .write = access != ACCESS_READ,
                    .e = e,
                    .cache = s->cache,
                    .db = s->db};
  rc = s->driver->acquire(s->db, access, &t->conn, e);
  if (rc == 0 && !t->write)
    t->seen = s->driver->seen(t->conn);
  return rc;
}

int txn_begin(struct store *s, bool write, struct txn *t, struct err *e)
{
  return begin(s, write ? ACCESS_WRITE : ACCESS_READ, t, e);
}

int txn_begin_soon(struct store *s, struct txn *t, struct err *e)
{
  return begin(s, ACCESS_WRITE_SOON, t, e);
}

int txn_finish(struct txn *t, int rc)
{
  if (t->conn == NULL)
    return rc;
  if (rc == 0 && t->write) {
    if (t->cache != NULL)
      cache_touch(t->cache, &t->touched, t->driver->change_count(t->db) + 1);
    rc = t->driver->commit(t->conn, t->e);
  }
  t->driver->release(t->conn);
  t->conn = NULL;
  return rc;
}

int txn_exec_args(struct txn *t, enum sql_id id, const struct sql_arg *args,
                  size_t n)
{
  struct stmt *stmt;
  int rc;

  touched_add(&t->touched, id, args, n);
  rc = t->driver->run(t->conn, id, args, n, &stmt, t->e);
  if (rc != 0)
    return rc;
  rc = t->driver->next(stmt, t->e);
  t->driver->done(stmt);
  if (rc < 0)
    return rc;
  t->changed = t->driver->changed(t->conn);
  return 0;
}

/* All rows of the statement that is open. */
static int rows_take(struct rows *r, struct cached **out)
{
  const struct driver *d = r->t->driver;
  int columns = d->columns(r->stmt), rc;
  struct cached *x;
  struct sql_arg value;

  rc = cached_new(&x, r->t->e);
  if (rc != 0)
    return rc;
  while ((rc = d->next(r->stmt, r->t->e)) > 0) {
    cached_begin_row(x);
    for (int i = 0; i < columns; i++) {
      d->get(r->stmt, i, &value);
      cached_add(x, &value);
    }
  }
  if (rc == 0)
    rc = cached_end(x, r->t->e);
  if (rc != 0) {
    cached_put(x);
    return rc;
  }
  *out = x;
  return 0;
}

/* From the cache, or into it. */
static int rows_open_kept(struct rows *r, const struct cache_key *key,
                          const struct sql_arg *args, size_t n)
{
  struct txn *t = r->t;
  int rc;

  r->cached = cache_find(t->cache, key, t->seen);
  if (r->cached != NULL)
    return 0;
  rc = t->driver->run(t->conn, key->id, args, n, &r->stmt, t->e);
  if (rc != 0)
    return rc;
  rc = rows_take(r, &r->cached);
  t->driver->done(r->stmt);
  r->stmt = NULL;
  if (rc == 0)
    cache_keep(t->cache, key, t->seen, r->cached);
  return rc;
}

int rows_open_args(struct rows *r, struct txn *t, enum sql_id id,
                   const struct sql_arg *args, size_t n)
{
  struct cache_key key;

  *r = (struct rows){.t = t};
  if (t->write)
    touched_add(&t->touched, id, args, n);
  else if (t->cache != NULL && cache_key_make(id, args, n, &key))
    return rows_open_kept(r, &key, args, n);
  return t->driver->run(t->conn, id, args, n, &r->stmt, t->e);
}

static int bad_row(struct rows *r)
{
  return err_set(r->t->e, ERR_CORRUPT,
                 "a row of the store is larger than any we write");
}

int rows_next(struct rows *r)
{
  r->column = 0;
  if (r->bad)
    return bad_row(r);
  if (r->cached != NULL)
    return cached_next(r->cached, &r->at) ? 1 : 0;
  return r->t->driver->next(r->stmt, r->t->e);
}

int rows_close(struct rows *r, int rc)
{
  if (r->stmt != NULL)
    r->t->driver->done(r->stmt);
  r->stmt = NULL;
  cached_put(r->cached);
  r->cached = NULL;
  return r->bad && rc >= 0 ? bad_row(r) : rc;
}

int64_t row_int(struct rows *r)
{
  struct sql_arg value;

  if (r->cached == NULL)
    return r->t->driver->get_int(r->stmt, r->column++);
  cached_column(r->cached, &r->at, &value);
  assert(value.type == SQL_INT || value.type == SQL_NULL);
  return value.num; /* of null 0, as a driver gives it */
}

static const void *next_bytes(struct rows *r, size_t *out_len)
{
  struct sql_arg value;

  if (r->cached == NULL)
    return r->t->driver->get_bytes(r->stmt, r->column++, out_len);
  cached_column(r->cached, &r->at, &value);
  assert(value.type != SQL_INT);
  *out_len = value.len;
  return value.data;
}

size_t row_bytes(struct rows *r, void *out, size_t size)
{
  size_t len;
  const void *p = next_bytes(r, &len);

  if (p == NULL)
    return 0;
  if (len > size) {
    r->bad = true;
    return 0;
  }
  memcpy(out, p, len);
  return len;
}

void row_text(struct rows *r, char *out, size_t size)
{
  out[row_bytes(r, out, size - 1)] = '\0';
}

int row_copy(struct rows *r, unsigned char **out, size_t *out_len)
{
  size_t len;
  const void *p = next_bytes(r, &len);
  unsigned char *copy = NULL;

  if (p != NULL) {
    copy = malloc(len + 1);
    if (copy == NULL)
      return err_set(r->t->e, ERR_NOMEM, "out of memory");
    memcpy(copy, p, len);
    copy[len] = '\0';
  }
  *out = copy;
  *out_len = p == NULL ? 0 : len;
  return 0;
}

int txn_int(struct txn *t, enum sql_id id, const struct sql_arg *args, size_t n,
            int64_t *out)
{
  struct rows r;
  int rc = rows_open_args(&r, t, id, args, n);

  if (rc == 0 && (rc = rows_next(&r)) > 0)
    *out = row_int(&r);
  else if (rc == 0)
    rc = -ERR_NOT_FOUND;
  rc = rows_close(&r, rc);
  return rc > 0 ? 0 : rc;
}

int txn_text(struct txn *t, enum sql_id id, const struct sql_arg *args,
             size_t n, char *out, size_t size)
{
  struct rows r;
  int rc = rows_open_args(&r, t, id, args, n);

  if (rc == 0 && (rc = rows_next(&r)) > 0)
    row_text(&r, out, size);
  else if (rc == 0)
    rc = -ERR_NOT_FOUND;
  rc = rows_close(&r, rc);
  return rc > 0 ? 0 : rc;
}
