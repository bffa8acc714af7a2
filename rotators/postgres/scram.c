/* scram.c - SCRAM-SHA-256 verifiers, RFC 5802 and 5803.
 *
 * libpq makes them too, in six times the time, because it sets up its HMAC
 * anew for each of the 4096 rounds; that was the largest part of a rotation
 * that is ours and not the server's.  EVP spends three times as long on its
 * contexts as on the hash, so the rounds call SHA-256 itself, of OpenSSL 1.1's
 * interface.  Only printable ASCII is done here, of which SASLprep changes
 * nothing; the rest is left to libpq.
 */
#define OPENSSL_API_COMPAT 0x10100000L
#include "scram.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#define ROUNDS   4096 /* PostgreSQL's own, and what libpq takes */
#define SALT_LEN 16
#define KEY_LEN  32
#define KEY_TEXT 45 /* base64 of a key, and NUL */

/* HMAC with a fixed key: the states behind its two first blocks. */
struct mac {
  SHA256_CTX inner, outer;
};

static void mac_key(struct mac *m, const char *key)
{
  unsigned char block[SHA256_CBLOCK] = {0};
  size_t len = strlen(key);
  if (len > sizeof block)
    (void)SHA256((const unsigned char *)key, len, block);
  else
    memcpy(block, key, len);
  for (size_t i = 0; i < sizeof block; i++)
    block[i] ^= 0x36;
  (void)SHA256_Init(&m->inner); /* none of these can fail */
  (void)SHA256_Update(&m->inner, block, sizeof block);
  for (size_t i = 0; i < sizeof block; i++)
    block[i] ^= 0x36 ^ 0x5c;
  (void)SHA256_Init(&m->outer);
  (void)SHA256_Update(&m->outer, block, sizeof block);
  OPENSSL_cleanse(block, sizeof block);
}

static void mac_of(const struct mac *m, const unsigned char *data, size_t len,
                   unsigned char out[KEY_LEN])
{
  SHA256_CTX state = m->inner;
  (void)SHA256_Update(&state, data, len);
  (void)SHA256_Final(out, &state);
  state = m->outer;
  (void)SHA256_Update(&state, out, KEY_LEN);
  (void)SHA256_Final(out, &state);
}

/* PBKDF2 (RFC 8018) for one block, which is all that SCRAM wants. */
static void salted_password(const char *password,
                            const unsigned char salt[SALT_LEN],
                            unsigned char out[KEY_LEN])
{
  unsigned char first[SALT_LEN + 4] = {[SALT_LEN + 3] = 1}, round[KEY_LEN];
  struct mac m;
  mac_key(&m, password);
  memcpy(first, salt, SALT_LEN);
  mac_of(&m, first, sizeof first, round);
  memcpy(out, round, KEY_LEN);
  for (int i = 1; i < ROUNDS; i++) {
    mac_of(&m, round, KEY_LEN, round);
    for (int k = 0; k < KEY_LEN; k++)
      out[k] ^= round[k];
  }
  OPENSSL_cleanse(&m, sizeof m);
  OPENSSL_cleanse(round, sizeof round);
}

static bool is_printable(const char *password)
{
  for (const char *c = password; *c; c++)
    if (*c < 0x20 || *c > 0x7e)
      return false;
  return password[0] != '\0';
}

static bool keyed(const unsigned char key[KEY_LEN], const char *text,
                  unsigned char out[KEY_LEN])
{
  return HMAC(EVP_sha256(), key, KEY_LEN, (const unsigned char *)text,
              strlen(text), out, NULL) != NULL;
}

static bool make(const char *password, char out[SCRAM_VERIFIER_MAX])
{
  unsigned char salt[SALT_LEN], salted[KEY_LEN], client[KEY_LEN],
      stored[KEY_LEN], server[KEY_LEN];
  unsigned char salt_text[KEY_TEXT], stored_text[KEY_TEXT],
      server_text[KEY_TEXT];
  if (!is_printable(password) || RAND_bytes(salt, sizeof salt) != 1)
    return false;
  salted_password(password, salt, salted);
  bool is_made =
      keyed(salted, "Client Key", client) &&
      keyed(salted, "Server Key", server) &&
      EVP_Digest(client, KEY_LEN, stored, NULL, EVP_sha256(), NULL) == 1;
  if (is_made) {
    (void)EVP_EncodeBlock(salt_text, salt, SALT_LEN); /* returns the length */
    (void)EVP_EncodeBlock(stored_text, stored, KEY_LEN);
    (void)EVP_EncodeBlock(server_text, server, KEY_LEN);
    (void)snprintf(out, SCRAM_VERIFIER_MAX, "SCRAM-SHA-256$%d:%s$%s:%s", ROUNDS,
                   (const char *)salt_text, (const char *)stored_text,
                   (const char *)server_text);
  }
  OPENSSL_cleanse(salted, sizeof salted);
  OPENSSL_cleanse(client, sizeof client);
  OPENSSL_cleanse(server, sizeof server);
  return is_made;
}

void verifier_make(struct verifier *v)
{
  if (!v->is_tried && !make(v->password, v->text))
    v->text[0] = '\0';
  v->is_tried = true;
}

void verifier_clear(struct verifier *v)
{
  OPENSSL_cleanse(v->text, sizeof v->text);
  v->is_tried = false;
}
