/* Envelope encryption over crypto/gcm.
 *
 * AAD: format, purpose, and the ARN and version id, each behind its length as
 * four bytes, so that no two pairs make the same bytes.  The data key's AAD
 * has the KMS key's id besides; the value's has not, so that a rewrap leaves
 * the ciphertext as it is.
 */
#include "crypto/envelope.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define FORMAT       1
#define AT_PURPOSE   1
#define AT_KEY_ID    2
#define AT_DATA_KEY  (AT_KEY_ID + UUID_TEXT_LEN)
#define AAD_WITH_KEY UUID_TEXT_LEN
#define AAD_MAX      (2 + 8 + ENVELOPE_ARN_MAX + ENVELOPE_ID_MAX + AAD_WITH_KEY)

/* The value's AAD; with the id behind it, the data key's. */
struct aad {
  size_t len;
  unsigned char bytes[AAD_MAX];
};

static void aad_text(struct aad *a, const char *text, size_t len)
{
  unsigned char *p = a->bytes + a->len;

  p[0] = (unsigned char)(len >> 24);
  p[1] = (unsigned char)(len >> 16);
  p[2] = (unsigned char)(len >> 8);
  p[3] = (unsigned char)len;
  memcpy(p + 4, text, len);
  a->len += 4 + len;
}

static int aad_make(struct aad *a, const struct envelope_for *of,
                    enum err_code fault, struct err *e)
{
  size_t arn_len = strlen(of->arn), id_len = strlen(of->version_id);

  if (arn_len > ENVELOPE_ARN_MAX || id_len > ENVELOPE_ID_MAX)
    return err_set(e, fault, "the ARN or version id is too long");
  a->bytes[0] = FORMAT;
  a->bytes[1] = (unsigned char)of->purpose;
  a->len = 2;
  aad_text(a, of->arn, arn_len);
  aad_text(a, of->version_id, id_len);
  return 0;
}

/* Seals the data key by KMS key `id` into the head of the blob. */
static int head_write(const struct keyring *k, const struct envelope_for *of,
                      const char *id, const unsigned char *data_key,
                      unsigned char *blob, struct err *e)
{
  const unsigned char *kms = keyring_key(k, id);
  struct aad a;
  int rc;

  if (kms == NULL)
    return err_set(e, ERR_ENCRYPT,
                   "Secrets Manager can't encrypt the secret value: there is "
                   "no key %.64s",
                   id);
  rc = aad_make(&a, of, ERR_ENCRYPT, e);
  if (rc != 0)
    return rc;
  blob[0] = FORMAT;
  blob[AT_PURPOSE] = (unsigned char)of->purpose;
  memcpy(blob + AT_KEY_ID, id, UUID_TEXT_LEN);
  memcpy(a.bytes + a.len, id, UUID_TEXT_LEN);
  return gcm_seal(keyring_gcm(k), keyring_random(k), kms, a.bytes,
                  a.len + UUID_TEXT_LEN, data_key, GCM_KEY_LEN,
                  blob + AT_DATA_KEY, e);
}

/* Says which value could not be opened. */
static int refuse(const struct envelope_for *of, const char *why, struct err *e)
{
  return err_set(e, ERR_DECRYPT,
                 "Secrets Manager can't decrypt the secret value: version "
                 "%.64s of %.512s %s",
                 of->version_id, of->arn, why);
}

int envelope_key_id(const void *blob, size_t len,
                    char out_id[UUID_TEXT_LEN + 1], struct err *e)
{
  const unsigned char *p = blob;

  if (len < ENVELOPE_OVERHEAD || len > ENVELOPE_PLAIN_MAX + ENVELOPE_OVERHEAD ||
      p[0] != FORMAT)
    return err_set(e, ERR_DECRYPT, "this is not a sealed value");
  memcpy(out_id, p + AT_KEY_ID, UUID_TEXT_LEN);
  out_id[UUID_TEXT_LEN] = '\0';
  return 0;
}

