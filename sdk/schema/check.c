/* schema_check: walks value and schema together, stops at the first fault. */
#include <regex.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "schema/pointer.h"
#include "schema/schema.h"

/* The keys of a secret are its author's words, so they may be shown; its
 * values never are. */
static int fault(const struct pointer *at, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int fault(const struct pointer *at, struct err *e, const char *fmt, ...)
{
  char expected[512];
  struct buf where;
  va_list ap;

  va_start(ap, fmt);
  (void)vsnprintf(expected, sizeof expected, fmt, ap);
  va_end(ap);
  buf_init(&where, ERR_TEXT_MAX / 2, false);
  pointer_write(at, &where);
  (void)err_set(e, ERR_VALIDATION, "%s: %s",
                where.len == 0 ? "the whole value" : where.data, expected);
  buf_release(&where);
  return -ERR_VALIDATION;
}

/* JSON Schema counts 3.0 as an integer; beyond 2^53 a real has no ones. */
static bool real_is_whole(double d)
{
  return d > -9007199254740992.0 && d < 9007199254740992.0 &&
         d == (double)(int64_t)d;
}

static bool type_fits(const char *name, const json_t *value)
{
  if (strcmp(name, "integer") == 0)
    return json_is_integer(value) ||
           (json_is_real(value) && real_is_whole(json_real_value(value)));
  return (strcmp(name, "object") == 0 && json_is_object(value)) ||
         (strcmp(name, "array") == 0 && json_is_array(value)) ||
         (strcmp(name, "string") == 0 && json_is_string(value)) ||
         (strcmp(name, "number") == 0 && json_is_number(value)) ||
         (strcmp(name, "boolean") == 0 && json_is_boolean(value)) ||
         (strcmp(name, "null") == 0 && json_is_null(value));
}

static int type_check(const json_t *schema, const json_t *value,
                      const struct pointer *at, struct err *e)
{
  const json_t *type = json_object_get(schema, "type"), *one;
  char names[128] = "";
  size_t i, n = 0;

  if (type == NULL)
    return 0;
  if (json_is_string(type))
    return type_fits(json_string_value(type), value)
               ? 0
               : fault(at, e, "expected type %s", json_string_value(type));
  json_array_foreach (type, i, one) {
    const char *name = json_string_value(one);

    if (name == NULL || type_fits(name, value))
      return 0;
    n += (size_t)snprintf(names + n, sizeof names - n, "%s%s",
                          i == 0 ? "" : " or ", name);
    if (n >= sizeof names)
      break;
  }
  return fault(at, e, "expected type %s", names);
}

static int enum_check(const json_t *schema, const json_t *value,
                      const struct pointer *at, struct err *e)
{
  const json_t *list = json_object_get(schema, "enum"), *one;
  const json_t *exact = json_object_get(schema, "const");
  char *text;
  size_t i;
  int rc;

  if (exact != NULL && !json_equal(exact, value)) {
    text = json_dumps(exact, JSON_ENCODE_ANY | JSON_COMPACT);
    rc = fault(at, e, "expected %s", text == NULL ? "a constant" : text);
    free(text);
    return rc;
  }
  if (list == NULL)
    return 0;
  json_array_foreach (list, i, one)
    if (json_equal(one, value))
      return 0;
  text = json_dumps(list, JSON_ENCODE_ANY | JSON_COMPACT);
  rc = fault(at, e, "expected one of %s", text == NULL ? "a list" : text);
  free(text);
  return rc;
}

static size_t characters(const char *text)
{
  size_t n = 0;

  for (; *text != '\0'; text++)
    n += ((unsigned char)*text & 0xc0) != 0x80;
  return n;
}

static int pattern_check(const char *pattern, const char *text,
                         const struct pointer *at, struct err *e)
{
  regex_t re;
  int rc;

  if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
    return err_set(e, ERR_CONFIG, "the schema's pattern %s is no POSIX ERE",
                   pattern);
  rc = regexec(&re, text, 0, NULL, 0);
  regfree(&re);
  return rc == 0 ? 0 : fault(at, e, "expected a match of %s", pattern);
}

static int string_check(const json_t *schema, const json_t *value,
                        const struct pointer *at, struct err *e)
{
  const json_t *least = json_object_get(schema, "minLength");
  const json_t *most = json_object_get(schema, "maxLength");
  const json_t *pattern = json_object_get(schema, "pattern");
  const char *text = json_string_value(value);

  if (least != NULL && (json_int_t)characters(text) < json_integer_value(least))
    return fault(at, e, "expected %lld characters at least",
                 (long long)json_integer_value(least));
  if (most != NULL && (json_int_t)characters(text) > json_integer_value(most))
    return fault(at, e, "expected %lld characters at most",
                 (long long)json_integer_value(most));
  if (json_is_string(pattern))
    return pattern_check(json_string_value(pattern), text, at, e);
  return 0;
}

static int number_check(const json_t *schema, const json_t *value,
                        const struct pointer *at, struct err *e)
{
  const json_t *least = json_object_get(schema, "minimum");
  const json_t *most = json_object_get(schema, "maximum");

  if (least != NULL && json_number_value(value) < json_number_value(least))
    return fault(at, e, "expected %.15g at least", json_number_value(least));
  if (most != NULL && json_number_value(value) > json_number_value(most))
    return fault(at, e, "expected %.15g at most", json_number_value(most));
  return 0;
}

static int value_check(const json_t *schema, const json_t *value,
                       const struct pointer *at, struct err *e);

/* The members that there are help whoever mistyped one. */
static int stranger(const json_t *properties, const struct pointer *at,
                    struct err *e)
{
  const char *key;
  json_t *rule;
  char names[400] = "";
  size_t n = 0;

  json_object_foreach ((json_t *)(uintptr_t)properties, key, rule) {
    n += (size_t)snprintf(names + n, sizeof names - n, "%s%s",
                          n == 0 ? "; there are " : ", ", key);
    if (n >= sizeof names)
      break;
  }
  return fault(at, e, "expected no such member%s", names);
}

static int array_check(const json_t *schema, const json_t *value,
                       const struct pointer *at, struct err *e)
{
  const json_t *items = json_object_get(schema, "items"), *one;
  size_t i;

  if (items == NULL)
    return 0;
  json_array_foreach (value, i, one) {
    struct pointer in = pointer_index(at, i);
    int rc = value_check(items, one, &in, e);

    if (rc != 0)
      return rc;
  }
  return 0;
}

static int object_check(const json_t *schema, const json_t *value,
                        const struct pointer *at, struct err *e)
{
  const json_t *required = json_object_get(schema, "required");
  const json_t *properties = json_object_get(schema, "properties");
  const json_t *more = json_object_get(schema, "additionalProperties");
  const char *key;
  json_t *one;
  size_t i;

  json_array_foreach (required, i, one) {
    key = json_string_value(one);
    if (key != NULL && json_object_get(value, key) == NULL)
      return fault(at, e, "expected a member \"%s\"", key);
  }
  /* jansson's macro takes no const object, and changes none. */
  json_object_foreach ((json_t *)(uintptr_t)value, key, one) {
    const json_t *rule = json_object_get(properties, key);
    struct pointer in = pointer_key(at, key);
    int rc;

    if (rule == NULL)
      rule = more;
    if (rule == NULL)
      continue;
    rc = json_is_false(rule) ? stranger(properties, &in, e)
                             : value_check(rule, one, &in, e);
    if (rc != 0)
      return rc;
  }
  return 0;
}

static int value_check(const json_t *schema, const json_t *value,
                       const struct pointer *at, struct err *e)
{
  int rc;

  if (at->depth > SCHEMA_DEPTH_MAX)
    return fault(at, e, "expected no more than %d levels", SCHEMA_DEPTH_MAX);
  if (json_is_true(schema))
    return 0;
  if (json_is_false(schema))
    return fault(at, e, "expected no such member");
  rc = type_check(schema, value, at, e);
  if (rc == 0)
    rc = enum_check(schema, value, at, e);
  if (rc != 0)
    return rc;
  switch (json_typeof(value)) {
  case JSON_STRING:
    return string_check(schema, value, at, e);
  case JSON_INTEGER:
  case JSON_REAL:
    return number_check(schema, value, at, e);
  case JSON_ARRAY:
    return array_check(schema, value, at, e);
  case JSON_OBJECT:
    return object_check(schema, value, at, e);
  default:
    return 0;
  }
}

int schema_check(const json_t *schema, const json_t *value, struct err *e)
{
  const struct pointer root = {0};

  return value_check(schema, value, &root, e);
}
