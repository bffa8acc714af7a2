/* A statement's Condition: {operator: {key: value or values}}. */
#include <stdio.h>
#include <string.h>

#include "policy/statement.h"

#define SHOWN 80

#define refuse(e, ...) err_set((e), ERR_POLICY_SYNTAX, __VA_ARGS__)

/* A number or a truth without quotes is as good as with them. */
static int scalar_text(const json_t *value, char buffer[64], const char **out,
                       struct err *e)
{
  *out = buffer;
  if (json_is_string(value))
    *out = json_string_value(value);
  else if (json_is_boolean(value))
    *out = json_is_true(value) ? "true" : "false";
  else if (json_is_integer(value))
    (void)snprintf(buffer, 64, "%" JSON_INTEGER_FORMAT,
                   json_integer_value(value)); /* it fits */
  else if (json_is_real(value))
    (void)snprintf(buffer, 64, "%.15g", json_real_value(value)); /* it fits */
  else
    return refuse(e, "its values must be strings, numbers or booleans");
  return 0;
}

static int values_read(const json_t *value, struct policy *p,
                       struct condition *c, struct err *e)
{
  bool many = json_is_array(value);
  size_t n = many ? json_array_size(value) : 1;
  struct operand *list = arena_take(&p->arena, n, sizeof *list);

  if (list == NULL)
    return err_set(e, ERR_NOMEM, "no memory for a policy");
  for (size_t i = 0; i < n; i++) {
    char buffer[64];
    const char *text;
    int rc =
        scalar_text(many ? json_array_get(value, i) : value, buffer, &text, e);

    if (rc == 0)
      rc = condition_operand_read(&p->arena, c,
                                  (struct slice){text, strlen(text)},
                                  p->variables, &list[i], e);
    if (rc != 0)
      return rc;
  }
  c->values = list;
  c->n_values = n;
  return 0;
}

/* "aws:SourceIp", "aws:PrincipalTag/team" */
static bool is_key(const char *key)
{
  const char *colon = strchr(key, ':');

  return colon != NULL && colon != key && colon[1] != '\0';
}

/* The keys of one operator. */
static int operator_read(const char *name, json_t *keys, struct policy *p,
                         struct condition *list, struct err *e)
{
  struct condition c;
  const char *key;
  json_t *value;

  if (!condition_operator_find(name, &c))
    return refuse(e, "Condition: \"%.*s\" is no operator", SHOWN, name);
  if (!json_is_object(keys))
    return refuse(e, "Condition: %s must be an object of keys and values",
                  name);
  json_object_foreach (keys, key, value) {
    int rc;

    if (!is_key(key))
      return refuse(e,
                    "Condition: %s: \"%.*s\" is no key; one is such as "
                    "\"aws:SourceIp\"",
                    name, SHOWN, key);
    c.key = arena_copy(&p->arena, key, strlen(key));
    if (c.key == NULL)
      return err_set(e, ERR_NOMEM, "no memory for a policy");
    rc = values_read(value, p, &c, e);
    if (rc != 0) {
      (void)err_wrap(e, "Condition: %s: %.*s", name, SHOWN, key);
      return rc; /* the code stays */
    }
    *list++ = c;
  }
  return 0;
}

int conditions_read(json_t *value, struct policy *p, struct statement *out,
                    struct err *e)
{
  json_t *keys;
  struct condition *list;
  const char *name;
  size_t n = 0;

  if (!json_is_object(value))
    return refuse(e, "Condition must be an object of operators");
  json_object_foreach (value, name, keys)
    n += json_object_size(keys);
  list = arena_take(&p->arena, n, sizeof *list);
  if (list == NULL)
    return err_set(e, ERR_NOMEM, "no memory for a policy");
  out->conditions = list;
  out->n_conditions = n;
  json_object_foreach (value, name, keys) {
    int rc = operator_read(name, keys, p, list, e);

    if (rc != 0)
      return rc;
    list += json_object_size(keys);
  }
  return 0;
}
