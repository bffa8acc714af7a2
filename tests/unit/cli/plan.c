/* Plans: where things stand in a text, and what is refused. */
#include "cli/plan.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "schema/schema.h"

static void positions_are_those_of_keys_and_elements(void **state)
{
  static const char text[] = "\n"
                             "{ \"a\": [1, {\"b\": \"]}\\\"\",\n"
                             "    \"\xc3\xa4\": true, \"c/d\": null}, [],\n"
                             "  -2.5e3],\n"
                             "  \"\\u0065\\\"\": {\"\": {}},\n"
                             "\t\"z~\":{}}\n";
  static const struct {
    const char *pointer;
    unsigned line, column;
  } rows[] = {
      {"", 2, 1},
      {"/a", 2, 3},
      {"/a/0", 2, 9},
      {"/a/1", 2, 12},
      {"/a/1/b", 2, 13},
      {"/a/1/\xc3\xa4", 3, 5},
      {"/a/1/c~1d", 3, 16},
      {"/a/2", 3, 30},
      {"/a/3", 4, 3},
      {"/e\"", 5, 3},
      {"/e\"/", 5, 16},
      {"/z~0", 6, 2},
      /* What is not there: the innermost that is. */
      {"/a/1/nothing", 2, 12},
      {"/a/9", 2, 3},
      {"/a/0/x", 2, 9},
      {"/nothing/at/all", 2, 1},
      {"/a/x", 2, 3},
  };

  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct position at = position_find(text, sizeof text - 1, rows[i].pointer);

    if (at.line != rows[i].line || at.column != rows[i].column)
      fail_msg("%s is at %u:%u, not %u:%u", rows[i].pointer, at.line, at.column,
               rows[i].line, rows[i].column);
  }
}

/* Every member and element of a document, found again by its pointer: its
 * place has its key, or its own text. */
static void walk(const char *text, size_t len, const char *pointer,
                 const json_t *j)
{
  struct position at = position_find(text, len, pointer);
  const char *here = text, *key;
  char below[512], quoted[128];
  json_t *one;
  size_t i;

  for (unsigned line = 1; line < at.line; line++)
    here = strchr(here, '\n') + 1;
  here += at.column - 1; /* there are ASCII characters only */
  if (strrchr(pointer, '/') != NULL &&
      (strrchr(pointer, '/')[1] < '0' || strrchr(pointer, '/')[1] > '9')) {
    (void)snprintf(quoted, sizeof quoted, "\"%s\"", strrchr(pointer, '/') + 1);
    assert_memory_equal(here, quoted, strlen(quoted));
  } else {
    assert_int_equal(*here, json_is_object(j)   ? '{'
                            : json_is_array(j)  ? '['
                            : json_is_string(j) ? '"'
                                                : *here);
  }
  json_object_foreach ((json_t *)(uintptr_t)j, key, one) {
    (void)snprintf(below, sizeof below, "%.400s/%.100s", pointer, key);
    walk(text, len, below, one);
  }
  json_array_foreach (j, i, one) {
    (void)snprintf(below, sizeof below, "%.400s/%zu", pointer, i);
    walk(text, len, below, one);
  }
}

static void every_place_of_a_document_is_found(void **state)
{
  size_t len = strlen(plan_schema_text);
  json_t *schema = json_loads(plan_schema_text, 0, NULL);

  (void)state;
  assert_non_null(schema);
  walk(plan_schema_text, len, "", schema);
  json_decref(schema);
}

static void schema_of_plans_is_enforced_whole(void **state)
{
  json_t *schema = NULL;
  struct err e = {0};

  (void)state;
  assert_int_equal(schema_parse(plan_schema_text, &schema, &e), 0);
  json_decref(schema);
}

struct folder {
  char path[64];
};

static void put(const struct folder *f, const char *name, const char *text,
                mode_t mode)
{
  char path[128];
  FILE *to;

  (void)snprintf(path, sizeof path, "%s/%s", f->path, name);
  to = fopen(path, "w");
  assert_non_null(to);
  assert_true(fputs(text, to) >= 0);
  assert_int_equal(fclose(to), 0);
  assert_int_equal(chmod(path, mode), 0);
}

/* The faults of the folder's plans, without the folder's own name. */
static char *faults(const struct folder *f, size_t *out_secrets)
{
  char *paths[] = {(char *)(uintptr_t)f->path}, *text = NULL, *at;
  struct plan plan;
  struct err e = {0};
  size_t len;
  FILE *to = open_memstream(&text, &len);

  assert_int_equal(plan_read(&plan, paths, 1, to, &e), 0);
  assert_int_equal(fclose(to), 0);
  *out_secrets = plan.n_items;
  plan_release(&plan);
  while ((at = strstr(text, f->path)) != NULL) {
    size_t n = strlen(f->path) + (at[strlen(f->path)] == '/');

    memmove(at, at + n, strlen(at + n) + 1);
  }
  return text;
}