/* Opens the data key; *a is the value's AAD. */
static int head_read(const struct keyring *k, const struct envelope_for *of,
                     const unsigned char *blob, size_t len, struct aad *a,
                     unsigned char *data_key, struct err *e)
{
  char id[UUID_TEXT_LEN + 1];
  const unsigned char *kms;
  int rc = aad_make(a, of, ERR_DECRYPT, e);

  if (rc != 0)
    return rc;
  if (envelope_key_id(blob, len, id, NULL) != 0 ||
      blob[AT_PURPOSE] != (unsigned char)of->purpose)
    return refuse(of, "is not a sealed value", e);
  kms = keyring_key(k, id);
  if (kms == NULL)
    return refuse(of, "is sealed by a key that is not in the key ring", e);
  memcpy(a->bytes + a->len, id, UUID_TEXT_LEN);
  if (gcm_open(keyring_gcm(k), kms, a->bytes, a->len + UUID_TEXT_LEN,
               blob + AT_DATA_KEY, KEYRING_WRAPPED_LEN, data_key, NULL) != 0)
    return refuse(of, "was changed in the store, or is another's", e);
  return 0;
}

int envelope_seal(const struct keyring *k, const struct envelope_for *of,
                  const char *key_id, const struct secret *plain,
                  unsigned char **out_blob, size_t *out_len, struct err *e)
{
  CLEANUP_SECRET struct secret data_key = {0};
  CLEANUP_FREE unsigned char *blob = NULL;
  struct aad a;
  int rc;

  if (key_id == NULL && (key_id = keyring_default(k)) == NULL)
    return err_set(e, ERR_ENCRYPT, "the key ring is empty");
  if (plain->len > ENVELOPE_PLAIN_MAX)
    return err_set(e, ERR_ENCRYPT, "a value has no more than %d bytes",
                   ENVELOPE_PLAIN_MAX);
  rc = secret_alloc(GCM_KEY_LEN, &data_key, e);
  if (rc != 0)
    return rc;
  keyring_random(k)->fill(keyring_random(k), data_key.data, data_key.len);
  blob = malloc(ENVELOPE_OVERHEAD + plain->len);
  if (blob == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  if ((rc = head_write(k, of, key_id, data_key.data, blob, e)) != 0 ||
      (rc = aad_make(&a, of, ERR_ENCRYPT, e)) != 0 ||
      (rc = gcm_seal(keyring_gcm(k), keyring_random(k), data_key.data, a.bytes,
                     a.len, plain->data, plain->len, blob + ENVELOPE_HEAD_LEN,
                     e)) != 0)
    return rc;
  *out_len = ENVELOPE_OVERHEAD + plain->len;
  *out_blob = blob;
  blob = NULL; /* transferred */
  return 0;
}

int envelope_open(const struct keyring *k, const struct envelope_for *of,
                  const void *blob, size_t len, struct secret *out,
                  struct err *e)
{
  CLEANUP_SECRET struct secret data_key = {0}, plain = {0};
  const unsigned char *p = blob;
  struct aad a;
  int rc = secret_alloc(GCM_KEY_LEN, &data_key, e);

  if (rc != 0 || (rc = head_read(k, of, p, len, &a, data_key.data, e)) != 0 ||
      (rc = secret_alloc(len - ENVELOPE_OVERHEAD, &plain, e)) != 0)
    return rc;
  if (gcm_open(keyring_gcm(k), data_key.data, a.bytes, a.len,
               p + ENVELOPE_HEAD_LEN, len - ENVELOPE_HEAD_LEN, plain.data,
               NULL) != 0)
    return refuse(of, "was changed in the store, or is another's", e);
  *out = plain;
  plain = (struct secret){0}; /* transferred */
  return 0;
}

int envelope_rewrap(const struct keyring *k, const struct envelope_for *of,
                    const void *blob, size_t len, const char *new_key_id,
                    unsigned char **out_blob, size_t *out_len, struct err *e)
{
  CLEANUP_SECRET struct secret data_key = {0};
  CLEANUP_FREE unsigned char *copy = NULL;
  struct aad a;
  int rc = secret_alloc(GCM_KEY_LEN, &data_key, e);

  if (rc != 0 || (rc = head_read(k, of, blob, len, &a, data_key.data, e)) != 0)
    return rc;
  copy = malloc(len);
  if (copy == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  memcpy(copy, blob, len);
  rc = head_write(k, of, new_key_id, data_key.data, copy, e);
  if (rc != 0)
    return rc;
  *out_len = len;
  *out_blob = copy;
  copy = NULL; /* transferred */
  return 0;
}
