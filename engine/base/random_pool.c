/* Random bytes drawn in blocks: a call of OpenSSL's generator costs the same
 * for 16 bytes as for 1000.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/secret.h"

enum { POOL_BYTES = 1024, PIECE_MAX = 64 };

struct random_pool {
  struct random base; /* first: a random_pool is a random */
  struct random *from;
  pthread_mutex_t lock;
  size_t left; /* at the end of bytes */
  unsigned char bytes[POOL_BYTES];
};

static void pool_fill(struct random *r, void *out, size_t n)
{
  struct random_pool *p = (struct random_pool *)r;
  unsigned char *at;

  if (n > PIECE_MAX) {
    p->from->fill(p->from, out, n);
    return;
  }
  (void)pthread_mutex_lock(&p->lock); /* cannot fail: a plain mutex */
  if (p->left < n) {
    p->from->fill(p->from, p->bytes, sizeof p->bytes);
    p->left = sizeof p->bytes;
  }
  at = p->bytes + sizeof p->bytes - p->left;
  memcpy(out, at, n);
  secret_wipe(at, n);
  p->left -= n;
  (void)pthread_mutex_unlock(&p->lock);
}

int random_pool_new(struct random *from, struct random_pool **out,
                    struct err *e)
{
  struct random_pool *p = calloc(1, sizeof *p);

  if (p == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  p->base.fill = pool_fill;
  p->from = from;
  (void)pthread_mutex_init(&p->lock, NULL); /* cannot fail on Linux */
  *out = p;
  return 0;
}

void random_pool_free(struct random_pool *p)
{
  if (p == NULL)
    return;
  secret_wipe(p->bytes, sizeof p->bytes);
  (void)pthread_mutex_destroy(&p->lock); /* nobody holds it */
  free(p);
}

struct random *random_pool_random(struct random_pool *p)
{
  return &p->base;
}
