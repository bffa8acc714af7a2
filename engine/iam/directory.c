/* Lookups through a table of what was found; the store behind it.
 *
 * One lock guards the table, and is held for copies only, never while the
 * store is asked.  What was read before directory_changed is not kept after:
 * `generation` tells.  Keys that nobody has are remembered apart, so that
 * guessing crowds out nobody.
 */
#include "iam/directory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "iam/found.h"

#define KNOWN_MAX   4096
#define SESSION_MAX 1024 /* each keeps its token */
#define UNKNOWN_MAX 1024

struct directory {
  struct store *store;
  struct keyring *keyring;
  struct clock *clock;
  struct meta_row meta;
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
  d->store = store;
  d->keyring = keyring;
  d->clock = clock;
  store_meta(store, &d->meta);
  (void)pthread_mutex_init(&d->lock, NULL); /* cannot fail on Linux */
  if ((rc = found_new(KNOWN_MAX, random, &d->known, e)) != 0 ||
      (rc = found_new(SESSION_MAX, random, &d->sessions, e)) != 0 ||
      (rc = found_new(UNKNOWN_MAX, random, &d->unknown, e)) != 0 ||
      (rc = principal_make_root(d->meta.account, "", &d->root, e)) != 0) {
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
  rc = principal_make_root(d->meta.account, access_key_id, &f->who, e);
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

/* ---- from the store -------------------------------------------------------
 */

static int nobody(struct err *e)
{
  return err_set(e, ERR_NOT_FOUND,
                 "The security token included in the request is invalid.");
}

static int over(struct err *e)
{
  return err_set(e, ERR_AUTH_EXPIRED_TOKEN,
                 "The security token included in the request is expired");
}

/* What was found, on its way to the table and to the caller. */
struct answer {
  struct secret key; /* owned */
  struct held *who;  /* one reference */
};

static int load_user(struct directory *d, const char *access_key_id,
                     struct answer *out, struct err *e)
{
  struct iam_key key = {0};
  CLEANUP_FREE struct iam_rights *rights = malloc(sizeof *rights);
  int rc = store_iam_key_find(d->store, access_key_id, &key, e);

  if (rights == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  if (rc == 0 && key.active)
    rc = store_iam_rights(d->store, key.user_id, rights, e);
  if (rc == -ERR_NO_ENTITY || (rc == 0 && !key.active))
    return nobody(e);
  if (rc != 0)
    return rc;
  rc =
      access_key_open(d->keyring, rights->entity.entity_id, &key, &out->key, e);
  if (rc == 0)
    rc = principal_make_user(d->meta.account, rights, access_key_id, &out->who,
                             e);
  if (rc == 0)
    atomic_store(&out->who->used_day_us, key.used_us);
  iam_rights_release(rights);
  return rc;
}

/* What the session may do at most: *out is NULL when nothing was passed.
 * Managed policies are as they are now; one that is gone allows nothing. */
static int session_policy(struct directory *d, const struct session *s,
                          char **out, struct err *e)
{
  char *texts[SESSION_POLICIES_MAX + 1];
  size_t n = 0;
  int rc = 0;

  *out = NULL;
  if (s->policy == NULL && s->n_policy_ids == 0)
    return 0;
  for (size_t i = 0; rc == 0 && i < s->n_policy_ids; i++) {
    struct iam_entity policy;

    rc = store_iam_by_entity_id(d->store, s->policy_ids[i], &policy, e);
    if (rc == 0)
      rc = store_iam_document(d->store, policy.id, &texts[n], e);
    n += rc == 0;
    if (rc == -ERR_NO_ENTITY)
      rc = 0;
  }
  if (rc == 0 && s->policy != NULL) {
    texts[n] = strdup(s->policy);
    rc = texts[n++] == NULL ? err_set(e, ERR_NOMEM, "out of memory") : 0;
  }
  if (rc == 0)
    rc = session_policy_merge((const char *const *)texts, n, out, e);
  while (n > 0)
    free(texts[--n]);
  return rc;
}

static int session_principal(struct directory *d, const struct session *s,
                             struct held **out, struct err *e)
{
  CLEANUP_FREE struct iam_rights *rights = calloc(1, sizeof *rights);
  CLEANUP_FREE char *policy = NULL;
  struct iam_entity role;
  int rc = store_iam_by_entity_id(d->store, s->role_id, &role, e);

  if (rights == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  if (rc == 0)
    rc = store_iam_rights(d->store, role.id, rights, e);
  if (rc == -ERR_NO_ENTITY)
    return nobody(e);
  if (rc == 0)
    rc = session_policy(d, s, &policy, e);
  if (rc == 0)
    rc = principal_make_session(d->meta.account, rights, s, policy, out, e);
  iam_rights_release(rights);
  return rc;
}

static int load_session(struct directory *d, const char *access_key_id,
                        const char *token, struct answer *out, struct err *e)
{
  CLEANUP_FREE struct session *s = calloc(1, sizeof *s);
  int rc;

  if (s == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = session_open(d->keyring, d->meta.store_id, access_key_id, token, s, e);
  if (rc != 0)
    return rc;
  rc = session_principal(d, s, &out->who, e);
  if (rc == 0) {
    out->key = s->key;
    s->key = (struct secret){0}; /* transferred */
  }
  session_release(s);
  return rc;
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
    *out_rc = nobody(e);
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
  int rc = token == NULL ? load_user(d, access_key_id, &a, e)
                         : load_session(d, access_key_id, token, &a, e);

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
  if (who->expires_us != 0 && who->expires_us <= clock_now_us(d->clock)) {
    secret_release(&key);
    principal_put(who);
    return over(e);
  }
  *out_key = key;
  *out = who;
  return 0;
}

/* A session as any of the role's might be. */
static int find_role(struct directory *d, const struct iam_entity *role,
                     struct held **out, struct err *e)
{
  CLEANUP_FREE struct session *s = calloc(1, sizeof *s);

  if (s == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  (void)snprintf(s->role_id, sizeof s->role_id, "%s", role->entity_id);
  (void)snprintf(s->name, sizeof s->name, "explain");
  return session_principal(d, s, out, e);
}

static int find_user(struct directory *d, const struct iam_entity *user,
                     struct held **out, struct err *e)
{
  CLEANUP_FREE struct iam_rights *rights = malloc(sizeof *rights);
  int rc;

  if (rights == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = store_iam_rights(d->store, user->id, rights, e);
  if (rc == 0)
    rc = principal_make_user(d->meta.account, rights, "", out, e);
  iam_rights_release(rights);
  return rc;
}

/* What stands behind "arn:aws:iam::ACCOUNT:", or the text itself. */
static const char *without_arn(const struct directory *d, const char *name)
{
  char head[40];
  int n = snprintf(head, sizeof head, "arn:aws:iam::%s:", d->meta.account);

  return strncmp(name, head, (size_t)n) == 0 ? name + n : name;
}

int directory_find_named(struct directory *d, const char *name,
                         const struct principal **out, struct err *e)
{
  const char *at = without_arn(d, name), *slash = strchr(at, '/');
  bool is_user = strncmp(at, "user/", 5) == 0,
       is_role = strncmp(at, "role/", 5) == 0;
  struct iam_entity entity;
  struct held *h = NULL;
  int rc;

  if (strcmp(at, "root") == 0) {
    *out = directory_root(d);
    return 0;
  }
  if (!is_user && !is_role)
    return err_set(e, ERR_NO_ENTITY,
                   "'%.140s' is nobody: write user/NAME, role/NAME or root.",
                   name);
  if (at != name) /* an ARN may have a path */
    slash = strrchr(at, '/');
  rc = store_iam_find(d->store, is_user ? IAM_USER : IAM_ROLE, slash + 1,
                      &entity, e);
  if (rc == 0)
    rc = is_user ? find_user(d, &entity, &h, e) : find_role(d, &entity, &h, e);
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
  return store_iam_key_touch(d->store, who->access_key_id, day_us, e);
}
