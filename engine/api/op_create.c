/* CreateSecret, UpdateSecret, and tags. */
#include <stdlib.h>
#include <string.h>

#include "api/ops.h"
#include "api/put.h"
#include "base/cleanup.h"
#include "secret/name.h"
#include "secret/value.h"

static int tag_read(struct call *c, const json_t *j, struct tag *out)
{
  const char *key = json_str(j, "Key"), *value = json_str(j, "Value");

  if (key == NULL) /* which the model lets pass */
    return err_set(c->e, ERR_PARAMETER, "You must provide a Key for each tag.");
  if (strncmp(key, "aws:", 4) == 0)
    return err_set(c->e, ERR_PARAMETER,
                   "Tag keys that begin with aws: are reserved.");
  memset(out, 0, sizeof *out);
  memcpy(out->key, key, strlen(key));
  if (value != NULL)
    memcpy(out->value, value, strlen(value));
  return 0;
}

static int tags_read(struct call *c, struct tag *out, size_t *out_n)
{
  const json_t *list = json_object_get(c->in, "Tags");
  size_t n = json_array_size(list);

  if (list != NULL && !json_is_array(list))
    return err_set(c->e, ERR_SERIALIZATION, "Tags must be a list");
  if (n > STORE_TAGS)
    return err_set(c->e, ERR_LIMIT, "A secret has at most %d tags.",
                   STORE_TAGS);
  for (size_t i = 0; i < n; i++) {
    int rc = tag_read(c, json_array_get(list, i), &out[i]);

    if (rc != 0)
      return rc;
  }
  *out_n = n;
  return 0;
}

/* Name taken: the same token and value again is the same success. */
static int create_again(struct call *c, const char *name, const char *token,
                        const struct secret *value, bool is_binary)
{
  struct secret_row there;
  struct err why = *c->e;
  int rc = store_secret_by_name(c->api->store, c->region, name, &there, c->e);

  if (rc == 0 && value->data != NULL && there.deleted_us == 0)
    rc = put_compare(c, &there, token, value, is_binary);
  else
    rc = -ERR_NOT_FOUND;
  if (rc == -ERR_NOT_FOUND) /* a token that is not known here */
    return err_set(c->e, why.code, "%s", why.text);
  if (rc != 0)
    return rc;
  err_clear(c->e);
  call_begin(c, &there);
  buf_json_str(c->out, "VersionId", token);
  buf_putc(c->out, '}');
  return 0;
}

static int create(struct call *c, struct secret_row *row, const char *token,
                  const struct secret *value, bool is_binary,
                  const struct tag *tags, size_t n_tags)
{
  struct sealed sealed = {0};
  struct version_put first = {.is_binary = is_binary};
  int64_t id;
  int rc = 0;

  if (value->data != NULL) {
    rc = value_seal(c->api->keyring, row, token, value, &sealed, c->e);
    first.version_id = token;
    first.sealed = sealed.data;
    first.sealed_len = sealed.len;
    first.key_id = sealed.key_id;
  }
  if (rc == 0)
    rc = store_secret_insert(c->api->store, row, tags, n_tags, &first, &id,
                             c->e);
  sealed_release(&sealed);
  return rc;
}

int op_create_secret(struct call *c)
{
  CLEANUP_SECRET struct secret value = {0};
  const char *name, *token, *description, *key;
  struct tag tags[STORE_TAGS];
  struct secret_row row = {0};
  bool is_binary = false;
  size_t n_tags = 0;
  int rc;

  rc = call_str(c, "Name", true, 1, 512, &name);
  if (rc == 0)
    rc = name_check(name, c->e);
  if (rc == 0)
    rc = call_token(c, ERR_REQUEST, &token);
  if (rc == 0)
    rc = call_str(c, "Description", false, 0, 2048, &description);
  if (rc == 0)
    rc = call_str(c, "KmsKeyId", false, 0, 2048, &key);
  if (rc == 0)
    rc = tags_read(c, tags, &n_tags);
  if (rc == 0)
    rc = call_value(c, &value, &is_binary);
  if (rc != 0)
    return rc;
  memcpy(row.name, name, strlen(name));
  if (description != NULL)
    memcpy(row.description, description, strlen(description));
  if (key != NULL)
    memcpy(row.kms_key_id, key, strlen(key));
  name_to_arn(c->region, c->api->account, name, c->api->random, row.arn);
  row.created_us = row.changed_us = c->now_us;
  row.tagged = n_tags > 0;
  rc = create(c, &row, token, &value, is_binary, tags, n_tags);
  if (rc == -ERR_EXISTS)
    return create_again(c, name, token, &value, is_binary);
  if (rc != 0)
    return rc;
  call_begin(c, &row);
  if (value.data != NULL)
    buf_json_str(c->out, "VersionId", token);
  buf_putc(c->out, '}');
  return 0;
}

int op_update_secret(struct call *c)
{
  CLEANUP_SECRET struct secret value = {0};
  const char *token, *description = NULL, *key = NULL;
  struct secret_row row;
  bool is_binary = false;
  int rc;

  rc = call_token(c, ERR_REQUEST, &token);
  if (rc == 0)
    rc = call_secret(c, true, &row);
  if (rc == 0)
    rc = call_str(c, "Description", false, 0, 2048, &description);
  if (rc == 0)
    rc = call_str(c, "KmsKeyId", false, 0, 2048, &key);
  if (rc == 0)
    rc = call_value(c, &value, &is_binary);
  /* The value first: what refuses it (a token in use) refuses the whole. */
  if (rc == 0 && value.data != NULL)
    rc = put_value(c, &row, token, &value, is_binary, NULL, 0);
  if (rc == 0 && (description != NULL || key != NULL))
    rc = store_secret_update(c->api->store, row.id, description, key, c->now_us,
                             c->e);
  if (rc != 0)
    return rc;
  call_begin(c, &row);
  if (value.data != NULL)
    buf_json_str(c->out, "VersionId", token);
  buf_putc(c->out, '}');
  return 0;
}

int op_tag_resource(struct call *c)
{
  struct tag tags[STORE_TAGS];
  struct secret_row row;
  size_t n = 0;
  int rc = call_secret(c, true, &row);

  if (rc == 0)
    rc = tags_read(c, tags, &n);
  if (rc == 0)
    rc = store_tag_put(c->api->store, row.id, tags, n, c->e);
  if (rc == 0)
    buf_puts(c->out, "{}");
  if (rc == -ERR_LIMIT) { /* which AWS has for CreateSecret alone */
    c->e->code = ERR_PARAMETER;
    rc = -ERR_PARAMETER;
  }
  return rc;
}

int op_untag_resource(struct call *c)
{
  const json_t *list = json_object_get(c->in, "TagKeys");
  const char *keys[STORE_TAGS];
  struct secret_row row;
  size_t n = json_array_size(list);
  int rc = call_secret(c, true, &row);

  if (rc != 0)
    return rc;
  if (!json_is_array(list) || n > STORE_TAGS)
    return err_set(c->e, ERR_SERIALIZATION,
                   "TagKeys must be a list of at most %d strings", STORE_TAGS);
  for (size_t i = 0; i < n; i++) {
    keys[i] = json_string_value(json_array_get(list, i));
    if (keys[i] == NULL)
      return err_set(c->e, ERR_SERIALIZATION, "TagKeys must be strings");
  }
  rc = store_tag_remove(c->api->store, row.id, keys, n, c->e);
  if (rc == 0)
    buf_puts(c->out, "{}");
  return rc;
}
