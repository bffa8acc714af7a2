/* Asking keyturnd, and telling faults where they stand in the plan. */
#include "cli/preflight.h"

#include <string.h>

#include "base/cleanup.h"
#include "cli/iam_words.h"
#include "cli/plan_value.h"
#include "cli/prompt.h"
#include "cli/rules.h"
#include "schema/schema.h"

#define POINTER_MAX 1024

int preflight_rotators(struct client *c, json_t **out, struct err *e)
{
  return client_call(c, "keyturn.ListRotators", NULL, out, e);
}

static void unknown_rotator(struct plan *p, const struct plan_item *s,
                            const json_t *list)
{
  CLEANUP_BUF struct buf names;
  const json_t *one;
  size_t i;

  buf_init(&names, 512, false);
  json_array_foreach (list, i, one)
    buf_printf(&names, "%s%s", i == 0 ? "" : ", ", json_str(one, "Name"));
  plan_fault(p, s, "/rotation/rotator",
             "expected a rotator that keyturnd has loaded: %s",
             names.data == NULL ? "there is none" : names.data);
}

static const json_t *rotator_find(struct plan *p, const struct plan_item *s,
                                  const json_t *rotators)
{
  const json_t *list = json_object_get(rotators, "Rotators"), *one;
  const char *name = json_str(s->rotation, "rotator");
  size_t i;

  json_array_foreach (list, i, one)
    if (strcmp(json_str(one, "Name"), name) == 0)
      return one;
  unknown_rotator(p, s, list);
  return NULL;
}

static void options_check(struct plan *p, const struct plan_item *s,
                          const json_t *rotator)
{
  const json_t *schema = json_object_get(rotator, "OptionsSchema");
  const json_t *options = json_object_get(s->rotation, "options");
  struct err why = {0};

  if (schema != NULL && options != NULL &&
      schema_check(schema, options, &why) != 0)
    plan_schema_fault(p, s, "/rotation/options", why.text);
}

/* A fault in the text of a value: in its file, or in the plan. */
static void value_fault(struct plan *p, const struct plan_item *s,
                        const struct secret *value, const char *path,
                        const char *text)
{
  char pointer[POINTER_MAX];
  struct position at;
  const char *expected;
  size_t n;

  if (path == NULL) {
    plan_schema_fault(p, s,
                      plan_value_is_drawn(s) ? "/value/generate/fields"
                                             : "/value/inline",
                      text);
    return;
  }
  expected = plan_expected(text, &n);
  (void)snprintf(pointer, sizeof pointer, "%.*s", (int)n, text);
  at = position_find((const char *)value->data, value->len, pointer);
  (void)fprintf(p->to, "%s:%u:%u: %s%s%s\n", path, at.line, at.column, pointer,
                n > 0 ? ": " : "", expected);
  p->n_faults++;
}

static void value_fits(struct plan *p, const struct plan_item *s,
                       const json_t *rotator, const struct secret *value,
                       const char *path)
{
  const json_t *schema = json_object_get(rotator, "SecretSchema");
  CLEANUP_JSON json_t *j = NULL;
  struct err why = {0};

  if (schema == NULL)
    return;
  if (json_read((const char *)value->data, value->len, &json_limits_request, &j,
                &why) != 0)
    plan_fault(p, s, "/value", "expected a JSON object for rotator %s%s%s%s",
               json_str(rotator, "Name"), path == NULL ? "" : "; ",
               path == NULL ? "" : path, path == NULL ? "" : " is none");
  else if (schema_check(schema, j, &why) != 0)
    value_fault(p, s, value, path, why.text);
}

static const char *value_member(const struct plan_item *s, const char *path)
{
  if (path != NULL)
    return "/value/file";
  return plan_value_is_drawn(s) ? "/value/generate/password" : "/value/inline";
}

static int value_check(struct plan *p, const struct plan_item *s,
                       const struct change_options *o, const json_t *rotator,
                       struct client *c, struct err *e)
{
  CLEANUP_JSON json_t *ignored = json_object();
  CLEANUP_SECRET struct secret value = {0};
  CLEANUP_FREE char *path = NULL;
  int rc = plan_value_path(s, o->values_dir, &path, e);

  if (rc == 0)
    rc = plan_value_get(s, o->values_dir, c, &value, e);
  if (rc == 0 && prompt_set_value(ignored, &value, false, e) != 0)
    rc = err_set(e, ERR_PARAMETER, "%s: expected UTF-8 text",
                 path == NULL ? "the value" : path);
  if (rc == 0 && rotator != NULL)
    value_fits(p, s, rotator, &value, path);
  if (rc != -ERR_IO && rc != -ERR_PARAMETER)
    return rc;
  plan_fault(p, s, value_member(s, path), "%s", e->text);
  err_clear(e);
  return 0;
}

static int preview(const json_t *rules, struct client *c, struct err *e)
{
  CLEANUP_JSON json_t *in =
      json_pack("{s:O, s:i}", "RotationRules", rules, "Count", 1);
  CLEANUP_JSON json_t *reply = NULL;

  return client_call(c, "keyturn.PreviewSchedule", in, &reply, e);
}

