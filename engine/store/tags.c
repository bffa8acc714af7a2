/* Tags: at most STORE_TAGS, in the order in which their keys came. */
#include "store/secrets.h"

int tags_put(struct txn *t, int64_t id, const struct tag *tags, size_t n)
{
  int64_t count;
  int rc = 0;

  for (size_t i = 0; rc == 0 && i < n; i++)
    rc = txn_exec(t, SQL_TAG_PUT, arg_int(id), arg_text(tags[i].key),
                  arg_text(tags[i].value));
  if (rc == 0)
    rc = txn_int(t, SQL_TAG_COUNT, SQL_ARGS(arg_int(id)), &count);
  if (rc == 0 && count > STORE_TAGS)
    rc = err_set(t->e, ERR_LIMIT, "A secret can have no more than %d tags.",
                 STORE_TAGS);
  return rc;
}

int store_tag_put(struct store *s, int64_t id, const struct tag *tags, size_t n,
                  int64_t now_us, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_SECRET_TAGGED, arg_int(id), arg_int(now_us));
  if (rc == 0 && t.changed == 0)
    rc = secret_missing(&t);
  if (rc == 0)
    rc = tags_put(&t, id, tags, n);
  return txn_finish(&t, rc);
}

int store_tag_remove(struct store *s, int64_t id, const char *const *keys,
                     size_t n, int64_t now_us, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_SECRET_CHANGED, arg_int(id), arg_int(now_us));
  for (size_t i = 0; rc == 0 && i < n; i++)
    rc = txn_exec(&t, SQL_TAG_REMOVE, arg_int(id), arg_text(keys[i]));
  return txn_finish(&t, rc);
}

static int tag_list(struct txn *t, int64_t id, struct tag *out, size_t max,
                    size_t *out_n)
{
  struct rows r;
  size_t n = 0;
  int rc = rows_open(&r, t, SQL_TAG_LIST, arg_int(id));

  while (rc == 0 && n < max && (rc = rows_next(&r)) > 0) {
    (void)row_int(&r); /* the secret's id */
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

int store_tag_list(struct store *s, int64_t id, struct tag *out, size_t max,
                   size_t *out_n, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = tag_list(&t, id, out, max, out_n);
  return txn_finish(&t, rc);
}
