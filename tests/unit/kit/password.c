/* Passwords by GetRandomPassword's members. */
#include "kit/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static int draw(const char *options, const char *exclude, struct secret *out)
{
  json_t *o = json_loads(options, 0, NULL);
  struct err e = {0};
  int rc = password_draw(o, exclude, random_system(), out, &e);

  json_decref(o);
  return rc;
}

static void every_kind_is_in_by_default(void **state)
{
  (void)state;
  for (int i = 0; i < 200; i++) {
    struct secret s = {0};

    assert_int_equal(draw("{\"PasswordLength\":4}", NULL, &s), 0);
    assert_int_equal(s.len, 4);
    assert_non_null(strpbrk((char *)s.data, "0123456789"));
    assert_non_null(strpbrk((char *)s.data, "abcdefghijklmnopqrstuvwxyz"));
    assert_non_null(strpbrk((char *)s.data, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    assert_non_null(
        strpbrk((char *)s.data, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"));
    secret_release(&s);
  }
}

static void excluded_characters_never_come(void **state)
{
  (void)state;
  for (int i = 0; i < 100; i++) {
    struct secret s = {0};

    assert_int_equal(draw("{\"PasswordLength\":64,\"ExcludeCharacters\":\"aA1"
                          "\",\"ExcludePunctuation\":true}",
                          "bB2", &s),
                     0);
    assert_int_equal(strcspn((char *)s.data, "aA1bB2!-_"), 64);
    secret_release(&s);
  }
}

static void impossible_wishes_are_refused(void **state)
{
  static const char *const wishes[] = {
      "{\"PasswordLength\":0}", "{\"PasswordLength\":4097}",
      "{\"PasswordLength\":3}",
      "{\"ExcludeLowercase\":true,\"ExcludeUppercase\":true,"
      "\"ExcludeNumbers\":true,\"ExcludePunctuation\":true}"};

  (void)state;
  for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
    struct secret s = {0};

    assert_int_equal(draw(wishes[i], NULL, &s), -ERR_PARAMETER);
    assert_null(s.data);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_is_in_by_default),
      cmocka_unit_test(excluded_characters_never_come),
      cmocka_unit_test(impossible_wishes_are_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
