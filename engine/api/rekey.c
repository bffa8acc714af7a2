/* Versions under another key: only their data keys are wrapped anew. */
#include "api/rekey.h"

#include "api/authorize.h"

#include <string.h>

static const char *const labels[REKEYS] = {"AWSCURRENT", "AWSPENDING",
                                           "AWSPREVIOUS"};

void rekey_release(struct rekey *r)
{
  for (size_t i = 0; i < r->n; i++) {
    version_row_release(&r->versions[i]);
    sealed_release(&r->resealed[i]);
  }
  r->n = 0;
}

static bool is_there(const struct rekey *r, const char *version_id)
{
  for (size_t i = 0; i < r->n; i++)
    if (strcmp(r->versions[i].version_id, version_id) == 0)
      return true;
  return false;
}

static int add(struct call *c, const struct secret_row *row,
               const struct version_row *v, struct rekey *out)
{
  struct sealed *resealed = &out->resealed[out->n];
  struct version_rekey *to = &out->list[out->n];
  int rc = value_rewrap(c->api->keyring, row, v, resealed, c->e);

  if (rc != 0)
    return rc;
  memcpy(to->version_id, v->version_id, sizeof to->version_id);
  memcpy(to->key_id, resealed->key_id, sizeof to->key_id);
  to->sealed = v->sealed;
  to->sealed_len = v->sealed_len;
  to->resealed = resealed->data;
  to->resealed_len = resealed->len;
  return 0;
}

int rekey_read(struct call *c, const struct secret_row *row, struct rekey *out)
{
  const char *key = value_key(c->api->keyring, row);

  for (size_t i = 0; i < REKEYS; i++) {
    struct version_row *v = &out->versions[out->n];
    int rc =
        store_version_get(c->api->store, row->id, NULL, labels[i], v, c->e);

    if (rc == -ERR_NOT_FOUND) {
      err_clear(c->e);
      continue;
    }
    if (rc == 0 && (!v->has_value || strcmp(v->key_id, key) == 0 ||
                    is_there(out, v->version_id))) {
      version_row_release(v);
      continue;
    }
    if (rc == 0)
      rc = authorize_key(c, "kms:Decrypt", row, v->key_id);
    if (rc == 0)
      rc = authorize_key(c, "kms:GenerateDataKey", row, key);
    if (rc == 0)
      rc = add(c, row, v, out);
    if (rc != 0) {
      version_row_release(v);
      return rc;
    }
    out->n++;
  }
  return 0;
}
