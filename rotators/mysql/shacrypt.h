/* shacrypt.h - the SHA-256 crypt scheme, with MySQL's longer salts. */
#ifndef MYSQL_SHACRYPT_H
#define MYSQL_SHACRYPT_H
#include <stdbool.h>
#include <stddef.h>

#define SHACRYPT_LEN 43 /* characters of the result */

/* False: OpenSSL has no memory. */
bool shacrypt(const char *password, const char *salt, size_t salt_len,
              unsigned rounds, char out[SHACRYPT_LEN + 1]);

#endif
