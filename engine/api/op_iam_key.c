/* CreateAccessKey, UpdateAccessKey, DeleteAccessKey, ListAccessKeys.  The
 * secret is told once, in CreateAccessKey's reply. */
#include <stdio.h>
#include <string.h>

#include "api/iam_input.h"
#include "api/iam_shape.h"
#include "api/ops.h"
#include "base/cleanup.h"
#include "iam/access_key.h"

static int user_read(struct call *c, struct iam_entity *out)
{
  const char *name;
  int rc = iam_name(c, "UserName", IAM_USER, &name);

  return rc == 0 ? store_iam_find(c->api->store, IAM_USER, name, out, c->e)
                 : rc;
}

static int key_id_read(struct call *c, const char **out)
{
  return call_str(c, "AccessKeyId", true, 1, IAM_KEY_ID_MAX - 1, out);
}

int op_create_access_key(struct call *c)
{
  CLEANUP_SECRET struct secret secret = {0};
  struct iam_key key = {.active = true, .created_us = c->now_us};
  char id[ACCESS_KEY_ID_LEN + 1];
  struct iam_entity user;
  int rc = user_read(c, &user);

  if (rc == 0)
    rc = access_key_make(c->api->random, ACCESS_KEY_LONG, id, &secret, c->e);
  if (rc != 0)
    return rc;
  key.user_id = user.id;
  (void)snprintf(key.access_key_id, sizeof key.access_key_id, "%s", id);
  rc = access_key_seal(c->api->keyring, user.entity_id, &secret, &key, c->e);
  if (rc == 0)
    rc = store_iam_key_insert(c->api->store, &key, c->e);
  if (rc != 0)
    return rc;
  directory_changed(c->api->directory); /* which may know that there is none */
  iam_shape_key(c, &user, &key);
  buf_json_key(c->out, "SecretAccessKey");
  buf_json_string(c->out, (const char *)secret.data, secret.len);
  buf_putc(c->out, '}');
  return 0;
}

static int status_read(struct call *c, bool *out_active)
{
  const char *text;
  int rc = call_str(c, "Status", true, 1, 16, &text);

  if (rc == 0 && strcmp(text, "Active") != 0 && strcmp(text, "Inactive") != 0)
    return err_set(c->e, ERR_VALIDATION,
                   "1 validation error detected: Value '%.16s' at 'status' "
                   "failed to satisfy constraint: Member must satisfy enum "
                   "value set: [Active, Inactive]",
                   text);
  if (rc == 0)
    *out_active = strcmp(text, "Active") == 0;
  return rc;
}

int op_update_access_key(struct call *c)
{
  struct iam_entity user;
  const char *id;
  bool active;
  int rc = key_id_read(c, &id);

  if (rc == 0)
    rc = status_read(c, &active);
  if (rc == 0)
    rc = user_read(c, &user);
  if (rc == 0)
    rc = store_iam_key_activate(c->api->store, user.id, id, active, c->e);
  return iam_done(c, rc);
}

int op_delete_access_key(struct call *c)
{
  struct iam_entity user;
  const char *id;
  int rc = key_id_read(c, &id);

  if (rc == 0)
    rc = user_read(c, &user);
  if (rc == 0)
    rc = store_iam_key_remove(c->api->store, user.id, id, c->e);
  return iam_done(c, rc);
}

int op_list_access_keys(struct call *c)
{
  struct iam_key keys[IAM_KEYS];
  struct iam_entity user;
  size_t n = 0;
  int rc = user_read(c, &user);

  if (rc == 0)
    rc = store_iam_key_list(c->api->store, user.id, keys, &n, c->e);
  if (rc != 0)
    return rc;
  buf_puts(c->out, "{\"AccessKeys\":[");
  for (size_t i = 0; i < n; i++) {
    if (i > 0)
      buf_putc(c->out, ',');
    iam_shape_key(c, &user, &keys[i]);
    buf_putc(c->out, '}');
  }
  buf_puts(c->out, "]}");
  return 0;
}
