/* Metering: calls, and what the secrets held, by month. */
#include <stdlib.h>

#include "store/txn.h"

static int add(struct txn *t, const struct usage_row *calls, size_t n_calls,
               const struct usage_held *held, size_t n_held, int64_t counted_us,
               int64_t *out_secrets)
{
  int rc = 0;

  for (size_t i = 0; rc == 0 && i < n_calls; i++)
    rc = txn_exec(t, SQL_USAGE_CALL_ADD, arg_int(calls[i].month),
                  arg_text(calls[i].principal), arg_text(calls[i].action),
                  arg_int(calls[i].calls));
  for (size_t i = 0; rc == 0 && i < n_held; i++)
    rc = txn_exec(t, SQL_USAGE_HELD_ADD, arg_int(held[i].month),
                  arg_int(held[i].secret_s));
  if (rc == 0)
    rc = txn_int(t, SQL_USAGE_SECRETS, NULL, 0, out_secrets);
  if (rc == 0)
    rc = txn_exec(t, SQL_USAGE_MARK_PUT, arg_int(counted_us),
                  arg_int(*out_secrets));
  return rc;
}

int store_usage_add(struct store *s, const struct usage_row *calls,
                    size_t n_calls, const struct usage_held *held,
                    size_t n_held, int64_t counted_us, int64_t *out_secrets,
                    struct err *e)
{
  struct txn t;
  int64_t secrets = 0;
  int rc = txn_begin_soon(s, &t, e);

  if (rc == 0)
    rc = add(&t, calls, n_calls, held, n_held, counted_us, &secrets);
  rc = txn_finish(&t, rc);
  if (rc == 0)
    *out_secrets = secrets;
  return rc;
}

int store_usage_mark(struct store *s, struct usage_mark *out, struct err *e)
{
  struct usage_mark mark = {0};
  struct txn t;
  struct rows r;
  int rc = txn_begin(s, false, &t, e);

  if (rc != 0)
    return rc;
  rc = rows_open_args(&r, &t, SQL_USAGE_MARK_GET, NULL, 0);
  if (rc == 0 && (rc = rows_next(&r)) > 0) {
    mark.counted_us = row_int(&r);
    mark.secrets = row_int(&r);
    rc = 0;
  }
  rc = txn_finish(&t, rows_close(&r, rc));
  if (rc == 0)
    *out = mark;
  return rc;
}

int store_usage_held(struct store *s, int64_t month, int64_t *out_secret_s,
                     struct err *e)
{
  struct txn t;
  int64_t secret_s = 0;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = txn_int(&t, SQL_USAGE_HELD_GET, SQL_ARGS(arg_int(month)), &secret_s);
  rc = txn_finish(&t, rc == -ERR_NOT_FOUND ? 0 : rc);
  if (rc == 0)
    *out_secret_s = secret_s;
  return rc;
}

static int list(struct txn *t, int64_t month, const struct usage_row *after,
                size_t max, struct usage_row *out, size_t *out_n)
{
  struct rows r;
  size_t n = 0;
  int rc = rows_open(&r, t, SQL_USAGE_CALL_LIST, arg_int(month),
                     arg_text(after == NULL ? "" : after->principal),
                     arg_text(after == NULL ? "" : after->action),
                     arg_int((int64_t)max));

  while (rc == 0 && n < max && (rc = rows_next(&r)) > 0) {
    out[n].month = month;
    row_array(&r, out[n].principal);
    row_array(&r, out[n].action);
    out[n++].calls = row_int(&r);
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_usage_list(struct store *s, int64_t month,
                     const struct usage_row *after, size_t max,
                     struct usage_row **out_rows, size_t *out_n, struct err *e)
{
  struct usage_row *out = calloc(max + 1, sizeof *out);
  struct txn t;
  int rc;

  if (out == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = txn_begin(s, false, &t, e);
  if (rc == 0)
    rc = list(&t, month, after, max, out, out_n);
  rc = txn_finish(&t, rc);
  if (rc != 0) {
    free(out);
    return rc;
  }
  *out_rows = out;
  return 0;
}
