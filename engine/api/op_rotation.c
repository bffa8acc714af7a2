/* ListRotations, DescribeRotation, ListRotationAttempts: what a DBA looks at.
 */
#include <stdlib.h>

#include "api/job_shape.h"
#include "api/ops.h"
#include "api/page.h"
#include "base/cleanup.h"

int op_describe_rotation(struct call *c)
{
  struct secret_row row;
  bool written = false;
  int rc = call_secret(c, false, &row);

  if (rc == 0)
    rc = job_shape_rotation(c, &row, true, &written);
  if (rc == 0 && !written)
    rc = err_set(c->e, ERR_REQUEST,
                 "Rotation was never configured for %s; `keyturn apply` or "
                 "RotateSecret with a RotationLambdaARN does it.",
                 row.name);
  return rc;
}

/* Fills a page; *after is where the next begins, 0 at the end. */
static int rotations_page(struct call *c, int64_t max, int64_t *after)
{
  int64_t found = 0;

  for (;;) {
    CLEANUP_FREE struct secret_row *rows = NULL;
    size_t n = 0;
    int rc = store_secret_list(c->api->store, *after, 100, &rows, &n, c->e);

    if (rc != 0)
      return rc;
    for (size_t i = 0; i < n; i++) {
      bool written = false;

      if (found == max)
        return 0;
      if (c->out->data[c->out->len - 1] == '}')
        buf_putc(c->out, ',');
      rc = rows[i].deleted_us != 0
               ? 0
               : job_shape_rotation(c, &rows[i], false, &written);
      if (rc != 0)
        return rc;
      if (!written && c->out->data[c->out->len - 1] == ',')
        c->out->data[--c->out->len] = '\0'; /* the comma came too early */
      found += written;
      *after = rows[i].id;
    }
    if (n < 100) {
      *after = 0;
      return 0;
    }
  }
}

int op_list_rotations(struct call *c)
{
  const struct secret_place *after;
  struct secret_place place = {0};
  int64_t max;
  int rc = call_int(c, "MaxResults", 100, 1, 1000, &max);

  if (rc == 0)
    rc = page_after(c, &place, &after);
  if (rc != 0)
    return rc;
  buf_puts(c->out, "{\"Rotations\":[");
  rc = rotations_page(c, max, &place.id);
  buf_putc(c->out, ']');
  if (rc == 0 && place.id != 0)
    rc = page_put_next(c, &place);
  buf_putc(c->out, '}');
  return rc;
}

/* The secret of an attempt, looked up once for a run of the same. */
static int owner_of(struct call *c, int64_t secret_id, struct secret_row *row)
{
  if (row->id == secret_id)
    return 0;
  return store_secret_by_id(c->api->store, secret_id, row, c->e);
}

int op_list_rotation_attempts(struct call *c)
{
  CLEANUP_FREE struct attempt_row *rows = NULL;
  struct secret_row row = {0};
  const struct secret_place *before;
  struct secret_place place = {0};
  int64_t max, job_id;
  const char *id;
  size_t n = 0;
  int rc = call_str(c, "SecretId", false, 1, 2048, &id);

  if (rc == 0)
    rc = call_int(c, "MaxResults", 100, 1, 1000, &max);
  if (rc == 0)
    rc = call_int(c, "JobId", 0, 0, INT64_MAX, &job_id);
  if (rc == 0)
    rc = page_after(c, &place, &before);
  if (rc == 0 && id != NULL)
    rc = call_secret(c, false, &row);
  if (rc == 0)
    rc = store_attempt_list(c->api->store, row.id, job_id, place.id,
                            (size_t)max, &rows, &n, c->e);
  if (rc != 0)
    return rc;
  buf_puts(c->out, "{\"Attempts\":[");
  for (size_t i = 0; i < n; i++) {
    rc = owner_of(c, rows[i].secret_id, &row);
    if (rc == -ERR_NOT_FOUND) { /* purged meanwhile */
      err_clear(c->e);
      continue;
    }
    if (rc != 0)
      return rc;
    job_shape_attempt(c, &rows[i], &row);
  }
  buf_putc(c->out, ']');
  if (n == (size_t)max) {
    place.id = rows[n - 1].id;
    rc = page_put_next(c, &place);
  }
  buf_putc(c->out, '}');
  return rc;
}
