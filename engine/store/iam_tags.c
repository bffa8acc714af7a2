/* Tags of users, roles and policies: what aws:PrincipalTag sees. */
#include "store/iam_txn.h"

int iam_tags_put(struct txn *t, int64_t id, const struct tag *tags, size_t n)
{
  int64_t count = 0;
  int rc = 0;

  for (size_t i = 0; rc == 0 && i < n; i++) {
    rc = txn_exec(t, SQL_IAM_TAG_RESPELL, arg_int(id), arg_text(tags[i].key));
    if (rc == 0)
      rc = txn_exec(t, SQL_IAM_TAG_PUT, arg_int(id), arg_text(tags[i].key),
                    arg_text(tags[i].value));
  }
  if (rc == 0)
    rc = txn_int(t, SQL_IAM_TAG_COUNT, SQL_ARGS(arg_int(id)), &count);
  if (rc == 0 && count > STORE_TAGS)
    rc = err_set(t->e, ERR_LIMIT,
                 "The number of tags has reached the maximum limit: %d",
                 STORE_TAGS);
  return rc;
}

int iam_tags_read(struct txn *t, int64_t id, struct tag *out, size_t max,
                  size_t *out_n)
{
  struct rows r;
  size_t n = 0;
  int rc = rows_open(&r, t, SQL_IAM_TAG_LIST, arg_int(id));

  while (rc == 0 && n < max && (rc = rows_next(&r)) > 0) {
    row_array(&r, out[n].key);
    row_array(&r, out[n].value);
    n++;
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_iam_tag_put(struct store *s, int64_t id, const struct tag *tags,
                      size_t n, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = iam_tags_put(&t, id, tags, n);
  return txn_finish(&t, rc);
}

int store_iam_tag_remove(struct store *s, int64_t id, const char *const *keys,
                         size_t n, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  for (size_t i = 0; rc == 0 && i < n; i++)
    rc = txn_exec(&t, SQL_IAM_TAG_REMOVE, arg_int(id), arg_text(keys[i]));
  return txn_finish(&t, rc);
}

int store_iam_tag_list(struct store *s, int64_t id, struct tag *out, size_t max,
                       size_t *out_n, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = iam_tags_read(&t, id, out, max, out_n);
  return txn_finish(&t, rc);
}
