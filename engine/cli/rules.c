/* One table of a rotation's members: the plan's key, the API's, and what the
 * API takes for the default.
 */
#include "cli/rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const rules_keys[] = {
    "rotator",   "rotating",      "schedule",     "duration", "timeZone",
    "blackouts", "jitterSeconds", "graceSeconds", "options",  NULL,
};

enum kind { TEXT, NUMBER, LIST, OBJECT };

static const struct {
  const char *key, *member;
  enum kind kind;
  const char *absent_text; /* of TEXT */
  int64_t absent;          /* of NUMBER */
} rows[] = {
    {"timeZone", "TimeZone", TEXT, "UTC", 0},
    {"duration", "Duration", TEXT, "", 0},
    {"blackouts", "Blackouts", LIST, NULL, 0},
    {"jitterSeconds", "JitterSeconds", NUMBER, NULL, 0},
    {"graceSeconds", "GraceSeconds", NUMBER, NULL, -1}, /* the rotator's */
    {"options", "Options", OBJECT, NULL, 0},
};

#define N_ROWS (sizeof rows / sizeof rows[0])

static const struct {
  const char *key, *member;
} blackout_keys[] = {
    {"start", "Start"},
    {"end", "End"},
    {"expression", "Expression"},
    {"duration", "Duration"},
};

/* A whole number that JSON Schema takes can be written as 3.0. */
static int64_t whole(const json_t *j)
{
  return json_is_real(j) ? (int64_t)json_real_value(j) : json_integer_value(j);
}

/* Each object of the list with its keys the other way round. */
static json_t *blackouts_turn(const json_t *list, bool to_members)
{
  json_t *out = json_array();
  const json_t *one;
  size_t i;

  json_array_foreach (list, i, one) {
    json_t *turned = json_object();

    for (size_t k = 0; k < sizeof blackout_keys / sizeof blackout_keys[0];
         k++) {
      const char *key = blackout_keys[k].key;
      const char *member = blackout_keys[k].member;
      json_t *text = json_object_get(one, to_members ? key : member);

      if (text != NULL)
        (void)json_object_set(turned, to_members ? member : key, text);
    }
    (void)json_array_append_new(out, turned);
  }
  return out;
}

static json_t *row_default(size_t i)
{
  switch (rows[i].kind) {
  case TEXT:
    return json_string(rows[i].absent_text);
  case NUMBER:
    return json_integer(rows[i].absent);
  case LIST:
    return json_array();
  default:
    return json_object();
  }
}

/* A member as the API has it, from the plan's value. */
static json_t *row_member(size_t i, const json_t *given)
{
  if (given == NULL)
    return row_default(i);
  if (rows[i].kind == NUMBER)
    return json_integer(whole(given));
  if (rows[i].kind == LIST)
    return blackouts_turn(given, true);
  return json_deep_copy(given);
}

/* The plan's value, from the API's member. */
static json_t *row_value(size_t i, const json_t *member)
{
  if (member == NULL)
    return row_default(i);
  return rows[i].kind == LIST ? blackouts_turn(member, false)
                              : json_deep_copy(member);
}

static void view_rows(json_t *view, const json_t *rules)
{
  for (size_t i = 0; i < N_ROWS; i++) {
    json_t *absent = row_default(i);
    json_t *value = row_value(i, json_object_get(rules, rows[i].member));

    if (json_equal(absent, value))
      json_decref(value);
    else
      (void)json_object_set_new(view, rows[i].key, value);
    json_decref(absent);
  }
}

static void view_schedule(json_t *view, const json_t *rules)
{
  const char *expression = json_str(rules, "ScheduleExpression");
  int64_t days = json_int(rules, "AutomaticallyAfterDays", 0);
  char text[64];

  if (expression == NULL || expression[0] == '\0') {
    (void)snprintf(text, sizeof text, "every %" PRId64 " days", days);
    expression = days == 0 ? "by hand" : days == 1 ? "every day" : text;
  }
  (void)json_object_set_new(view, "schedule", json_string(expression));
}

static json_t *view_of(const char *rotator, const json_t *rules, bool enabled)
{
  json_t *view = json_object();

  (void)json_object_set_new(view, "rotator", json_string(rotator));
  if (!enabled)
    (void)json_object_set_new(view, "rotating", json_string("off"));
  view_schedule(view, rules);
  view_rows(view, rules);
  return view;
}

json_t *rules_view(const json_t *rotation)
{
  json_t *rules = rules_request(rotation);
  json_t *view = view_of(json_str(rotation, "rotator"), rules, true);

  json_decref(rules);
  return view;
}

json_t *rules_view_of(const json_t *reply)
{
  return view_of(json_str(reply, "Rotator"),
                 json_object_get(reply, "RotationRules"),
                 json_bool(reply, "RotationEnabled", false));
}

static json_t *request_begin(const json_t *rotation)
{
  json_t *rules = json_object();
  const json_t *days = json_object_get(rotation, "days");
  const char *expression = json_str(rotation, "schedule");

  if (days != NULL)
    (void)json_object_set_new(rules, "AutomaticallyAfterDays",
                              json_integer(whole(days)));
  else /* by hand is an expression of nothing, which takes all others' place */
    (void)json_object_set_new(
        rules, "ScheduleExpression",
        json_string(expression == NULL ? "" : expression));
  return rules;
}

json_t *rules_request(const json_t *rotation)
{
  json_t *rules = request_begin(rotation);

  for (size_t i = 0; i < N_ROWS; i++)
    (void)json_object_set_new(
        rules, rows[i].member,
        row_member(i, json_object_get(rotation, rows[i].key)));
  (void)json_object_set_new(rules, "Enabled", json_true());
  return rules;
}

json_t *rules_request_to(const json_t *rotation, const char *last)
{
  json_t *rules = request_begin(rotation);

  if (strcmp(last, "schedule") == 0 || strcmp(last, "days") == 0)
    return rules;
  for (size_t i = 0; i < N_ROWS; i++) {
    const json_t *given = json_object_get(rotation, rows[i].key);

    if (given != NULL)
      (void)json_object_set_new(rules, rows[i].member, row_member(i, given));
    if (strcmp(rows[i].key, last) == 0)
      break;
  }
  return rules;
}
