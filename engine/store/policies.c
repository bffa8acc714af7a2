/* Resource policies: one text a secret, under an id that names it for ever. */
#include "store/secrets.h"

/* Puts the new one (NULL: none) in the place of the old. */
static int replace(struct txn *t, int64_t id, const char *policy,
                   int64_t now_us)
{
  int64_t policy_id = 0;
  int rc = txn_exec(t, SQL_POLICY_REMOVE, arg_int(id));

  if (rc == 0 && policy == NULL && t->changed == 0)
    return 0; /* there was none */
  if (rc == 0)
    rc = txn_exec(t, SQL_SECRET_CHANGED, arg_int(id), arg_int(now_us));
  if (rc == 0 && t->changed == 0)
    return secret_missing(t);
  if (rc == 0 && policy != NULL)
    rc = txn_int(t, SQL_POLICY_PUT, SQL_ARGS(arg_int(id), arg_text(policy)),
                 &policy_id);
  if (rc == 0)
    rc = txn_exec(t, SQL_POLICY_SET, arg_int(id), arg_int(policy_id));
  return rc;
}

int store_policy_put(struct store *s, int64_t id, const char *policy,
                     int64_t now_us, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = replace(&t, id, policy, now_us);
  return txn_finish(&t, rc);
}

int store_policy_remove(struct store *s, int64_t id, int64_t now_us,
                        struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = replace(&t, id, NULL, now_us);
  return txn_finish(&t, rc);
}

static int get(struct txn *t, int64_t id, char **out, int64_t *out_policy_id)
{
  unsigned char *text = NULL;
  struct rows r;
  size_t len;
  int rc = rows_open(&r, t, SQL_POLICY_GET, arg_int(id));

  if (rc == 0 && (rc = rows_next(&r)) > 0) {
    *out_policy_id = row_int(&r);
    rc = row_copy(&r, &text, &len);
  } else if (rc == 0)
    rc = err_set(t->e, ERR_NOT_FOUND, "the secret has no resource policy");
  rc = rows_close(&r, rc);
  if (rc == 0)
    *out = (char *)text;
  return rc;
}

int store_policy_get(struct store *s, int64_t id, char **out,
                     int64_t *out_policy_id, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = get(&t, id, out, out_policy_id);
  return txn_finish(&t, rc);
}