/* 0 when keyturnd would take the rules as far as they go; a positive number
 * when it refused them, with its words in *why. */
static int refused(const json_t *rules, struct client *c, struct err *why,
                   struct err *e)
{
  int rc = preview(rules, c, why);

  if (rc == -ERR_PARAMETER || rc == -ERR_VALIDATION || rc == -ERR_SERIALIZATION)
    return 1;
  if (rc == 0 || rc == -ERR_REQUEST) /* it rotates by hand */
    return 0;
  return err_set(e, why->code, "%s", why->text);
}

/* The first blackout with which the rules are refused; -1: none. */
static int blackout_fault(const json_t *rules, struct client *c)
{
  const json_t *list = json_object_get(rules, "Blackouts");
  CLEANUP_JSON json_t *some = json_array(), *trial = NULL;
  struct err why = {0};

  trial = json_copy((json_t *)(uintptr_t)rules); /* changes nothing in it */
  (void)json_object_set(trial, "Blackouts", some);
  for (size_t i = 0; i < json_array_size(list); i++) {
    (void)json_array_append(some, json_array_get(list, i));
    if (refused(trial, c, &why, &why) > 0)
      return (int)i;
  }
  return -1;
}

/* Which member is it?  The first with which the rules are refused. */
static int schedule_fault(struct plan *p, const struct plan_item *s,
                          const char *text, struct client *c, struct err *e)
{
  static const char *const keys[] = {
      "schedule",  "days",          "timeZone",     "duration",
      "blackouts", "jitterSeconds", "graceSeconds", "options"};
  char pointer[64] = "/rotation";
  struct err why = {0};
  int rc = 0, blackout;

  for (size_t i = 0; rc == 0 && i < sizeof keys / sizeof keys[0]; i++) {
    CLEANUP_JSON json_t *rules = NULL;

    if (json_object_get(s->rotation, keys[i]) == NULL)
      continue;
    rules = rules_request_to(s->rotation, keys[i]);
    rc = refused(rules, c, &why, e);
    if (rc <= 0)
      continue;
    (void)snprintf(pointer, sizeof pointer, "/rotation/%s", keys[i]);
    blackout = blackout_fault(rules, c);
    if (strcmp(keys[i], "blackouts") == 0 && blackout >= 0)
      (void)snprintf(pointer, sizeof pointer, "/rotation/blackouts/%d",
                     blackout);
    text = why.text;
  }
  if (rc < 0)
    return rc;
  plan_fault(p, s, pointer, "%s", text);
  return 0;
}

static int schedule_check(struct plan *p, const struct plan_item *s,
                          struct client *c, struct err *e)
{
  CLEANUP_JSON json_t *rules = rules_request(s->rotation);
  struct err why = {0};
  int rc = refused(rules, c, &why, e);

  return rc > 0 ? schedule_fault(p, s, why.text, c, e) : rc;
}

int preflight_check(struct plan *p, const struct change *change,
                    const struct change_options *o, const json_t *rotators,
                    struct client *c, struct err *e)
{
  const struct plan_item *s = change->item;
  const json_t *rotator = NULL;
  int rc = 0;

  if (s->rotation != NULL) {
    rotator = rotator_find(p, s, rotators);
    if (rotator != NULL)
      options_check(p, s, rotator);
    rc = schedule_check(p, s, c, e);
  }
  if (rc == 0 && change->sets_value)
    rc = value_check(p, s, o, rotator, c, e);
  return rc;
}

/* ---- groups and policies that are named ----------------------------------
 */

/* A group or policy that is named must be there, or come with the plans. */
static int check_named(struct plan *p, const struct plan_item *s,
                       struct client *c, const char *kind, const char *name,
                       const char *at, struct err *e)
{
  CLEANUP_JSON json_t *there = NULL;
  int rc;

  for (size_t i = 0; i < p->n_items; i++)
    if (p->items[i].list->kind != NULL &&
        strcmp(p->items[i].list->kind, kind) == 0 &&
        strcmp(p->items[i].name, name) == 0)
      return 0;
  rc = iam_entity_get(c, kind, name, &there, e);
  if (rc == 0 && there == NULL)
    plan_fault(p, s, at, "expected a %s that is there, or in the plans", kind);
  return rc;
}

int preflight_names(struct plan *p, const struct plan_item *s, struct client *c,
                    struct err *e)
{
  static const char *const kinds[][2] = {{"groups", "group"},
                                         {"attached", "policy"}};
  const char *boundary = json_str(s->json, "boundary");
  const json_t *one;
  char at[64];
  size_t j;
  int rc = 0;

  for (size_t i = 0; i < 2; i++)
    json_array_foreach (json_object_get(s->json, kinds[i][0]), j, one) {
      (void)snprintf(at, sizeof at, "/%s/%zu", kinds[i][0], j);
      if (rc == 0)
        rc = check_named(p, s, c, kinds[i][1], json_string_value(one), at, e);
    }
  if (rc == 0 && boundary != NULL)
    rc = check_named(p, s, c, "policy", boundary, "/boundary", e);
  return rc;
}
