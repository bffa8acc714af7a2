/* The keys of a store: its root key, checked, and the KMS keys behind it. */
#ifndef SERVER_KEYS_H
#define SERVER_KEYS_H

#include "base/random.h"
#include "crypto/keyring.h"
#include "store/store.h"

/* Reads the root key.  *out: returned, keyring_free. */
int keys_root(const char *path, struct random *r, struct keyring **out,
              struct err *e);
/* Is it this store's?  Then its KMS keys are loaded; a store that has none (a
 * new one) gets its first.  ERR_CONFIG: another store's. */
int keys_load(struct keyring *k, struct store *s, int64_t now_us,
              struct err *e);

#endif
