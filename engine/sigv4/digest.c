/* SHA-256 and HMAC-SHA-256 over OpenSSL's EVP. */
#include "sigv4/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>

struct digest {
  EVP_MD *sha256;
  EVP_MAC *hmac;
  EVP_MD_CTX *hash;
};

int digest_new(struct digest **out, struct err *e)
{
  struct digest *d = calloc(1, sizeof *d);

  if (d == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  d->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
  d->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  d->hash = EVP_MD_CTX_new();
  if (d->sha256 == NULL || d->hmac == NULL || d->hash == NULL) {
    digest_free(d);
    return err_set(e, ERR_CONFIG, "OpenSSL offers no SHA-256 or no HMAC");
  }
  *out = d;
  return 0;
}

void digest_free(struct digest *d)
{
  if (d == NULL)
    return;
  EVP_MD_CTX_free(d->hash);
  EVP_MAC_free(d->hmac);
  EVP_MD_free(d->sha256);
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

/* A context for each call, because only freeing it zeroes the hash states
 * that were made of the key. */
int digest_hmac(struct digest *d, const void *key, size_t key_len,
                const void *data, size_t len, unsigned char out[DIGEST_LEN],
                struct err *e)
{
  char name[] = "SHA2-256";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
      OSSL_PARAM_construct_end()};
  EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(d->hmac);
  size_t n = 0;
  bool ok;

  if (ctx == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  ok = EVP_MAC_init(ctx, key, key_len, params) == 1 &&
       EVP_MAC_update(ctx, data, len) == 1 &&
       EVP_MAC_final(ctx, out, &n, DIGEST_LEN) == 1 && n == DIGEST_LEN;
  EVP_MAC_CTX_free(ctx);
  if (!ok)
    return err_set(e, ERR_INTERNAL, "HMAC-SHA-256 failed");
  return 0;
}
