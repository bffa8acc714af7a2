/* String to sign, signing key and signature. */
#include "sigv4/signature.h"

#include <assert.h>
#include <string.h>

#include "base/cleanup.h"

int signature_text(struct digest *d, const struct scope *scope,
                   const char *stamp, const void *canonical, size_t len,
                   char out[SIGNATURE_TEXT_MAX], struct err *e)
{
  char hash[DIGEST_HEX_LEN + 1];
  const char *const parts[] = {SIGNATURE_ALGORITHM,
                               "\n",
                               stamp,
                               "\n",
                               scope->date,
                               "/",
                               scope->region,
                               "/",
                               scope->service,
                               "/",
                               SIGNATURE_END,
                               "\n",
                               hash};
  int rc = digest_hash(d, canonical, len, hash, e);
  size_t at = 0;

  if (rc != 0)
    return rc;
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    size_t part_len = strlen(parts[i]);

    assert(at + part_len < SIGNATURE_TEXT_MAX); /* every part is bounded */
    memcpy(out + at, parts[i], part_len);
    at += part_len;
  }
  out[at] = '\0';
  return 0;
}

int signature_key(struct digest *d, const struct scope *scope,
                  const struct secret *secret_access_key, struct secret *out,
                  struct err *e)
{
  static const char prefix[] = "AWS4";
  const char *parts[] = {scope->date, scope->region, scope->service,
                         SIGNATURE_END};
  struct secret first CLEANUP_SECRET = {0}, key CLEANUP_SECRET = {0};
  const struct secret *under = &first;
  int rc = secret_alloc(strlen(prefix) + secret_access_key->len, &first, e);

  if (rc != 0 || (rc = secret_alloc(DIGEST_LEN, &key, e)) != 0)
    return rc;
  memcpy(first.data, prefix, strlen(prefix));
  memcpy(first.data + strlen(prefix), secret_access_key->data,
         secret_access_key->len);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    rc = digest_hmac(d, under->data, under->len, parts[i], strlen(parts[i]),
                     key.data, e);
    if (rc != 0)
      return rc;
    under = &key;
  }
  *out = key;
  key = (struct secret){0}; /* transferred */
  return 0;
}

int signature_make(struct digest *d, const struct secret *signing_key,
                   const char *text, char out[DIGEST_HEX_LEN + 1],
                   struct err *e)
{
  unsigned char raw[DIGEST_LEN];
  int rc = digest_hmac(d, signing_key->data, signing_key->len, text,
                       strlen(text), raw, e);

  if (rc == 0)
    digest_hex(raw, out);
  return rc;
}
