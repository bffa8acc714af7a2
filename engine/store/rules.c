/* Rotation rules, and what is due by them. */
#include "store/secrets.h"

int rules_rearm(struct txn *t, int64_t id, const struct next_due *next)
{
  int rc = 0;

  if (next != NULL)
    rc = txn_exec(t, SQL_RULES_NEXT, arg_int(id), arg_int(next->due_us),
                  arg_int(next->window_end_us));
  return rc == 0 ? txn_exec(t, SQL_RULES_ARM, arg_int(id)) : rc;
}

static int put(struct txn *t, int64_t id, const struct rules_row *r)
{
  return txn_exec(
      t, SQL_RULES_PUT, arg_int(id), arg_int(r->enabled), arg_int(r->paused),
      arg_text(r->rotator), arg_text(r->rotator_arn), arg_int(r->days),
      arg_text(r->expression), arg_text(r->duration), arg_text(r->zone),
      arg_text(r->blackouts), arg_text(r->options), arg_int(r->jitter_s),
      arg_int(r->grace_s), arg_int(r->anchor_us), arg_int(r->next_due_us),
      arg_int(r->window_end_us));
}

int store_rules_put(struct store *s, int64_t id, const struct rules_row *rules,
                    int64_t now_us, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_SECRET_CHANGED, arg_int(id), arg_int(now_us));
  if (rc == 0 && t.changed == 0)
    rc = secret_missing(&t);
  if (rc == 0)
    rc = put(&t, id, rules);
  if (rc == 0)
    rc = rules_rearm(&t, id, NULL);
  return txn_finish(&t, rc);
}

void rules_read(struct rows *r, struct rules_row *out)
{
  out->enabled = row_int(r) != 0;
  out->paused = row_int(r) != 0;
  row_array(r, out->rotator);
  row_array(r, out->rotator_arn);
  out->days = row_int(r);
  row_array(r, out->expression);
  row_array(r, out->duration);
  row_array(r, out->zone);
  row_array(r, out->blackouts);
  row_array(r, out->options);
  out->jitter_s = row_int(r);
  out->grace_s = row_int(r);
  out->anchor_us = row_int(r);
  out->next_due_us = row_int(r);
  out->window_end_us = row_int(r);
}

static int get(struct txn *t, int64_t id, struct rules_row *out)
{
  struct rows r;
  int rc = rows_open(&r, t, SQL_RULES_GET, arg_int(id));

  if (rc == 0 && (rc = rows_next(&r)) > 0)
    rules_read(&r, out);
  else if (rc == 0)
    rc = err_set(t->e, ERR_NOT_FOUND,
                 "rotation was never configured for this secret");
  rc = rows_close(&r, rc);
  return rc > 0 ? 0 : rc;
}

int store_rules_get(struct store *s, int64_t id, struct rules_row *out,
                    struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = get(&t, id, out);
  return txn_finish(&t, rc);
}

int store_rules_pause(struct store *s, int64_t id, bool paused,
                      const struct next_due *next, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_RULES_PAUSE, arg_int(id), arg_int(paused));
  if (rc == 0 && t.changed == 0)
    rc = err_set(e, ERR_NOT_FOUND,
                 "rotation was never configured for this secret");
  if (rc == 0)
    rc = rules_rearm(&t, id, next);
  return txn_finish(&t, rc);
}

int store_rules_next(struct store *s, int64_t id, int64_t seen_due_us,
                     const struct next_due *next, struct err *e)
{
  struct rules_row now = {0};
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = get(&t, id, &now);
  if (rc == 0 && now.next_due_us == seen_due_us)
    rc = rules_rearm(&t, id, next);
  return txn_finish(&t, rc);
}

static int due_list(struct txn *t, int64_t now_us, struct due_row *out,
                    size_t max, size_t *out_n)
{
  struct rows r;
  size_t n = 0;
  int rc =
      rows_open(&r, t, SQL_DUE_LIST, arg_int(now_us), arg_int((int64_t)max));

  while (rc == 0 && n < max && (rc = rows_next(&r)) > 0) {
    out[n].secret_id = row_int(&r);
    out[n].due_us = row_int(&r);
    out[n++].window_end_us = row_int(&r);
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_due_list(struct store *s, int64_t now_us, struct due_row *out,
                   size_t max, size_t *out_n, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = due_list(&t, now_us, out, max, out_n);
  return txn_finish(&t, rc);
}

/* The earlier of *out_us and what the statement gives; 0 stands for never. */
static int earlier(struct txn *t, enum sql_id id, int64_t *out_us)
{
  int64_t us = 0;
  int rc = txn_int(t, id, NULL, 0, &us);

  if (rc == -ERR_NOT_FOUND)
    return 0;
  if (rc == 0 && (*out_us == 0 || us < *out_us))
    *out_us = us;
  return rc;
}

int store_next_wake(struct store *s, const char *owner, int64_t *out_us,
                    struct err *e)
{
  struct txn t;
  int64_t us = 0;
  int rc = txn_begin(s, false, &t, e);

  (void)owner; /* every lease wakes everybody: its holder has renewed it */
  if (rc == 0)
    rc = earlier(&t, SQL_DUE_NEXT, &us);
  if (rc == 0)
    rc = earlier(&t, SQL_JOB_NEXT_CLAIM, &us);
  if (rc == 0)
    rc = earlier(&t, SQL_SECRET_NEXT_PURGE, &us);
  rc = txn_finish(&t, rc);
  if (rc == 0)
    *out_us = us;
  return rc;
}
