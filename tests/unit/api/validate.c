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
    {&shape_describe_secret, "{\"SecretId\": \"a\"}", ERR_OK, ""},
    {&shape_describe_secret, "{\"SecretId\": \"a\", \"Other\": 5}", ERR_OK, ""},
    {&shape_get_secret_value, "{\"SecretId\": \"a\", \"VersionId\": null}",
     ERR_OK, ""},
    {&shape_list_secrets, "{}", ERR_OK, ""},
    {&shape_list_secrets, "{\"Filters\": [{}]}", ERR_OK, ""},

    /* required */
    {&shape_describe_secret, "{}", ERR_VALIDATION,
     ONE "Value null at 'secretId' failed to satisfy constraint: Member must "
         "not be null"},
    {&shape_describe_secret, "{\"SecretId\": null}", ERR_VALIDATION,
     ONE "Value null at 'secretId' failed to satisfy constraint: Member must "
         "not be null"},
    {&shape_tag_resource, "{}", ERR_VALIDATION,
     "2 validation errors detected: Value null at 'secretId' failed to "
     "satisfy constraint: Member must not be null; Value null at 'tags' "
     "failed to satisfy constraint: Member must not be null"},

    /* lengths: characters, not bytes, but for a value and a label */
    {&shape_describe_secret, "{\"SecretId\": \"\"}", ERR_VALIDATION,
     ONE "Value '' at 'secretId' failed to satisfy constraint: Member must "
         "have length greater than or equal to 1"},
    {&shape_get_secret_value, "{\"SecretId\": \"a\", \"VersionId\": \"v1\"}",
     ERR_VALIDATION,
     ONE "Value 'v1' at 'versionId' failed to satisfy constraint: Member must "
         "have length greater than or equal to 32"},
    {&shape_tag_resource,
     "{\"SecretId\": \"a\", \"Tags\": [{\"Key\": \"k\"}, {\"Key\": \"\"}]}",
     ERR_VALIDATION,
     ONE "Value '' at 'tags.2.member.key' failed to satisfy constraint: "
         "Member must have length greater than or equal to 1"},
    {&shape_get_secret_value,
     "{\"SecretId\": \"a\", \"VersionId\": \"ääääääääääääääää\"}",
     ERR_VALIDATION,
     ONE "Value 'ääääääääääääääää' at 'versionId' failed to satisfy "
         "constraint: Member must have length greater than or equal to 32"},

    /* numbers */
    {&shape_list_secrets, "{\"MaxResults\": 0}", ERR_VALIDATION,
     ONE "Value '0' at 'maxResults' failed to satisfy constraint: Member must "
         "have value greater than or equal to 1"},
    {&shape_list_secrets, "{\"MaxResults\": 101}", ERR_VALIDATION,
     ONE "Value '101' at 'maxResults' failed to satisfy constraint: Member "
         "must have value less than or equal to 100"},
    {&shape_delete_secret, "{\"SecretId\": \"a\", \"RecoveryWindowInDays\": 1}",
     ERR_OK, ""}, /* which only the documentation limits */

    /* enums, patterns */
    {&shape_list_secrets, "{\"SortOrder\": \"up\"}", ERR_VALIDATION,
     ONE "Value 'up' at 'sortOrder' failed to satisfy constraint: Member must "
         "satisfy enum value set: [asc, desc]"},
    {&shape_list_secrets, "{\"Filters\": [{\"Key\": \"nam\"}]}", ERR_VALIDATION,
     ONE "Value 'nam' at 'filters.1.member.key' failed to satisfy constraint: "
         "Member must satisfy enum value set: [description, name, tag-key, "
         "tag-value, primary-region, owning-service, all]"},
    {&shape_rotate_secret,
     "{\"SecretId\": \"a\", \"RotationRules\": {\"Duration\": \"3\"}, " TOKEN
     "}",
     ERR_VALIDATION,
     "2 validation errors detected: Value '3' at 'rotationRules.duration' "
     "failed to satisfy constraint: Member must satisfy regular expression "
     "pattern: [0-9]+h; Value '3' at 'rotationRules.duration' failed to "
     "satisfy constraint: Member must have length greater than or equal to 2"},

    /* lists */
    {&shape_batch_get_secret_value, "{\"SecretIdList\": []}", ERR_VALIDATION,
     ONE "Value '[]' at 'secretIdList' failed to satisfy constraint: Member "
         "must have length greater than or equal to 1"},
    {&shape_batch_get_secret_value, "{\"SecretIdList\": [\"a\", \"\"]}",
     ERR_VALIDATION,
     ONE "Value '[a, ]' at 'secretIdList' failed to satisfy constraint: "
         "Member must satisfy constraint: [Member must have length less than "
         "or equal to 2048, Member must have length greater than or equal to "
         "1]"},
    {&shape_batch_get_secret_value, "{\"SecretIdList\": [null]}",
     ERR_VALIDATION,
     ONE "Value '[null]' at 'secretIdList' failed to satisfy constraint: "
         "Member must satisfy constraint: [Member must have length less than "
         "or equal to 2048, Member must have length greater than or equal to "
         "1, Member must not be null]"},
    {&shape_remove_regions_from_replication,
     "{\"SecretId\": \"a\", \"RemoveReplicaRegions\": [\"Berlin\"]}",
     ERR_VALIDATION,
     ONE "Value '[Berlin]' at 'removeReplicaRegions' failed to satisfy "
         "constraint: Member must satisfy constraint: [Member must satisfy "
         "regular expression pattern: ^([a-z]+-)+\\d+$, Member must have "
         "length less than or equal to 128, Member must have length greater "
         "than or equal to 1]"},
    {&shape_tag_resource, "{\"SecretId\": \"a\", \"Tags\": [null]}",
     ERR_VALIDATION,
     ONE "Value null at 'tags.1.member' failed to satisfy constraint: Member "
         "must not be null"},

    /* secrets are not quoted */
    {&shape_put_secret_value,
     "{\"SecretId\": \"a\", \"SecretString\": \"\", " TOKEN "}", ERR_VALIDATION,
     ONE "Value at 'secretString' failed to satisfy constraint: Member must "
         "have length greater than or equal to 1"},
    {&shape_put_secret_value,
     "{\"SecretId\": \"a\", \"RotationToken\": "
     "\"not/a/token/not/a/token/not/a/token/x\", " TOKEN "}",
     ERR_VALIDATION,
     ONE "Value at 'rotationToken' failed to satisfy constraint: Member must "
         "satisfy regular expression pattern: ^[a-zA-Z0-9\\-]+$"},
    {&shape_put_secret_value,
     "{\"SecretId\": \"a\", \"SecretBinary\": \"\", " TOKEN "}", ERR_VALIDATION,
     ONE "Value at 'secretBinary' failed to satisfy constraint: Member must "
         "have length greater than or equal to 1"},

    /* types: before any constraint */
    {&shape_get_secret_value, "{\"SecretId\": \"\", \"VersionId\": 5}",
     ERR_SERIALIZATION, "versionId must be a string"},
    {&shape_list_secrets, "{\"MaxResults\": \"5\"}", ERR_SERIALIZATION,
     "maxResults must be a whole number"},
    {&shape_list_secrets, "{\"MaxResults\": 5.5}", ERR_SERIALIZATION,
     "maxResults must be a whole number"},
    {&shape_list_secrets, "{\"IncludePlannedDeletion\": 1}", ERR_SERIALIZATION,
     "includePlannedDeletion must be true or false"},
    {&shape_list_secrets, "{\"Filters\": {}}", ERR_SERIALIZATION,
     "filters must be a list"},
    {&shape_list_secrets, "{\"Filters\": [5]}", ERR_SERIALIZATION,
     "filters.1.member must be an object"},
    {&shape_list_secrets, "{\"Filters\": [{\"Values\": [[]]}]}",
     ERR_SERIALIZATION, "filters.1.member.values.1.member must be a string"},
    {&shape_rotate_secret, "{\"RotationRules\": []}", ERR_SERIALIZATION,
     "rotationRules must be an object"},
    {&shape_put_secret_value, "{\"SecretBinary\": \"AAA\"}", ERR_SERIALIZATION,
     "secretBinary must be base64"},

    /* names, then tokens, after every constraint */
    {&shape_describe_secret, "{\"SecretId\": \"a b\"}", ERR_VALIDATION,
     BAD_NAME},
    {&shape_describe_secret, "{\"SecretId\": \"arn:a b\"}", ERR_OK, ""},
    {&shape_validate_resource_policy,
     "{\"SecretId\": \"a b\", \"ResourcePolicy\": \"{}\"}", ERR_VALIDATION,
     BAD_NAME},
    {&shape_create_secret, "{\"Name\": \"a b\"}", ERR_VALIDATION, BAD_NAME},
    {&shape_create_secret, "{\"Name\": \"arn:a b\"}", ERR_VALIDATION, BAD_NAME},
    {&shape_create_secret, "{\"Name\": \"a\"}", ERR_REQUEST, NO_TOKEN},
    {&shape_put_secret_value, "{\"SecretId\": \"a\"}", ERR_REQUEST, NO_TOKEN},
    {&shape_update_secret, "{\"SecretId\": \"a\"}", ERR_REQUEST, NO_TOKEN},
    {&shape_rotate_secret, "{\"SecretId\": \"a\"}", ERR_PARAMETER, NO_TOKEN},
    {&shape_create_secret, "{}", ERR_VALIDATION,
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
  int rc = run(&shape_create_secret, text, &e);

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
  char *text = long_member("Description", "ä", 2049), wanted[512] = "";
  struct err e;

  (void)state;
  assert_int_equal(run(&shape_create_secret, text, &e), -ERR_VALIDATION);
  (void)strcat(wanted, ONE "Value '");
  for (int i = 0; i < 32; i++)
    (void)strcat(wanted, "ä");
  (void)strcat(wanted, "...' at 'description' failed to satisfy constraint: "
                       "Member must have length less than or equal to 2048");
  assert_string_equal(e.text, wanted);
  free(text);
}

static void the_number_counts_those_that_are_not_shown(void **state)
{
  char text[4096] = "{\"SecretId\": \"a\", \"Tags\": [";
  struct err e;

  (void)state;
  for (int i = 0; i < 40; i++)
    (void)strcat(text, i > 0 ? ",{\"Key\": \"\"}" : "{\"Key\": \"\"}");
  (void)strcat(text, "]}");
  assert_int_equal(run(&shape_tag_resource, text, &e), -ERR_VALIDATION);
  assert_memory_equal(e.text,
                      "40 validation errors detected: Value '' at "
                      "'tags.1.member.key' failed",
                      65);
  assert_string_equal(e.text + strlen(e.text) - 43,
                      "Member must have length greater than or equal to 1" + 7);
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
