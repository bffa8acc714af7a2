/* Comparing a planned secret with the one that is there. */
#include "cli/change.h"

#include <string.h>

#include "base/cleanup.h"
#include "cli/plan_value.h"
#include "cli/rules.h"

void change_add_line(struct change *ch, const char *what, const json_t *from,
                     const json_t *to)
{
  json_t *line = json_object();

  (void)json_object_set_new(line, "what", json_string(what));
  (void)json_object_set_new(line, "from",
                            from == NULL ? json_null() : json_deep_copy(from));
  (void)json_object_set_new(line, "to",
                            to == NULL ? json_null() : json_deep_copy(to));
  (void)json_array_append_new(ch->lines, line);
}

static void compare_description(struct change *ch, const json_t *there)
{
  const json_t *from = json_object_get(there, "Description");
  const json_t *to = json_object_get(ch->item->json, "description");
  const char *a = json_string_value(from), *b = json_string_value(to);

  if (b == NULL || strcmp(a == NULL ? "" : a, b) == 0)
    return;
  ch->sets_description = true;
  change_add_line(ch, "description", from, b[0] == '\0' ? NULL : to);
}

static const json_t *tag_there(const json_t *there, const char *key)
{
  const json_t *tag;
  size_t i;

  json_array_foreach (json_object_get(there, "Tags"), i, tag)
    if (strcmp(json_str(tag, "Key"), key) == 0)
      return json_object_get(tag, "Value");
  return NULL;
}

static void tag_line(struct change *ch, const char *key, const json_t *from,
                     const json_t *to)
{
  char what[160];

  (void)snprintf(what, sizeof what, "tag %s", key);
  change_add_line(ch, what, from, to);
}

static void compare_tags(struct change *ch, const json_t *there)
{
  json_t *tags = json_object_get(ch->item->json, "tags"), *to, *tag;
  const char *key;
  size_t i;

  if (tags == NULL) /* the plan says nothing about them */
    return;
  json_object_foreach (tags, key, to) {
    const json_t *from = tag_there(there, key);

    if (from != NULL && json_equal(from, to))
      continue;
    (void)json_array_append_new(
        ch->tags_put, json_pack("{s:s, s:O}", "Key", key, "Value", to));
    tag_line(ch, key, from, to);
  }
  json_array_foreach (json_object_get(there, "Tags"), i, tag) {
    key = json_str(tag, "Key");
    if (json_object_get(tags, key) != NULL)
      continue;
    (void)json_array_append_new(ch->tags_remove, json_string(key));
    tag_line(ch, key, json_object_get(tag, "Value"), NULL);
  }
}

static bool has_value(const json_t *there)
{
  return json_object_size(json_object_get(there, "VersionIdsToStages")) > 0;
}

/* Is the plan's value the one that is there?  A value put twice would push
 * the one before it out of AWSPREVIOUS. */
static int value_is_there(const struct change *ch,
                          const struct change_options *o, struct client *c,
                          bool *out, struct err *e)
{
  CLEANUP_SECRET struct secret planned = {0};
  CLEANUP_JSON json_t *reply = NULL;
  const json_t *text;
  int rc;

  if (plan_value_is_drawn(ch->item))
    return 0;
  rc = plan_value_get(ch->item, o->values_dir, c, &planned, e);
  if (rc == -ERR_IO || rc == -ERR_PARAMETER) {
    err_clear(e); /* the preflight reads it too, and tells */
    return 0;
  }
  if (rc == 0)
    rc = client_call_secret(c, "secretsmanager.GetSecretValue", ch->item->name,
                            &reply, e);
  if (rc != 0)
    return rc;
  text = json_object_get(reply, "SecretString");
  if (text != NULL) {
    CLEANUP_SECRET struct secret now = {0};

    rc =
        secret_copy(json_string_value(text), json_string_length(text), &now, e);
    *out = rc == 0 && secret_equal(&now, &planned);
  }
  return rc;
}

static int compare_value(struct change *ch, const json_t *there,
                         const struct change_options *o, struct client *c,
                         struct err *e)
{
  CLEANUP_JSON json_t *source = NULL;
  char text[PLAN_VALUE_SOURCE_MAX];
  bool is_there = false;
  int rc = 0;

  if (ch->item->value == NULL || (has_value(there) && !o->set_values))
    return 0;
  if (has_value(there))
    rc = value_is_there(ch, o, c, &is_there, e);
  if (rc != 0 || is_there)
    return rc;
  ch->sets_value = true;
  plan_value_source(ch->item, text);
  source = json_string(text);
  change_add_line(ch, "value", NULL, source);
  return 0;
}

static int rotation_there(const struct change *ch, const json_t *there,
                          struct client *c, json_t **out, struct err *e)
{
  CLEANUP_JSON json_t *reply = NULL;
  int rc;

  if (json_object_get(there, "RotationEnabled") == NULL)
    return 0;
  rc = client_call_secret(c, "keyturn.DescribeRotation", ch->item->name, &reply,
                          e);
  if (rc == 0)
    *out = rules_view_of(reply);
  return rc;
}

static int compare_rotation(struct change *ch, const json_t *there,
                            struct client *c, struct err *e)
{
  CLEANUP_JSON json_t *from = NULL, *to = NULL;
  int rc;

  if (ch->item->rotation == NULL)
    return 0;
  rc = rotation_there(ch, there, c, &from, e);
  if (rc != 0)
    return rc;
  to = rules_view(ch->item->rotation);
  ch->is_first_rotation = from == NULL;
  for (const char *const *key = rules_keys; *key != NULL; key++) {
    const json_t *a = json_object_get(from, *key);
    const json_t *b = json_object_get(to, *key);

    if (a == b || (a != NULL && b != NULL && json_equal(a, b)))
      continue;
    ch->sets_rotation = true;
    change_add_line(ch, *key, a, b);
  }
  return 0;
}

static int describe(const struct plan_item *s, struct client *c, json_t **out,
                    struct err *e)
{
  int rc =
      client_call_secret(c, "secretsmanager.DescribeSecret", s->name, out, e);

  if (rc != -ERR_NOT_FOUND)
    return rc;
  err_clear(e);
  return 0;
}

int change_find(struct plan *p, const struct plan_item *s,
                const struct change_options *o, struct client *c,
                struct change *out, struct err *e)
{
  CLEANUP_JSON json_t *there = NULL;
  int rc = describe(s, c, &there, e);

  *out = (struct change){.item = s, .is_new = there == NULL};
  if (rc != 0)
    return rc;
  if (client_time(there, "DeletedDate") != 0) {
    plan_fault(p, s, "/name",
               "expected a secret that is not to be deleted; keyturn secret "
               "restore %s",
               s->name);
    return 0;
  }
  out->tags_put = json_array();
  out->tags_remove = json_array();
  out->lines = json_array();
  compare_description(out, there);
  compare_tags(out, there);
  rc = compare_value(out, there, o, c, e);
  if (rc == 0)
    rc = compare_rotation(out, there, c, e);
  if (rc == 0 && out->sets_rotation && !out->sets_value && !has_value(there))
    plan_fault(p, s, s->value == NULL ? "" : "/value",
               "expected a value: without one nothing can rotate");
  return rc;
}

void change_release(struct change *c)
{
  json_decref(c->tags_put);
  json_decref(c->tags_remove);
  json_decref(c->calls);
  json_decref(c->lines);
  *c = (struct change){0};
}

bool change_is_none(const struct change *c)
{
  return !c->is_new && json_array_size(c->lines) == 0;
}
