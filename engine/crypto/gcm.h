/* AES-256-GCM with 96-bit nonces and 128-bit tags: the one cipher of the
 * store.  Layout of what it makes: nonce, ciphertext, tag.
 */
#ifndef CRYPTO_GCM_H
#define CRYPTO_GCM_H

#include <stddef.h>

#include "base/err.h"
#include "base/random.h"

#define GCM_KEY_LEN   32
#define GCM_NONCE_LEN 12
#define GCM_TAG_LEN   16
#define GCM_OVERHEAD  (GCM_NONCE_LEN + GCM_TAG_LEN)

/* The algorithm, fetched once; read-only after, so threads may share it. */
struct gcm;

int gcm_new(struct gcm **out, struct err *e);
void gcm_free(struct gcm *g);

/* Writes len + GCM_OVERHEAD bytes to `out`, under a nonce drawn from r. */
int gcm_seal(const struct gcm *g, struct random *r, const unsigned char *key,
             const void *aad, size_t aad_len, const void *plain, size_t len,
             unsigned char *out, struct err *e);
/* `len` counts nonce and tag; writes len - GCM_OVERHEAD bytes.  ERR_DECRYPT
 * when it is not what was sealed; `out` is zeroed then. */
int gcm_open(const struct gcm *g, const unsigned char *key, const void *aad,
             size_t aad_len, const void *sealed, size_t len, unsigned char *out,
             struct err *e);

#endif
