/* Digests signed and read, by OpenSSL's Ed25519. */
#include "event/trail/digest.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define HEAD          "{\"digest\":"
#define SIGNATURE     ",\"signature\":\""
#define TAIL          "\"}"
#define SIGNATURE_LEN 64

static const struct json_limits limits = {DIGEST_LINE_MAX, 4, 64};

struct digest_key {
  EVP_PKEY *pkey;
};

static int key_take(EVP_PKEY *pkey, struct digest_key **out, struct err *e)
{
  struct digest_key *k = malloc(sizeof *k);

  if (k == NULL) {
    EVP_PKEY_free(pkey);
    return err_set(e, ERR_NOMEM, "out of memory");
  }
  k->pkey = pkey; /* transferred */
  *out = k;
  return 0;
}

int digest_key_private(const unsigned char *seed, struct digest_key **out,
                       struct err *e)
{
  EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
                                                DIGEST_SEED_LEN);

  if (pkey == NULL)
    return err_set(e, ERR_INTERNAL, "OpenSSL has no Ed25519");
  return key_take(pkey, out, e);
}

int digest_key_public(const char *pem, size_t len, struct digest_key **out,
                      struct err *e)
{
  BIO *bio = BIO_new_mem_buf(pem, (int)len);
  EVP_PKEY *pkey =
      bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

  BIO_free(bio);
  if (pkey == NULL || EVP_PKEY_get_id(pkey) != EVP_PKEY_ED25519) {
    EVP_PKEY_free(pkey);
    return err_set(e, ERR_CONFIG, "not a public key of an audit trail");
  }
  return key_take(pkey, out, e);
}

void digest_key_free(struct digest_key *k)
{
  if (k == NULL)
    return;
  EVP_PKEY_free(k->pkey);
  free(k);
}

int digest_key_pem(const struct digest_key *k, struct buf *out, struct err *e)
{
  BIO *bio = BIO_new(BIO_s_mem());
  char *text = NULL;
  long len = 0;

  if (bio != NULL && PEM_write_bio_PUBKEY(bio, k->pkey) == 1)
    len = BIO_get_mem_data(bio, &text);
  if (len > 0)
    buf_put(out, text, (size_t)len);
  BIO_free(bio);
  if (len <= 0)
    return err_set(e, ERR_INTERNAL, "OpenSSL cannot write a public key");
  return buf_check(out, e);
}

/* ---- signing ----------------------------------------------------------------
 */

