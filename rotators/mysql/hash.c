/* hash.c - a verifier for each authentication plugin that takes passwords.
 *
 *   mysql_native_password   *HEX(SHA1(SHA1(password))), not salted
 *   ed25519                 base64 of the public key whose secret is
 *                           SHA512(password)
 *   caching_sha2_password   $A$RRR$ salt(20) crypt(43), RRR thousand rounds
 *   sha256_password         $5$ salt(20) $ crypt(43), 5000 rounds
 *
 * ed25519: OpenSSL makes a key pair of a secret of 32 bytes only, so only for
 * passwords of that length (the default one) is the verifier computed here.
 */
#include "hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "shacrypt.h"

#define SALT_LEN      20
#define KEY_LEN       32
#define SHA256_ROUNDS 5000

struct scheme {
  const char *plugin;
  bool (*make)(unsigned rounds, const char *password, char out[VERIFIER_MAX]);
  enum hash_match (*compare)(const char *stored, const char *password);
};

static enum hash_match same_text(const char *a, const char *b)
{
  size_t len = strlen(a);
  return len == strlen(b) && CRYPTO_memcmp(a, b, len) == 0 ? HASH_MATCHES
                                                           : HASH_DIFFERS;
}

static bool native_make(unsigned rounds, const char *password,
                        char out[VERIFIER_MAX])
{
  static const char hex[] = "0123456789ABCDEF";
  unsigned char once[20], twice[20];
  (void)rounds;
  if (EVP_Digest(password, strlen(password), once, NULL, EVP_sha1(), NULL) !=
          1 ||
      EVP_Digest(once, sizeof once, twice, NULL, EVP_sha1(), NULL) != 1)
    return false;
  out[0] = '*';
  for (size_t i = 0; i < sizeof twice; i++) {
    out[1 + 2 * i] = hex[twice[i] >> 4];
    out[2 + 2 * i] = hex[twice[i] & 15];
  }
  out[41] = '\0';
  OPENSSL_cleanse(once, sizeof once);
  return true;
}

static enum hash_match native_compare(const char *stored, const char *password)
{
  char own[VERIFIER_MAX];
  return native_make(0, password, own) ? same_text(stored, own) : HASH_UNKNOWN;
}

static bool ed25519_make(unsigned rounds, const char *password,
                         char out[VERIFIER_MAX])
{
  unsigned char key[KEY_LEN], text[KEY_LEN * 2];
  size_t len = sizeof key;
  (void)rounds;
  if (strlen(password) != KEY_LEN)
    return false;
  EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, NULL, (const unsigned char *)password, KEY_LEN);
  bool is_ok = pair && EVP_PKEY_get_raw_public_key(pair, key, &len) == 1;
  EVP_PKEY_free(pair);
  if (!is_ok)
    return false;
  /* 44 characters, of which the server leaves out the last, a "=". */
  (void)EVP_EncodeBlock(text, key, KEY_LEN);
  memcpy(out, text, 43);
  out[43] = '\0';
  return true;
}

static enum hash_match ed25519_compare(const char *stored, const char *password)
{
  char own[VERIFIER_MAX];
  return ed25519_make(0, password, own) ? same_text(stored, own) : HASH_UNKNOWN;
}

/* Letters and digits: MySQL takes nearly any byte, but these need no care in
 * any character set. */
static bool random_text(char *out, size_t len)
{
  static const char letters[] =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz./";
  unsigned char bytes[KEY_LEN];
  if (len > sizeof bytes || RAND_bytes(bytes, (int)len) != 1)
    return false;
  for (size_t i = 0; i < len; i++)
    out[i] = letters[bytes[i] & 63];
  OPENSSL_cleanse(bytes, sizeof bytes);
  return true;
}

static bool caching_make(unsigned rounds, const char *password,
                         char out[VERIFIER_MAX])
{
  char salt[SALT_LEN], digest[SHACRYPT_LEN + 1];
  if (rounds < 5000 || rounds > 0xfff * 1000u)
    rounds = 5000;
  rounds -= rounds % 1000;
  if (!random_text(salt, sizeof salt) ||
      !shacrypt(password, salt, sizeof salt, rounds, digest))
    return false;
  (void)snprintf(out, VERIFIER_MAX, "$A$%03X$%.*s%s", rounds / 1000, SALT_LEN,
                 salt, digest);
  return true;
}

static enum hash_match caching_compare(const char *stored, const char *password)
{
  char digest[SHACRYPT_LEN + 1];
  char *end = NULL;
  if (strncmp(stored, "$A$", 3) != 0 ||
      strlen(stored) != 7 + SALT_LEN + SHACRYPT_LEN)
    return stored[0] ? HASH_UNKNOWN : HASH_DIFFERS;
  unsigned long thousands = strtoul(stored + 3, &end, 16);
  if (end != stored + 6 || *end != '$' || thousands == 0)
    return HASH_UNKNOWN;
  if (!shacrypt(password, stored + 7, SALT_LEN, (unsigned)thousands * 1000,
                digest))
    return HASH_UNKNOWN;
  return same_text(stored + 7 + SALT_LEN, digest);
}

static bool sha256_make(unsigned rounds, const char *password,
                        char out[VERIFIER_MAX])
{
  char salt[SALT_LEN], digest[SHACRYPT_LEN + 1];
  (void)rounds;
  if (!random_text(salt, sizeof salt) ||
      !shacrypt(password, salt, sizeof salt, SHA256_ROUNDS, digest))
    return false;
  (void)snprintf(out, VERIFIER_MAX, "$5$%.*s$%s", SALT_LEN, salt, digest);
  return true;
}

static enum hash_match sha256_compare(const char *stored, const char *password)
{
  char digest[SHACRYPT_LEN + 1];
  if (strncmp(stored, "$5$", 3) != 0 ||
      strlen(stored) != 4 + SALT_LEN + SHACRYPT_LEN)
    return stored[0] ? HASH_UNKNOWN : HASH_DIFFERS;
  if (!shacrypt(password, stored + 3, SALT_LEN, SHA256_ROUNDS, digest))
    return HASH_UNKNOWN;
  return same_text(stored + 4 + SALT_LEN, digest);
}

static const struct scheme schemes[] = {
    {"mysql_native_password", native_make, native_compare},
    {"caching_sha2_password", caching_make, caching_compare},
    {"sha256_password", sha256_make, sha256_compare},
    {"ed25519", ed25519_make, ed25519_compare},
};

static const struct scheme *find(const char *plugin)
{
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
    if (strcmp(schemes[i].plugin, plugin) == 0)
      return &schemes[i];
  return NULL;
}

bool hash_knows(const char *plugin)
{
  return find(plugin) != NULL;
}

bool hash_make(const char *plugin, unsigned rounds, const char *password,
               char out[VERIFIER_MAX])
{
  const struct scheme *scheme = find(plugin);
  return scheme && scheme->make(rounds, password, out);
}

enum hash_match hash_compare(const char *plugin, const char *stored,
                             const char *password)
{
  const struct scheme *scheme = find(plugin);
  return scheme ? scheme->compare(stored, password) : HASH_UNKNOWN;
}

bool hash_random_password(char out[VERIFIER_MAX])
{
  out[KEY_LEN] = '\0';
  return random_text(out, KEY_LEN);
}
