/* Drawn from the random source, sealed by crypto/envelope. */
#include "iam/access_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/envelope.h"

static const char id_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char secret_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "abcdefghijklmnopqrstuvwxyz"
                                     "0123456789+/";

/* Both alphabets have a power of two, so that every byte tells as much. */
static void draw(struct random *r, const char *letters, size_t n_letters,
                 char *out, size_t len)
{
  r->fill(r, out, len);
  for (size_t i = 0; i < len; i++)
    out[i] = letters[(unsigned char)out[i] % n_letters];
}

static void id_make(struct random *r, const char *prefix, char *out, size_t len)
{
  memcpy(out, prefix, 4);
  draw(r, id_letters, sizeof id_letters - 1, out + 4, len - 4);
  out[len] = '\0';
}

int access_key_make(struct random *r, const char *prefix,
                    char out_id[ACCESS_KEY_ID_LEN + 1],
                    struct secret *out_secret, struct err *e)
{
  int rc = secret_alloc(ACCESS_KEY_SECRET_LEN, out_secret, e);

  if (rc != 0)
    return rc;
  id_make(r, prefix, out_id, ACCESS_KEY_ID_LEN);
  draw(r, secret_letters, sizeof secret_letters - 1, (char *)out_secret->data,
       ACCESS_KEY_SECRET_LEN);
  return 0;
}

void entity_id_make(struct random *r, enum iam_kind kind,
                    char out[ENTITY_ID_LEN + 1])
{
  static const char *const prefixes[] = {
      [IAM_USER] = "AIDA",
      [IAM_GROUP] = "AGPA",
      [IAM_ROLE] = "AROA",
      [IAM_POLICY] = "ANPA",
  };

  id_make(r, prefixes[kind], out, ENTITY_ID_LEN);
}

int access_key_seal(const struct keyring *k, const char *owner_id,
                    const struct secret *plain, struct iam_key *key,
                    struct err *e)
{
  const struct envelope_for of = {owner_id, key->access_key_id,
                                  ENVELOPE_ACCESS_KEY};
  CLEANUP_FREE unsigned char *blob = NULL;
  size_t len;
  int rc = envelope_seal(k, &of, NULL, plain, &blob, &len, e);

  if (rc != 0)
    return rc;
  if (len > sizeof key->sealed)
    return err_set(e, ERR_INTERNAL, "a sealed access key has %zu bytes", len);
  memcpy(key->sealed, blob, len);
  key->sealed_len = len;
  return 0;
}

int access_key_open(const struct keyring *k, const char *owner_id,
                    const struct iam_key *key, struct secret *out,
                    struct err *e)
{
  const struct envelope_for of = {owner_id, key->access_key_id,
                                  ENVELOPE_ACCESS_KEY};

  return envelope_open(k, &of, key->sealed, key->sealed_len, out, e);
}
