/* Storing a value that a client brought. */
#include "api/put.h"

#include <string.h>

#include "api/authorize.h"
#include "base/cleanup.h"
#include "rotation/due.h"
#include "secret/value.h"

int put_compare(struct call *c, const struct secret_row *row, const char *token,
                const struct secret *value, bool is_binary)
{
  CLEANUP_SECRET struct secret there = {0};
  struct version_row version;
  int rc =
      store_version_get(c->api->store, row->id, token, NULL, &version, c->e);

  if (rc != 0)
    return rc;
  rc = value_open(c->api->keyring, row, &version, &there, c->e);
  version_row_release(&version);
  if (rc != 0)
    return rc;
  if (version.is_binary == is_binary && secret_equal(&there, value))
    return 0;
  return err_set(c->e, ERR_EXISTS,
                 "You can't use ClientRequestToken %s because that value is "
                 "already in use for a version of secret %s.",
                 token, row->arn);
}

/* A value set by hand is as good as a rotation. */
static int restart_days(struct call *c, const struct secret_row *row)
{
  struct rules_row rules;
  int rc = store_rules_get(c->api->store, row->id, &rules, c->e);

  if (rc == -ERR_NOT_FOUND) {
    err_clear(c->e);
    return 0;
  }
  if (rc != 0 || !rules.enabled || rules.paused || rules.days == 0)
    return rc;
  rules.anchor_us = c->now_us;
  rc = due_next(&rules, row->arn, c->now_us, 0, c->e);
  if (rc == 0)
    rc = store_rules_put(c->api->store, row->id, &rules, c->now_us, c->e);
  if (rc == 0)
    c->api->port->wake(c->api->port);
  return rc;
}

int put_value(struct call *c, const struct secret_row *row, const char *token,
              const struct secret *value, bool is_binary,
              const char *const *labels, size_t n_labels)
{
  struct sealed sealed = {0};
  struct version_put put = {.version_id = token,
                            .is_binary = is_binary,
                            .labels = labels,
                            .n_labels = n_labels};
  int rc = authorize_key(c, "kms:GenerateDataKey", row,
                         value_key(c->api->keyring, row));

  if (rc == 0)
    rc = value_seal(c->api->keyring, row, token, value, &sealed, c->e);
  if (rc != 0)
    return rc;
  put.sealed = sealed.data;
  put.sealed_len = sealed.len;
  put.key_id = sealed.key_id;
  rc = store_version_put(c->api->store, row->id, &put, c->now_us, c->e);
  sealed_release(&sealed);
  if (rc != -ERR_EXISTS)
    return rc == 0 ? restart_days(c, row) : rc;
  err_clear(c->e);
  return put_compare(c, row, token, value, is_binary);
}
