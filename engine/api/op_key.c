/* CreateKey, ListKeys: the KMS keys that KmsKeyId names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/ops.h"
#include "base/cleanup.h"
#include "secret/key.h"

_Static_assert(STORE_KEYS_MAX == KEYRING_KEYS_MAX,
               "what the store keeps, the ring must take");

static void key_write(struct call *c, const struct kms_key_row *row)
{
  const struct key_place at = {c->region, c->api->account};
  const char *fallback = keyring_default(c->api->keyring);
  char arn[KEY_ARN_MAX];

  key_arn(&at, row->key_id, arn);
  buf_putc(c->out, '{');
  buf_json_str(c->out, "KeyId", row->key_id);
  buf_json_str(c->out, "ARN", arn);
  if (row->alias[0] != '\0')
    buf_json_str(c->out, "Alias", row->alias);
  if (row->description[0] != '\0')
    buf_json_str(c->out, "Description", row->description);
  buf_json_bool(c->out, "Default",
                fallback != NULL && strcmp(fallback, row->key_id) == 0);
  buf_json_time(c->out, "CreatedDate", row->created_us);
  buf_putc(c->out, '}');
}

/* Stored first, then loaded: nothing is sealed by a key that is not durable. */
static int key_make(struct call *c, struct kms_key_row *row)
{
  struct keyring *k = c->api->keyring;
  int rc = keyring_make(k, row->key_id, row->wrapped, c->e);

  row->wrapped_len = KEYRING_WRAPPED_LEN;
  if (rc == 0)
    rc = store_kms_key_insert(c->api->store, row, c->e);
  return rc == 0 ? keyring_load(k, row->key_id, row->wrapped, row->wrapped_len,
                                c->e)
                 : rc;
}

int op_create_key(struct call *c)
{
  struct kms_key_row row = {.created_us = c->now_us};
  const char *alias, *description;
  int rc = call_str(c, "Alias", false, 1, sizeof row.alias - 1, &alias);

  if (rc == 0)
    rc = call_str(c, "Description", false, 0, sizeof row.description - 1,
                  &description);
  if (rc == 0 && alias != NULL)
    rc = key_alias_check(alias, c->e);
  if (rc != 0)
    return rc;
  /* Both fit: they were checked. */
  (void)snprintf(row.alias, sizeof row.alias, "%s", alias == NULL ? "" : alias);
  (void)snprintf(row.description, sizeof row.description, "%s",
                 description == NULL ? "" : description);
  rc = key_make(c, &row);
  if (rc != 0)
    return rc;
  buf_puts(c->out, "{\"Key\":");
  key_write(c, &row);
  buf_putc(c->out, '}');
  return 0;
}

int op_list_keys(struct call *c)
{
  CLEANUP_FREE struct kms_key_row *rows = calloc(STORE_KEYS_MAX, sizeof *rows);
  size_t n = 0;
  int rc;

  if (rows == NULL)
    return err_set(c->e, ERR_NOMEM, "no memory for the keys");
  rc = store_kms_key_list(c->api->store, rows, STORE_KEYS_MAX, &n, c->e);
  if (rc != 0)
    return rc;
  buf_puts(c->out, "{\"Keys\":[");
  for (size_t i = 0; i < n; i++) {
    if (i > 0)
      buf_putc(c->out, ',');
    key_write(c, &rows[i]);
  }
  buf_puts(c->out, "]}");
  return 0;
}
