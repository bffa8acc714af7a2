/* DescribeSecret, ListSecrets, ListSecretVersionIds. */
#include <stdlib.h>
#include <string.h>

#include "api/found.h"
#include "api/ops.h"
#include "api/page.h"
#include "api/replica.h"
#include "api/shape.h"
#include "base/cleanup.h"

int op_describe_secret(struct call *c)
{
  const struct secret_row *row;
  struct parts parts = {0};
  int rc = call_secret_row(c, false, &row);

  if (rc == 0)
    rc = parts_read(c, row, 1, &parts);
  if (rc == 0)
    rc = shape_secret(c, row, &parts);
  if (rc == 0) {
    shape_stages(c->out, "VersionIdsToStages", &parts);
    rc = replicas_write(c, row, false);
    buf_putc(c->out, '}');
  }
  parts_release(&parts);
  return rc;
}

/* The oldest first, unless the (validated) request says otherwise. */
static void order_read(struct call *c, struct secret_order *out)
{
  static const char *const sorts[] = {
      [SECRET_BY_CREATED] = "created-date",
      [SECRET_BY_ACCESSED] = "last-accessed-date",
      [SECRET_BY_CHANGED] = "last-changed-date",
      [SECRET_BY_NAME] = "name",
  };
  const char *by = json_str(c->in, "SortBy");
  const char *order = json_str(c->in, "SortOrder");

  *out = (struct secret_order){.region = c->region};
  for (int i = SECRET_BY_CREATED; by != NULL && i <= SECRET_BY_NAME; i++)
    if (strcmp(by, sorts[i]) == 0)
      out->by = (enum secret_sort)i;
  out->descending = order != NULL && strcmp(order, "desc") == 0;
  out->with_deleted = json_bool(c->in, "IncludePlannedDeletion", false);
}

static int write_secrets(struct call *c, const struct found *found)
{
  struct parts all = {0}, own;
  int rc = parts_read(c, found->rows, found->n, &all);

  for (size_t i = 0; rc == 0 && i < found->n; i++) {
    if (i > 0)
      buf_putc(c->out, ',');
    parts_of(&all, found->rows[i].id, &own);
    rc = shape_secret(c, &found->rows[i], &own);
    shape_stages(c->out, "SecretVersionsToStages", &own);
    buf_putc(c->out, '}');
  }
  parts_release(&all);
  return rc;
}

int op_list_secrets(struct call *c)
{
  const struct secret_place *after;
  struct secret_place place;
  struct secret_order order;
  struct filters filters;
  struct found found;
  int64_t max = json_int(c->in, "MaxResults", STORE_PAGE);
  int rc = filters_read(c, &filters);

  order_read(c, &order);
  if (rc == 0)
    rc = page_after(c, &place, &after);
  if (rc == 0)
    rc = found_page(c, &order, &filters, after, (size_t)max, &found);
  if (rc != 0)
    return rc;
  buf_puts(c->out, "{\"SecretList\":[");
  rc = write_secrets(c, &found);
  buf_putc(c->out, ']');
  if (rc == 0 && found.has_more)
    rc = page_put_next(c, &found.next);
  buf_putc(c->out, '}');
  free(found.rows);
  return rc;
}

/* Which key a version is under; a placeholder, which has no value, is under
 * none. */
static void version_key(struct call *c, const struct version_row *v)
{
  const char *fallback = keyring_default(c->api->keyring), *key = v->key_id;

  if (!v->has_value)
    return;
  if (fallback != NULL && strcmp(key, fallback) == 0)
    key = "DefaultEncryptionKey";
  buf_json_key(c->out, "KmsKeyIds");
  buf_putc(c->out, '[');
  buf_json_string(c->out, key, strlen(key));
  buf_putc(c->out, ']');
}

static void version_write(struct call *c, const struct version_row *v)
{
  buf_putc(c->out, '{');
  buf_json_str(c->out, "VersionId", v->version_id);
  if (v->n_labels > 0)
    shape_strings(c->out, "VersionStages",
                  (const char(*)[STORE_LABEL_MAX])v->labels, v->n_labels);
  buf_json_time(c->out, "LastAccessedDate", v->accessed_us);
  buf_json_time(c->out, "CreatedDate", v->created_us);
  version_key(c, v);
  buf_putc(c->out, '}');
}

/* Of a version its time of creation says where it stands. */
static int versions_write(struct call *c, const struct secret_row *row,
                          const struct version_row *rows, size_t n, size_t max)
{
  struct secret_place next = {0};
  int rc = 0;

  buf_puts(c->out, "{\"Versions\":[");
  for (size_t i = 0; i < n && i < max; i++) {
    if (i > 0)
      buf_putc(c->out, ',');
    version_write(c, &rows[i]);
    next.key = rows[i].created_us;
  }
  buf_putc(c->out, ']');
  if (n > max)
    rc = page_put_next(c, &next);
  buf_json_str(c->out, "ARN", row->arn);
  buf_json_str(c->out, "Name", row->name);
  buf_putc(c->out, '}');
  return rc;
}

int op_list_secret_version_ids(struct call *c)
{
  CLEANUP_FREE struct version_row *rows = NULL;
  const struct secret_place *after;
  struct secret_place place;
  struct secret_row row;
  bool deprecated = json_bool(c->in, "IncludeDeprecated", false);
  int64_t max = json_int(c->in, "MaxResults", 100);
  size_t n = 0;
  int rc = call_secret(c, false, &row);

  if (rc == 0)
    rc = page_after(c, &place, &after);
  if (rc == 0)
    rc = store_version_page(c->api->store, row.id, deprecated,
                            after == NULL ? INT64_MAX : after->key,
                            (size_t)max + 1, &rows, &n, c->e);
  return rc == 0 ? versions_write(c, &row, rows, n, (size_t)max) : rc;
}
