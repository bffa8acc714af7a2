/* Transactions and rows over the driver's vtable. */
#include "store/txn.h"

#include <stdlib.h>

static int begin(struct store *s, enum access access, struct txn *t,
                 struct err *e)
{
  *t =
      (struct txn){.driver = s->driver, .write = access != ACCESS_READ, .e = e};
  return s->driver->acquire(s->db, access, &t->conn, e);
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
  if (rc == 0 && t->write)
    rc = t->driver->commit(t->conn, t->e);
  t->driver->release(t->conn);
  t->conn = NULL;
  return rc;
}

int txn_exec_args(struct txn *t, enum sql_id id, const struct sql_arg *args,
                  size_t n)
{
  struct stmt *stmt;
  int rc = t->driver->run(t->conn, id, args, n, &stmt, t->e);

  if (rc != 0)
    return rc;
  rc = t->driver->next(stmt, t->e);
  t->driver->done(stmt);
  if (rc < 0)
    return rc;
  t->changed = t->driver->changed(t->conn);
  return 0;
}

int rows_open_args(struct rows *r, struct txn *t, enum sql_id id,
                   const struct sql_arg *args, size_t n)
{
  *r = (struct rows){.t = t};
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
  return r->t->driver->next(r->stmt, r->t->e);
}

int rows_close(struct rows *r, int rc)
{
  if (r->stmt != NULL)
    r->t->driver->done(r->stmt);
  r->stmt = NULL;
  return r->bad && rc >= 0 ? bad_row(r) : rc;
}

int64_t row_int(struct rows *r)
{
  return r->t->driver->get_int(r->stmt, r->column++);
}

size_t row_bytes(struct rows *r, void *out, size_t size)
{
  size_t len;
  const void *p = r->t->driver->get_bytes(r->stmt, r->column++, &len);

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
  const void *p = r->t->driver->get_bytes(r->stmt, r->column++, &len);
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
