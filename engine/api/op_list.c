/* DescribeSecret, ListSecrets, ListSecretVersionIds. */
#include <stdlib.h>
#include <string.h>

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

/* One filter: {"Key": "name", "Values": ["prefix", "!not-this"]}. */
static bool filter_matches(const json_t *filter, const struct secret_row *row)
{
  const json_t *values = json_object_get(filter, "Values"), *v;
  const char *key = json_str(filter, "Key");
  const char *text = strcmp(key, "name") == 0 ? row->name : row->description;
  size_t i;

  json_array_foreach (values, i, v) {
    const char *want = json_string_value(v);
    bool negated = want[0] == '!';

    want += negated;
    if ((strncmp(text, want, strlen(want)) == 0) != negated)
      return true;
  }
  return false;
}

static int filter_check(struct call *c, const json_t *filter)
{
  const char *key = json_str(filter, "Key");
  const json_t *values = json_object_get(filter, "Values"), *v;
  size_t i;

  if (key == NULL ||
      (strcmp(key, "name") != 0 && strcmp(key, "description") != 0))
    return err_set(c->e, ERR_PARAMETER,
                   "Filters: this version filters by name and description, "
                   "not by '%.40s'.",
                   key == NULL ? "" : key);
  if (!json_is_array(values) || json_array_size(values) < 1 ||
      json_array_size(values) > 10)
    return err_set(c->e, ERR_VALIDATION, "a filter has 1 to 10 Values");
  json_array_foreach (values, i, v)
    if (!json_is_string(v))
      return err_set(c->e, ERR_SERIALIZATION,
                     "a filter's Values must be strings");
  return 0;
}

static int filters_read(struct call *c, const json_t **out)
{
  const json_t *list = json_object_get(c->in, "Filters"), *f;
  size_t i;

  if (list != NULL && (!json_is_array(list) || json_array_size(list) > 10))
    return err_set(c->e, ERR_VALIDATION, "Filters is a list of at most 10");
  json_array_foreach (list, i, f) {
    int rc = filter_check(c, f);

    if (rc != 0)
      return rc;
  }
  *out = list;
  return 0;
}

static bool is_wanted(const struct secret_row *row, const json_t *filters,
                      bool with_deleted)
{
  const json_t *f;
  size_t i;

  if (row->deleted_us != 0 && !with_deleted)
    return false;
  json_array_foreach (filters, i, f)
    if (!filter_matches(f, row))
      return false;
  return true;
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
      if (!is_wanted(&rows[i], filters, with_deleted))
        continue;
      if (found == max)
        return 0; /* there is more: *after is the last one shown */
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
