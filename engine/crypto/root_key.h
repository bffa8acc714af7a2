/* The root key in a file that only its owner can read.
 *
 * One line, `keyturn-root-key-v1 BASE64`, written once by `keyturnd init`.
 * Whoever has this file and the store has every secret; whoever loses it has
 * none.
 */
#ifndef CRYPTO_ROOT_KEY_H
#define CRYPTO_ROOT_KEY_H

#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"

#define ROOT_KEY_LEN 32

/* Draws a key and writes it, mode 0600, durable when it returns 0.
 * ERR_EXISTS: the file is there; it is never overwritten. */
int root_key_create(const char *path, struct random *r, struct err *e);
/* *out: released by secret_release.  ERR_CONFIG names the file and what to do
 * when it is missing, readable by others, or not a key. */
int root_key_read(const char *path, struct secret *out, struct err *e);

#endif