static void write_body(const struct digest *d, struct buf *out)
{
  time_t s = (time_t)(d->time_us / US_PER_S);
  char text[CHAIN_HEX_LEN + 1];
  struct tm tm = {0};

  (void)gmtime_r(&s, &tm);
  if (strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    text[0] = '\0';
  buf_putc(out, '{');
  buf_json_int(out, "version", 1);
  buf_json_int(out, "number", d->number);
  buf_json_str(out, "time", text);
  buf_json_str(out, "storeId", d->store_id);
  buf_json_str(out, "file", d->file);
  buf_json_int(out, "firstSequence", d->first);
  buf_json_int(out, "lastSequence", d->last.sequence);
  chain_hex(d->last.hash, text);
  buf_json_str(out, "lastHash", text);
  buf_json_str(out, "previousSignature", d->previous);
  buf_putc(out, '}');
}

static int sign(const struct digest_key *k, const struct buf *body,
                char out[DIGEST_SIGNATURE_MAX], struct err *e)
{
  unsigned char signature[SIGNATURE_LEN];
  EVP_MD_CTX *ctx = EVP_MD_CTX_new();
  size_t len = sizeof signature;
  bool good = ctx != NULL &&
              EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
              EVP_DigestSign(ctx, signature, &len,
                             (const unsigned char *)body->data, body->len) == 1;

  EVP_MD_CTX_free(ctx);
  if (!good)
    return err_set(e, ERR_INTERNAL, "OpenSSL cannot sign a digest");
  (void)EVP_EncodeBlock((unsigned char *)out, signature, SIGNATURE_LEN);
  return 0;
}

int digest_sign(const struct digest_key *k, struct digest *d, struct buf *out,
                struct err *e)
{
  CLEANUP_BUF struct buf body;
  int rc;

  buf_init(&body, DIGEST_LINE_MAX, false);
  write_body(d, &body);
  rc = buf_check(&body, e);
  if (rc == 0)
    rc = sign(k, &body, d->signature, e);
  if (rc != 0)
    return rc;
  buf_puts(out, HEAD);
  buf_put(out, body.data, body.len);
  buf_puts(out, SIGNATURE);
  buf_puts(out, d->signature);
  buf_puts(out, TAIL "\n");
  return buf_check(out, e);
}

/* ---- reading ----------------------------------------------------------------
 */

static bool text_take(const json_t *body, const char *key, char *out,
                      size_t size)
{
  const char *text = json_str(body, key);
  size_t len = text == NULL ? size : strlen(text);

  if (len >= size)
    return false;
  memcpy(out, text, len + 1);
  return true;
}

static bool time_take(const json_t *body, int64_t *out_us)
{
  const char *text = json_str(body, "time");
  struct tm tm = {0};
  const char *end = text == NULL ? NULL : strptime(text, "%Y-%m-%dT%TZ", &tm);

  *out_us = (int64_t)timegm(&tm) * US_PER_S;
  return end != NULL && *end == '\0';
}

static bool body_read(const json_t *body, struct digest *d)
{
  const char *hash = json_str(body, "lastHash");

  d->number = json_int(body, "number", 0);
  d->first = json_int(body, "firstSequence", 0);
  d->last.sequence = json_int(body, "lastSequence", 0);
  return json_int(body, "version", 0) == 1 && d->number > 0 && d->first > 0 &&
         d->last.sequence >= d->first && time_take(body, &d->time_us) &&
         text_take(body, "storeId", d->store_id, sizeof d->store_id) &&
         text_take(body, "file", d->file, sizeof d->file) &&
         text_take(body, "previousSignature", d->previous,
                   sizeof d->previous) &&
         hash != NULL && strlen(hash) == CHAIN_HEX_LEN &&
         chain_unhex(hash, d->last.hash);
}

static bool verify(const struct digest_key *k, const char *body, size_t len,
                   const char *base64)
{
  unsigned char signature[SIGNATURE_LEN + 2]; /* as DecodeBlock fills it */
  EVP_MD_CTX *ctx;
  bool good;

  if (strlen(base64) != DIGEST_SIGNATURE_MAX - 1 ||
      EVP_DecodeBlock(signature, (const unsigned char *)base64,
                      DIGEST_SIGNATURE_MAX - 1) != SIGNATURE_LEN + 2)
    return false;
  ctx = EVP_MD_CTX_new();
  good = ctx != NULL &&
         EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
         EVP_DigestVerify(ctx, signature, SIGNATURE_LEN,
                          (const unsigned char *)body, len) == 1;
  EVP_MD_CTX_free(ctx);
  return good;
}

int digest_read(const struct digest_key *k, const char *line, size_t len,
                struct digest *out, struct err *e)
{
  const size_t head = sizeof HEAD - 1, signature = DIGEST_SIGNATURE_MAX - 1,
               middle = sizeof SIGNATURE - 1, tail = sizeof TAIL - 1,
               around = head + middle + signature + tail;
  CLEANUP_JSON json_t *body = NULL;
  struct digest d = {0};
  const char *at;

  if (len <= around || len >= DIGEST_LINE_MAX ||
      memcmp(line, HEAD, head) != 0 ||
      memcmp(line + len - tail, TAIL, tail) != 0)
    return err_set(e, ERR_CORRUPT, "not a digest");
  at = line + len - tail - signature;
  if (memcmp(at - middle, SIGNATURE, middle) != 0)
    return err_set(e, ERR_CORRUPT, "not a digest");
  memcpy(d.signature, at, signature);
  if (!verify(k, line + head, len - around, d.signature))
    return err_set(e, ERR_CORRUPT, "its signature is not that of this key");
  if (json_read(line + head, len - around, &limits, &body, NULL) != 0 ||
      !body_read(body, &d))
    return err_set(e, ERR_CORRUPT, "not a digest that is known here");
  *out = d;
  return 0;
}
