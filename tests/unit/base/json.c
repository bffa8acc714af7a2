/* JSON input: caps, duplicates, and errors that name the place only. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int read_text(const char *text, struct err *e)
{
  json_t *j = NULL;
  int rc = json_read(text, strlen(text), &json_limits_request, &j, e);

  json_decref(j);
  return rc;
}

static void depth_is_bounded_before_jansson_sees_it(void **state)
{
  char deep[200] = "";
  struct err e = {0};

  (void)state;
  memset(deep, '[', 16);
  memset(deep + 16, ']', 16);
  assert_int_equal(read_text(deep, &e), 0);
  memset(deep, '[', 17);
  assert_int_equal(read_text(deep, &e), -ERR_SERIALIZATION);
  assert_non_null(strstr(e.text, "nested deeper"));
}

static void the_number_of_values_is_bounded(void **state)
{
  static char many[50000];
  struct err e = {0};

  (void)state;
  memset(many, 0, sizeof many);
  many[0] = '[';
  for (int i = 0; i < 20001; i++)
    memcpy(many + 1 + 2 * i, "1,", 2);
  many[2 * 20001] = ']';
  assert_int_equal(read_text(many, &e), -ERR_SERIALIZATION);
  assert_non_null(strstr(e.text, "more than"));
}

static void brackets_in_strings_do_not_count(void **state)
{
  struct err e = {0};

  (void)state;
  assert_int_equal(
      read_text("{\"a\": \"[[[[[[[[[[[[[[[[[[[[[[[[ \\\" {{{{\"}", &e), 0);
}

static void a_key_that_stands_twice_is_refused_by_place(void **state)
{
  struct err e = {0};

  (void)state;
  assert_int_equal(read_text("{\"pw\": \"hunter2\",\n \"pw\": 1}", &e),
                   -ERR_SERIALIZATION);
  assert_non_null(strstr(e.text, "twice"));
  assert_null(strstr(e.text, "hunter2"));
  assert_memory_equal(e.text, "2:", 2);
}

static void an_error_never_quotes_the_text(void **state)
{
  struct err e = {0};

  (void)state;
  assert_int_equal(read_text("{\"password\": hunter2}", &e),
                   -ERR_SERIALIZATION);
  assert_null(strstr(e.text, "hunter2"));
}

static void an_error_in_a_file_names_file_and_line(void **state)
{
  char path[] = "/tmp/kt-json-XXXXXX";
  json_t *j = NULL;
  struct err e = {0};
  FILE *f = fdopen(mkstemp(path), "w");

  (void)state;
  assert_non_null(f);
  fputs("{\n\n  nope\n}", f);
  fclose(f);
  assert_int_equal(json_read_file(path, &json_limits_file, &j, &e),
                   -ERR_SERIALIZATION);
  assert_memory_equal(e.text, path, strlen(path));
  assert_memory_equal(e.text + strlen(path), ":3:", 3);
  remove(path);
  assert_int_equal(json_read_file(path, &json_limits_file, &j, &e),
                   -ERR_NOT_FOUND);
}

static int allowed;

static void *some(size_t n)
{
  return allowed-- > 0 ? malloc(n) : NULL;
}

static size_t allocated;

static void *count(size_t n)
{
  allocated += n;
  return malloc(n);
}

/* All that jansson ever asks for, whether or not it gives it back. */
static size_t cost(const char *begin, const char *piece, const char *end)
{
  size_t n = json_limits_body.values - 3; /* object, key, array */
  size_t size = strlen(piece);
  char *text = malloc(n * size + 64);
  size_t len = strlen(begin);
  struct err e = {0};
  json_t *j = NULL;

  assert_non_null(text);
  memcpy(text, begin, len);
  for (size_t i = 0; i < n; i++, len += size)
    memcpy(text + len, piece, size);
  len -= 1; /* the last comma */
  memcpy(text + len, end, strlen(end) + 1);
  allocated = 0;
  json_set_alloc_funcs(count, free);
  assert_int_equal(json_read(text, strlen(text), &json_limits_body, &j, &e), 0);
  json_decref(j);
  json_set_alloc_funcs(malloc, free);
  free(text);
  return allocated;
}

static void the_worst_body_takes_less_than_a_megabyte(void **state)
{
  (void)state;
  assert_in_range(cost("{\"a\":[", "{},", "]}"), 1, 1 << 20);
  assert_in_range(cost("{\"a\":[", "[],", "]}"), 1, 1 << 20);
  assert_in_range(cost("{\"a\":[", "1,", "]}"), 1, 1 << 20);
  assert_in_range(cost("{\"a\":[", "\"\",", "]}"), 1, 1 << 20);
}

/* Each allocation fails once.  For that of a string jansson itself says bad
 * syntax. */
static void lack_of_memory_is_not_called_bad_json(void **state)
{
  struct err e = {0};
  int rc, failures = 0, told = 0;

  (void)state;
  json_set_alloc_funcs(some, free);
  do {
    allowed = failures;
    rc = read_text("{\"a\": [1, \"two\"], \"b\": {\"c\": null}}", &e);
    failures += rc != 0;
    told += rc == -ERR_NOMEM;
    if (rc == -ERR_SERIALIZATION)
      assert_memory_equal(e.text, "1:", 2);
  } while (rc != 0);
  json_set_alloc_funcs(malloc, free);
  assert_true(told >= 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(depth_is_bounded_before_jansson_sees_it),
      cmocka_unit_test(the_number_of_values_is_bounded),
      cmocka_unit_test(brackets_in_strings_do_not_count),
      cmocka_unit_test(a_key_that_stands_twice_is_refused_by_place),
      cmocka_unit_test(an_error_never_quotes_the_text),
      cmocka_unit_test(an_error_in_a_file_names_file_and_line),
      cmocka_unit_test(the_worst_body_takes_less_than_a_megabyte),
      cmocka_unit_test(lack_of_memory_is_not_called_bad_json),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
