/* GetRandomPassword's wishes, met or refused. */
#include "secret/password.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int make(const char *spec, const char *exclude, struct secret *out,
                struct err *e)
{
  json_t *j = NULL;
  int rc;

  assert_int_equal(json_read(spec, strlen(spec), &json_limits_request, &j, e),
                   0);
  rc = password_generate(j, exclude, random_system(), out, e);
  json_decref(j);
  return rc;
}

static int count(const struct secret *s, int (*is)(int))
{
  int n = 0;

  for (size_t i = 0; i < s->len; i++)
    n += is(s->data[i]) != 0;
  return n;
}

static void the_default_has_32_characters_of_every_type(void **state)
{
  (void)state;
  for (int i = 0; i < 500; i++) {
    struct secret s = {0};

    assert_int_equal(password_generate(NULL, NULL, random_system(), &s, NULL),
                     0);
    assert_int_equal(s.len, 32);
    assert_true(count(&s, islower) > 0 && count(&s, isupper) > 0);
    assert_true(count(&s, isdigit) > 0 && count(&s, ispunct) > 0);
    assert_int_equal(count(&s, isspace), 0);
    secret_release(&s);
  }
}

static void both_exclusions_hold(void **state)
{
  (void)state;
  for (int i = 0; i < 500; i++) {
    struct secret s = {0};

    assert_int_equal(make("{\"ExcludeCharacters\": \"abcXYZ019\"}",
                          PASSWORD_ROTATION_EXCLUDE, &s, NULL),
                     0);
    assert_null(strpbrk((char *)s.data, "abcXYZ019/@\"'\\"));
    secret_release(&s);
  }
}

static void the_shortest_with_each_type_is_all_types(void **state)
{
  struct secret s = {0};
  struct err e = {0};

  (void)state;
  assert_int_equal(make("{\"PasswordLength\": 4}", NULL, &s, &e), 0);
  assert_true(count(&s, islower) == 1 && count(&s, isdigit) == 1);
  secret_release(&s);
  assert_int_equal(make("{\"PasswordLength\": 3}", NULL, &s, &e),
                   -ERR_PARAMETER);
  assert_int_equal(make("{\"PasswordLength\": 3, "
                        "\"RequireEachIncludedType\": false}",
                        NULL, &s, &e),
                   0);
  secret_release(&s);
}

static void nothing_left_is_refused(void **state)
{
  struct secret s = {0};
  struct err e = {0};

  (void)state;
  assert_int_equal(make("{\"ExcludeNumbers\": true, \"ExcludePunctuation\": "
                        "true, \"ExcludeUppercase\": true, "
                        "\"ExcludeLowercase\": true}",
                        NULL, &s, &e),
                   -ERR_PARAMETER);
  assert_non_null(strstr(e.text, "no character"));
  assert_int_equal(make("{\"PasswordLength\": 4097}", NULL, &s, &e),
                   -ERR_PARAMETER);
}

static void space_comes_when_asked_for(void **state)
{
  struct secret s = {0};

  (void)state;
  assert_int_equal(make("{\"IncludeSpace\": true}", NULL, &s, NULL), 0);
  assert_true(count(&s, isspace) > 0);
  secret_release(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_default_has_32_characters_of_every_type),
      cmocka_unit_test(both_exclusions_hold),
      cmocka_unit_test(the_shortest_with_each_type_is_all_types),
      cmocka_unit_test(nothing_left_is_refused),
      cmocka_unit_test(space_comes_when_asked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
