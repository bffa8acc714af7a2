/* The table of members is the service model's: against tests/api/shapes.json,
 * the extract that is in the tree, and against the whole model where it is
 * found beside the vectors. */
#include "api/members.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct shape *const shapes[] = {
#define X(id, operation, no_token) &shape_##operation,
    SHAPES(X)
#undef X
};
#define SHAPE_COUNT (sizeof shapes / sizeof *shapes)

static json_t *read_file(const char *folder, const char *rest)
{
  const struct json_limits limits = {8 << 20, 64, 400000};
  char path[4096];
  struct err e = {0};
  json_t *j = NULL;

  (void)snprintf(path, sizeof path, "%s/%s", folder, rest);
  if (json_read_file(path, &limits, &j, &e) != 0)
    (void)fprintf(stderr, "%s\n", e.text);
  return j;
}

static const char *operation(const struct shape *shape)
{
  const char *dot = strchr(shape->target, '.');

  assert_non_null(dot);
  return dot + 1;
}

/* ---- the table, as the extract writes it -------------------------------- */

static json_t *members_json(const struct member *members, size_t n);

static json_t *type_json(const struct member_type *type)
{
  static const char *const names[] = {
      [MEMBER_STRING] = "string",   [MEMBER_BLOB] = "blob",
      [MEMBER_BOOLEAN] = "boolean", [MEMBER_NUMBER] = "integer",
      [MEMBER_LIST] = "list",       [MEMBER_STRUCTURE] = "structure"};
  json_t *j = json_pack("{s:s}", "type", names[type->kind]);

  if (type->min != 0)
    (void)json_object_set_new(j, "min", json_integer(type->min));
  if (type->max != 0)
    (void)json_object_set_new(j, "max", json_integer(type->max));
  if (type->pattern != NULL)
    (void)json_object_set_new(j, "pattern", json_string(type->pattern->text));
  if (type->sensitive)
    (void)json_object_set_new(j, "sensitive", json_true());
  if (type->values != NULL) {
    json_t *values = json_array();

    for (size_t i = 0; type->values[i] != NULL; i++)
      (void)json_array_append_new(values, json_string(type->values[i]));
    (void)json_object_set_new(j, "enum", values);
  }
  if (type->kind == MEMBER_LIST)
    (void)json_object_set_new(j, "member", type_json(type->item));
  if (type->kind == MEMBER_STRUCTURE)
    (void)json_object_set_new(j, "members",
                              members_json(type->members, type->n_members));
  return j;
}

static json_t *members_json(const struct member *members, size_t n)
{
  json_t *all = json_object();

  for (size_t i = 0; i < n; i++) {
    json_t *j = type_json(members[i].type);

    if (members[i].flags & MEMBER_REQUIRED)
      (void)json_object_set_new(j, "required", json_true());
    if (members[i].flags & MEMBER_TOKEN)
      (void)json_object_set_new(j, "token", json_true());
    (void)json_object_set_new(all, members[i].name, j);
  }
  return all;
}

/* ---- the model, as the extract writes it -------------------------------- */

static json_t *model_members(const json_t *model, const json_t *shape);

static json_t *model_type(const json_t *model, const char *name)
{
  static const char *const kept[] = {"pattern", "enum", "sensitive"};
  json_t *shape = json_object_get(json_object_get(model, "shapes"), name);
  const char *type = json_str(shape, "type");
  json_t *j;

  assert_non_null(type);
  j = json_pack("{s:s}", "type", strcmp(type, "long") == 0 ? "integer" : type);
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
    if (json_object_get(shape, kept[i]) != NULL)
      (void)json_object_set(j, kept[i], json_object_get(shape, kept[i]));
  if (json_int(shape, "min", 0) != 0)
    (void)json_object_set(j, "min", json_object_get(shape, "min"));
  if (json_int(shape, "max", 0) != 0)
    (void)json_object_set(j, "max", json_object_get(shape, "max"));
  if (strcmp(type, "list") == 0)
    (void)json_object_set_new(
        j, "member",
        model_type(model, json_str(json_object_get(shape, "member"), "shape")));
  if (strcmp(type, "structure") == 0)
    (void)json_object_set_new(j, "members", model_members(model, shape));
  return j;
}

static json_t *model_members(const json_t *model, const json_t *shape)
{
  json_t *all = json_object(), *member, *name;
  const char *key;
  size_t i;

  json_object_foreach (json_object_get(shape, "members"), key, member) {
    json_t *j = model_type(model, json_str(member, "shape"));

    if (json_bool(member, "idempotencyToken", false))
      (void)json_object_set_new(j, "token", json_true());
    (void)json_object_set_new(all, key, j);
  }
  json_array_foreach (json_object_get(shape, "required"), i, name)
    (void)json_object_set_new(json_object_get(all, json_string_value(name)),
                              "required", json_true());
  return all;
}

static json_t *model_request(const json_t *model, const char *name)
{
  const json_t *op =
      json_object_get(json_object_get(model, "operations"), name);
  const char *input = json_str(json_object_get(op, "input"), "shape");

  assert_non_null(input);
  return model_members(
      model, json_object_get(json_object_get(model, "shapes"), input));
}

