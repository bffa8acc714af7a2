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
  const char *version_id, *stage;
  struct secret_row row;
  int rc = call_str(c, "VersionId", false, 1, 64, &version_id);

  if (rc == 0)
    rc = call_str(c, "VersionStage", false, 1, 256, &stage);
  if (rc == 0)
    rc = call_secret(c, true, &row);
  return rc == 0 ? value_entry(c, &row, version_id, stage) : rc;
}

static int stages_read(struct call *c, const char **out, size_t *out_n)
{
  const json_t *list = json_object_get(c->in, "VersionStages");
  size_t n = json_array_size(list);

  if (list != NULL && !json_is_array(list))
    return err_set(c->e, ERR_SERIALIZATION, "VersionStages must be a list");
  if (list != NULL && (n < 1 || n > STORE_LABELS))
    return err_set(c->e, ERR_VALIDATION,
                   "VersionStages has 1 to %d staging labels", STORE_LABELS);
  for (size_t i = 0; i < n; i++) {
    const json_t *j = json_array_get(list, i);

    if (!json_is_string(j) || json_string_length(j) < 1 ||
        json_string_length(j) >= STORE_LABEL_MAX)
      return err_set(c->e, ERR_VALIDATION,
                     "a staging label has 1 to 256 characters");
    out[i] = json_string_value(j);
  }
  *out_n = n;
  return 0;
}

int op_put_secret_value(struct call *c)
{
  CLEANUP_SECRET struct secret value = {0};
  const char *token, *labels[STORE_LABELS];
  struct version_row version;
  struct secret_row row;
  size_t n_labels = 0;
  bool is_binary;
  int rc = call_token(c, ERR_REQUEST, &token);

  if (rc == 0)
    rc = stages_read(c, labels, &n_labels);
  if (rc == 0)
    rc = call_value(c, &value, &is_binary);
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
  const char *label, *from, *to;
  struct secret_row row;
  int rc = call_str(c, "VersionStage", true, 1, 256, &label);

  if (rc == 0)
    rc = call_str(c, "RemoveFromVersionId", false, 32, 64, &from);
  if (rc == 0)
    rc = call_str(c, "MoveToVersionId", false, 32, 64, &to);
  if (rc == 0)
    rc = call_secret(c, true, &row);
  if (rc == 0)
    rc = store_label_move(c->api->store, row.id, label, from, to, c->now_us,
                          c->e);
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
