/* Sealing and reading of the chain's member.  It is read from its fixed text
 * and not as JSON: a trail is checked at the speed of its hashes, and a quote
 * inside a string is escaped, so that no string can be taken for it.
 */
#include "event/trail/chain.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBER     ",\"keyturn\":{\"sequence\":"
#define PREVIOUS   ",\"previousHash\":\""
#define TORN       ",\"torn\":{\"bytes\":"
#define HASH       ",\"hash\":\""
#define MEMBER_MAX 400 /* both hashes and all names */

struct chain {
  EVP_MD *md;
  EVP_MD_CTX *ctx;
};

int chain_new(struct chain **out, struct err *e)
{
  struct chain *c = calloc(1, sizeof *c);

  if (c == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  c->md = EVP_MD_fetch(NULL, "SHA256", NULL);
  c->ctx = EVP_MD_CTX_new();
  if (c->md == NULL || c->ctx == NULL) {
    chain_free(c);
    return err_set(e, ERR_INTERNAL, "OpenSSL has no SHA-256");
  }
  *out = c;
  return 0;
}

void chain_free(struct chain *c)
{
  if (c == NULL)
    return;
  EVP_MD_CTX_free(c->ctx);
  EVP_MD_free(c->md);
  free(c);
}

int chain_hash(struct chain *c, const void *data, size_t len,
               unsigned char out[CHAIN_HASH_LEN], struct err *e)
{
  if (EVP_DigestInit_ex2(c->ctx, c->md, NULL) != 1 ||
      EVP_DigestUpdate(c->ctx, data, len) != 1 ||
      EVP_DigestFinal_ex(c->ctx, out, NULL) != 1)
    return err_set(e, ERR_INTERNAL, "OpenSSL cannot hash a line");
  return 0;
}

void chain_hex(const unsigned char hash[CHAIN_HASH_LEN],
               char out[CHAIN_HEX_LEN + 1])
{
  static const char digits[] = "0123456789abcdef";

  for (size_t i = 0; i < CHAIN_HASH_LEN; i++) {
    out[2 * i] = digits[hash[i] >> 4];
    out[2 * i + 1] = digits[hash[i] & 15];
  }
  out[CHAIN_HEX_LEN] = '\0';
}

static int digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool chain_unhex(const char *text, unsigned char out[CHAIN_HASH_LEN])
{
  for (size_t i = 0; i < CHAIN_HASH_LEN; i++) {
    int high = digit(text[2 * i]), low = high < 0 ? -1 : digit(text[2 * i + 1]);

    if (low < 0)
      return false;
    out[i] = (unsigned char)(high << 4 | low);
  }
  return true;
}

static void put_hash(struct buf *line, const unsigned char *hash)
{
  char *to = buf_reserve(line, CHAIN_HEX_LEN);

  if (to == NULL)
    return;
  chain_hex(hash, to);
  line->len += CHAIN_HEX_LEN;
}

/* buf_printf formats twice; this is on the way of every request. */
static void put_number(struct buf *line, int64_t n)
{
  char text[24];
  size_t at = sizeof text;

  do {
    text[--at] = (char)('0' + n % 10);
    n /= 10;
  } while (n > 0);
  buf_put(line, text + at, sizeof text - at);
}

int chain_seal(struct chain *c, struct buf *line, const struct chain_torn *torn,
               struct chain_link *link, struct err *e)
{
  struct chain_link new = {.sequence = link->sequence + 1};
  int rc;

  buf_puts(line, MEMBER);
  put_number(line, new.sequence);
  buf_puts(line, PREVIOUS);
  put_hash(line, link->hash);
  if (torn != NULL && torn->bytes > 0) {
    buf_puts(line, "\"" TORN);
    put_number(line, torn->bytes);
    buf_puts(line, HASH);
    put_hash(line, torn->hash);
    buf_puts(line, "\"}}}\n");
  } else {
    buf_puts(line, "\"}}\n");
  }
  rc = buf_check(line, e);
  if (rc == 0)
    rc = chain_hash(c, line->data, line->len - 1, new.hash, e);
  if (rc == 0)
    *link = new;
  return rc;
}

/* ---- reading ---------------------------------------------------------------
 */

/* What is left of the text. */
struct rest {
  const char *at, *end;
};

static bool take(struct rest *r, const char *text)
{
  size_t len = strlen(text);

  if ((size_t)(r->end - r->at) < len || memcmp(r->at, text, len) != 0)
    return false;
  r->at += len;
  return true;
}

/* 1 to 18 digits, no zero before others. */
static bool take_number(struct rest *r, int64_t *out)
{
  const char *start = r->at;
  int64_t n = 0;

  while (r->at < r->end && r->at - start < 18 && *r->at >= '0' && *r->at <= '9')
    n = n * 10 + (*r->at++ - '0');
  *out = n;
  return n > 0 && *start != '0';
}

static bool take_hash(struct rest *r, unsigned char out[CHAIN_HASH_LEN])
{
  if (r->end - r->at < CHAIN_HEX_LEN || !chain_unhex(r->at, out))
    return false;
  r->at += CHAIN_HEX_LEN;
  return true;
}

/* The last place where the member begins. */
static const char *member_find(const char *line, size_t len)
{
  size_t n = sizeof MEMBER - 1;

  for (size_t back = n; back <= len && back <= MEMBER_MAX; back++)
    if (memcmp(line + len - back, MEMBER, n) == 0)
      return line + len - back;
  return NULL;
}

bool chain_parse(const char *line, size_t len, struct chain_mark *out)
{
  struct chain_mark m = {0};
  struct rest r = {member_find(line, len), line + len};

  if (r.at == NULL || line[0] != '{' || !take(&r, MEMBER) ||
      !take_number(&r, &m.sequence) || !take(&r, PREVIOUS) ||
      !take_hash(&r, m.previous))
    return false;
  if (take(&r, "\"" TORN) &&
      !(take_number(&r, &m.torn.bytes) && take(&r, HASH) &&
        take_hash(&r, m.torn.hash) && take(&r, "\"}}}") && r.at == r.end))
    return false;
  if (m.torn.bytes == 0 && !(take(&r, "\"}}") && r.at == r.end))
    return false;
  *out = m;
  return true;
}
