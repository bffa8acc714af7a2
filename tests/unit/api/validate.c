/* The validator's messages, word for word, and which of several comes first. */
#include "api/validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ONE   "1 validation error detected: "
#define TOKEN "\"ClientRequestToken\": \"0123456789abcdef0123456789abcdef\""
#define BAD_NAME                                                            \
  "Invalid name. Must be a valid name containing alphanumeric characters, " \
  "or any of the following: -/_+=.@!"
#define NO_TOKEN                                                           \
  "You must provide a ClientRequestToken value. We recommend a UUID-type " \
  "value."

static int run(const struct shape *shape, const char *text, struct err *e)
{
  struct err parse = {0};
  json_t *in = NULL;
  int rc;

  if (json_read(text, strlen(text), &json_limits_request, &in, &parse) != 0)
    fail_msg("%s: %s", text, parse.text);
  err_clear(e);
  rc = validate(shape, in, e);
  json_decref(in);
  return rc;
}

static const struct {
  const struct shape *shape;
  const char *in;
  enum err_code code;
  const char *text;
} cases[] = {
    {&shape_DescribeSecret, "{\"SecretId\": \"a\"}", ERR_OK, ""},
    {&shape_DescribeSecret, "{\"SecretId\": \"a\", \"Other\": 5}", ERR_OK, ""},
    {&shape_GetSecretValue, "{\"SecretId\": \"a\", \"VersionId\": null}",
     ERR_OK, ""},
    {&shape_ListSecrets, "{}", ERR_OK, ""},
    {&shape_ListSecrets, "{\"Filters\": [{}]}", ERR_OK, ""},

    /* required */
    {&shape_DescribeSecret, "{}", ERR_VALIDATION,
     ONE "Value null at 'secretId' failed to satisfy constraint: Member must "
         "not be null"},
    {&shape_DescribeSecret, "{\"SecretId\": null}", ERR_VALIDATION,
     ONE "Value null at 'secretId' failed to satisfy constraint: Member must "
         "not be null"},
    {&shape_TagResource, "{}", ERR_VALIDATION,
     "2 validation errors detected: Value null at 'secretId' failed to "
     "satisfy constraint: Member must not be null; Value null at 'tags' "
     "failed to satisfy constraint: Member must not be null"},

    /* lengths: characters, not bytes, but for a value and a label */
    {&shape_DescribeSecret, "{\"SecretId\": \"\"}", ERR_VALIDATION,
     ONE "Value '' at 'secretId' failed to satisfy constraint: Member must "
         "have length greater than or equal to 1"},
    {&shape_GetSecretValue, "{\"SecretId\": \"a\", \"VersionId\": \"v1\"}",
     ERR_VALIDATION,
     ONE "Value 'v1' at 'versionId' failed to satisfy constraint: Member must "
         "have length greater than or equal to 32"},
    {&shape_TagResource,
     "{\"SecretId\": \"a\", \"Tags\": [{\"Key\": \"k\"}, {\"Key\": \"\"}]}",
     ERR_VALIDATION,
     ONE "Value '' at 'tags.2.member.key' failed to satisfy constraint: "
         "Member must have length greater than or equal to 1"},
    {&shape_GetSecretValue,
     "{\"SecretId\": \"a\", \"VersionId\": \"ääääääääääääääää\"}",
     ERR_VALIDATION,
     ONE "Value 'ääääääääääääääää' at 'versionId' failed to satisfy "
         "constraint: Member must have length greater than or equal to 32"},

    /* numbers */
    {&shape_ListSecrets, "{\"MaxResults\": 0}", ERR_VALIDATION,
     ONE "Value '0' at 'maxResults' failed to satisfy constraint: Member must "
         "have value greater than or equal to 1"},
    {&shape_ListSecrets, "{\"MaxResults\": 101}", ERR_VALIDATION,
     ONE "Value '101' at 'maxResults' failed to satisfy constraint: Member "
         "must have value less than or equal to 100"},
    {&shape_DeleteSecret, "{\"SecretId\": \"a\", \"RecoveryWindowInDays\": 1}",
     ERR_OK, ""}, /* which only the documentation limits */

    /* enums, patterns */
    {&shape_ListSecrets, "{\"SortOrder\": \"up\"}", ERR_VALIDATION,
     ONE "Value 'up' at 'sortOrder' failed to satisfy constraint: Member must "
         "satisfy enum value set: [asc, desc]"},
    {&shape_ListSecrets, "{\"Filters\": [{\"Key\": \"nam\"}]}", ERR_VALIDATION,
     ONE "Value 'nam' at 'filters.1.member.key' failed to satisfy constraint: "
         "Member must satisfy enum value set: [description, name, tag-key, "
         "tag-value, primary-region, owning-service, all]"},
    {&shape_RotateSecret,
     "{\"SecretId\": \"a\", \"RotationRules\": {\"Duration\": \"3\"}, " TOKEN
     "}",
     ERR_VALIDATION,
     "2 validation errors detected: Value '3' at 'rotationRules.duration' "
     "failed to satisfy constraint: Member must satisfy regular expression "
     "pattern: [0-9]+h; Value '3' at 'rotationRules.duration' failed to "
     "satisfy constraint: Member must have length greater than or equal to 2"},

    {&shape_ListSecrets, "{\"SortOrder\": \"\\u001b[2J\\n\"}", ERR_VALIDATION,
     ONE "Value '?[2J?' at 'sortOrder' failed to satisfy constraint: Member "
         "must satisfy enum value set: [asc, desc]"},

    /* lists */
    {&shape_BatchGetSecretValue, "{\"SecretIdList\": []}", ERR_VALIDATION,
     ONE "Value '[]' at 'secretIdList' failed to satisfy constraint: Member "
         "must have length greater than or equal to 1"},
    {&shape_BatchGetSecretValue, "{\"SecretIdList\": [\"a\", \"\"]}",
     ERR_VALIDATION,
     ONE "Value '[a, ]' at 'secretIdList' failed to satisfy constraint: "
         "Member must satisfy constraint: [Member must have length less than "
         "or equal to 2048, Member must have length greater than or equal to "
         "1]"},
    {&shape_BatchGetSecretValue, "{\"SecretIdList\": [null]}", ERR_VALIDATION,
     ONE "Value '[null]' at 'secretIdList' failed to satisfy constraint: "
         "Member must satisfy constraint: [Member must have length less than "
         "or equal to 2048, Member must have length greater than or equal to "
         "1, Member must not be null]"},
    {&shape_RemoveRegionsFromReplication,
     "{\"SecretId\": \"a\", \"RemoveReplicaRegions\": [\"Berlin\"]}",
     ERR_VALIDATION,
     ONE "Value '[Berlin]' at 'removeReplicaRegions' failed to satisfy "
         "constraint: Member must satisfy constraint: [Member must satisfy "
         "regular expression pattern: ^([a-z]+-)+\\d+$, Member must have "
         "length less than or equal to 128, Member must have length greater "
         "than or equal to 1]"},
    {&shape_TagResource, "{\"SecretId\": \"a\", \"Tags\": [null]}",
     ERR_VALIDATION,
     ONE "Value null at 'tags.1.member' failed to satisfy constraint: Member "
         "must not be null"},

    /* secrets are not quoted */
    {&shape_PutSecretValue,
     "{\"SecretId\": \"a\", \"SecretString\": \"\", " TOKEN "}", ERR_VALIDATION,
     ONE "Value at 'secretString' failed to satisfy constraint: Member must "
         "have length greater than or equal to 1"},
    {&shape_PutSecretValue,
     "{\"SecretId\": \"a\", \"RotationToken\": "
     "\"not/a/token/not/a/token/not/a/token/x\", " TOKEN "}",
     ERR_VALIDATION,
     ONE "Value at 'rotationToken' failed to satisfy constraint: Member must "
         "satisfy regular expression pattern: ^[a-zA-Z0-9\\-]+$"},
    {&shape_PutSecretValue,
     "{\"SecretId\": \"a\", \"SecretBinary\": \"\", " TOKEN "}", ERR_VALIDATION,
     ONE "Value at 'secretBinary' failed to satisfy constraint: Member must "
         "have length greater than or equal to 1"},

    /* types: before any constraint */
    {&shape_GetSecretValue, "{\"SecretId\": \"\", \"VersionId\": 5}",
     ERR_SERIALIZATION, "VersionId must be a string"},
    {&shape_ListSecrets, "{\"MaxResults\": \"5\"}", ERR_SERIALIZATION,
     "MaxResults must be a whole number"},
    {&shape_ListSecrets, "{\"MaxResults\": 5.5}", ERR_SERIALIZATION,
     "MaxResults must be a whole number"},
    {&shape_ListSecrets, "{\"IncludePlannedDeletion\": 1}", ERR_SERIALIZATION,
     "IncludePlannedDeletion must be true or false"},
    {&shape_ListSecrets, "{\"Filters\": {}}", ERR_SERIALIZATION,
     "Filters must be a list"},
    {&shape_ListSecrets, "{\"Filters\": [5]}", ERR_SERIALIZATION,
     "Filters[0] must be an object"},
    {&shape_ListSecrets, "{\"Filters\": [{\"Values\": [[]]}]}",
     ERR_SERIALIZATION, "Filters[0].Values[0] must be a string"},
    {&shape_RotateSecret, "{\"RotationRules\": []}", ERR_SERIALIZATION,
     "RotationRules must be an object"},
    {&shape_PutSecretValue, "{\"SecretBinary\": \"AAA\"}", ERR_SERIALIZATION,
     "SecretBinary must be base64"},

    /* names, then tokens, after every constraint */
    {&shape_DescribeSecret, "{\"SecretId\": \"a b\"}", ERR_VALIDATION,
     BAD_NAME},
    {&shape_DescribeSecret, "{\"SecretId\": \"arn:a b\"}", ERR_OK, ""},
    {&shape_ValidateResourcePolicy,
     "{\"SecretId\": \"a b\", \"ResourcePolicy\": \"{}\"}", ERR_VALIDATION,
     BAD_NAME},
    {&shape_CreateSecret, "{\"Name\": \"a b\"}", ERR_VALIDATION, BAD_NAME},
    {&shape_CreateSecret, "{\"Name\": \"arn:a b\"}", ERR_VALIDATION, BAD_NAME},
    {&shape_CreateSecret, "{\"Name\": \"a\"}", ERR_REQUEST, NO_TOKEN},
    {&shape_PutSecretValue, "{\"SecretId\": \"a\"}", ERR_REQUEST, NO_TOKEN},
    {&shape_UpdateSecret, "{\"SecretId\": \"a\"}", ERR_REQUEST, NO_TOKEN},
    {&shape_RotateSecret, "{\"SecretId\": \"a\"}", ERR_PARAMETER, NO_TOKEN},
    {&shape_CreateSecret, "{}", ERR_VALIDATION,
     ONE "Value null at 'name' failed to satisfy constraint: Member must not "
         "be null"},
};

