/* Secret memory over OpenSSL's secure heap, and the process settings that
 * keep it out of core dumps.  Each block carries its size in front.
 *
 * The secure heap has one lock and looks through its lists and bit maps at
 * every call; a request makes a dozen small blocks.  So blocks of a few sizes
 * are kept when they are freed, zeroed, and given out again.
 */
#include "base/secret.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/json.h"

#define ARENA_MIN_BLOCK 32
#define KEPT_FIRST      64 /* bytes of the smallest block that is kept */
#define KEPT_SIZES      8  /* and each of the next is twice as large */
#define KEPT_MAX        32 /* of each size */

struct header {
  size_t size; /* of what follows */
  struct header *next;
};
_Static_assert(sizeof(struct header) == SECRET_BLOCK_HEAD, "secret.h says so");
_Static_assert(sizeof(struct header) % _Alignof(max_align_t) == 0,
               "what follows the header is aligned for everything");

/* There is one arena in a process, and this is a part of it. */
static struct {
  pthread_mutex_t lock;
  struct header *first[KEPT_SIZES];
  unsigned n[KEPT_SIZES];
  size_t bytes;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

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

/* Which of the kept sizes holds that many bytes; KEPT_SIZES: none. */
static size_t size_class(size_t bytes)
{
  size_t i = 0;

  while (i < KEPT_SIZES && bytes > (size_t)KEPT_FIRST << i)
    i++;
  return i;
}

static size_t block_bytes(size_t class, size_t bytes)
{
  return class < KEPT_SIZES ? (size_t)KEPT_FIRST << class : bytes;
}

static struct header *kept_take(size_t class)
{
  struct header *h = NULL;

  if (class == KEPT_SIZES)
    return NULL;
  (void)pthread_mutex_lock(&kept.lock); /* cannot fail: a plain mutex */
  h = kept.first[class];
  if (h != NULL) {
    kept.first[class] = h->next;
    kept.n[class]--;
    kept.bytes -= block_bytes(class, 0);
  }
  (void)pthread_mutex_unlock(&kept.lock);
  return h;
}

/* false: there are enough of them. */
static bool kept_put(size_t class, struct header *h)
{
  bool takes;

  if (class == KEPT_SIZES)
    return false;
  (void)pthread_mutex_lock(&kept.lock);
  takes = kept.n[class] < KEPT_MAX;
  if (takes) {
    h->next = kept.first[class];
    kept.first[class] = h;
    kept.n[class]++;
    kept.bytes += block_bytes(class, 0);
  }
  (void)pthread_mutex_unlock(&kept.lock);
  return takes;
}

/* Back to the arena, for who needs a larger block. */
static void kept_drop(void)
{
  for (size_t i = 0; i < KEPT_SIZES; i++) {
    struct header *h;

    while ((h = kept_take(i)) != NULL)
      OPENSSL_secure_free(h);
  }
}

static struct header *arena_take(size_t bytes)
{
  size_t class = size_class(bytes);
  struct header *h = kept_take(class);

  if (h != NULL)
    return h;
  h = OPENSSL_secure_malloc(block_bytes(class, bytes));
  if (h != NULL)
    return h;
  kept_drop();
  return OPENSSL_secure_malloc(block_bytes(class, bytes));
}

void *secret_malloc(size_t n)
{
  struct header *h;

  if (n > SIZE_MAX - sizeof *h)
    return NULL;
  h = CRYPTO_secure_malloc_initialized() ? arena_take(sizeof *h + n)
                                         : OPENSSL_malloc(sizeof *h + n);
  if (h == NULL)
    return NULL;
  h->size = n;
  return h + 1;
}

void secret_free(void *p)
{
  struct header *h = p;
  size_t bytes;

  if (p == NULL)
    return;
  h--;
  bytes = sizeof *h + h->size;
  secret_wipe(h, bytes);
  if (!CRYPTO_secure_malloc_initialized())
    OPENSSL_free(h);
  else if (!kept_put(size_class(bytes), h))
    OPENSSL_secure_free(h);
}

size_t secret_heap_used(void)
{
  size_t used;

  (void)pthread_mutex_lock(&kept.lock);
  used = CRYPTO_secure_used() - kept.bytes;
  (void)pthread_mutex_unlock(&kept.lock);
  return used;
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
  explicit_bzero(p, n); /* as sure as OpenSSL's, and many bytes at a time */
}
