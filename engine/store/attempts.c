/* The history of step attempts, and the numbers of status. */
#include "store/jobs.h"

#include <stdlib.h>

int attempt_put(struct txn *t, const struct attempt_row *a)
{
  return txn_exec(t, SQL_ATTEMPT_PUT, arg_int(a->job_id), arg_int(a->secret_id),
                  arg_text(a->step), arg_int(a->attempt),
                  arg_int(a->started_us), arg_int(a->duration_us),
                  arg_int(a->kt_class), arg_text(a->code), arg_text(a->message),
                  arg_text(a->version_id));
}

static int open_list(struct rows *r, struct txn *t, int64_t secret_id,
                     int64_t job_id, int64_t before_id, size_t max)
{
  struct sql_arg before = arg_int(before_id == 0 ? INT64_MAX : before_id);
  struct sql_arg limit = arg_int((int64_t)max);

  if (job_id != 0)
    return rows_open(r, t, SQL_ATTEMPT_OF_JOB, before, limit, arg_int(job_id));
  if (secret_id != 0)
    return rows_open(r, t, SQL_ATTEMPT_OF_SECRET, before, limit,
                     arg_int(secret_id));
  return rows_open(r, t, SQL_ATTEMPT_LIST, before, limit);
}

static void attempt_read(struct rows *r, struct attempt_row *a)
{
  a->id = row_int(r);
  a->job_id = row_int(r);
  a->secret_id = row_int(r);
  row_array(r, a->step);
  a->attempt = row_int(r);
  a->started_us = row_int(r);
  a->duration_us = row_int(r);
  a->kt_class = row_int(r);
  row_array(r, a->code);
  row_array(r, a->message);
  row_array(r, a->version_id);
}

static int list(struct rows *r, int rc, size_t max, struct attempt_row *out,
                size_t *out_n)
{
  size_t n = 0;

  while (rc == 0 && n < max && (rc = rows_next(r)) > 0) {
    attempt_read(r, &out[n++]);
    rc = 0;
  }
  rc = rows_close(r, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_attempt_list(struct store *s, int64_t secret_id, int64_t job_id,
                       int64_t before_id, size_t max,
                       struct attempt_row **out_rows, size_t *out_n,
                       struct err *e)
{
  struct attempt_row *out = calloc(max + 1, sizeof *out);
  struct rows r;
  struct txn t;
  int rc;

  if (out == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = txn_begin(s, false, &t, e);
  if (rc == 0) {
    rc = open_list(&r, &t, secret_id, job_id, before_id, max);
    rc = list(&r, rc, max, out, out_n);
  }
  rc = txn_finish(&t, rc);
  if (rc != 0) {
    free(out);
    return rc;
  }
  *out_rows = out;
  return 0;
}

int store_counts(struct store *s, int64_t now_us, struct store_counts *out,
                 struct err *e)
{
  struct store_counts c = {0};
  struct txn t;
  struct rows r;
  int rc = txn_begin(s, false, &t, e);

  if (rc != 0)
    return rc;
  rc = rows_open(&r, &t, SQL_COUNTS, arg_int(now_us));
  if (rc == 0 && (rc = rows_next(&r)) > 0) {
    c.secrets = row_int(&r);
    c.deleted = row_int(&r);
    c.secrets -= c.deleted;
    c.scheduled = row_int(&r);
    c.paused = row_int(&r);
    c.running = row_int(&r);
    c.stuck = row_int(&r);
    c.failed = row_int(&r);
    c.late = row_int(&r);
    c.next_due_us = row_int(&r);
  }
  rc = rows_close(&r, rc);
  rc = txn_finish(&t, rc > 0 ? 0 : rc);
  if (rc == 0)
    *out = c;
  return rc;
}