static void messages_are_word_for_word(void **state)
{
  struct err e = {0};

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int rc = run(cases[i].shape, cases[i].in, &e);

    if (rc != -(int)cases[i].code || strcmp(e.text, cases[i].text) != 0)
      fail_msg("%s %s\n%d: %s", cases[i].shape->target, cases[i].in, rc,
               e.text);
  }
}

/* {"NAME": "aaa…"} with n times `unit`. */
static char *long_member(const char *name, const char *unit, size_t n)
{
  size_t size = n * strlen(unit) + strlen(name) + 128;
  char *text = malloc(size);
  size_t len;

  assert_non_null(text);
  len = (size_t)snprintf(text, size, "{\"Name\": \"a\", " TOKEN ", \"%s\": \"",
                         name);
  for (size_t i = 0; i < n; i++) {
    memcpy(text + len, unit, strlen(unit));
    len += strlen(unit);
  }
  (void)snprintf(text + len, size - len, "\"}");
  return text;
}

static void is(const char *name, const char *unit, size_t n, bool fits)
{
  char *text = long_member(name, unit, n);
  struct err e;
  int rc = run(&shape_CreateSecret, text, &e);

  if ((rc == 0) != fits || (!fits && rc != -ERR_VALIDATION))
    fail_msg("%zu times '%s' in %s: %d %s", n, unit, name, rc, e.text);
  if (!fits)
    assert_non_null(strstr(e.text, "failed to satisfy constraint: Member "
                                   "must have length less than or equal to"));
  free(text);
}

