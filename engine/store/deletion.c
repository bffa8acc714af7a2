/* Secrets that are marked for deletion, restored and purged, with the events
 * that tell of it.
 */
#include "store/jobs.h"
#include "store/secrets.h"

/* Callers say so before, and name the regions. */
static int check_alone(struct txn *t, const struct secret_row *row)
{
  return row->replicas == 0
             ? 0
             : err_set(t->e, ERR_PARAMETER,
                       "You can't delete secret %s that still has replica "
                       "regions.",
                       row->arn);
}

static int mark(struct txn *t, int64_t id, int64_t deleted_us, int64_t purge_us)
{
  struct secret_row row;
  int rc = secret_find(t, SQL_SECRET_BY_ID, arg_int(id), &row);

  if (rc == 0 && deleted_us != 0)
    rc = check_alone(t, &row);
  if (rc == 0)
    rc = txn_exec(t, SQL_SECRET_MARK, arg_int(id), arg_int(deleted_us),
                  arg_int(deleted_us == 0 ? 0 : purge_us));
  if (rc == 0)
    rc = rules_rearm(t, id, NULL);
  if (rc == 0 && deleted_us != 0)
    rc = event_put_secret(t, "secret_marked", &row, deleted_us);
  else if (rc == 0 && row.deleted_us != 0)
    rc = event_put_secret(t, "secret_restored", &row, 0);
  return rc;
}

int store_secret_mark_deleted(struct store *s, int64_t id, int64_t deleted_us,
                              int64_t purge_us, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = mark(&t, id, deleted_us, purge_us);
  return txn_finish(&t, rc);
}

int secret_purge(struct txn *t, const struct secret_row *row, int64_t now_us)
{
  int rc = event_put_secret(t, "secret_purged", row, now_us);

  return rc == 0 ? txn_exec(t, SQL_SECRET_PURGE, arg_int(row->id)) : rc;
}

int store_secret_purge(struct store *s, int64_t id, struct err *e)
{
  struct secret_row row;
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = secret_find(&t, SQL_SECRET_BY_ID, arg_int(id), &row);
  if (rc == 0)
    rc = check_alone(&t, &row);
  if (rc == 0)
    rc = secret_purge(&t, &row, 0);
  return txn_finish(&t, rc);
}

static int purge_due(struct txn *t, int64_t now_us, size_t *out_n)
{
  struct err none = {0}, *e = t->e;
  struct secret_row row;
  size_t n = 0;
  int rc = 0;

  while (rc == 0) {
    t->e = &none; /* that there is no more is no error here */
    rc = secret_find(t, SQL_SECRET_PURGE_DUE, arg_int(now_us), &row);
    t->e = e;
    if (rc == -ERR_NOT_FOUND)
      break;
    rc = rc == 0 ? secret_purge(t, &row, now_us)
                 : err_set(e, none.code, "%s", none.text);
    n++;
  }
  *out_n = n;
  return rc == -ERR_NOT_FOUND ? 0 : rc;
}

int store_secret_purge_due(struct store *s, int64_t now_us, size_t *out_n,
                           struct err *e)
{
  struct txn t;
  size_t n = 0;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = purge_due(&t, now_us, &n);
  rc = txn_finish(&t, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}
