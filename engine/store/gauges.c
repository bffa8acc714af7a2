/* What metrics ask: attempts as they come, rotations by rotator, leases. */
#include <stdlib.h>

#include "store/txn.h"

static int steps(struct txn *t, int64_t after_id, size_t max,
                 struct step_row *out, size_t *out_n)
{
  struct rows r;
  size_t n = 0;
  int rc = rows_open(&r, t, SQL_ATTEMPT_AFTER, arg_int(after_id),
                     arg_int((int64_t)max));

  while (rc == 0 && n < max && (rc = rows_next(&r)) > 0) {
    out[n].id = row_int(&r);
    row_array(&r, out[n].rotator);
    row_array(&r, out[n].step);
    out[n].kt_class = row_int(&r);
    out[n].attempt = row_int(&r);
    out[n++].duration_us = row_int(&r);
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_step_list(struct store *s, int64_t after_id, size_t max,
                    struct step_row **out_rows, size_t *out_n, struct err *e)
{
  struct step_row *out = calloc(max + 1, sizeof *out);
  struct txn t;
  int rc;

  if (out == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = txn_begin(s, false, &t, e);
  if (rc == 0)
    rc = steps(&t, after_id, max, out, out_n);
  rc = txn_finish(&t, rc);
  if (rc != 0) {
    free(out);
    return rc;
  }
  *out_rows = out;
  return 0;
}

int store_step_last(struct store *s, int64_t *out_id, struct err *e)
{
  struct txn t;
  int64_t id = 0;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = txn_int(&t, SQL_ATTEMPT_LAST, NULL, 0, &id);
  rc = txn_finish(&t, rc == -ERR_NOT_FOUND ? 0 : rc);
  if (rc == 0)
    *out_id = id;
  return rc;
}

static int rotators(struct txn *t, size_t max, struct rotator_row *out,
                    size_t *out_n)
{
  struct rows r;
  size_t n = 0;
  int rc = rows_open(&r, t, SQL_ROTATOR_GAUGES, arg_int((int64_t)max));

  while (rc == 0 && n < max && (rc = rows_next(&r)) > 0) {
    row_array(&r, out[n].rotator);
    out[n].secrets = row_int(&r);
    out[n].success_us = row_int(&r);
    out[n].due_us = row_int(&r);
    out[n++].late_us = row_int(&r);
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_rotator_list(struct store *s, size_t max,
                       struct rotator_row **out_rows, size_t *out_n,
                       struct err *e)
{
  struct rotator_row *out = calloc(max + 1, sizeof *out);
  struct txn t;
  int rc;

  if (out == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = txn_begin(s, false, &t, e);
  if (rc == 0)
    rc = rotators(&t, max, out, out_n);
  rc = txn_finish(&t, rc);
  if (rc != 0) {
    free(out);
    return rc;
  }
  *out_rows = out;
  return 0;
}

int store_lease_count(struct store *s, int64_t now_us, int64_t *out,
                      struct err *e)
{
  struct txn t;
  int64_t n = 0;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = txn_int(&t, SQL_LEASE_COUNT, SQL_ARGS(arg_int(now_us)), &n);
  rc = txn_finish(&t, rc);
  if (rc == 0)
    *out = n;
  return rc;
}
