/* Rotation rules from a request: AWS's members and ours, one table. */
#include "api/rules_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "rotation/due.h"
#include "schema/schema.h"
#include "secret/password.h"
#include "secret/value.h"

#define LAMBDA_ARN_PREFIX "arn:aws:lambda:"

enum kind { TEXT, NUMBER, JSON_ARRAY_TEXT, JSON_OBJECT_TEXT, FLAG };

static const struct {
  const char *name;
  enum kind kind;
  size_t offset, size; /* of the member in rules_row */
  int64_t min, max;    /* of numbers */
} members[] = {
#define AT(member) \
  offsetof(struct rules_row, member), sizeof((struct rules_row *)0)->member
    {"AutomaticallyAfterDays", NUMBER, AT(days), 1, 1000},
    {"ScheduleExpression", TEXT, AT(expression), 0, 0},
    {"Duration", TEXT, AT(duration), 0, 0},
    {"TimeZone", TEXT, AT(zone), 0, 0},
    {"Blackouts", JSON_ARRAY_TEXT, AT(blackouts), 0, 0},
    {"Options", JSON_OBJECT_TEXT, AT(options), 0, 0},
    {"JitterSeconds", NUMBER, AT(jitter_s), 0, 86400},
    {"GraceSeconds", NUMBER, AT(grace_s), -1, 30 * 86400}, /* -1: its own */
    {"Enabled", FLAG, AT(enabled), 0, 0},
#undef AT
};

static int take_text(struct call *c, const char *name, const char *text,
                     char *to, size_t size)
{
  if (text == NULL)
    return err_set(c->e, ERR_SERIALIZATION, "RotationRules.%s must be a string",
                   name);
  if (strlen(text) >= size)
    return err_set(c->e, ERR_PARAMETER,
                   "RotationRules.%s is longer than %zu characters", name,
                   size - 1);
  memset(to, 0, size);
  memcpy(to, text, strlen(text) + 1);
  return 0;
}

static int take_json(struct call *c, const char *name, const json_t *v,
                     bool is_array, char *to, size_t size)
{
  char *text;
  int rc;

  if (is_array ? !json_is_array(v) : !json_is_object(v))
    return err_set(c->e, ERR_SERIALIZATION, "RotationRules.%s must be %s", name,
                   is_array ? "an array" : "an object");
  text = json_dumps(v, JSON_COMPACT);
  if (text == NULL)
    return err_set(c->e, ERR_NOMEM, "no memory for RotationRules.%s", name);
  rc = take_text(c, name, text, to, size);
  secret_free(text);
  return rc;
}

static int take_member(struct call *c, size_t i, const json_t *v,
                       struct rules_row *rules)
{
  char *to = (char *)rules + members[i].offset;
  int64_t n;

  switch (members[i].kind) {
  case TEXT:
    return take_text(c, members[i].name, json_string_value(v), to,
                     members[i].size);
  case JSON_ARRAY_TEXT:
  case JSON_OBJECT_TEXT:
    return take_json(c, members[i].name, v, members[i].kind == JSON_ARRAY_TEXT,
                     to, members[i].size);
  case FLAG:
    if (!json_is_boolean(v))
      return err_set(c->e, ERR_SERIALIZATION,
                     "RotationRules.%s must be true or false", members[i].name);
    *(bool *)to = json_is_true(v);
    return 0;
  default:
    n = json_integer_value(v);
    if (!json_is_integer(v) || n < members[i].min || n > members[i].max)
      return err_set(c->e, ERR_PARAMETER,
                     "RotationRules.%s must be a whole number from %lld to "
                     "%lld",
                     members[i].name, (long long)members[i].min,
                     (long long)members[i].max);
    *(int64_t *)(void *)to = n;
    return 0;
  }
}

static int take_all(struct call *c, const json_t *object,
                    struct rules_row *rules)
{
  const char *key;
  json_t *v;

  json_object_foreach ((json_t *)(uintptr_t)object, key, v) {
    size_t i = 0, n = sizeof members / sizeof members[0];
    int rc;

    while (i < n && strcmp(members[i].name, key) != 0)
      i++;
    if (i == n)
      return err_set(c->e, ERR_PARAMETER, "RotationRules has no member '%.60s'",
                     key);
    rc = json_is_null(v) ? 0 : take_member(c, i, v, rules);
    if (rc != 0)
      return rc;
  }
  return 0;
}

/* Else nobody would miss the rotations that never come. */
static int comes_ever(struct call *c, const struct schedule *s,
                      const struct rules_row *rules)
{
  struct window w;
  int rc = schedule_next(s, c->now_us, rules->anchor_us, &w, c->e);

  if (rc != -ERR_NOT_FOUND)
    return rc;
  return err_set(c->e, ERR_PARAMETER,
                 "%s: no rotation would ever come: each start is over, or in "
                 "a blackout",
                 rules->expression[0] != '\0' ? rules->expression
                                              : "AutomaticallyAfterDays");
}

/* Has it one of the members that AWS's RotationRules lack? */
static bool is_ours(const json_t *object)
{
  const char *key;
  json_t *v;

  json_object_foreach ((json_t *)(uintptr_t)object, key, v)
    if (!json_is_null(v) && strcmp(key, "AutomaticallyAfterDays") != 0 &&
        strcmp(key, "ScheduleExpression") != 0 && strcmp(key, "Duration") != 0)
      return true;
  return false;
}

int rules_take(struct call *c, const json_t *object, bool as_aws,
               struct rules_row *rules)
{
  bool is_strict = as_aws && !is_ours(object) &&
                   json_str(object, "ScheduleExpression") != NULL;
  struct schedule *s = NULL;
  int rc;

