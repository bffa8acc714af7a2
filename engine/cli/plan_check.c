/* What plan.schema.json cannot say. */
#include <string.h>

#include "base/cleanup.h"
#include "cli/plan.h"

#define TAGS_MAX    50
#define TAG_KEY_MAX 128

/* Of these keys (ended by NULL), exactly one; the one that is there, or NULL
 * when that was told to be a fault. */
static const char *only_of(struct plan *p, const struct plan_item *s,
                           const char *below, const json_t *object,
                           const char *const *keys, const char *names)
{
  const char *found = NULL;
  char at[128];

  for (; *keys != NULL; keys++) {
    if (json_object_get(object, *keys) == NULL)
      continue;
    if (found != NULL) {
      (void)snprintf(at, sizeof at, "%s/%s", below, *keys);
      plan_fault(p, s, at, "expected exactly one of %s; \"%s\" is there", names,
                 found);
      return NULL;
    }
    found = *keys;
  }
  if (found == NULL)
    plan_fault(p, s, below, "expected exactly one of %s", names);
  return found;
}

static void value_check(struct plan *p, const struct plan_item *s)
{
  static const char *const kinds[] = {"file", "generate", "inline", NULL};
  const char *kind =
      only_of(p, s, "/value", s->value, kinds, "file, generate and inline");
  const json_t *generate = json_object_get(s->value, "generate");
  const json_t *fields = json_object_get(generate, "fields");
  const char *key = json_str(generate, "key");

  if (kind == NULL)
    return;
  if (strcmp(kind, "inline") == 0 && !s->file->is_private)
    plan_fault(p, s, "/value/inline",
               "expected no value in a plan that others can read; chmod 600 "
               "it, or name a file");
  if (key != NULL && fields == NULL)
    plan_fault(p, s, "/value/generate/key",
               "expected \"fields\" beside it: without them the value is the "
               "password alone");
  if (fields != NULL &&
      json_object_get(fields, key == NULL ? "password" : key) != NULL)
    plan_fault(p, s, "/value/generate/fields",
               "expected no \"%.100s\": it is what is generated",
               key == NULL ? "password" : key);
}

static void blackouts_check(struct plan *p, const struct plan_item *s)
{
  const json_t *list = json_object_get(s->rotation, "blackouts"), *one;
  char at[64];
  size_t i;

  json_array_foreach (list, i, one) {
    bool has_start = json_object_get(one, "start") != NULL;
    bool has_end = json_object_get(one, "end") != NULL;
    bool has_expression = json_object_get(one, "expression") != NULL;
    bool has_duration = json_object_get(one, "duration") != NULL;

    if (has_start == has_end && has_expression == has_duration &&
        has_start != has_expression)
      continue;
    (void)snprintf(at, sizeof at, "/rotation/blackouts/%zu", i);
    plan_fault(p, s, at, "expected start and end, or expression and duration");
  }
}

/* What a schedule has, and a rotation by hand has not. */
static void manual_check(struct plan *p, const struct plan_item *s)
{
  static const char *const keys[] = {"duration", "timeZone", "blackouts",
                                     "jitterSeconds"};
  char at[64];

  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    if (json_object_get(s->rotation, keys[i]) == NULL)
      continue;
    (void)snprintf(at, sizeof at, "/rotation/%s", keys[i]);
    plan_fault(p, s, at, "expected no such member beside \"manual\"");
  }
}

static void rotation_check(struct plan *p, const struct plan_item *s)
{
  static const char *const kinds[] = {"schedule", "days", "manual", NULL};
  const char *kind = only_of(p, s, "/rotation", s->rotation, kinds,
                             "schedule, days and manual");

  if (kind == NULL)
    return;
  if (strcmp(kind, "manual") == 0)
    manual_check(p, s);
  blackouts_check(p, s);
}

static void tags_check(struct plan *p, const struct plan_item *s)
{
  const json_t *tags = json_object_get(s->json, "tags");
  const char *key;
  json_t *value;

  if (json_object_size(tags) > TAGS_MAX)
    plan_fault(p, s, "/tags", "expected %d tags at most", TAGS_MAX);
  json_object_foreach ((json_t *)(uintptr_t)tags, key, value)
    if (key[0] == '\0' || strlen(key) > TAG_KEY_MAX ||
        strncmp(key, "aws:", 4) == 0)
      plan_fault(p, s, "/tags",
                 "expected keys of 1 to %d bytes that do not begin with aws:",
                 TAG_KEY_MAX);
}

/* The names so far, each behind its list's, with its place in p->items. */
static int name_check(struct plan *p, size_t i, json_t *names, struct err *e)
{
  const struct plan_item *s = &p->items[i];
  const struct plan_item *first;
  const json_t *before;
  char key[640];

  (void)snprintf(key, sizeof key, "%s/%s", s->list->member, s->name);
  before = json_object_get(names, key);
  if (before == NULL)
    return json_object_set_new(names, key, json_integer((json_int_t)i)) == 0
               ? 0
               : err_set(e, ERR_NOMEM, "no memory for the names of secrets");
  first = &p->items[json_integer_value(before)];
  plan_fault(p, s, "/name",
             "expected a name that stands once; \"%s\" is at "
             "%s:%u already",
             s->name, first->file->path, plan_position(first, "/name").line);
  return 0;
}

int plan_check(struct plan *p, struct err *e)
{
  CLEANUP_JSON json_t *names = json_object();
  int rc = 0;

  for (size_t i = 0; rc == 0 && i < p->n_items; i++) {
    const struct plan_item *s = &p->items[i];

    rc = name_check(p, i, names, e);
    if (s->value != NULL)
      value_check(p, s);
    if (s->rotation != NULL)
      rotation_check(p, s);
    tags_check(p, s);
  }
  return rc;
}
