/* shacrypt.c - SHA-256 crypt, as its public specification has it.
 *
 * crypt(3) cuts the salt after 16 bytes; sha256_password and
 * caching_sha2_password use all 20.  So it is computed here, step by step as
 * the specification numbers them.
 */
#include "shacrypt.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#define DIGEST 32

struct hasher {
  EVP_MD_CTX *ctx;
  EVP_MD *md;
  bool is_ok; /* sticky */
};

static void start(struct hasher *h)
{
  h->is_ok = h->is_ok && EVP_DigestInit_ex(h->ctx, h->md, NULL) == 1;
}

static void add(struct hasher *h, const void *data, size_t len)
{
  h->is_ok = h->is_ok && EVP_DigestUpdate(h->ctx, data, len) == 1;
}

/* `len` bytes: the digest over and over. */
static void add_repeated(struct hasher *h, const unsigned char *digest,
                         size_t len)
{
  for (; len > DIGEST; len -= DIGEST)
    add(h, digest, DIGEST);
  add(h, digest, len);
}

static void finish(struct hasher *h, unsigned char out[DIGEST])
{
  h->is_ok = h->is_ok && EVP_DigestFinal_ex(h->ctx, out, NULL) == 1;
}

/* Digest A of the specification, steps 1 to 12. */
static void make_first(struct hasher *h, const char *password, size_t len,
                       const char *salt, size_t salt_len,
                       unsigned char out[DIGEST])
{
  unsigned char b[DIGEST] = {0};
  start(h);
  add(h, password, len);
  add(h, salt, salt_len);
  add(h, password, len);
  finish(h, b);
  start(h);
  add(h, password, len);
  add(h, salt, salt_len);
  add_repeated(h, b, len);
  for (size_t bits = len; bits > 0; bits >>= 1) {
    if (bits & 1)
      add(h, b, DIGEST);
    else
      add(h, password, len);
  }
  finish(h, out);
  OPENSSL_cleanse(b, sizeof b);
}

/* Steps 13 to 21: `a` becomes digest C of the last round. */
static void run_rounds(struct hasher *h, const char *password, size_t len,
                       const char *salt, size_t salt_len, unsigned rounds,
                       unsigned char a[DIGEST])
{
  unsigned char p[DIGEST] = {0}, s[DIGEST] = {0};
  unsigned first = a[0];
  start(h);
  for (size_t i = 0; i < len; i++)
    add(h, password, len);
  finish(h, p);
  start(h);
  for (size_t i = 0; i < 16 + first; i++)
    add(h, salt, salt_len);
  finish(h, s);
  for (unsigned i = 0; i < rounds && h->is_ok; i++) {
    start(h);
    if (i & 1)
      add_repeated(h, p, len);
    else
      add(h, a, DIGEST);
    if (i % 3)
      add_repeated(h, s, salt_len);
    if (i % 7)
      add_repeated(h, p, len);
    if (i & 1)
      add(h, a, DIGEST);
    else
      add_repeated(h, p, len);
    finish(h, a);
  }
  OPENSSL_cleanse(p, sizeof p);
  OPENSSL_cleanse(s, sizeof s);
}

/* The specification's order of bytes, 24 bits at a time, lowest six first. */
static void encode(const unsigned char d[DIGEST], char out[SHACRYPT_LEN + 1])
{
  static const char digits[] =
      "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  char *to = out;
  int high = 0, middle = 10, low = 20;
  for (int i = 0; i < 10; i++) {
    unsigned bits = (unsigned)d[high] << 16 | (unsigned)d[middle] << 8 | d[low];
    for (int k = 0; k < 4; k++, bits >>= 6)
      *to++ = digits[bits & 63];
    int was = high;
    high = low + 1;
    low = middle + 1;
    middle = was + 1;
  }
  unsigned bits = (unsigned)d[31] << 8 | d[30];
  for (int k = 0; k < 3; k++, bits >>= 6)
    *to++ = digits[bits & 63];
  *to = '\0';
}

bool shacrypt(const char *password, const char *salt, size_t salt_len,
              unsigned rounds, char out[SHACRYPT_LEN + 1])
{
  unsigned char digest[DIGEST] = {0};
  struct hasher h = {.ctx = EVP_MD_CTX_new(),
                     .md = EVP_MD_fetch(NULL, "SHA256", NULL)};
  size_t len = strlen(password);
  h.is_ok = h.ctx && h.md;
  make_first(&h, password, len, salt, salt_len, digest);
  run_rounds(&h, password, len, salt, salt_len, rounds, digest);
  if (h.is_ok)
    encode(digest, out);
  OPENSSL_cleanse(digest, sizeof digest);
  EVP_MD_CTX_free(h.ctx);
  EVP_MD_free(h.md);
  return h.is_ok;
}