static void setup(struct folder *f)
{
  (void)snprintf(f->path, sizeof f->path, "/tmp/kt-plan-XXXXXX");
  assert_non_null(mkdtemp(f->path));
}

static void teardown(const struct folder *f)
{
  DIR *dir = opendir(f->path);
  const struct dirent *d;

  assert_non_null(dir);
  while ((d = readdir(dir)) != NULL)
    (void)unlinkat(dirfd(dir), d->d_name, 0); /* not . and .. */
  assert_int_equal(closedir(dir), 0);
  assert_int_equal(rmdir(f->path), 0);
}

static void expect(const char *text, mode_t mode, const char *wanted)
{
  struct folder f;
  size_t n;
  char *told;

  setup(&f);
  put(&f, "p.json", text, mode);
  told = faults(&f, &n);
  teardown(&f);
  if (strcmp(told, wanted) != 0)
    fail_msg("told:\n%swanted:\n%s", told, wanted);
  free(told);
}

/* One secret whose text begins in line 2. */
#define ONE(members) "{\"secrets\": [\n{\"name\": \"a\",\n" members "}]}"

static void right_plans_have_no_faults(void **state)
{
  (void)state;
  expect("{\"secrets\": []}", 0644, "");
  expect(ONE("\"value\": {\"file\": \"a.json\"},\n"
             "\"rotation\": {\"rotator\": \"r\", \"manual\": true,\n"
             "\"graceSeconds\": 5, \"options\": {}}"),
         0644, "");
  expect(ONE("\"value\": {\"inline\": {\"password\": \"pw\"}},\n"
             "\"rotation\": {\"rotator\": \"r\", \"days\": 3,\n"
             "\"blackouts\": [{\"start\": \"x\", \"end\": \"y\"},\n"
             "{\"expression\": \"cron(0 0 * * ? *)\", \"duration\": \"2h\"}]}"),
         0600, "");
  expect(ONE("\"value\": {\"generate\": {\"fields\": {\"user\": \"u\"},\n"
             "\"key\": \"pw\"}}"),
         0644, "");
}

static void wrong_keys_are_told_with_their_line(void **state)
{
  (void)state;
  expect(ONE("\"rotation\": {\n\"rotator\": \"r\", \"manual\": true,\n"
             "\"schedul\": 1}"),
         0644,
         "p.json:5:1: /secrets/0/rotation/schedul: expected no such member; "
         "there are rotator, schedule, days, manual, duration, timeZone, "
         "blackouts, jitterSeconds, graceSeconds, options, "
         "rotateImmediately\n");
  expect("{\n\"secrets\": [{}]}", 0644,
         "p.json:2:13: /secrets/0: expected a member \"name\"\n");
  expect("{\"secrets\": [\n{\"name\": \"a b\"}]}", 0644,
         "p.json:2:2: /secrets/0/name: expected a match of "
         "^[A-Za-z0-9/_+=.@-]+$\n");
  expect(ONE("\"rotation\": {\"rotator\": \"r\", \"manual\": false}"), 0644,
         "p.json:3:30: /secrets/0/rotation/manual: expected true\n");
  expect(ONE("\"rotation\": {\"rotator\": \"r\",\n\"days\": 0}"), 0644,
         "p.json:4:1: /secrets/0/rotation/days: expected 1 at least\n");
  /* A key that looks like the text of a fault. */
  expect(ONE("\"tags\": {\"x: expected y\":\n 1}"), 0644,
         "p.json:3:10: /secrets/0/tags/x: expected y: expected type "
         "string\n");
  expect("[]", 0644, "p.json:1:1: expected type object\n");
  /* Nothing in a plan reaches a terminal's controls. */
  expect("{\"\\u001b[2J\": 1, \"secrets\": []}", 0644,
         "p.json:1:2: / [2J: expected no such member; there are $schema, "
         "description, policies, groups, roles, users, secrets\n");
  expect("{\"description\": \"x\"}", 0644,
         "p.json:1:1: expected a list of secrets, users, groups, roles or "
         "policies\n");
  expect("{\"users\": [{\"name\": \"a b\"}]}", 0644,
         "p.json:1:13: /users/0/name: expected a match of "
         "^[A-Za-z0-9+=,.@_-]+$\n");
  expect("{\"roles\": [{\"name\": \"a\"}]}", 0644,
         "p.json:1:12: /roles/0: expected a member \"trust\"\n");
}

static void wrong_syntax_is_told_with_its_line(void **state)
{
  (void)state;
  expect("{\"secrets\":\n [1,]}", 0644, "p.json:2:5: this is not JSON\n");
  expect("{\"secrets\": [],\n\"secrets\": []}", 0644,
         "p.json:2:9: a key stands twice in one object\n");
  expect("", 0644, "p.json:1:0: this is not JSON\n");
}

