/* Envelope encryption: each version of a secret under a data key of its own.
 *
 * A sealed value (version 1) is
 *   format 1, purpose 1, KMS key id 36, wrapped data key 60, nonce 12,
 *   ciphertext, tag 16
 * and opens only for the ARN, version id and purpose it was sealed for: they
 * are the AAD of the value and of its data key.  Thread-safe.
 */
#ifndef CRYPTO_ENVELOPE_H
#define CRYPTO_ENVELOPE_H

#include <stddef.h>

#include "base/err.h"
#include "base/secret.h"
#include "crypto/keyring.h"

/* Stored: never renumber. */
enum envelope_purpose {
  ENVELOPE_VALUE = 1,
  ENVELOPE_NOTE = 2,
  ENVELOPE_ACCESS_KEY = 3, /* a secret access key, for its owner and its id */
  ENVELOPE_SESSION = 4,    /* a session token, for the store and its key id */
  ENVELOPE_AUDIT_KEY = 5   /* the audit trail's signing key, for the store */
};

#define ENVELOPE_PLAIN_MAX SECRET_VALUE_MAX
#define ENVELOPE_HEAD_LEN  (2 + UUID_TEXT_LEN + KEYRING_WRAPPED_LEN)
#define ENVELOPE_OVERHEAD  (ENVELOPE_HEAD_LEN + GCM_OVERHEAD)
#define ENVELOPE_ARN_MAX   2048
#define ENVELOPE_ID_MAX    64

/* What a value is sealed for. */
struct envelope_for {
  const char *arn, *version_id; /* borrowed for the call */
  enum envelope_purpose purpose;
};

/* key_id NULL: the ring's default.  *out_blob: returned, free().  The key
 * that was used is in the blob: envelope_key_id.  ERR_ENCRYPT: no such key,
 * or too large. */
int envelope_seal(const struct keyring *k, const struct envelope_for *of,
                  const char *key_id, const struct secret *plain,
                  unsigned char **out_blob, size_t *out_len, struct err *e);
/* ERR_DECRYPT: changed, another's, or its key is not in the ring. */
int envelope_open(const struct keyring *k, const struct envelope_for *of,
                  const void *blob, size_t len, struct secret *out,
                  struct err *e);
/* The same value with its data key under another KMS key.  *out_blob:
 * returned, free(). */
int envelope_rewrap(const struct keyring *k, const struct envelope_for *of,
                    const void *blob, size_t len, const char *new_key_id,
                    unsigned char **out_blob, size_t *out_len, struct err *e);
/* The id in the blob, unproven.  ERR_DECRYPT: not a sealed value. */
int envelope_key_id(const void *blob, size_t len,
                    char out_id[UUID_TEXT_LEN + 1], struct err *e);

#endif
