/* CreateSecret, UpdateSecret. */
#include <stdio.h>

#include "api/authorize.h"
#include "api/ops.h"
#include "api/put.h"
#include "api/rekey.h"
#include "api/replica.h"
#include "api/tags.h"
#include "base/cleanup.h"
#include "secret/name.h"
#include "secret/value.h"

/* What was asked for besides, and the reply. */
static int created(struct call *c, const struct secret_row *row,
                   const char *token, const struct replicas_wanted *replicas)
{
  int rc = replicas_add(c, row, replicas);

  if (rc != 0)
    return rc;
  call_begin(c, row);
  buf_json_str(c->out, "VersionId", token);
  if (replicas->n > 0)
    rc = replicas_write(c, row, true);
  buf_putc(c->out, '}');
  return rc;
}

/* Name taken: the same token and value again is the same success. */
static int create_again(struct call *c, const char *name, const char *token,
                        const struct secret *value, bool is_binary,
                        const struct replicas_wanted *replicas)
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
  return created(c, &there, token, replicas);
}

static int create(struct call *c, struct secret_row *row, const char *token,
                  const struct secret *value, bool is_binary,
                  const struct tag *tags, size_t n_tags)
{
  struct sealed sealed = {0};
  struct version_put first = {.is_binary = is_binary};
  int rc = 0;

  if (value->data != NULL) {
    rc = authorize_key(c, "kms:GenerateDataKey", row,
                       value_key(c->api->keyring, row));
    if (rc == 0)
      rc = value_seal(c->api->keyring, row, token, value, &sealed, c->e);
    first.version_id = token;
    first.sealed = sealed.data;
    first.sealed_len = sealed.len;
    first.key_id = sealed.key_id;
  }
  if (rc == 0)
    rc = store_secret_insert(c->api->store, row, tags, n_tags, &first, &row->id,
                             c->e);
  sealed_release(&sealed);
  return rc;
}

static void text_copy(char *to, size_t size, const char *text)
{
  /* Fits: the request was validated. */
  (void)snprintf(to, size, "%s", text == NULL ? "" : text);
}

/* The key that the request names; that it is the default one leaves no trace
 * in the row, as at AWS. */
static int key_take(struct call *c, struct secret_row *row)
{
  const char *spelled = json_str(c->in, "KmsKeyId");
  int rc = 0;

  if (spelled == NULL)
    return 0;
  rc = call_key(c, spelled, row->key_id);
  if (rc == 0)
    text_copy(row->kms_key_id, sizeof row->kms_key_id,
              row->key_id[0] != '\0' ? spelled : "");
  return rc;
}

int op_create_secret(struct call *c)
{
  CLEANUP_SECRET struct secret value = {0};
  const char *name = json_str(c->in, "Name");
  const char *token = json_str(c->in, "ClientRequestToken");
  struct tag tags[STORE_TAGS];
  struct secret_row row = {0};
  struct replicas_wanted replicas;
  bool is_binary = false;
  size_t n_tags = 0;
  int rc = tags_read(c, tags, &n_tags);

  if (rc == 0)
    rc = key_take(c, &row);
  if (rc == 0)
    rc = replicas_read(c, &replicas);
  if (rc == 0)
    rc = call_value(c, &value, &is_binary);
  if (rc != 0)
    return rc;
  text_copy(row.name, sizeof row.name, name);
  text_copy(row.description, sizeof row.description,
            json_str(c->in, "Description"));
  text_copy(row.type, sizeof row.type, json_str(c->in, "Type"));
  name_to_arn(c->region, c->api->account, name, c->api->random, row.arn);
  row.created_us = row.changed_us = c->now_us;
  row.tagged = n_tags > 0;
  rc = replicas_authorize(c, &row, &replicas);
  if (rc == 0)
    rc = create(c, &row, token, &value, is_binary, tags, n_tags);
  if (rc == -ERR_EXISTS)
    return create_again(c, name, token, &value, is_binary, &replicas);
  return rc == 0
             ? created(c, &row, value.data == NULL ? NULL : token, &replicas)
             : rc;
}

static int update(struct call *c, const struct secret_row *row)
{
  const char *description = json_str(c->in, "Description");
  const char *type = json_str(c->in, "Type");
  bool is_keyed = json_str(c->in, "KmsKeyId") != NULL;
  struct rekey rekey = {.n = 0};
  struct secret_update change = {.description = description, .type = type};
  int rc = 0;

  if (description == NULL && type == NULL && !is_keyed)
    return 0;
  if (is_keyed) {
    rc = rekey_read(c, row, &rekey);
    change.kms_key_id = row->kms_key_id;
    change.key_id = row->key_id;
    change.rekeys = rekey.list;
    change.n_rekeys = rekey.n;
  }
  if (rc == 0)
    rc = store_secret_update(c->api->store, row->id, &change, c->now_us, c->e);
  rekey_release(&rekey);
  return rc;
}

int op_update_secret(struct call *c)
{
  CLEANUP_SECRET struct secret value = {0};
  const char *token = json_str(c->in, "ClientRequestToken");
  struct secret_row row;
  bool is_binary = false;
  int rc = call_secret(c, true, &row);

  if (rc == 0)
    rc = key_take(c, &row);
  if (rc == 0)
    rc = call_value(c, &value, &is_binary);
  /* The value first: what refuses it (a token in use) refuses the whole. */
  if (rc == 0 && value.data != NULL)
    rc = put_value(c, &row, token, &value, is_binary, NULL, 0);
  if (rc == 0)
    rc = update(c, &row);
  if (rc != 0)
    return rc;
  call_begin(c, &row);
  if (value.data != NULL)
    buf_json_str(c->out, "VersionId", token);
  buf_putc(c->out, '}');
  return 0;
}