static void exactly_one_of_the_members_is_there(void **state)
{
  (void)state;
  expect(ONE("\"rotation\": {\"rotator\": \"r\"}"), 0644,
         "p.json:3:1: /secrets/0/rotation: expected exactly one of schedule, "
         "days and manual\n");
  expect(ONE("\"rotation\": {\"rotator\": \"r\", \"days\": 1,\n"
             "\"schedule\": \"rate(1 day)\"}"),
         0644,
         "p.json:3:30: /secrets/0/rotation/days: expected exactly one of "
         "schedule, days and manual; \"schedule\" is there\n");
  expect(ONE("\"value\": {}"), 0644,
         "p.json:3:1: /secrets/0/value: expected exactly one of file, "
         "generate and inline\n");
  expect(ONE("\"value\": {\"file\": \"f\",\n\"inline\": \"v\"}"), 0600,
         "p.json:4:1: /secrets/0/value/inline: expected exactly one of file, "
         "generate and inline; \"file\" is there\n");
  expect(ONE("\"rotation\": {\"rotator\": \"r\", \"days\": 1,\n"
             "\"blackouts\": [\n{\"start\": \"x\", \"duration\": \"1h\"}]}"),
         0644,
         "p.json:5:1: /secrets/0/rotation/blackouts/0: expected start and "
         "end, or expression and duration\n");
}

static void members_that_do_not_go_together_are_refused(void **state)
{
  (void)state;
  expect(ONE("\"rotation\": {\"rotator\": \"r\", \"manual\": true,\n"
             "\"duration\": \"3h\"}"),
         0644,
         "p.json:4:1: /secrets/0/rotation/duration: expected no such member "
         "beside \"manual\"\n");
  expect(ONE("\"value\": {\"generate\": {\"key\": \"k\"}}"), 0644,
         "p.json:3:24: /secrets/0/value/generate/key: expected \"fields\" "
         "beside it: without them the value is the password alone\n");
  expect(
      ONE("\"value\": {\"generate\": {\n\"fields\": {\"password\": \"x\"}}}"),
      0644,
      "p.json:4:1: /secrets/0/value/generate/fields: expected no "
      "\"password\": it is what is generated\n");
  expect(ONE("\"tags\": {\"aws:x\": \"y\"}"), 0644,
         "p.json:3:1: /secrets/0/tags: expected keys of 1 to 128 bytes that "
         "do not begin with aws:\n");
}

static void inline_values_stand_in_private_plans_only(void **state)
{
  static const char text[] = ONE("\"value\": {\n\"inline\": \"hush-hush\"}");

  (void)state;
  expect(text, 0600, "");
  for (mode_t bit = 040; bit > 0; bit >>= 1)
    expect(text, 0600 | bit,
           "p.json:4:1: /secrets/0/value/inline: expected no value in a plan "
           "that others can read; chmod 600 it, or name a file\n");
}

static void names_stand_once_in_all_files(void **state)
{
  struct folder f;
  size_t n;
  char *told;

  (void)state;
  setup(&f);
  put(&f, "2.json", "{\"secrets\": [{\"name\": \"b\"},\n{\"name\": \"a\"}]}",
      0644);
  put(&f, "1.json", "{\"secrets\": [{\"name\": \"a\"}, \n{\"name\": \"c\"}]}",
      0644);
  put(&f, "plan.schema.json", "{}", 0644); /* no plan */
  put(&f, "notes.txt", "{", 0644);
  told = faults(&f, &n);
  assert_int_equal(n, 4);
  assert_string_equal(told, "2.json:2:2: /secrets/1/name: expected a name "
                            "that stands once; \"a\" is at 1.json:1 already\n");
  free(told);
  teardown(&f);
}

static void all_files_are_read_whatever_is_wrong_in_one(void **state)
{
  struct folder f;
  size_t n;
  char *told;

  (void)state;
  setup(&f);
  told = faults(&f, &n);
  assert_string_equal(told, ": expected plans, files named *.json\n");
  free(told);
  put(&f, "1.json", "{", 0644);
  put(&f, "2.json", "{\"secrets\": 1}", 0644);
  put(&f, "3.json", "{\"secrets\": [{\"name\": \"a\"}]}", 0644);
  told = faults(&f, &n);
  assert_int_equal(n, 1);
  assert_string_equal(told, "1.json:1:1: this is not JSON\n"
                            "2.json:1:2: /secrets: expected type array\n");
  free(told);
  teardown(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(positions_are_those_of_keys_and_elements),
      cmocka_unit_test(every_place_of_a_document_is_found),
      cmocka_unit_test(schema_of_plans_is_enforced_whole),
      cmocka_unit_test(right_plans_have_no_faults),
      cmocka_unit_test(wrong_keys_are_told_with_their_line),
      cmocka_unit_test(wrong_syntax_is_told_with_its_line),
      cmocka_unit_test(exactly_one_of_the_members_is_there),
      cmocka_unit_test(members_that_do_not_go_together_are_refused),
      cmocka_unit_test(inline_values_stand_in_private_plans_only),
      cmocka_unit_test(names_stand_once_in_all_files),
      cmocka_unit_test(all_files_are_read_whatever_is_wrong_in_one),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
