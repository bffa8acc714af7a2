/* scram.c - SCRAM-SHA-256 verifiers, RFC 5802 and 5803.
 *
 * libpq makes them too, in three times the time, because it sets up its HMAC
 * anew for each of the 4096 rounds; that was the largest part of a rotation
 * that is ours and not the server's.  OpenSSL's PBKDF2 is what the RFC calls
 * Hi.  Only printable ASCII is done here, of which SASLprep changes nothing;
 * the rest is left to libpq.
 */
#include "scram.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#define ROUNDS   4096 /* PostgreSQL's own, and what libpq takes */
#define SALT_LEN 16
#define KEY_LEN  32
#define KEY_TEXT 45 /* base64 of a key, and NUL */

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
  bool is_made =
      PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt, SALT_LEN, ROUNDS,
                        EVP_sha256(), KEY_LEN, salted) == 1 &&
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
