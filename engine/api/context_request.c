/* The condition keys that are members of the request. */
#include <string.h>

#include "api/context_keys.h"

static const json_t *member(const struct context *x, const struct key *k)
{
  const json_t *v = json_object_get(x->in, k->member);

  return json_is_null(v) ? NULL : v;
}

int key_member(struct context *x, const struct key *k, const char *rest,
               struct policy_values *out, struct err *e)
{
  (void)rest;
  return context_add_json(x, member(x, k), out, e);
}

/* Boolean members that count as false when they are not there. */
int key_flag(struct context *x, const struct key *k, const char *rest,
             struct policy_values *out, struct err *e)
{
  (void)rest;
  if (x->in == NULL)
    return 0;
  return context_add(x, json_is_true(member(x, k)) ? "true" : "false", out, e);
}

int key_rotate_immediately(struct context *x, const struct key *k,
                           const char *rest, struct policy_values *out,
                           struct err *e)
{
  (void)rest;
  if (x->in == NULL)
    return 0;
  return context_add(x, json_is_false(member(x, k)) ? "false" : "true", out, e);
}

int key_is_given(struct context *x, const struct key *k, const char *rest,
                 struct policy_values *out, struct err *e)
{
  (void)rest;
  if (x->in == NULL)
    return 0;
  return context_add(x, member(x, k) != NULL ? "true" : "false", out, e);
}

/* GetSecretValue without stage and id means AWSCURRENT. */
int key_version_stage(struct context *x, const struct key *k, const char *rest,
                      struct policy_values *out, struct err *e)
{
  const json_t *v = member(x, k);

  (void)rest;
  if (v == NULL && strcmp(x->name, "GetSecretValue") == 0 && x->in != NULL &&
      json_str(x->in, "VersionId") == NULL)
    return context_add(x, "AWSCURRENT", out, e);
  return context_add_json(x, v, out, e);
}

int key_replica_regions(struct context *x, const struct key *k,
                        const char *rest, struct policy_values *out,
                        struct err *e)
{
  const json_t *list = member(x, k), *item;
  size_t i;
  int rc = json_array_size(list) > 0;

  (void)rest;
  json_array_foreach (list, i, item) {
    const char *region = json_str(item, "Region");

    if (rc > 0 && region != NULL)
      rc = context_add(x, region, out, e);
  }
  return rc;
}

int key_request_tag(struct context *x, const struct key *k, const char *rest,
                    struct policy_values *out, struct err *e)
{
  const json_t *list = json_object_get(x->in, "Tags"), *item;
  size_t i;

  (void)k;
  json_array_foreach (list, i, item) {
    const char *name = json_str(item, "Key"), *value = json_str(item, "Value");

    if (name != NULL && strcmp(name, rest) == 0)
      return context_add(x, value == NULL ? "" : value, out, e);
  }
  return 0;
}

int key_tag_keys(struct context *x, const struct key *k, const char *rest,
                 struct policy_values *out, struct err *e)
{
  const json_t *tags = json_object_get(x->in, "Tags"), *item;
  const json_t *keys = json_object_get(x->in, "TagKeys");
  size_t i;
  int rc = json_array_size(tags) + json_array_size(keys) > 0;

  (void)k;
  (void)rest;
  json_array_foreach (tags, i, item)
    if (rc > 0 && json_str(item, "Key") != NULL)
      rc = context_add(x, json_str(item, "Key"), out, e);
  json_array_foreach (keys, i, item)
    if (rc > 0 && json_is_string(item))
      rc = context_add(x, json_string_value(item), out, e);
  return rc;
}
