/* The table of commands and what is made of a command line. */
#include "cli/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/json.h"

#define WORDS_MAX 96

static const struct command *find(const char *path)
{
  const struct command *c;

  for (size_t i = 0; (c = command_at(i)) != NULL; i++)
    if (strcmp(c->path, path) == 0)
      return c;
  fail_msg("no command %s", path);
  return NULL;
}

/* Parses a line of words; its memory is static, for args borrow it. */
static int parse(const char *path, const char *line, struct args *out,
                 struct err *e)
{
  static char text[4096];
  static char *argv[WORDS_MAX];
  char *at = text;
  int argc = 1;

  (void)snprintf(text, sizeof text, "%s", line);
  argv[0] = text;
  for (char *word; (word = strsep(&at, " ")) != NULL;)
    if (word[0] != '\0' && argc < WORDS_MAX - 1)
      argv[argc++] = word;
  argv[argc] = NULL;
  return args_parse(find(path), argc, argv, out, e);
}

static void refused(const char *path, const char *line, const char *why)
{
  struct err e = {0};
  struct args a;

  assert_int_equal(parse(path, line, &a, &e), -ERR_PARAMETER);
  if (strstr(e.text, why) == NULL)
    fail_msg("'%s' says: %s", line, e.text);
  assert_null(strstr(e.text, "hunter2"));
}

static void every_command_can_be_parsed_and_explained(void **state)
{
  const struct command *c;

  (void)state;
  for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
    struct err e = {0};
    struct args a;

    assert_non_null(c->run);
    assert_non_null(c->examples);
    assert_int_equal(parse(c->path, "--help", &a, &e), 0);
    assert_true(args_has(&a, "help"));
    assert_int_equal(parse(c->path, "-h", &a, &e), 0);
    assert_true(args_has(&a, "help"));
    /* A line of the list of commands does not wrap. */
    assert_true(strlen(c->summary) <= 50);
  }
}

static void every_example_is_a_command_of_its_own(void **state)
{
  const struct command *c;

  (void)state;
  for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
    char begin[80];
    size_t n = 0;

    (void)snprintf(begin, sizeof begin, "keyturn %s", c->path);
    for (const char *at = c->examples; (at = strstr(at, begin)) != NULL; at++)
      n++;
    assert_true(n > 0);
  }
}

static void words_find_the_command(void **state)
{
  char *words[] = {(char[]){"rotation"}, (char[]){"now"}, (char[]){"a"}};
  int used = 0;

  (void)state;
  assert_ptr_equal(command_find(words, 3, &used), find("rotation now"));
  assert_int_equal(used, 2);
  assert_null(command_find(words, 1, &used));
  assert_true(command_is_group("rotation"));
  assert_false(command_is_group("rot"));
  assert_false(command_is_group("status"));
}

static void options_may_stand_anywhere(void **state)
{
  struct err e = {0};
  struct args a;
  int64_t n;

  (void)state;
  assert_int_equal(
      parse("rotation history", "--limit 7 demo/app --json", &a, &e), 0);
  assert_int_equal(a.n_words, 1);
  assert_string_equal(a.words[0], "demo/app");
  assert_true(args_has(&a, "json"));
  assert_false(args_has(&a, "failed"));
  assert_int_equal(args_number(&a, "limit", 20, 1, 100, &n, &e), 0);
  assert_int_equal(n, 7);
  assert_int_equal(args_number(&a, "job", 5, 1, 100, &n, &e), 0);
  assert_int_equal(n, 5);
  assert_int_equal(parse("rotation history", "--limit=3 --limit 4", &a, &e), 0);
  assert_string_equal(args_get(&a, "limit"), "4");
  assert_int_equal(parse("rotation show", "-- --odd", &a, &e), 0);
  assert_string_equal(a.words[0], "--odd");
}

static void numbers_are_whole_and_within_limits(void **state)
{
  static const char *const bad[] = {
      "x", "3x", "0", "101", "-1", "1.5", "99999999999999999999"};

  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct err e = {0};
    struct args a;
    char line[64];
    int64_t n = 42;

    (void)snprintf(line, sizeof line, "--limit=%s", bad[i]);
    assert_int_equal(parse("rotation history", line, &a, &e), 0);
    assert_int_equal(args_number(&a, "limit", 20, 1, 100, &n, &e),
                     -ERR_PARAMETER);
    assert_non_null(strstr(e.text, "--limit takes a whole number from 1"));
    assert_int_equal(n, 42);
  }
}

