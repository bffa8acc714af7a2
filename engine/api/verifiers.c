/* A stack behind a mutex: who comes gets the one that was used last, with its
 * signing keys warm.  It never holds more than there are threads. */
#include "api/verifiers.h"

#include <pthread.h>
#include <stdlib.h>

enum { IDLE_MAX = 64, KEYS_MAX = 1024 };

struct verifiers {
  pthread_mutex_t lock;
  struct sigv4 *idle[IDLE_MAX];
  size_t n_idle;
};

int verifiers_new(struct verifiers **out, struct err *e)
{
  struct verifiers *v = calloc(1, sizeof *v);

  if (v == NULL)
    return err_set(e, ERR_NOMEM, "no memory to verify signatures");
  (void)pthread_mutex_init(&v->lock, NULL); /* cannot fail on Linux */
  *out = v;
  return 0;
}

void verifiers_free(struct verifiers *v)
{
  if (v == NULL)
    return;
  while (v->n_idle > 0)
    sigv4_free(v->idle[--v->n_idle]);
  (void)pthread_mutex_destroy(&v->lock); /* nobody holds it */
  free(v);
}

int verifiers_take(struct verifiers *v, struct sigv4 **out, struct err *e)
{
  struct sigv4 *found = NULL;

  (void)pthread_mutex_lock(&v->lock); /* cannot fail: a plain mutex */
  if (v->n_idle > 0)
    found = v->idle[--v->n_idle];
  (void)pthread_mutex_unlock(&v->lock);
  if (found == NULL)
    return sigv4_new(KEYS_MAX, out, e);
  *out = found;
  return 0;
}

void verifiers_give(struct verifiers *v, struct sigv4 *sigv4)
{
  if (sigv4 == NULL)
    return;
  (void)pthread_mutex_lock(&v->lock);
  if (v->n_idle < IDLE_MAX) {
    v->idle[v->n_idle++] = sigv4;
    sigv4 = NULL; /* transferred */
  }
  (void)pthread_mutex_unlock(&v->lock);
  sigv4_free(sigv4);
}
