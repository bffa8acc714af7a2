/* schema_check_schema: is a schema one that schema_check enforces whole? */
#include "schema/schema.h"

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "schema/pointer.h"

static int fault(const struct pointer *at, struct err *e, const char *what)
{
  struct buf where;

  buf_init(&where, ERR_TEXT_MAX / 2, false);
  pointer_write(at, &where);
  (void)err_set(e, ERR_CONFIG, "schema%s%s: %s", where.len == 0 ? "" : " ",
                where.len == 0 ? "" : where.data, what);
  buf_release(&where);
  return -ERR_CONFIG;
}

static int walk(const json_t *schema, const struct pointer *at, struct err *e);

typedef int keyword_fn(const json_t *value, const struct pointer *at,
                       struct err *e);

static int is_anything(const json_t *value, const struct pointer *at,
                       struct err *e)
{
  (void)value;
  (void)at;
  (void)e;
  return 0;
}

static int is_string(const json_t *value, const struct pointer *at,
                     struct err *e)
{
  return json_is_string(value) ? 0 : fault(at, e, "expected a string");
}

static int is_boolean(const json_t *value, const struct pointer *at,
                      struct err *e)
{
  return json_is_boolean(value) ? 0 : fault(at, e, "expected true or false");
}

static int is_number(const json_t *value, const struct pointer *at,
                     struct err *e)
{
  return json_is_number(value) ? 0 : fault(at, e, "expected a number");
}

static int is_length(const json_t *value, const struct pointer *at,
                     struct err *e)
{
  return json_is_integer(value) && json_integer_value(value) >= 0
             ? 0
             : fault(at, e, "expected a whole number, 0 or more");
}

static bool type_exists(const json_t *name)
{
  static const char *const types[] = {"object",  "array",   "string", "number",
                                      "integer", "boolean", "null"};

  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (json_is_string(name) && strcmp(types[i], json_string_value(name)) == 0)
      return true;
  return false;
}

static int is_type(const json_t *value, const struct pointer *at, struct err *e)
{
  const json_t *one;
  size_t i;

  if (type_exists(value))
    return 0;
  if (json_array_size(value) == 0)
    return fault(at, e, "expected the name of a type, or a list of them");
  json_array_foreach (value, i, one)
    if (!type_exists(one))
      return fault(at, e, "expected names of types only");
  return 0;
}

static int is_pattern(const json_t *value, const struct pointer *at,
                      struct err *e)
{
  regex_t re;

  if (!json_is_string(value))
    return fault(at, e, "expected a string");
  if (regcomp(&re, json_string_value(value), REG_EXTENDED | REG_NOSUB) != 0)
    return fault(at, e, "expected a POSIX extended regular expression");
  regfree(&re);
  return 0;
}

static int is_list(const json_t *value, const struct pointer *at, struct err *e)
{
  return json_array_size(value) > 0 ? 0
                                    : fault(at, e, "expected a list of values");
}

static int is_names(const json_t *value, const struct pointer *at,
                    struct err *e)
{
  const json_t *one;
  size_t i;

  if (!json_is_array(value))
    return fault(at, e, "expected a list of names");
  json_array_foreach (value, i, one)
    if (!json_is_string(one))
      return fault(at, e, "expected names only");
  return 0;
}

static int is_schema_or_boolean(const json_t *value, const struct pointer *at,
                                struct err *e)
{
  return json_is_boolean(value) ? 0 : walk(value, at, e);
}

static int is_properties(const json_t *value, const struct pointer *at,
                         struct err *e)
{
  const char *key;
  json_t *one;

  if (!json_is_object(value))
    return fault(at, e, "expected an object of schemas");
  json_object_foreach ((json_t *)(uintptr_t)value, key, one) {
    struct pointer in = pointer_key(at, key);
    int rc = walk(one, &in, e);

    if (rc != 0)
      return rc;
  }
  return 0;
}

static const struct {
  const char *name;
  keyword_fn *check;
} keywords[] = {
    {"$id", is_string},
    {"$schema", is_string},
    {"additionalProperties", is_schema_or_boolean},
    {"const", is_anything},
    {"default", is_anything},
    {"description", is_string},
    {"enum", is_list},
    {"examples", is_list},
    {"format", is_string},
    {"items", walk},
    {"maxLength", is_length},
    {"maximum", is_number},
    {"minLength", is_length},
    {"minimum", is_number},
    {"pattern", is_pattern},
    {"properties", is_properties},
    {"required", is_names},
    {"title", is_string},
    {"type", is_type},
    {"writeOnly", is_boolean},
};

static keyword_fn *keyword_find(const char *name)
{
  for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
    if (strcmp(keywords[i].name, name) == 0)
      return keywords[i].check;
  return NULL;
}

static int walk(const json_t *schema, const struct pointer *at, struct err *e)
{
  const char *key;
  json_t *one;

  if (!json_is_object(schema))
    return fault(at, e, "expected an object");
  if (at->depth > 2 * SCHEMA_DEPTH_MAX)
    return fault(at, e, "nested too deep");
  json_object_foreach ((json_t *)(uintptr_t)schema, key, one) {
    struct pointer in = pointer_key(at, key);
    keyword_fn *check = keyword_find(key);
    int rc = check == NULL ? fault(&in, e,
                                   "not a keyword that is enforced; see "
                                   "keyturn-rotator(3) for those that are")
                           : check(one, &in, e);

    if (rc != 0)
      return rc;
  }
  return 0;
}

int schema_check_schema(const json_t *schema, struct err *e)
{
  const struct pointer root = {0};

  return walk(schema, &root, e);
}

int schema_parse(const char *text, json_t **out, struct err *e)
{
  json_t *schema;
  int rc = json_read(text, strlen(text), &json_limits_file, &schema, e);

  if (rc != 0) {
    err_wrap(e, "schema");
    e->code = ERR_CONFIG;
    return -ERR_CONFIG;
  }
  rc = schema_check_schema(schema, e);
  if (rc != 0) {
    json_decref(schema);
    return rc;
  }
  *out = schema;
  return 0;
}
