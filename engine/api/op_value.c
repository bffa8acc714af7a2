/* GetSecretValue, PutSecretValue, UpdateSecretVersionStage, and
 * GetRandomPassword: the operations that handle values and labels. */
#include <string.h>

#include "api/ops.h"
#include "api/put.h"
#include "api/shape.h"
#include "api/value_entry.h"
#include "base/cleanup.h"
#include "secret/password.h"

int op_get_secret_value(struct call *c)
{
  const struct secret_row *row;
  int rc = call_secret_row(c, true, &row);

  return rc == 0 ? value_entry(c, row, json_str(c->in, "VersionId"),
                               json_str(c->in, "VersionStage"))
                 : rc;
}

static size_t stages_read(struct call *c, const char *out[STORE_LABELS])
{
  const json_t *list = json_object_get(c->in, "VersionStages");
  size_t n = json_array_size(list);

  for (size_t i = 0; i < n; i++)
    out[i] = json_string_value(json_array_get(list, i));
  return n;
}

int op_put_secret_value(struct call *c)
{
  CLEANUP_SECRET struct secret value = {0};
  const char *token = json_str(c->in, "ClientRequestToken");
  const char *labels[STORE_LABELS];
  size_t n_labels = stages_read(c, labels);
  struct version_row version;
  struct secret_row row;
  bool is_binary;
  int rc = call_value(c, &value, &is_binary);

  if (rc == 0 && value.data == NULL)
    rc = err_set(c->e, ERR_REQUEST,
                 "You must provide either SecretString or SecretBinary.");
  if (rc == 0)
    rc = call_secret(c, true, &row);
  if (rc == 0)
    rc = put_value(c, &row, token, &value, is_binary, labels, n_labels);
  if (rc == 0)
    rc = store_version_get(c->api->store, row.id, token, NULL, &version, c->e);
  if (rc != 0)
    return rc;
  call_begin(c, &row);
  buf_json_str(c->out, "VersionId", token);
  shape_strings(c->out, "VersionStages",
                (const char(*)[STORE_LABEL_MAX])version.labels,
                version.n_labels);
  buf_putc(c->out, '}');
  version_row_release(&version);
  return 0;
}

int op_update_version_stage(struct call *c)
{
  struct secret_row row;
  int rc = call_secret(c, true, &row);

  if (rc == 0)
    rc =
        store_label_move(c->api->store, row.id, json_str(c->in, "VersionStage"),
                         json_str(c->in, "RemoveFromVersionId"),
                         json_str(c->in, "MoveToVersionId"), c->now_us, c->e);
  if (rc != 0)
    return rc;
  call_begin(c, &row);
  buf_putc(c->out, '}');
  return 0;
}

int op_get_random_password(struct call *c)
{
  CLEANUP_SECRET struct secret password = {0};
  int rc = password_generate(c->in, NULL, c->api->random, &password, c->e);

  if (rc != 0)
    return rc;
  buf_putc(c->out, '{');
  buf_json_key(c->out, "RandomPassword");
  buf_json_string(c->out, (const char *)password.data, password.len);
  buf_putc(c->out, '}');
  return 0;
}
