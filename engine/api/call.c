/* How operations read their input and begin their reply. */
#include "api/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/ops.h"
#include "base/base64.h"
#include "secret/key.h"

/* AWS names members in these messages with a small first letter. */
static int constraint(struct call *c, const char *member, const char *what)
{
  return err_set(c->e, ERR_VALIDATION,
                 "1 validation error detected: Value at '%c%s' failed to "
                 "satisfy constraint: Member must %s",
                 member[0] | 0x20, member + 1, what);
}

int call_str(struct call *c, const char *member, bool required, size_t min,
             size_t max, const char **out)
{
  const json_t *v = json_object_get(c->in, member);
  char what[80];
  size_t len;

  if (v == NULL || json_is_null(v)) {
    if (required)
      return err_set(c->e, ERR_VALIDATION,
                     "1 validation error detected: Value null at '%c%s' "
                     "failed to satisfy constraint: Member must not be null",
                     member[0] | 0x20, member + 1);
    *out = NULL;
    return 0;
  }
  if (!json_is_string(v))
    return err_set(c->e, ERR_SERIALIZATION, "%s must be a string", member);
  len = json_string_length(v);
  if (len < min || len > max) {
    (void)snprintf(what, sizeof what, "have length %s than or equal to %zu",
                   len < min ? "greater" : "less", len < min ? min : max);
    return constraint(c, member, what);
  }
  *out = json_string_value(v);
  return 0;
}

int call_bool(struct call *c, const char *member, bool fallback, bool *out)
{
  const json_t *v = json_object_get(c->in, member);

  if (v != NULL && !json_is_null(v) && !json_is_boolean(v))
    return err_set(c->e, ERR_SERIALIZATION, "%s must be true or false", member);
  *out = json_is_boolean(v) ? json_is_true(v) : fallback;
  return 0;
}

int call_int(struct call *c, const char *member, int64_t fallback, int64_t min,
             int64_t max, int64_t *out)
{
  const json_t *v = json_object_get(c->in, member);

  if (v == NULL || json_is_null(v)) {
    *out = fallback;
    return 0;
  }
  if (!json_is_integer(v))
    return err_set(c->e, ERR_SERIALIZATION, "%s must be a whole number",
                   member);
  if (json_integer_value(v) < min || json_integer_value(v) > max)
    return err_set(c->e, ERR_PARAMETER,
                   "%s is %" JSON_INTEGER_FORMAT "; it must be between %" PRId64
                   " and %" PRId64 ".",
                   member, json_integer_value(v), min, max);
  *out = json_integer_value(v);
  return 0;
}

int call_secret_row(struct call *c, bool live, const struct secret_row **out)
{
  if (!c->has_secret)
    return err_set(c->e, ERR_NOT_FOUND,
                   "Secrets Manager can't find the specified secret.");
  if (live && c->secret.deleted_us != 0)
    return err_set(c->e, ERR_REQUEST,
                   "You can't perform this operation on the secret because "
                   "it was marked for deletion.");
  if (c->secret.replica_id != 0 && !c->op->reads)
    return err_set(c->e, ERR_PARAMETER,
                   "Operation not permitted on a replica secret. Call must be "
                   "made in primary secret's region.");
  *out = &c->secret;
  return 0;
}

int call_secret(struct call *c, bool live, struct secret_row *out)
{
  const struct secret_row *row;
  int rc = call_secret_row(c, live, &row);

  if (rc == 0)
    *out = *row;
  return rc;
}

int call_value(struct call *c, struct secret *out, bool *out_binary)
{
  const char *text = json_str(c->in, "SecretString");
  const char *binary = json_str(c->in, "SecretBinary");

  if (text != NULL && binary != NULL)
    return err_set(c->e, ERR_PARAMETER,
                   "You can't specify both a binary secret value and a string "
                   "secret value in the same secret.");
  *out_binary = binary != NULL;
  if (text != NULL)
    return secret_copy(text, strlen(text), out, c->e);
  if (binary != NULL)
    return base64_decode(binary, strlen(binary), out, c->e);
  *out = (struct secret){0};
  return 0;
}

int call_key(struct call *c, const char *spelled,
             char out_id[UUID_TEXT_LEN + 1])
{
  const struct key_place at = {c->region, c->api->account};

  return key_resolve(c->api->store, c->api->keyring, &at, spelled, out_id,
                     c->e);
}

void call_begin(struct call *c, const struct secret_row *row)
{
  buf_putc(c->out, '{');
  buf_json_str(c->out, "ARN", row->arn);
  buf_json_str(c->out, "Name", row->name);
}
