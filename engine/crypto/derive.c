/* Derived keys, by OpenSSL's HKDF. */
#include "crypto/derive.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdint.h>
#include <string.h>

/* OpenSSL takes parameters as if it might write to them. */
static OSSL_PARAM octets(const char *name, const void *data, size_t len)
{
  return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)data, len);
}

static bool hkdf(const unsigned char *key, const char *purpose,
                 unsigned char *out, size_t len)
{
  char sha256[] = "SHA2-256";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0),
      octets(OSSL_KDF_PARAM_KEY, key, GCM_KEY_LEN),
      octets(OSSL_KDF_PARAM_INFO, purpose, strlen(purpose)),
      OSSL_PARAM_construct_end()};
  EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
  EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
  bool ok = ctx != NULL && EVP_KDF_derive(ctx, out, len, params) == 1;

  EVP_KDF_CTX_free(ctx);
  EVP_KDF_free(kdf);
  return ok;
}

int key_derive(const struct keyring *k, const char *purpose, struct secret *out,
               struct err *e)
{
  const char *id = keyring_oldest(k);
  struct secret derived;
  int rc;

  if (id == NULL)
    return err_set(e, ERR_CONFIG, "the store has no key to derive one from");
  rc = secret_alloc(DERIVED_KEY_LEN, &derived, e);
  if (rc != 0)
    return rc;
  if (!hkdf(keyring_key(k, id), purpose, derived.data, derived.len)) {
    secret_release(&derived);
    return err_set(e, ERR_INTERNAL, "HKDF-SHA-256 failed");
  }
  *out = derived;
  return 0;
}
