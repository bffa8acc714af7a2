/* Texts of errors: cut, and whole in any case. */
#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEY "\xf0\x9f\x94\x91" /* four bytes */

static void a_text_says_what_it_was_given(void **state)
{
  struct err e;

  (void)state;
  assert_int_equal(err_set(&e, ERR_IO, "%s: %d \u00fc \u20ac " KEY, "a", 7),
                   -ERR_IO);
  assert_string_equal(e.text, "a: 7 \u00fc \u20ac " KEY);
  assert_int_equal(err_wrap(&e, "file %d", 3), -ERR_IO);
  assert_string_equal(e.text, "file 3: a: 7 \u00fc \u20ac " KEY);
}

static void a_character_that_was_cut_is_a_question_mark(void **state)
{
  struct err e;

  (void)state;
  (void)err_set(&e, ERR_IO, "'%.3s'", KEY KEY);
  assert_string_equal(e.text, "'\?\?\?'");
  (void)err_set(&e, ERR_IO, "'%.6s'", "\u20ac\u20ac\u20ac");
  assert_string_equal(e.text, "'\u20ac\u20ac'");
  (void)err_set(&e, ERR_IO, "\xff|\xc3|\x80|\xc0\x80|\xf5\x80\x80\x80|\xc3");
  assert_string_equal(e.text, "?|?|?|\?\?|\?\?\?\?|?");
}

static void a_text_ends_with_a_whole_character(void **state)
{
  char text[ERR_TEXT_MAX + 8];
  struct err e;

  (void)state;
  for (size_t i = 0; i < 4; i++) {
    memset(text, 'a', sizeof text);
    memcpy(text + ERR_TEXT_MAX - 5 + i, KEY, 5);
    (void)err_set(&e, ERR_IO, "%s", text);
    assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
    assert_int_equal((unsigned char)e.text[ERR_TEXT_MAX - 2],
                     i == 0 ? 0x91 : '?');
  }
  (void)err_set(&e, ERR_IO, "%.*s" KEY, ERR_TEXT_MAX - 8, text);
  (void)err_wrap(&e, "x");
  assert_int_equal((unsigned char)e.text[ERR_TEXT_MAX - 2], 0x91);
  (void)err_wrap(&e, "y");
  assert_int_equal((unsigned char)e.text[ERR_TEXT_MAX - 2], '?');
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_text_says_what_it_was_given),
      cmocka_unit_test(a_character_that_was_cut_is_a_question_mark),
      cmocka_unit_test(a_text_ends_with_a_whole_character),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
