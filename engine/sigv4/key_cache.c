/* A table of sets of four, the least recently used of a set makes room. */
#include "sigv4/key_cache.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sigv4/authorization.h"

#define WAYS 4
#define ENTRY_NAME_MAX \
  (ACCESS_KEY_ID_MAX + 2 * SCOPE_WORD_MAX + STAMP_DATE_LEN + 3)

struct entry {
  char name[ENTRY_NAME_MAX + 1]; /* "" while unused */
  struct secret from, key;
  uint64_t used;
};

struct key_cache {
  size_t n_sets;
  uint64_t uses;
  struct entry entries[];
};

int key_cache_new(size_t max, struct key_cache **out, struct err *e)
{
  size_t n_sets = max < WAYS ? 1 : max / WAYS, bytes;
  struct key_cache *c;

  if (__builtin_mul_overflow(n_sets * WAYS, sizeof c->entries[0], &bytes) ||
      __builtin_add_overflow(bytes, sizeof *c, &bytes) ||
      (c = calloc(1, bytes)) == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  c->n_sets = n_sets;
  *out = c;
  return 0;
}

void key_cache_free(struct key_cache *c)
{
  if (c == NULL)
    return;
  for (size_t i = 0; i < c->n_sets * WAYS; i++) {
    secret_release(&c->entries[i].from);
    secret_release(&c->entries[i].key);
  }
  free(c);
}

/* No part can hold a slash, so the name is unambiguous. */
static void name_write(const char *access_key_id, const struct scope *scope,
                       char out[ENTRY_NAME_MAX + 1])
{
  const char *const parts[] = {access_key_id, scope->date, scope->region,
                               scope->service};
  size_t at = 0;

  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    size_t len = strlen(parts[i]);

    memcpy(out + at, parts[i], len); /* every part is bounded */
    at += len;
    out[at++] = '/';
  }
  out[at - 1] = '\0';
}

/* FNV-1a.  Only owners of right signatures put entries, so nobody gains by
 * making names collide. */
static struct entry *set_of(struct key_cache *c, const char *name)
{
  uint64_t h = 14695981039346656037U;

  for (; *name != '\0'; name++)
    h = (h ^ (unsigned char)*name) * 1099511628211U;
  return c->entries + (h % c->n_sets) * WAYS;
}

const struct secret *key_cache_find(struct key_cache *c,
                                    const char *access_key_id,
                                    const struct scope *scope,
                                    const struct secret *secret_access_key)
{
  char name[ENTRY_NAME_MAX + 1];
  struct entry *set;

  name_write(access_key_id, scope, name);
  set = set_of(c, name);
  for (size_t i = 0; i < WAYS; i++) {
    if (strcmp(set[i].name, name) != 0)
      continue;
    if (!secret_equal(&set[i].from, secret_access_key))
      return NULL;
    set[i].used = ++c->uses;
    return &set[i].key;
  }
  return NULL;
}

/* The entry of that name, or the one to give up. */
static struct entry *entry_for(struct entry *set, const char *name)
{
  struct entry *oldest = set;

  for (size_t i = 0; i < WAYS; i++) {
    if (strcmp(set[i].name, name) == 0)
      return &set[i];
    if (set[i].used < oldest->used)
      oldest = &set[i];
  }
  return oldest;
}

int key_cache_put(struct key_cache *c, const char *access_key_id,
                  const struct scope *scope,
                  const struct secret *secret_access_key,
                  const struct secret *signing_key, struct err *e)
{
  struct secret from CLEANUP_SECRET = {0}, key CLEANUP_SECRET = {0};
  char name[ENTRY_NAME_MAX + 1];
  struct entry *entry;
  int rc;

  if ((rc = secret_copy(secret_access_key->data, secret_access_key->len, &from,
                        e)) != 0 ||
      (rc = secret_copy(signing_key->data, signing_key->len, &key, e)) != 0)
    return rc;
  name_write(access_key_id, scope, name);
  entry = entry_for(set_of(c, name), name);
  secret_release(&entry->from);
  secret_release(&entry->key);
  memcpy(entry->name, name, sizeof name);
  entry->from = from;
  from = (struct secret){0}; /* transferred */
  entry->key = key;
  key = (struct secret){0}; /* transferred */
  entry->used = ++c->uses;
  return 0;
}
