/* Forms: what a client writes comes out as it meant it, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/form.h"

static struct form *read_form(const char *text, struct err *e)
{
  static struct form f;

  *e = (struct err){0};
  return form_read(text, strlen(text), &f, e) == 0 ? &f : NULL;
}

static void names_and_values_are_decoded(void **state)
{
  struct err e;
  struct form *f = read_form("Action=Get+It&&a%3db=%C3%A4%20%26&empty=&bare&"
                             "T.member.1.Key=k&T.member.2=x",
                             &e);

  (void)state;
  assert_non_null(f);
  assert_int_equal(f->n, 6);
  assert_string_equal(form_get(f, "Action"), "Get It");
  assert_string_equal(form_get(f, "a=b"), "\xc3\xa4 &");
  assert_string_equal(form_get(f, "empty"), "");
  assert_string_equal(form_get(f, "bare"), "");
  assert_null(form_get(f, "action"));
  assert_string_equal(form_member(f, "T", 1, "Key"), "k");
  assert_string_equal(form_member(f, "T", 2, NULL), "x");
  assert_null(form_member(f, "T", 3, NULL));
  form_release(f);
}

static void what_can_be_read_two_ways_is_refused(void **state)
{
  static const struct {
    const char *text, *part;
  } bad[] = {
      {"a=%", "value is not encoded"},   {"a=%4", "value is not encoded"},
      {"a=%4g", "value is not encoded"}, {"a=x%00y", "value is not encoded"},
      {"%zz=1", "name is not encoded"},  {"a=1&a=2", "given twice"},
      {"a=1&%61=2", "given twice"},      {"a=%4&b=1", "value is not encoded"},
  };

  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    static struct form f;
    struct err e = {0};

    assert_int_equal(form_read(bad[i].text, strlen(bad[i].text), &f, &e),
                     -ERR_VALIDATION);
    assert_non_null(strstr(e.text, bad[i].part));
    form_release(&f);
  }
}

static void there_is_a_limit_to_everything(void **state)
{
  static char text[FORM_BYTES_MAX + 100];
  static struct form f;
  struct err e = {0};
  size_t n = 0;

  (void)state;
  for (int i = 0; i <= FORM_FIELDS_MAX; i++)
    n += (size_t)snprintf(text + n, sizeof text - n, "p%d=&", i);
  assert_int_equal(form_read(text, n, &f, &e), -ERR_VALIDATION);
  assert_non_null(strstr(e.text, "256 parameters"));
  form_release(&f);
  memset(text, 'a', sizeof text);
  assert_int_equal(form_read(text, sizeof text, &f, &e), -ERR_VALIDATION);
  assert_non_null(strstr(e.text, "65536 bytes"));
  form_release(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_and_values_are_decoded),
      cmocka_unit_test(what_can_be_read_two_ways_is_refused),
      cmocka_unit_test(there_is_a_limit_to_everything),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