static void what_is_wrong_is_named_but_never_a_secret(void **state)
{
  (void)state;
  refused("secret put", "a --value hunter2", "can be read by everyone");
  refused("secret put", "a --value=hunter2", "can be read by everyone");
  refused("secret create", "a --value hunter2", "can be read by everyone");
  refused("secret put", "a hunter2", "too many words");
  refused("secret put", "a --passwrod=hunter2", "--passwrod is no option");
  refused("secret put", "a -phunter2", "-p is no option");
  refused("secret put", "a -p hunter2", "-p is no option");
  refused("secret put", "a --binary=hunter2", "--binary takes no argument");
  refused("secret put", "a --value", "--value needs an argument");
  refused("secret put", "", "something is missing: NAME");
  refused("status", "a", "too many words: it takes none");
}

static void a_refused_value_is_wiped_from_argv(void **state)
{
  char value[] = "hunter2", name[] = "a", option[] = "--value", self[] = "k";
  char *argv[] = {self, name, option, value, NULL};
  struct err e = {0};
  struct args a;

  (void)state;
  assert_int_equal(args_parse(find("secret put"), 4, argv, &a, &e),
                   -ERR_PARAMETER);
  for (size_t i = 0; i < sizeof value; i++)
    assert_int_equal(value[i], 0);
}

static void more_options_than_fit_are_refused(void **state)
{
  char line[4096] = "";
  struct err e = {0};
  struct args a;

  (void)state;
  for (int i = 0; i < GIVEN_MAX; i++)
    (void)snprintf(line + strlen(line), sizeof line - strlen(line), "--late ");
  assert_int_equal(parse("rotation list", line, &a, &e), 0);
  assert_int_equal(a.n_given, GIVEN_MAX);
  (void)snprintf(line + strlen(line), sizeof line - strlen(line), "--late");
  assert_int_equal(parse("rotation list", line, &a, &e), -ERR_PARAMETER);
}

/* What main makes of the table and of an error. */
static void the_dump_is_json_and_whole(void **state)
{
  CLEANUP_FREE char *text = NULL;
  CLEANUP_JSON json_t *all = NULL;
  size_t len = 0, n = 0;
  FILE *to = open_memstream(&text, &len);
  struct err e = {0};

  (void)state;
  assert_non_null(to);
  command_dump(to);
  assert_int_equal(fclose(to), 0);
  assert_int_equal(json_read(text, len, &json_limits_file, &all, &e), 0);
  while (command_at(n) != NULL)
    n++;
  assert_int_equal(json_array_size(json_object_get(all, "commands")), n);
  assert_int_equal(json_array_size(json_object_get(all, "exit_codes")), 6);
}

static void errors_make_exit_codes(void **state)
{
  (void)state;
  assert_int_equal(command_exit_code(ERR_UNREACHABLE), EXIT_UNREACHABLE);
  assert_int_equal(command_exit_code(ERR_NOT_FOUND), EXIT_NOT_FOUND);
  assert_int_equal(command_exit_code(ERR_ACCESS), EXIT_DENIED);
  assert_int_equal(command_exit_code(ERR_REQUEST), EXIT_FAILED);
  assert_int_equal(command_exit_code(ERR_OK), EXIT_FAILED);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_command_can_be_parsed_and_explained),
      cmocka_unit_test(every_example_is_a_command_of_its_own),
      cmocka_unit_test(words_find_the_command),
      cmocka_unit_test(options_may_stand_anywhere),
      cmocka_unit_test(numbers_are_whole_and_within_limits),
      cmocka_unit_test(what_is_wrong_is_named_but_never_a_secret),
      cmocka_unit_test(a_refused_value_is_wiped_from_argv),
      cmocka_unit_test(more_options_than_fit_are_refused),
      cmocka_unit_test(the_dump_is_json_and_whole),
      cmocka_unit_test(errors_make_exit_codes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
