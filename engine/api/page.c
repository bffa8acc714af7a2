/* Page tokens: base64 of
 *
 *   version (1) · key (8) · id (8) · name (0 to 512) · MAC (32)
 *
 * HMAC-SHA-256 over what stands before it and the hash of the request. */
#include "api/page.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "api/ops.h"
#include "base/cleanup.h"
#include "crypto/derive.h"

#define VERSION   1
#define NUMBER    8
#define FIXED_LEN (1 + 2 * NUMBER)
#define MAC_LEN   32
#define RAW_MAX   (FIXED_LEN + STORE_NAME_MAX - 1 + MAC_LEN)
#define TEXT_MAX  ((RAW_MAX + 2) / 3 * 4 + 1)
#define PURPOSE   "keyturn: MAC of page tokens, 1"

static int feed(const char *data, size_t len, void *ctx)
{
  return EVP_DigestUpdate(ctx, data, len) == 1 ? 0 : -1;
}

/* A shallow copy is enough to leave two members out; jansson reads what it
 * copies. */
static bool hash_request(struct call *c, EVP_MD_CTX *ctx,
                         unsigned char out[MAC_LEN])
{
  CLEANUP_JSON json_t *rest = json_copy((json_t *)(uintptr_t)c->in);

  if (rest == NULL)
    return false;
  (void)json_object_del(rest, "NextToken");  /* may not be there */
  (void)json_object_del(rest, "MaxResults"); /* nor this one */
  return EVP_DigestInit_ex2(ctx, EVP_sha256(), NULL) == 1 &&
         feed(c->op->target, c->op->target_len + 1, ctx) == 0 &&
         feed(c->region, strlen(c->region) + 1, ctx) == 0 &&
         json_dump_callback(rest, feed, ctx, JSON_SORT_KEYS | JSON_COMPACT) ==
             0 &&
         EVP_DigestFinal_ex(ctx, out, NULL) == 1;
}

static int mac(struct call *c, const unsigned char *data, size_t len,
               unsigned char out[MAC_LEN])
{
  CLEANUP_SECRET struct secret key = {0};
  unsigned char text[RAW_MAX + MAC_LEN];
  EVP_MD_CTX *ctx;
  size_t n = 0;
  bool ok;
  int rc = key_derive(c->api->keyring, PURPOSE, &key, c->e);

  if (rc != 0)
    return rc;
  ctx = EVP_MD_CTX_new();
  ok = ctx != NULL && hash_request(c, ctx, text);
  EVP_MD_CTX_free(ctx);
  memcpy(text + MAC_LEN, data, len);
  if (!ok || EVP_Q_mac(NULL, "HMAC", NULL, "SHA2-256", NULL, key.data, key.len,
                       text, MAC_LEN + len, out, MAC_LEN, &n) == NULL)
    return err_set(c->e, ERR_INTERNAL, "the MAC of a page token failed");
  return 0;
}

static void put_number(unsigned char *to, int64_t value)
{
  uint64_t bits = (uint64_t)value;

  for (int i = NUMBER - 1; i >= 0; i--, bits >>= 8)
    to[i] = (unsigned char)bits;
}

static int64_t get_number(const unsigned char *from)
{
  uint64_t bits = 0;

  for (int i = 0; i < NUMBER; i++)
    bits = bits << 8 | from[i];
  return (int64_t)bits;
}

static int invalid(struct call *c)
{
  return err_set(c->e, ERR_NEXT_TOKEN, "The NextToken value is invalid.");
}

/* *out_len 0: it is no base64 of a token's length.  One text alone stands for
 * the bytes, so that nothing in it can be changed. */
static void decode(const char *text, unsigned char out[TEXT_MAX],
                   size_t *out_len)
{
  size_t len = strlen(text), pad = len - strcspn(text, "=");
  char again[TEXT_MAX];
  int n;

  *out_len = 0;
  if (len >= TEXT_MAX || len % 4 != 0 || pad > 2)
    return;
  n = EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);
  if (n < FIXED_LEN + MAC_LEN + (int)pad || n - (int)pad > RAW_MAX)
    return;
  (void)EVP_EncodeBlock((unsigned char *)again, out, n - (int)pad);
  if (strcmp(again, text) == 0)
    *out_len = (size_t)n - pad;
}

int page_after(struct call *c, struct secret_place *place,
               const struct secret_place **out_after)
{
  unsigned char raw[TEXT_MAX], wanted[MAC_LEN];
  const char *text;
  size_t len;
  int rc = call_str(c, "NextToken", false, 1, 4096, &text);

  if (rc != 0)
    return rc;
  *out_after = NULL;
  if (text == NULL)
    return 0;
  decode(text, raw, &len);
  if (len == 0)
    return invalid(c);
  len -= MAC_LEN;
  rc = mac(c, raw, len, wanted);
  if (rc != 0)
    return rc;
  if (CRYPTO_memcmp(wanted, raw + len, MAC_LEN) != 0 || raw[0] != VERSION)
    return invalid(c);
  *place = (struct secret_place){.key = get_number(raw + 1),
                                 .id = get_number(raw + 1 + NUMBER)};
  memcpy(place->name, raw + FIXED_LEN, len - FIXED_LEN);
  *out_after = place;
  return 0;
}

int page_put_next(struct call *c, const struct secret_place *place)
{
  size_t name_len = strlen(place->name), len = FIXED_LEN + name_len;
  unsigned char raw[RAW_MAX] = {VERSION};
  char text[TEXT_MAX];
  int rc;

  put_number(raw + 1, place->key);
  put_number(raw + 1 + NUMBER, place->id);
  memcpy(raw + FIXED_LEN, place->name, name_len);
  rc = mac(c, raw, len, raw + len);
  if (rc != 0)
    return rc;
  (void)EVP_EncodeBlock((unsigned char *)text, raw, (int)(len + MAC_LEN));
  buf_json_str(c->out, "NextToken", text);
  return 0;
}
