/* SHA-256 and HMAC-SHA-256 over OpenSSL's EVP: algorithms are fetched once.
 * One `struct digest` serves one thread.
 */
#ifndef SIGV4_DIGEST_H
#define SIGV4_DIGEST_H

#include <stddef.h>

#include "base/err.h"

#define DIGEST_LEN     32
#define DIGEST_HEX_LEN 64

struct digest;

int digest_new(struct digest **out, struct err *e);
void digest_free(struct digest *d);

/* Lower-case hexadecimal, as everywhere in Signature Version 4. */
int digest_hash(struct digest *d, const void *data, size_t len,
                char out[DIGEST_HEX_LEN + 1], struct err *e);
/* Keeps nothing that was made of the key. */
int digest_hmac(struct digest *d, const void *key, size_t key_len,
                const void *data, size_t len, unsigned char out[DIGEST_LEN],
                struct err *e);
void digest_hex(const unsigned char in[DIGEST_LEN],
                char out[DIGEST_HEX_LEN + 1]);

#endif
