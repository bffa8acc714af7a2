/* Access keys: two of a user, so that one can take over from the other. */
#include "store/iam_txn.h"

static int key_missing(struct txn *t, const char *access_key_id)
{
  return err_set(t->e, ERR_NO_ENTITY,
                 "The Access Key with id %.128s cannot be found.",
                 access_key_id);
}

static void key_read(struct rows *r, struct iam_key *out)
{
  row_array(r, out->access_key_id);
  out->user_id = row_int(r);
  out->active = row_int(r) != 0;
  out->created_us = row_int(r);
  out->used_us = row_int(r);
  out->sealed_len = row_bytes(r, out->sealed, sizeof out->sealed);
}

int store_iam_key_insert(struct store *s, const struct iam_key *key,
                         struct err *e)
{
  struct txn t;
  int64_t n = 0;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_int(&t, SQL_IAM_KEY_COUNT, SQL_ARGS(arg_int(key->user_id)), &n);
  if (rc == 0 && n >= IAM_KEYS)
    rc = err_set(e, ERR_LIMIT, "Cannot exceed quota for AccessKeysPerUser: %d",
                 IAM_KEYS);
  if (rc == 0)
    rc = txn_exec(&t, SQL_IAM_KEY_PUT, arg_text(key->access_key_id),
                  arg_int(key->user_id), arg_int(key->active),
                  arg_int(key->created_us), arg_int(key->used_us),
                  arg_blob(key->sealed, key->sealed_len));
  return txn_finish(&t, rc);
}

static int find(struct txn *t, const char *access_key_id, struct iam_key *out)
{
  struct rows r;
  int rc = rows_open(&r, t, SQL_IAM_KEY_FIND, arg_text(access_key_id));

  if (rc == 0 && (rc = rows_next(&r)) > 0)
    key_read(&r, out);
  else if (rc == 0)
    rc = key_missing(t, access_key_id);
  rc = rows_close(&r, rc);
  return rc > 0 ? 0 : rc;
}

int store_iam_key_find(struct store *s, const char *access_key_id,
                       struct iam_key *out, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = find(&t, access_key_id, out);
  return txn_finish(&t, rc);
}

static int list(struct txn *t, int64_t user_id, struct iam_key *out,
                size_t *out_n)
{
  struct rows r;
  size_t n = 0;
  int rc = rows_open(&r, t, SQL_IAM_KEY_LIST, arg_int(user_id));

  while (rc == 0 && n < IAM_KEYS && (rc = rows_next(&r)) > 0) {
    key_read(&r, &out[n++]);
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_iam_key_list(struct store *s, int64_t user_id,
                       struct iam_key out[IAM_KEYS], size_t *out_n,
                       struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = list(&t, user_id, out, out_n);
  return txn_finish(&t, rc);
}

int store_iam_key_activate(struct store *s, int64_t user_id,
                           const char *access_key_id, bool active,
                           struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_IAM_KEY_ACTIVE, arg_int(user_id),
                  arg_text(access_key_id), arg_int(active));
  if (rc == 0 && t.changed == 0)
    rc = key_missing(&t, access_key_id);
  return txn_finish(&t, rc);
}

int store_iam_key_remove(struct store *s, int64_t user_id,
                         const char *access_key_id, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_IAM_KEY_REMOVE, arg_int(user_id),
                  arg_text(access_key_id));
  if (rc == 0 && t.changed == 0)
    rc = key_missing(&t, access_key_id);
  return txn_finish(&t, rc);
}

int store_iam_key_touch(struct store *s, const char *access_key_id,
                        int64_t day_us, struct err *e)
{
  struct txn t;
  int rc = txn_begin_soon(s, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_IAM_KEY_TOUCH, arg_text(access_key_id),
                  arg_int(day_us));
  return txn_finish(&t, rc);
}
