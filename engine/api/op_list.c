/* DescribeSecret, ListSecrets, ListSecretVersionIds. */
#include <stdlib.h>
#include <string.h>

#include "api/filter.h"
#include "api/ops.h"
#include "api/shape.h"
#include "base/cleanup.h"

int op_describe_secret(struct call *c)
{
  struct secret_row row;
  int rc = call_secret(c, false, &row);

  if (rc == 0)
    rc = shape_secret(c, &row);
  if (rc == 0)
    rc = shape_stages(c, "VersionIdsToStages", row.id);
  buf_putc(c->out, '}');
  return rc;
}

static int is_wanted(struct call *c, const struct secret_row *row,
                     const json_t *filters, bool with_deleted, bool *out)
{
  *out = row->deleted_us == 0 || with_deleted;
  return *out ? filters_match(c, filters, row, out) : 0;
}

static int list_one(struct call *c, const struct secret_row *row)
{
  int rc;

  if (c->out->data[c->out->len - 1] == '}')
    buf_putc(c->out, ',');
  rc = shape_secret(c, row);
  if (rc == 0)
    rc = shape_stages(c, "SecretVersionsToStages", row->id);
  buf_putc(c->out, '}');
  return rc;
}

/* Fills a page; *after is where the next one begins, 0 at the end. */
static int list_page(struct call *c, const json_t *filters, bool with_deleted,
                     int64_t max, int64_t *after)
{
  int64_t found = 0;

  for (;;) {
    CLEANUP_FREE struct secret_row *rows = NULL;
    size_t n = 0;
    int rc = store_secret_list(c->api->store, *after, 100, &rows, &n, c->e);

    if (rc != 0)
      return rc;
    for (size_t i = 0; i < n; i++) {
      bool wanted;

      rc = is_wanted(c, &rows[i], filters, with_deleted, &wanted);
      if (rc == 0 && !wanted)
        continue;
      if (rc == 0 && found == max)
        return 0; /* there is more: *after is the last one shown */
      if (rc == 0)
        rc = list_one(c, &rows[i]);
      if (rc != 0)
        return rc;
      found++;
      *after = rows[i].id;
    }
    if (n < 100) {
      *after = 0;
      return 0;
    }
    *after = rows[n - 1].id;
  }
}

int op_list_secrets(struct call *c)
{
  const json_t *filters;
  bool with_deleted;
  int64_t max, after;
  int rc = call_int(c, "MaxResults", 100, 1, 100, &max);

  if (rc == 0)
    rc = call_bool(c, "IncludePlannedDeletion", false, &with_deleted);
  if (rc == 0)
    rc = filters_read(c, &filters);
  if (rc == 0)
    rc = call_next(c, &after);
  if (rc != 0)
    return rc;
  buf_puts(c->out, "{\"SecretList\":[");
  rc = list_page(c, filters, with_deleted, max, &after);
  buf_putc(c->out, ']');
  call_put_next(c, after);
  buf_putc(c->out, '}');
  return rc;
}

static void version_write(struct call *c, const struct version_row *v)
{
  buf_puts(c->out, c->out->data[c->out->len - 1] == '}' ? ",{" : "{");
  buf_json_str(c->out, "VersionId", v->version_id);
  if (v->n_labels > 0)
    shape_strings(c->out, "VersionStages",
                  (const char(*)[STORE_LABEL_MAX])v->labels, v->n_labels);
  buf_json_time(c->out, "LastAccessedDate", v->accessed_us);
  buf_json_time(c->out, "CreatedDate", v->created_us);
  buf_puts(c->out, ",\"KmsKeyIds\":[\"DefaultEncryptionKey\"]}");
}

int op_list_secret_version_ids(struct call *c)
{
  CLEANUP_FREE struct version_row *rows = NULL;
  struct secret_row row;
  int64_t max, after;
  bool deprecated;
  size_t n = 0, i;
  int rc = call_int(c, "MaxResults", 100, 1, 100, &max);

  if (rc == 0)
    rc = call_bool(c, "IncludeDeprecated", false, &deprecated);
  if (rc == 0)
    rc = call_next(c, &after);
  if (rc == 0)
    rc = call_secret(c, false, &row);
  if (rc == 0)
    rc = store_version_list(c->api->store, row.id, deprecated, &rows, &n, c->e);
  if (rc != 0)
    return rc;
  buf_puts(c->out, "{\"Versions\":[");
  for (i = (size_t)after; i < n && i < (size_t)(after + max); i++)
    version_write(c, &rows[i]);
  buf_putc(c->out, ']');
  if (i < n)
    call_put_next(c, (int64_t)i);
  buf_json_str(c->out, "ARN", row.arn);
  buf_json_str(c->out, "Name", row.name);
  buf_putc(c->out, '}');
  return 0;
}
