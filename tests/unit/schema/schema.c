/* The subset of JSON Schema: what passes, what does not, and what an error
 * says and does not say.
 */
#include "schema/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int check(const char *schema_text, const char *value_text, struct err *e)
{
  json_t *schema = NULL;
  json_t *value =
      json_loads(value_text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
  int rc;

  assert_int_equal(schema_parse(schema_text, &schema, e), 0);
  assert_non_null(value);
  rc = schema_check(schema, value, e);
  json_decref(value);
  json_decref(schema);
  return rc;
}

struct row {
  const char *schema, *value;
  const char *error; /* NULL: fits */
};

static const struct row rows[] = {
    {"{}", "{\"a\":[1,null]}", NULL},
    {"{\"type\":\"object\"}", "{}", NULL},
    {"{\"type\":\"object\"}", "[]", "the whole value: expected type object"},
    {"{\"type\":\"integer\"}", "3", NULL},
    {"{\"type\":\"integer\"}", "3.0", NULL},
    {"{\"type\":\"integer\"}", "1e300",
     "the whole value: expected type integer"},
    {"{\"type\":\"integer\"}", "3.5", "the whole value: expected type integer"},
    {"{\"type\":\"number\"}", "3", NULL},
    {"{\"type\":[\"string\",\"null\"]}", "null", NULL},
    {"{\"type\":[\"string\",\"null\"]}", "true",
     "the whole value: expected type string or null"},
    {"{\"enum\":[\"a\",2]}", "2", NULL},
    {"{\"enum\":[\"a\",2]}", "\"b\"",
     "the whole value: expected one of [\"a\",2]"},
    {"{\"const\":\"pg\"}", "\"pg\"", NULL},
    {"{\"const\":\"pg\"}", "\"my\"", "the whole value: expected \"pg\""},
    /* Characters, not bytes. */
    {"{\"maxLength\":2}", "\"\xc3\xa9\xc3\xa9\"", NULL},
    {"{\"minLength\":3}", "\"\xc3\xa9\xc3\xa9\"",
     "the whole value: expected 3 characters at least"},
    {"{\"maxLength\":2}", "\"abc\"",
     "the whole value: expected 2 characters at most"},
    {"{\"pattern\":\"^[a-z]+$\"}", "\"abc\"", NULL},
    {"{\"pattern\":\"^[a-z]+$\"}", "\"ABC\"",
     "the whole value: expected a match of ^[a-z]+$"},
    {"{\"pattern\":\"b\"}", "\"abc\"", NULL},
    {"{\"minimum\":1,\"maximum\":65535}", "65535", NULL},
    {"{\"minimum\":1}", "0", "the whole value: expected 1 at least"},
    {"{\"maximum\":65535}", "65536", "the whole value: expected 65535 at most"},
    /* A rule for another type does not apply. */
    {"{\"minimum\":1,\"minLength\":4}", "[]", NULL},
    {"{\"items\":{\"type\":\"string\"}}", "[\"a\",1]",
     "/1: expected type string"},
    {"{\"required\":[\"host\"]}", "{}",
     "the whole value: expected a member \"host\""},
    {"{\"properties\":{\"a\":{\"properties\":{\"b/c~d\":"
     "{\"type\":\"string\"}}}}}",
     "{\"a\":{\"b/c~d\":1}}", "/a/b~1c~0d: expected type string"},
    {"{\"properties\":{\"a\":{}},\"additionalProperties\":false}", "{\"a\":1}",
     NULL},
    {"{\"properties\":{\"a\":{}},\"additionalProperties\":false}", "{\"b\":1}",
     "/b: expected no such member; there are a"},
    {"{\"additionalProperties\":false}", "{\"b\":1}",
     "/b: expected no such member"},
    {"{\"additionalProperties\":{\"type\":\"string\"}}", "{\"x\":5}",
     "/x: expected type string"},
    {"{\"format\":\"uri\",\"description\":\"d\",\"default\":1}", "\"no uri\"",
     NULL},
};

static void values_are_checked_by_every_keyword(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct row *r = &rows[i];
    struct err e = {0};
    int rc = check(r->schema, r->value, &e);

    if (r->error == NULL) {
      if (rc != 0)
        fail_msg("%s refused %s: %s", r->schema, r->value, e.text);
    } else {
      if (rc != -ERR_VALIDATION)
        fail_msg("%s took %s", r->schema, r->value);
      assert_string_equal(e.text, r->error);
    }
  }
}

static void errors_never_show_a_value(void **state)
{
  static const char *const rules[] = {
      "{\"type\":\"integer\"}",   "{\"minLength\":90}",
      "{\"maxLength\":2}",        "{\"pattern\":\"^x$\"}",
      "{\"enum\":[\"a\",\"b\"]}", "{\"const\":\"a\"}"};

  (void)state;
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    struct err e = {0};

    assert_int_equal(check(rules[i], "\"CANARY-s3cret\"", &e), -ERR_VALIDATION);
    assert_null(strstr(e.text, "CANARY"));
  }
}

static const struct row bad_schemas[] = {
    {"[]", NULL, "schema: expected an object"},
    {"{\"anyOf\":[{}]}", NULL, "schema /anyOf: not a keyword"},
    {"{\"$ref\":\"#\"}", NULL, "schema /$ref: not a keyword"},
    {"{\"type\":\"text\"}", NULL, "schema /type: expected the name"},
    {"{\"type\":[\"string\",\"text\"]}", NULL, "schema /type: expected names"},
    {"{\"pattern\":\"(\"}", NULL, "schema /pattern: expected a POSIX"},
    {"{\"minLength\":-1}", NULL, "schema /minLength: expected a whole"},
    {"{\"enum\":[]}", NULL, "schema /enum: expected a list"},
    {"{\"required\":\"host\"}", NULL, "schema /required: expected a list"},
    {"{\"properties\":{\"a\":{\"requird\":[]}}}", NULL,
     "schema /properties/a/requird: not a keyword"},
    {"{\"items\":[{}]}", NULL, "schema /items: expected an object"},
    {"{\"writeOnly\":\"yes\"}", NULL, "schema /writeOnly: expected true"},
    {"{\"type\":\"object\",}", NULL, "schema: "},
    {"{\"type\":\"object\",\"type\":\"object\"}", NULL, "schema: "},
};

static void schemas_with_faults_are_refused(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof bad_schemas / sizeof bad_schemas[0]; i++) {
    struct err e = {0};
    json_t *schema = NULL;

    assert_int_equal(schema_parse(bad_schemas[i].schema, &schema, &e),
                     -ERR_CONFIG);
    assert_null(schema);
    if (strncmp(e.text, bad_schemas[i].error, strlen(bad_schemas[i].error)) !=
        0)
      fail_msg("%s: %s", bad_schemas[i].schema, e.text);
  }
}

static void nesting_is_bounded(void **state)
{
  json_t *schema = json_object(), *value = json_string("x");
  struct err e = {0};

  (void)state;
  for (int i = 0; i < 40; i++) {
    json_t *outer = json_array();

    assert_int_equal(json_array_append_new(outer, value), 0);
    value = outer;
    schema = json_pack("{s:o}", "items", schema);
    assert_non_null(schema);
  }
  assert_int_equal(schema_check_schema(schema, &e), -ERR_CONFIG);
  assert_int_equal(schema_check(schema, value, &e), -ERR_VALIDATION);
  json_decref(schema);
  json_decref(value);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_are_checked_by_every_keyword),
      cmocka_unit_test(errors_never_show_a_value),
      cmocka_unit_test(schemas_with_faults_are_refused),
      cmocka_unit_test(nesting_is_bounded),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