/* ---- tests --------------------------------------------------------------- */

static void same(const char *name, json_t *ours, const json_t *theirs)
{
  if (!json_equal(ours, theirs)) {
    char *a = json_dumps(ours, JSON_SORT_KEYS | JSON_INDENT(1));
    char *b = json_dumps(theirs, JSON_SORT_KEYS | JSON_INDENT(1));

    print_error("%s\n--- the table\n%s\n--- the model\n%s\n", name, a, b);
    fail();
  }
  json_decref(ours);
}

static void the_table_is_the_extract(void **state)
{
  json_t *all = read_file(getenv("KEYTURN_SOURCE"), "tests/api/shapes.json");

  (void)state;
  assert_int_equal(json_object_size(all), SHAPE_COUNT);
  for (size_t i = 0; i < SHAPE_COUNT; i++) {
    const char *name = operation(shapes[i]);

    same(name, members_json(shapes[i]->members, shapes[i]->n_members),
         json_object_get(json_object_get(all, name), "request"));
  }
  json_decref(all);
}

static void the_table_is_the_model(void **state)
{
  json_t *model = read_file(getenv("KEYTURN_VECTORS"),
                            "../api/secretsmanager-2017-10-17.json");

  (void)state;
  if (model == NULL)
    skip();
  assert_int_equal(json_object_size(json_object_get(model, "operations")),
                   SHAPE_COUNT);
  for (size_t i = 0; i < SHAPE_COUNT; i++) {
    const char *name = operation(shapes[i]);
    json_t *theirs = model_request(model, name);

    same(name, members_json(shapes[i]->members, shapes[i]->n_members), theirs);
    json_decref(theirs);
  }
  json_decref(model);
}

/* ---- the audit trail ----------------------------------------------------- */

static void no_sensitive_member_may_be_told(void **state)
{
  (void)state;
  for (size_t i = 0; i < SHAPE_COUNT; i++) {
    size_t told = 0;

    for (size_t j = 0; j < shapes[i]->n_members; j++) {
      const struct member *m = &shapes[i]->members[j];

      if (m->flags & MEMBER_AUDIT) {
        told++;
        assert_false(m->type->sensitive);
        assert_int_not_equal(m->type->kind, MEMBER_BLOB);
        assert_int_not_equal(m->type->kind, MEMBER_STRUCTURE);
        if (m->type->kind == MEMBER_LIST)
          assert_int_equal(m->type->item->kind, MEMBER_STRING);
      }
    }
    assert_in_range(told, 1, PARAMS_MAX);
  }
}

static void what_may_be_told_is_told_in_cloudtrails_spelling(void **state)
{
  json_t *in =
      json_pack("{s:s, s:s, s:s, s:[s, s, n, i], s:i}", "SecretId", "a",
                "SecretString", "hidden", "RotationToken", "hidden",
                "VersionStages", "x", "y", 7, "ClientRequestToken", 5);
  struct params p;

  (void)state;
  params_read(&shape_PutSecretValue, in, &p);
  assert_int_equal(p.n, 2); /* the token has the wrong type */
  assert_string_equal(p.list[0].name, "secretId");
  assert_string_equal(p.list[0].text, "a");
  assert_string_equal(p.list[1].name, "versionStages");
  assert_int_equal(p.list[1].n_texts, 2);
  assert_string_equal(p.list[1].texts[0], "x");
  assert_string_equal(p.list[1].texts[1], "y");
  json_decref(in);
}

static void numbers_and_flags_are_told(void **state)
{
  json_t *in =
      json_pack("{s:s, s:i, s:b}", "SecretId", "a", "RecoveryWindowInDays", 7,
                "ForceDeleteWithoutRecovery", 0);
  struct params p;

  (void)state;
  params_read(&shape_DeleteSecret, in, &p);
  assert_int_equal(p.n, 3);
  assert_string_equal(p.list[1].name, "recoveryWindowInDays");
  assert_true(p.list[1].is_number);
  assert_int_equal(p.list[1].number, 7);
  assert_true(p.list[2].is_bool);
  assert_false(p.list[2].boolean);
  json_decref(in);
}

static void a_list_that_is_too_long_is_cut(void **state)
{
  json_t *in = json_object(), *keys = json_array();
  struct params p;

  (void)state;
  for (size_t i = 0; i < PARAMS_TEXTS + 3; i++)
    (void)json_array_append_new(keys, json_string("k"));
  (void)json_object_set_new(in, "TagKeys", keys);
  params_read(&shape_UntagResource, in, &p);
  assert_int_equal(p.n, 1);
  assert_int_equal(p.list[0].n_texts, PARAMS_TEXTS);
  json_decref(in);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_table_is_the_extract),
      cmocka_unit_test(the_table_is_the_model),
      cmocka_unit_test(no_sensitive_member_may_be_told),
      cmocka_unit_test(what_may_be_told_is_told_in_cloudtrails_spelling),
      cmocka_unit_test(numbers_and_flags_are_told),
      cmocka_unit_test(a_list_that_is_too_long_is_cut),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
