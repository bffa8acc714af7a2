/* The wrapped KMS keys. */
#include "store/txn.h"

static int key_is_new(struct txn *t, const struct kms_key_row *row)
{
  char other[37];
  int rc = txn_text(t, SQL_KEY_BY_ALIAS, SQL_ARGS(arg_text(row->alias)), other,
                    sizeof other);

  if (rc == -ERR_NOT_FOUND)
    return 0;
  return rc != 0 ? rc
                 : err_set(t->e, ERR_EXISTS, "%s is the alias of key %s.",
                           row->alias, other);
}

int store_kms_key_insert(struct store *s, const struct kms_key_row *row,
                         struct err *e)
{
  struct txn t;
  int64_t n = 0;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_int(&t, SQL_KEY_COUNT, NULL, 0, &n);
  if (rc == 0 && n >= STORE_KEYS_MAX)
    rc = err_set(e, ERR_LIMIT, "A store has no more than %d KMS keys.",
                 STORE_KEYS_MAX);
  if (rc == 0)
    rc = key_is_new(&t, row);
  if (rc == 0)
    rc = txn_exec(&t, SQL_KEY_PUT, arg_text(row->key_id), arg_text(row->alias),
                  arg_text(row->description),
                  arg_blob(row->wrapped, row->wrapped_len),
                  arg_int(row->created_us));
  return txn_finish(&t, rc);
}

int store_kms_key_by_alias(struct store *s, const char *alias,
                           char out_key_id[37], struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = txn_text(&t, SQL_KEY_BY_ALIAS, SQL_ARGS(arg_text(alias)), out_key_id,
                  37);
  if (rc == -ERR_NOT_FOUND)
    rc = err_set(e, ERR_NOT_FOUND, "no KMS key has the alias %s", alias);
  return txn_finish(&t, rc);
}

static int key_list(struct txn *t, struct kms_key_row *out, size_t max,
                    size_t *out_n)
{
  struct rows r;
  size_t n = 0;
  int rc = rows_open_args(&r, t, SQL_KEY_LIST, NULL, 0);

  while (rc == 0 && (rc = rows_next(&r)) > 0) {
    if (n == max) {
      rc =
          err_set(t->e, ERR_LIMIT, "the store has more than %zu KMS keys", max);
      break;
    }
    row_array(&r, out[n].key_id);
    row_array(&r, out[n].alias);
    row_array(&r, out[n].description);
    out[n].wrapped_len = row_bytes(&r, out[n].wrapped, sizeof out[n].wrapped);
    out[n++].created_us = row_int(&r);
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_kms_key_list(struct store *s, struct kms_key_row *out, size_t max,
                       size_t *out_n, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = key_list(&t, out, max, out_n);
  return txn_finish(&t, rc);
}
