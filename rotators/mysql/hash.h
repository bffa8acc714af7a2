/* hash.h - verifiers: what a server stores in place of a password. */
#ifndef MYSQL_HASH_H
#define MYSQL_HASH_H
#include <stdbool.h>
#include <stddef.h>

#define VERIFIER_MAX 128 /* bytes, with the NUL */

enum hash_match { HASH_DIFFERS, HASH_MATCHES, HASH_UNKNOWN };

/* Is this an authentication plugin whose verifiers we can compute? */
bool hash_knows(const char *plugin);

/* A verifier of printable ASCII, freshly salted where the plugin salts.
 * `rounds` is for caching_sha2_password.  False: no random bytes, or an
 * ed25519 password that is not 32 bytes long (see README.md). */
bool hash_make(const char *plugin, unsigned rounds, const char *password,
               char out[VERIFIER_MAX]);

/* Does this stored verifier stand for this password? */
enum hash_match hash_compare(const char *plugin, const char *stored,
                             const char *password);

/* A password that nobody knows. */
bool hash_random_password(char out[VERIFIER_MAX]);

#endif
