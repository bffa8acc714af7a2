/* Secret memory over OpenSSL's secure heap, and the process settings that
 * keep it out of core dumps.  Where no arena was made, each block carries its
 * size in front, so that it can still be zeroed when freed.
 */
#include "base/secret.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/json.h"

#define ARENA_MIN_BLOCK 32

union header {
  size_t size;
  max_align_t align;
};

int secret_heap_init(size_t bytes, bool *out_locked, struct err *e)
{
  const struct rlimit none = {0, 0};
  int rc;

  if (setrlimit(RLIMIT_CORE, &none) != 0 ||
      prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return err_set(e, ERR_INTERNAL, "cannot turn core dumps off");
  rc = CRYPTO_secure_malloc_init(bytes, ARENA_MIN_BLOCK);
  if (rc == 0)
    return err_set(e, ERR_NOMEM, "cannot make %zu bytes of secret memory",
                   bytes);
  *out_locked = rc == 1;
  json_set_alloc_funcs(secret_malloc, secret_free);
  return 0;
}

void *secret_malloc(size_t n)
{
  union header *h;

  if (CRYPTO_secure_malloc_initialized())
    return OPENSSL_secure_malloc(n == 0 ? 1 : n);
  if (n > SIZE_MAX - sizeof *h)
    return NULL;
  h = OPENSSL_malloc(sizeof *h + n);
  if (h == NULL)
    return NULL;
  h->size = n;
  return h + 1;
}

void secret_free(void *p)
{
  union header *h = p;

  if (p == NULL)
    return;
  if (CRYPTO_secure_malloc_initialized()) {
    /* Asserts what this module promises: nothing of ours is elsewhere. */
    OPENSSL_secure_clear_free(p, OPENSSL_secure_actual_size(p));
    return;
  }
  h--;
  OPENSSL_clear_free(h, sizeof *h + h->size);
}

size_t secret_heap_used(void)
{
  return CRYPTO_secure_used();
}

int secret_alloc(size_t len, struct secret *out, struct err *e)
{
  unsigned char *p;

  if (len == SIZE_MAX || (p = secret_malloc(len + 1)) == NULL)
    return err_set(e, ERR_NOMEM, "no secret memory left for %zu bytes", len);
  p[len] = '\0';
  out->data = p;
  out->len = len;
  return 0;
}

int secret_copy(const void *data, size_t len, struct secret *out, struct err *e)
{
  struct secret s;
  int rc = secret_alloc(len, &s, e);

  if (rc != 0)
    return rc;
  if (len > 0)
    memcpy(s.data, data, len);
  *out = s;
  return 0;
}

void secret_release(struct secret *s)
{
  if (s == NULL)
    return;
  secret_free(s->data);
  s->data = NULL;
  s->len = 0;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
  return a->len == b->len &&
         (a->len == 0 || CRYPTO_memcmp(a->data, b->data, a->len) == 0);
}

void secret_wipe(void *p, size_t n)
{
  OPENSSL_cleanse(p, n);
}
