/* Keys for other purposes than sealing, derived from the store's keys: nothing
 * has to be kept for them, and they outlive a restart.
 */
#ifndef CRYPTO_DERIVE_H
#define CRYPTO_DERIVE_H

#include "crypto/keyring.h"

#define DERIVED_KEY_LEN 32

/* HKDF-SHA-256 of the oldest KMS key, which no later one displaces.  `purpose`
 * tells keys apart.  *out: returned, secret_release.  ERR_CONFIG: an empty
 * ring. */
int key_derive(const struct keyring *k, const char *purpose, struct secret *out,
               struct err *e);

#endif
