/* SHA-256 and HMAC-SHA-256 over OpenSSL's EVP. */
#include "sigv4/digest.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

enum { BLOCK_LEN = 64, INNER_PAD = 0x36, OUTER_PAD = 0x5c };

struct digest {
  EVP_MD *sha256;
  EVP_MD_CTX *hash;
  struct secret pad; /* a block of HMAC's key; zero between calls */
};

int digest_new(struct digest **out, struct err *e)
{
  struct digest *d = calloc(1, sizeof *d);
  int rc;

  if (d == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  d->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
  d->hash = EVP_MD_CTX_new();
  if (d->sha256 == NULL || d->hash == NULL) {
    digest_free(d);
    return err_set(e, ERR_CONFIG, "OpenSSL offers no SHA-256");
  }
  rc = secret_alloc(BLOCK_LEN, &d->pad, e);
  if (rc != 0) {
    digest_free(d);
    return rc;
  }
  *out = d;
  return 0;
}

void digest_free(struct digest *d)
{
  if (d == NULL)
    return;
  EVP_MD_CTX_free(d->hash);
  EVP_MD_free(d->sha256);
  secret_release(&d->pad);
  free(d);
}

void digest_hex(const unsigned char in[DIGEST_LEN],
                char out[DIGEST_HEX_LEN + 1])
{
  static const char hex[] = "0123456789abcdef";

  for (size_t i = 0; i < DIGEST_LEN; i++) {
    out[2 * i] = hex[in[i] >> 4];
    out[2 * i + 1] = hex[in[i] & 15];
  }
  out[DIGEST_HEX_LEN] = '\0';
}

int digest_hash(struct digest *d, const void *data, size_t len,
                char out[DIGEST_HEX_LEN + 1], struct err *e)
{
  unsigned char raw[DIGEST_LEN];
  unsigned int n = 0;

  if (EVP_DigestInit_ex2(d->hash, d->sha256, NULL) != 1 ||
      EVP_DigestUpdate(d->hash, data, len) != 1 ||
      EVP_DigestFinal_ex(d->hash, raw, &n) != 1 || n != DIGEST_LEN)
    return err_set(e, ERR_INTERNAL, "SHA-256 failed");
  digest_hex(raw, out);
  return 0;
}

/* By hand over SHA-256, because EVP_MAC makes and frees contexts, and asks for
 * its algorithm by name, which costs ten times the hashes.  The key is in
 * secret memory only; what the hash context holds afterwards is the inner
 * digest, of which nothing else can be signed. */
static int hash_behind_pad(struct digest *d, const void *data, size_t len,
                           unsigned char out[DIGEST_LEN])
{
  unsigned int n = 0;

  return EVP_DigestInit_ex2(d->hash, d->sha256, NULL) == 1 &&
         EVP_DigestUpdate(d->hash, d->pad.data, d->pad.len) == 1 &&
         EVP_DigestUpdate(d->hash, data, len) == 1 &&
         EVP_DigestFinal_ex(d->hash, out, &n) == 1 && n == DIGEST_LEN;
}

static void pad_turn(struct digest *d, unsigned char with)
{
  for (size_t i = 0; i < d->pad.len; i++)
    d->pad.data[i] ^= with;
}

/* A key that is longer than a block is hashed first (RFC 2104). */
static int pad_fill(struct digest *d, const void *key, size_t key_len)
{
  unsigned int n = 0;

  memset(d->pad.data, 0, d->pad.len);
  if (key_len <= d->pad.len) {
    memcpy(d->pad.data, key, key_len);
    return 1;
  }
  return EVP_DigestInit_ex2(d->hash, d->sha256, NULL) == 1 &&
         EVP_DigestUpdate(d->hash, key, key_len) == 1 &&
         EVP_DigestFinal_ex(d->hash, d->pad.data, &n) == 1 && n == DIGEST_LEN;
}

int digest_hmac(struct digest *d, const void *key, size_t key_len,
                const void *data, size_t len, unsigned char out[DIGEST_LEN],
                struct err *e)
{
  unsigned char inner[DIGEST_LEN];
  bool ok = pad_fill(d, key, key_len);

  pad_turn(d, INNER_PAD);
  ok = ok && hash_behind_pad(d, data, len, inner);
  pad_turn(d, INNER_PAD ^ OUTER_PAD);
  ok = ok && hash_behind_pad(d, inner, sizeof inner, out);
  secret_wipe(d->pad.data, d->pad.len);
  secret_wipe(inner, sizeof inner);
  if (!ok)
    return err_set(e, ERR_INTERNAL, "HMAC-SHA-256 failed");
  return 0;
}
