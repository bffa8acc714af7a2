/* The root key and the KMS keys that it wraps.
 *
 * Any number of threads may read while one adds: keys are only ever added,
 * never moved or removed.  What is stored of a KMS key is its wrapped form;
 * the caller keeps the rows.
 */
#ifndef CRYPTO_KEYRING_H
#define CRYPTO_KEYRING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/gcm.h"

#define KEYRING_KEYS_MAX    256
#define KEYRING_WRAPPED_LEN (GCM_KEY_LEN + GCM_OVERHEAD) /* 60 */
#define KEYRING_CHECK_LEN   (16 + GCM_OVERHEAD)          /* 44 */

struct keyring;

/* `root`: taken, also on failure.  `r`: borrowed until keyring_free.  *out:
 * returned, freed by keyring_free. */
int keyring_new(struct secret *root, struct random *r, struct keyring **out,
                struct err *e);
void keyring_free(struct keyring *k);

/* The key check value of a new store, and its test.  ERR_CONFIG: the root key
 * is another store's. */
int keyring_check_make(struct keyring *k, const char *store_id,
                       unsigned char out_check[KEYRING_CHECK_LEN],
                       struct err *e);
int keyring_check(struct keyring *k, const char *store_id, const void *check,
                  size_t check_len, struct err *e);

/* Draws a KMS key.  It is not in the ring yet: store the row, then load it,
 * so that nothing is ever sealed by a key that is not durable. */
int keyring_make(struct keyring *k, char out_id[UUID_TEXT_LEN + 1],
                 unsigned char out_wrapped[KEYRING_WRAPPED_LEN], struct err *e);
/* Unwraps a stored key and adds it; the last one loaded is the default until
 * one is marked.  A key that is there already is left as it is.  ERR_DECRYPT:
 * the row was changed; ERR_LIMIT: too many. */
int keyring_load(struct keyring *k, const char *id, const void *wrapped,
                 size_t len, struct err *e);
/* ERR_NOT_FOUND: no such key in the ring. */
int keyring_mark_default(struct keyring *k, const char *id, struct err *e);
/* Borrowed until keyring_free; NULL in an empty ring. */
const char *keyring_default(const struct keyring *k);
/* The first one loaded; as keyring_default otherwise. */
const char *keyring_oldest(const struct keyring *k);
bool keyring_has(const struct keyring *k, const char *id);

/* The same KMS key wrapped by another root key, to change the root key. */
int keyring_rewrap(struct keyring *k, const char *id,
                   const struct secret *new_root,
                   unsigned char out_wrapped[KEYRING_WRAPPED_LEN],
                   struct err *e);

/* For crypto/envelope.c: the key's bytes, borrowed until keyring_free, or
 * NULL; the algorithm; the source of nonces. */
const unsigned char *keyring_key(const struct keyring *k, const char *id);
const struct gcm *keyring_gcm(const struct keyring *k);
struct random *keyring_random(const struct keyring *k);

#endif