  if (object == NULL || json_is_null(object))
    return 0;
  if (!json_is_object(object))
    return err_set(c->e, ERR_SERIALIZATION, "RotationRules must be an object");
  if (json_object_get(object, "AutomaticallyAfterDays") != NULL &&
      json_object_get(object, "ScheduleExpression") != NULL)
    return err_set(c->e, ERR_PARAMETER,
                   "You cannot specify both rotation frequency and schedule "
                   "expression together.");
  /* One kind of frequency takes the other's place. */
  if (json_object_get(object, "AutomaticallyAfterDays") != NULL)
    rules->expression[0] = '\0';
  if (json_object_get(object, "ScheduleExpression") != NULL)
    rules->days = 0;
  rc = take_all(c, object, rules);
  if (rc != 0)
    return rc;
  rc = due_schedule(rules, is_strict, &s, c->e);
  if (rc == -ERR_NOT_FOUND) {
    err_clear(c->e);
    return 0; /* by hand only */
  }
  if (rc == 0)
    rc = comes_ever(c, s, rules);
  schedule_free(s);
  return rc;
}

static bool is_lambda(const char *id)
{
  return strncmp(id, LAMBDA_ARN_PREFIX, strlen(LAMBDA_ARN_PREFIX)) == 0;
}

/* arn:aws:lambda:REGION:ACCOUNT:function:NAME, a version behind it ignored */
static void rotator_name(const char *id, char *out, size_t size)
{
  const char *name = id;
  size_t len;

  if (is_lambda(id)) {
    const char *mark = strstr(id, ":function:");

    name = mark == NULL ? "" : mark + strlen(":function:");
  }
  len = strcspn(name, ":");
  (void)snprintf(out, size, "%.*s", (int)len, name);
}

int rules_take_rotator(struct call *c, const json_t *from,
                       struct rules_row *rules, struct rotator_info *out)
{
  const json_t *given = json_object_get(from, "RotationLambdaARN");
  const char *id = json_string_value(given);
  char name[STORE_NAME_MAX];
  int rc;

  if (given != NULL && !json_is_null(given) && id == NULL)
    return err_set(c->e, ERR_SERIALIZATION,
                   "RotationLambdaARN must be a string");
  if (id == NULL && rules->rotator[0] == '\0')
    return err_set(c->e, ERR_REQUEST,
                   "No Lambda rotation function ARN is associated with this "
                   "secret.");
  rotator_name(id == NULL ? rules->rotator : id, name, sizeof name);
  rc = c->api->port->find(c->api->port, name, out, c->e);
  /* For an ARN as AWS says it, type and all, though Terraform then tries again
   * for a minute: what is told to AWS's clients is AWS's.  Our own spelling, a
   * bare name, is a parameter that is wrong. */
  if (rc == -ERR_NOT_FOUND && id != NULL && is_lambda(id))
    return err_set(c->e, ERR_ACCESS,
                   "Secrets Manager cannot invoke the specified Lambda "
                   "function. Ensure that the function policy grants access to "
                   "the principal secretsmanager.amazonaws.com. (No rotator "
                   "'%.64s' is installed here; `keyturn rotator list` shows "
                   "those that are.)",
                   name);
  if (rc == -ERR_NOT_FOUND)
    return err_set(c->e, ERR_PARAMETER,
                   "No rotator '%.64s' is installed here; `keyturn rotator "
                   "list` shows those that are.",
                   name);
  if (rc != 0)
    return rc;
  if (id != NULL) {
    (void)snprintf(rules->rotator, sizeof rules->rotator, "%s", out->name);
    (void)snprintf(rules->rotator_arn, sizeof rules->rotator_arn,
                   LAMBDA_ARN_PREFIX "%s:%s:function:%s", c->region,
                   c->api->account, out->name);
  }
  return 0;
}

/* takes_password: its member password has a password's wishes. */
static int fits(struct call *c, const char *what, const char *schema_text,
                const char *text, size_t len, bool takes_password)
{
  CLEANUP_JSON json_t *schema = NULL, *value = NULL;
  int rc;

  if (schema_text == NULL)
    return 0;
  rc = schema_parse(schema_text, &schema, c->e);
  if (rc != 0)
    return err_wrap(c->e, "the rotator's schema of the %s", what);
  rc = json_read(text, len, &json_limits_request, &value, c->e);
  if (rc == 0)
    rc = schema_check(schema, value, c->e);
  if (rc == 0 && takes_password)
    rc = password_check(json_object_get(value, "password"), NULL, c->e);
  if (rc != 0) {
    struct err why = *c->e;

    return err_set(c->e, ERR_REQUEST, "The %s does not fit the rotator: %s",
                   what, why.text);
  }
  return 0;
}

int rules_fit(struct call *c, const struct secret_row *row,
              const struct rules_row *rules, const struct rotator_info *info)
{
  CLEANUP_SECRET struct secret value = {0};
  const char *options = rules->options[0] != '\0' ? rules->options : "{}";
  struct version_row version;
  int rc = store_version_get(c->api->store, row->id, NULL, "AWSCURRENT",
                             &version, c->e);

  if (rc == 0) {
    rc = value_open(c->api->keyring, row, &version, &value, c->e);
    version_row_release(&version);
  }
  if (rc == -ERR_NOT_FOUND)
    return err_set(c->e, ERR_REQUEST,
                   "The secret has no value yet; put the current credential "
                   "into it before it can be rotated.");
  if (rc == 0)
    rc = fits(c, "secret's value", info->secret_schema,
              (const char *)value.data, value.len, false);
  if (rc == 0)
    rc = fits(c, "Options object", info->options_schema, options,
              strlen(options), true);
  return rc;
}