static void lengths_are_characters_and_those_of_values_bytes(void **state)
{
  (void)state;
  is("Description", "a", 2048, true);
  is("Description", "a", 2049, false);
  is("Description", "ä", 2048, true);
  is("Description", "ä", 2049, false);
  is("SecretString", "a", 65536, true);
  is("SecretString", "a", 65537, false);
  is("SecretString", "ä", 32768, true);
  is("SecretString", "ä", 32769, false);
  is("SecretBinary", "AAAA", 21845, true); /* 65535 bytes */
  is("SecretBinary", "AAAA", 21846, false);
}

static void a_long_value_is_cut_and_never_amid_a_character(void **state)
{
  char *text = long_member("Description", "ä", 2049);
  struct err e;

  (void)state;
  assert_int_equal(run(&shape_CreateSecret, text, &e), -ERR_VALIDATION);
  assert_string_equal(e.text, ONE
                      "Value 'ääääääääääääääääääääääääääääääää...' at "
                      "'description' failed to satisfy constraint: Member must "
                      "have length less than or equal to 2048");
  free(text);
}

static void the_number_counts_those_that_are_not_shown(void **state)
{
  static const char must[] = "must have length greater than or equal to 1";
  json_t *tags = json_array(), *in;
  struct err e;

  (void)state;
  for (int i = 0; i < 40; i++)
    (void)json_array_append_new(tags, json_pack("{s:s}", "Key", ""));
  in = json_pack("{s:s, s:o}", "SecretId", "a", "Tags", tags);
  assert_int_equal(validate(&shape_TagResource, in, &e), -ERR_VALIDATION);
  assert_memory_equal(e.text,
                      "40 validation errors detected: Value '' at "
                      "'tags.1.member.key' failed",
                      65);
  assert_string_equal(e.text + strlen(e.text) - strlen(must), must);
  json_decref(in);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(messages_are_word_for_word),
      cmocka_unit_test(lengths_are_characters_and_those_of_values_bytes),
      cmocka_unit_test(a_long_value_is_cut_and_never_amid_a_character),
      cmocka_unit_test(the_number_counts_those_that_are_not_shown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
