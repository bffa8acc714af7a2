/* A table of fixed size, in which a policy's place is told by its id and the
 * last one that came to a place stays.  Lock order: `lock` alone; the store is
 * asked and texts are parsed outside it.
 */
#include "secret/resource_policy.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define PLACES 1024

struct counted {
  struct resource_policy shown; /* first: what is handed out */
  struct policy *owned;
  atomic_int holders;
};

struct resource_policies {
  struct store *store;
  pthread_mutex_t lock; /* of places */
  struct counted *places[PLACES];
};

int resource_policies_new(struct store *store, struct resource_policies **out,
                          struct err *e)
{
  struct resource_policies *all = calloc(1, sizeof *all);

  if (all == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  all->store = store;
  (void)pthread_mutex_init(&all->lock, NULL); /* does not fail on Linux */
  *out = all;
  return 0;
}

static void drop(struct counted *c)
{
  if (c == NULL || atomic_fetch_sub(&c->holders, 1) > 1)
    return;
  policy_free(c->owned);
  free(c);
}

void resource_policies_free(struct resource_policies *all)
{
  if (all == NULL)
    return;
  for (size_t i = 0; i < PLACES; i++)
    drop(all->places[i]);
  (void)pthread_mutex_destroy(&all->lock); /* nobody holds it */
  free(all);
}

void resource_policy_put(const struct resource_policy *p)
{
  /* Made here, and not const there. */
  if (p != NULL)
    drop((struct counted *)(uintptr_t)p);
}

static struct counted **place_of(struct resource_policies *all, int64_t id)
{
  return &all->places[(uint64_t)id % PLACES];
}

/* NULL: it is not kept. */
static struct counted *kept(struct resource_policies *all, int64_t id)
{
  struct counted *c;

  (void)pthread_mutex_lock(&all->lock); /* cannot fail: a plain mutex */
  c = *place_of(all, id);
  if (c != NULL && c->shown.id == id)
    (void)atomic_fetch_add(&c->holders, 1);
  else
    c = NULL;
  (void)pthread_mutex_unlock(&all->lock);
  return c;
}

static void keep(struct resource_policies *all, struct counted *c)
{
  struct counted **place = place_of(all, c->shown.id), *before;

  (void)atomic_fetch_add(&c->holders, 1);
  (void)pthread_mutex_lock(&all->lock);
  before = *place;
  *place = c;
  (void)pthread_mutex_unlock(&all->lock);
  drop(before);
}

/* The one that the secret has now: another one than the row tells of, or none,
 * when it was changed since. */
static int read_now(struct resource_policies *all, int64_t secret_id,
                    struct counted **out, struct err *e)
{
  CLEANUP_FREE char *text = NULL;
  struct counted *c;
  int64_t id;
  int rc = store_policy_get(all->store, secret_id, &text, &id, e);

  if (rc != 0)
    return rc;
  c = calloc(1, sizeof *c);
  if (c == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = policy_parse(text, strlen(text), POLICY_RESOURCE, &c->owned, e);
  if (rc != 0) {
    free(c);
    return err_wrap(e, "a resource policy in the store");
  }
  c->shown = (struct resource_policy){c->owned, id};
  atomic_init(&c->holders, 1);
  *out = c;
  return 0;
}

int resource_policy_get(struct resource_policies *all,
                        const struct secret_row *row,
                        const struct resource_policy **out, struct err *e)
{
  struct counted *c;
  int rc;

  if (row->policy_id == 0) {
    *out = NULL;
    return 0;
  }
  c = kept(all, row->policy_id);
  if (c == NULL) {
    rc = read_now(all, row->id, &c, e);
    if (rc == -ERR_NOT_FOUND) { /* deleted since */
      err_clear(e);
      *out = NULL;
      return 0;
    }
    if (rc != 0)
      return rc;
    keep(all, c);
  }
  *out = &c->shown;
  return 0;
}
