/* Values and notes, sealed by crypto/envelope under the secret's own ARN and
 * the version's id, so that no row can stand in for another.
 */
#include "secret/value.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/envelope.h"
#include "secret/name.h"

void sealed_release(struct sealed *s)
{
  if (s == NULL)
    return;
  free(s->data);
  s->data = NULL;
  s->len = 0;
}

const char *value_key(const struct keyring *k, const struct secret_row *of)
{
  return of->key_id[0] != '\0' ? of->key_id : keyring_default(k);
}

static int seal(struct keyring *k, const struct secret_row *secret,
                const struct envelope_for *of, const struct secret *plain,
                struct sealed *out, struct err *e)
{
  const char *key_id = value_key(k, secret);
  struct sealed s = {0};
  int rc;

  if (key_id == NULL)
    return err_set(e, ERR_ENCRYPT, "the store has no key to encrypt with");
  rc = envelope_seal(k, of, key_id, plain, &s.data, &s.len, e);
  if (rc != 0)
    return rc;
  memcpy(s.key_id, key_id, UUID_TEXT_LEN + 1);
  *out = s;
  return 0;
}

int value_seal(struct keyring *k, const struct secret_row *of,
               const char *version_id, const struct secret *value,
               struct sealed *out, struct err *e)
{
  const struct envelope_for what = {of->arn, version_id, ENVELOPE_VALUE};

  if (value->len == 0 || value->len > SECRET_VALUE_MAX)
    return err_set(e, ERR_VALIDATION,
                   "a secret value has 1 to %d bytes; this one has %zu",
                   SECRET_VALUE_MAX, value->len);
  return seal(k, of, &what, value, out, e);
}

/* Of a replica its primary's ARN, made in `text`. */
static const char *sealed_for(const struct secret_row *of,
                              char text[STORE_ARN_MAX])
{
  if (of->replica_id == 0)
    return of->arn;
  name_in_region(of->arn, of->primary_region, text);
  return text;
}

int value_open(struct keyring *k, const struct secret_row *of,
               const struct version_row *version, struct secret *out,
               struct err *e)
{
  char text[STORE_ARN_MAX];
  const struct envelope_for what = {sealed_for(of, text), version->version_id,
                                    ENVELOPE_VALUE};

  if (!version->has_value || version->sealed == NULL)
    return err_set(e, ERR_NOT_FOUND,
                   "Secrets Manager can't find the specified secret value for "
                   "VersionId: %s",
                   version->version_id);
  return envelope_open(k, &what, version->sealed, version->sealed_len, out, e);
}

int value_rewrap(struct keyring *k, const struct secret_row *of,
                 const struct version_row *version, struct sealed *out,
                 struct err *e)
{
  const struct envelope_for what = {of->arn, version->version_id,
                                    ENVELOPE_VALUE};
  const char *key_id = value_key(k, of);
  struct sealed s = {0};
  int rc;

  if (key_id == NULL)
    return err_set(e, ERR_ENCRYPT, "the store has no key to encrypt with");
  rc = envelope_rewrap(k, &what, version->sealed, version->sealed_len, key_id,
                       &s.data, &s.len, e);
  if (rc != 0)
    return rc;
  memcpy(s.key_id, key_id, UUID_TEXT_LEN + 1);
  *out = s;
  return 0;
}

int note_seal(struct keyring *k, const struct secret_row *of,
              const char *version_id, const struct secret *note,
              struct sealed *out, struct err *e)
{
  const struct envelope_for what = {of->arn, version_id, ENVELOPE_NOTE};

  return seal(k, of, &what, note, out, e);
}

int note_open(struct keyring *k, const struct secret_row *of,
              const char *version_id, const void *sealed, size_t len,
              struct secret *out, struct err *e)
{
  const struct envelope_for what = {of->arn, version_id, ENVELOPE_NOTE};

  return envelope_open(k, &what, sealed, len, out, e);
}
