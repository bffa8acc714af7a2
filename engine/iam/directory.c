/* Lookups through a table of what was found; the store behind it.
 *
 * One lock guards the table, and is held for copies only, never while the
 * store is asked.  What was read before directory_changed is not kept after:
 * `generation` tells.  Keys that nobody has are remembered apart, so that
 * guessing crowds out nobody.
 */
#include "iam/directory.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iam/found.h"
#include "iam/load.h"

#define KNOWN_MAX   4096
#define SESSION_MAX 1024 /* each keeps its token */
#define UNKNOWN_MAX 1024

struct directory {
  struct source source;
  struct clock *clock;
  struct held *root;
  struct found roots[DIRECTORY_ROOT_KEYS];
  size_t n_roots;
  pthread_mutex_t lock;
  uint64_t generation;
  struct found_table *known, *sessions, *unknown;
};

int directory_new(struct store *store, struct keyring *keyring,
                  struct clock *clock, struct random *random,
                  struct directory **out, struct err *e)
{
  struct directory *d = calloc(1, sizeof *d);
  int rc;

  if (d == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  d->source = (struct source){.store = store, .keyring = keyring};
  d->clock = clock;
  store_meta(store, &d->source.meta);
  (void)pthread_mutex_init(&d->lock, NULL); /* cannot fail on Linux */
  if ((rc = found_new(KNOWN_MAX, random, &d->known, e)) != 0 ||
      (rc = found_new(SESSION_MAX, random, &d->sessions, e)) != 0 ||
      (rc = found_new(UNKNOWN_MAX, random, &d->unknown, e)) != 0 ||
      (rc = principal_make_root(d->source.meta.account, "", &d->root, e)) !=
          0) {
    directory_free(d);
    return rc;
  }
  *out = d;
  return 0;
}

void directory_free(struct directory *d)
{
  if (d == NULL)
    return;
  found_free(d->known);
  found_free(d->sessions);
  found_free(d->unknown);
  for (size_t i = 0; i < d->n_roots; i++) {
    secret_release(&d->roots[i].key);
    principal_put(&d->roots[i].who->p);
  }
  if (d->root != NULL)
    principal_put(&d->root->p);
  (void)pthread_mutex_destroy(&d->lock); /* nobody holds it */
  free(d);
}

int directory_add_root_key(struct directory *d, const char *access_key_id,
                           const char *secret_access_key, struct err *e)
{
  struct found *f = &d->roots[d->n_roots];
  int rc;

  if (d->n_roots == DIRECTORY_ROOT_KEYS)
    return err_set(e, ERR_LIMIT, "root has %d access keys already",
                   DIRECTORY_ROOT_KEYS);
  rc = principal_make_root(d->source.meta.account, access_key_id, &f->who, e);
  if (rc != 0)
    return rc;
  rc = secret_copy(secret_access_key, strlen(secret_access_key), &f->key, e);
  if (rc != 0) {
    principal_put(&f->who->p);
    return rc;
  }
  (void)snprintf(f->access_key_id, sizeof f->access_key_id, "%s",
                 access_key_id);
  d->n_roots++;
  return 0;
}

const struct principal *directory_root(struct directory *d)
{
  return &held_get(d->root)->p;
}

void directory_changed(struct directory *d)
{
  (void)pthread_mutex_lock(&d->lock);
  d->generation++;
  found_clear(d->known);
  found_clear(d->sessions);
  found_clear(d->unknown);
  (void)pthread_mutex_unlock(&d->lock);
}

static int over(struct err *e)
{
  return err_set(e, ERR_AUTH_EXPIRED_TOKEN,
                 "The security token included in the request is expired");
}

/* ---- lookups --------------------------------------------------------------
 */

static int answer_copy(const struct secret *key, struct held *who,
                       struct secret *out_key, const struct principal **out,
                       struct err *e)
{
  int rc = secret_copy(key->data, key->len, out_key, e);

