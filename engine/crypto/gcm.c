/* AES-256-GCM over OpenSSL's EVP. */
#include "crypto/gcm.h"

#include <assert.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

struct gcm {
  EVP_CIPHER *cipher;
};

int gcm_new(struct gcm **out, struct err *e)
{
  struct gcm *g = calloc(1, sizeof *g);

  if (g == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  g->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
  if (g->cipher == NULL) {
    free(g);
    return err_set(e, ERR_CONFIG, "OpenSSL offers no AES-256-GCM");
  }
  *out = g;
  return 0;
}

void gcm_free(struct gcm *g)
{
  if (g == NULL)
    return;
  EVP_CIPHER_free(g->cipher);
  free(g);
}

int gcm_seal(const struct gcm *g, struct random *r, const unsigned char *key,
             const void *aad, size_t aad_len, const void *plain, size_t len,
             unsigned char *out, struct err *e)
{
  unsigned char *text = out + GCM_NONCE_LEN, *tag = text + len;
  EVP_CIPHER_CTX *ctx;
  int n, ok;

  assert(len <= INT_MAX && aad_len <= INT_MAX);
  ctx = EVP_CIPHER_CTX_new();
  if (ctx == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  r->fill(r, out, GCM_NONCE_LEN);
  ok = EVP_EncryptInit_ex2(ctx, g->cipher, key, out, NULL) == 1 &&
       EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)aad_len) == 1 &&
       EVP_EncryptUpdate(ctx, text, &n, plain, (int)len) == 1 &&
       EVP_EncryptFinal_ex(ctx, text + n, &n) == 1 &&
       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_LEN, tag) == 1;
  EVP_CIPHER_CTX_free(ctx);
  if (!ok)
    return err_set(e, ERR_ENCRYPT, "AES-256-GCM could not encrypt");
  return 0;
}

int gcm_open(const struct gcm *g, const unsigned char *key, const void *aad,
             size_t aad_len, const void *sealed, size_t len, unsigned char *out,
             struct err *e)
{
  const unsigned char *in = sealed;
  unsigned char tag[GCM_TAG_LEN];
  EVP_CIPHER_CTX *ctx;
  int n, ok;

  if (len < GCM_OVERHEAD || len > INT_MAX || aad_len > INT_MAX)
    return err_set(e, ERR_DECRYPT, "the sealed data has an impossible length");
  memcpy(tag, in + len - GCM_TAG_LEN, sizeof tag);
  len -= GCM_OVERHEAD;
  ctx = EVP_CIPHER_CTX_new();
  if (ctx == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  ok = EVP_DecryptInit_ex2(ctx, g->cipher, key, in, NULL) == 1 &&
       EVP_DecryptUpdate(ctx, NULL, &n, aad, (int)aad_len) == 1 &&
       EVP_DecryptUpdate(ctx, out, &n, in + GCM_NONCE_LEN, (int)len) == 1 &&
       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_LEN, tag) == 1 &&
       EVP_DecryptFinal_ex(ctx, out + n, &n) == 1;
  EVP_CIPHER_CTX_free(ctx);
  if (!ok) {
    secret_wipe(out, len); /* unauthenticated plaintext leaves nobody */
    return err_set(e, ERR_DECRYPT,
                   "the sealed data was changed or is not "
                   "this one's");
  }
  return 0;
}
