/* The values that a step holds: asked for, or told with its start. */
#include <string.h>

#include "child/step.h"

static const json_t *schema_of(const struct step_state *s,
                               enum kt_source source)
{
  if (s->rotator == NULL)
    return NULL;
  return source == KT_OPTIONS ? s->rotator->options_schema
                              : s->rotator->secret_schema;
}

struct fetched *fetched_find(struct step_state *s, enum kt_source source,
                             const char *stage)
{
  for (struct fetched *f = s->fetched; f != NULL; f = f->next)
    if (f->source == source && !f->is_stale && strcmp(f->stage, stage) == 0)
      return f;
  return NULL;
}

int fetched_add(struct step_state *s, enum kt_source source, const char *stage,
                int kt_class, const json_t *from, struct fetched **out)
{
  struct fetched *f = step_memory(s, sizeof *f);

  if (f == NULL || strlen(stage) >= sizeof f->stage ||
      (kt_class == KT_OK && wire_value_in(from, "a value", &f->raw, NULL) != 0))
    return KT_BUSY;
  f->source = source;
  f->kt_class = kt_class;
  memcpy(f->stage, stage, strlen(stage) + 1);
  f->next = s->fetched;
  s->fetched = f;
  /* Options say what a password looks like; they are settings, and secret
   * only where their schema says so. */
  if (kt_class == KT_OK &&
      (source != KT_OPTIONS || schema_of(s, source) != NULL))
    redact_add(&s->redact, f->raw.data, f->raw.len, schema_of(s, source));
  *out = f;
  return KT_OK;
}

void fetched_start(struct step_state *s, const json_t *start)
{
  const json_t *list = json_object_get(start, "values");
  struct fetched *f;

  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *v = json_array_get(list, i);

    /* One that finds no room is asked for when it is wanted. */
    (void)fetched_add(s, (enum kt_source)json_int(v, "source", 0),
                      json_str(v, "stage"),
                      (int)json_int(v, "class", KT_MISSING), v, &f);
  }
}
