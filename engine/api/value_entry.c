/* Values opened and written. */
#include "api/value_entry.h"

#include <openssl/evp.h>

#include "api/authorize.h"
#include "api/shape.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "secret/value.h"

static void write_value(struct call *c, const struct secret *value,
                        bool is_binary)
{
  char *to;

  if (!is_binary) {
    buf_json_key(c->out, "SecretString");
    buf_json_string(c->out, (const char *)value->data, value->len);
    return;
  }
  buf_json_key(c->out, "SecretBinary");
  buf_putc(c->out, '"');
  to = buf_reserve(c->out, value->len / 3 * 4 + 8);
  if (to != NULL)
    c->out->len += (size_t)EVP_EncodeBlock((unsigned char *)to, value->data,
                                           (int)value->len);
  buf_putc(c->out, '"');
}

/* The store says what is missing; AWS says it in these words. */
static int value_missing(struct call *c, const char *version_id,
                         const char *stage)
{
  if (version_id != NULL)
    return err_set(c->e, ERR_NOT_FOUND,
                   "Secrets Manager can't find the specified secret value for "
                   "VersionId: %s",
                   version_id);
  return err_set(c->e, ERR_NOT_FOUND,
                 "Secrets Manager can't find the specified secret value for "
                 "staging label: %s",
                 stage);
}

/* For LastAccessedDate.  That it cannot be written (a full disk) is no reason
 * to keep a value from who needs it; nor to fill the disk with its log. */
static void note_access(struct call *c, const struct secret_row *row,
                        const struct version_row *version)
{
  struct err e = {0};

  if (store_version_touch(c->api->store, row, version, c->now_us, &e) != 0)
    log_debug("access_not_noted", log_str("arn", row->arn),
              log_str("version", version->version_id),
              log_str("error", e.text));
}

int value_entry(struct call *c, const struct secret_row *row,
                const char *version_id, const char *stage)
{
  CLEANUP_SECRET struct secret value = {0};
  struct version_row version;
  int rc;

  if (version_id == NULL && stage == NULL)
    stage = "AWSCURRENT";
  rc = store_version_get(c->api->store, row->id, version_id, stage, &version,
                         c->e);
  if (rc == -ERR_NOT_FOUND)
    return value_missing(c, version_id, stage);
  if (rc != 0)
    return rc;
  if (version.has_value)
    rc = authorize_key(c, "kms:Decrypt", row,
                       row->replica_id == 0 ? version.key_id
                                            : value_key(c->api->keyring, row));
  if (rc == 0)
    rc = value_open(c->api->keyring, row, &version, &value, c->e);
  if (rc == -ERR_NOT_FOUND)
    rc = value_missing(c, version_id, stage);
  if (rc == 0) {
    note_access(c, row, &version);
    call_begin(c, row);
    buf_json_str(c->out, "VersionId", version.version_id);
    write_value(c, &value, version.is_binary);
    if (version.n_labels > 0)
      shape_strings(c->out, "VersionStages",
                    (const char(*)[STORE_LABEL_MAX])version.labels,
                    version.n_labels);
    buf_json_time(c->out, "CreatedDate", version.created_us);
    buf_putc(c->out, '}');
  }
  version_row_release(&version);
  return rc;
}
