/* Hashed by FNV-1a from a random start, so that nobody can aim. */
#include "iam/found.h"

#include <stdlib.h>
#include <string.h>

#include "iam/directory.h"

#define WAYS 4

struct found_table {
  size_t n_sets;
  uint64_t seed, clock;
  struct found places[]; /* n_sets * WAYS */
};

int found_new(size_t max, struct random *r, struct found_table **out,
              struct err *e)
{
  size_t n_sets = max < WAYS ? 1 : max / WAYS;
  struct found_table *t =
      calloc(1, sizeof *t + n_sets * WAYS * sizeof t->places[0]);

  if (t == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  t->n_sets = n_sets;
  r->fill(r, &t->seed, sizeof t->seed);
  *out = t;
  return 0;
}

static void place_clear(struct found *f)
{
  secret_release(&f->key);
  free(f->token);
  if (f->who != NULL)
    principal_put(&f->who->p);
  *f = (struct found){0};
}

void found_clear(struct found_table *t)
{
  for (size_t i = 0; i < t->n_sets * WAYS; i++)
    if (t->places[i].access_key_id[0] != '\0')
      place_clear(&t->places[i]);
}

void found_free(struct found_table *t)
{
  if (t == NULL)
    return;
  found_clear(t);
  free(t);
}

static struct found *set_of(struct found_table *t, const char *access_key_id)
{
  uint64_t h = t->seed ^ UINT64_C(0xcbf29ce484222325);

  for (const char *p = access_key_id; *p != '\0'; p++)
    h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
  return &t->places[h % t->n_sets * WAYS];
}

/* Tokens are compared whole: one that differs is opened, and refused there. */
static bool is_same(const struct found *f, const char *access_key_id,
                    const char *token)
{
  return strcmp(f->access_key_id, access_key_id) == 0 &&
         (f->token == NULL) == (token == NULL) &&
         (token == NULL || strcmp(f->token, token) == 0);
}

const struct found *found_find(struct found_table *t, const char *access_key_id,
                               const char *token)
{
  struct found *set = set_of(t, access_key_id);

  if (access_key_id[0] == '\0')
    return NULL;
  for (size_t i = 0; i < WAYS; i++)
    if (is_same(&set[i], access_key_id, token)) {
      set[i].used = ++t->clock;
      return &set[i];
    }
  return NULL;
}

void found_put(struct found_table *t, const char *access_key_id,
               const char *token, const struct secret *key, struct held *who)
{
  struct found *set = set_of(t, access_key_id), *to = &set[0];

  if (strlen(access_key_id) >= sizeof to->access_key_id ||
      found_find(t, access_key_id, token) != NULL) /* another was faster */
    return;
  for (size_t i = 1; i < WAYS; i++)
    if (set[i].used < to->used)
      to = &set[i];
  place_clear(to);
  if (key != NULL && secret_copy(key->data, key->len, &to->key, NULL) != 0)
    return;
  if (token != NULL && (to->token = strdup(token)) == NULL) {
    secret_release(&to->key);
    return;
  }
  memcpy(to->access_key_id, access_key_id, strlen(access_key_id) + 1);
  to->who = who == NULL ? NULL : held_get(who);
  to->used = ++t->clock;
}
