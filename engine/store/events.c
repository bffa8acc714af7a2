/* Events: written with what they tell of, read and forgotten by the sinks. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "store/jobs.h"
#include "store/secrets.h"

static const char *outcome_name(enum job_outcome outcome)
{
  static const char *const names[] = {
      [JOB_ACTIVE] = "active",   [JOB_SUCCEEDED] = "succeeded",
      [JOB_FAILED] = "failed",   [JOB_STUCK] = "stuck",
      [JOB_ABORTED] = "aborted", [JOB_SUPERSEDED] = "superseded",
  };

  return (size_t)outcome < sizeof names / sizeof *names ? names[outcome] : "";
}

int event_put(struct txn *t, const char *type, int64_t secret_id,
              const struct job_row *job, int64_t time_us)
{
  CLEANUP_BUF struct buf b;
  struct secret_row secret;
  int rc = secret_find(t, SQL_SECRET_BY_ID, arg_int(secret_id), &secret);

  if (rc != 0)
    return rc;
  buf_init(&b, sizeof((struct event_row *)NULL)->payload - 1, false);
  buf_putc(&b, '{');
  buf_json_str(&b, "arn", secret.arn);
  buf_json_str(&b, "versionId", job->version_id);
  buf_json_str(&b, "rotator", job->rotator);
  buf_json_int(&b, "kind", job->kind);
  buf_json_str(&b, "outcome", outcome_name(job->outcome));
  buf_json_str(&b, "step", job->last_step);
  buf_json_str(&b, "code", job->last_code);
  buf_putc(&b, '}');
  rc = buf_check(&b, t->e);
  if (rc != 0)
    return rc;
  return txn_exec(t, SQL_EVENT_PUT, arg_text(type), arg_int(secret_id),
                  arg_int(job->id), arg_int(time_us), arg_text(b.data));
}

int event_put_secret(struct txn *t, const char *type,
                     const struct secret_row *secret, int64_t time_us)
{
  CLEANUP_BUF struct buf b;
  int rc;

  buf_init(&b, sizeof((struct event_row *)NULL)->payload - 1, false);
  buf_putc(&b, '{');
  buf_json_str(&b, "arn", secret->arn);
  buf_putc(&b, '}');
  rc = buf_check(&b, t->e);
  if (rc != 0)
    return rc;
  return txn_exec(t, SQL_EVENT_PUT, arg_text(type), arg_int(secret->id),
                  arg_int(0), arg_int(time_us), arg_text(b.data));
}

static int list(struct txn *t, int64_t after_id, size_t max,
                struct event_row *out, size_t *out_n)
{
  struct rows r;
  size_t n = 0;
  int rc = rows_open(&r, t, SQL_EVENT_LIST, arg_int(after_id),
                     arg_int((int64_t)max));

  while (rc == 0 && n < max && (rc = rows_next(&r)) > 0) {
    out[n].id = row_int(&r);
    out[n].secret_id = row_int(&r);
    out[n].job_id = row_int(&r);
    out[n].time_us = row_int(&r);
    row_array(&r, out[n].type);
    row_array(&r, out[n].payload);
    n++;
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_event_list(struct store *s, int64_t after_id, size_t max,
                     struct event_row **out_rows, size_t *out_n, struct err *e)
{
  struct event_row *out = calloc(max + 1, sizeof *out);
  struct txn t;
  int rc;

  if (out == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = txn_begin(s, false, &t, e);
  if (rc == 0)
    rc = list(&t, after_id, max, out, out_n);
  rc = txn_finish(&t, rc);
  if (rc != 0) {
    free(out);
    return rc;
  }
  *out_rows = out;
  return 0;
}

int store_event_trim(struct store *s, int64_t id, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_EVENT_TRIM, arg_int(id));
  return txn_finish(&t, rc);
}