  if (rc == 0)
    *out = &held_get(who)->p;
  return rc;
}

/* 1: it was in the table; *out and *out_key are set, or the error is. */
static int find_kept(struct directory *d, const char *access_key_id,
                     const char *token, struct secret *out_key,
                     const struct principal **out, struct err *e, int *out_rc)
{
  const struct found *f =
      found_find(token == NULL ? d->known : d->sessions, access_key_id, token);

  for (size_t i = 0; f == NULL && token == NULL && i < d->n_roots; i++)
    if (strcmp(d->roots[i].access_key_id, access_key_id) == 0)
      f = &d->roots[i];
  if (f != NULL) {
    *out_rc = answer_copy(&f->key, f->who, out_key, out, e);
    return 1;
  }
  if (token == NULL && found_find(d->unknown, access_key_id, NULL) != NULL) {
    *out_rc = load_nobody(e);
    return 1;
  }
  return 0;
}

static void keep(struct directory *d, const char *access_key_id,
                 const char *token, const struct answer *a)
{
  if (a->who != NULL)
    found_put(token == NULL ? d->known : d->sessions, access_key_id, token,
              &a->key, a->who);
  else if (token == NULL)
    found_put(d->unknown, access_key_id, NULL, NULL, NULL);
}

static int find_stored(struct directory *d, uint64_t generation,
                       const char *access_key_id, const char *token,
                       struct secret *out_key, const struct principal **out,
                       struct err *e)
{
  struct answer a = {0};
  int rc = token == NULL
               ? load_user(&d->source, access_key_id, &a, e)
               : load_session(&d->source, access_key_id, token, &a, e);

  if (rc == 0 || rc == -ERR_NOT_FOUND) {
    (void)pthread_mutex_lock(&d->lock);
    if (d->generation == generation)
      keep(d, access_key_id, token, &a);
    (void)pthread_mutex_unlock(&d->lock);
  }
  if (rc != 0) {
    secret_release(&a.key);
    return rc;
  }
  *out_key = a.key;
  *out = &a.who->p; /* the one reference is the caller's now */
  return 0;
}

int directory_find(struct directory *d, const char *access_key_id,
                   const char *session_token, struct secret *out_key,
                   const struct principal **out, struct err *e)
{
  struct secret key = {0};
  const struct principal *who = NULL;
  uint64_t generation;
  int is_kept, rc = 0;

  (void)pthread_mutex_lock(&d->lock);
  generation = d->generation;
  is_kept = find_kept(d, access_key_id, session_token, &key, &who, e, &rc);
  (void)pthread_mutex_unlock(&d->lock);
  if (!is_kept)
    rc =
        find_stored(d, generation, access_key_id, session_token, &key, &who, e);
  if (rc != 0)
    return rc;
  assert(who != NULL);
  if (who->expires_us != 0 && who->expires_us <= clock_now_us(d->clock)) {
    secret_release(&key);
    principal_put(who);
    return over(e);
  }
  *out_key = key;
  *out = who;
  return 0;
}

int directory_find_named(struct directory *d, const char *name,
                         const struct principal **out, struct err *e)
{
  struct held *h = NULL;
  int rc;

  if (load_is_root(&d->source, name)) {
    *out = directory_root(d);
    return 0;
  }
  rc = load_named(&d->source, name, &h, e);
  if (rc == 0)
    *out = &h->p;
  return rc;
}

int directory_used(struct directory *d, const struct principal *who,
                   struct err *e)
{
  struct held *h = (struct held *)(uintptr_t)who; /* its first member */
  int64_t now_us = clock_now_us(d->clock),
          day_us = now_us - now_us % US_PER_DAY;

  if (who->kind != PRINCIPAL_USER || who->access_key_id[0] == '\0' ||
      atomic_load(&h->used_day_us) >= day_us)
    return 0;
  atomic_store(&h->used_day_us, day_us);
  return store_iam_key_touch(d->source.store, who->access_key_id, day_us, e);
}
