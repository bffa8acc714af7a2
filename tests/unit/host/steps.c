/* What a step may ask, what it gets, and what becomes of its words: through
 * real child processes. */
#include "fixture.h"

static struct world w;

static int setup(void **state)
{
  (void)state;
  world_open(&w, "host_acts memory", (struct supervisor_options){0});
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  world_close(&w);
  return 0;
}

static void classes_and_reasons_come_back(void **state)
{
  struct step_result r;

  (void)state;
  assert_int_equal(act(&w, "ok", &r), KT_OK);
  assert_string_equal(r.message, "");
  assert_false(r.killed);
  assert_true(r.duration_us > 0);
  assert_int_equal(act(&w, "unlisted", NULL), KT_AMBIGUOUS);
  assert_int_equal(act(&w, "silent", &r), KT_BUSY);
  assert_string_equal(r.message, "the rotator gave no reason");
  assert_int_equal(act(&w, "no such act", &r), KT_CONFIG);
  assert_string_equal(r.code, "no-act");
}

/* "name class" lines of the act "calls" for one step. */
static void calls_in(enum step step, const char *expected)
{
  struct asker *a = asker_new("calls");

  a->pending = "value-2";
  a->previous = "value-0";
  a->admin = "value-a";
  assert_int_equal(run(&w, a, step), KT_OK);
  if (strcmp(a->log, expected) != 0)
    fail_msg("%s: %s", step_name(step), a->log);
  assert_int_equal(a->n_mutating, strstr(expected, "mutating 0") != NULL);
  assert_int_equal(a->n_put, strstr(expected, "put_pending 0") != NULL);
  assert_int_equal(a->n_random, strstr(expected, "password 0") != NULL);
  assert_int_equal(a->note.data != NULL, strstr(expected, "save 0") != NULL);
  assert_int_equal(a->due_s, strstr(expected, "due_in 0") != NULL ? 3600 : 0);
  asker_free(a);
}

static void each_step_may_ask_what_it_needs_and_no_more(void **state)
{
  (void)state;
  calls_in(STEP_CREATE, "AWSCURRENT 0\nAWSPENDING 0\nAWSPREVIOUS 0\ncustom 7\n"
                        "admin 0\nmutating 0\nrandom_password 0\nsave 0\n"
                        "saved 0\ndue_in 0\nput_pending 0\n");
  calls_in(STEP_SET, "AWSCURRENT 0\nAWSPENDING 0\nAWSPREVIOUS 0\ncustom 7\n"
                     "admin 0\nmutating 0\nrandom_password 0\nsave 0\n"
                     "saved 0\ndue_in 7\nput_pending 7\n");
  calls_in(STEP_TEST, "AWSCURRENT 0\nAWSPENDING 0\nAWSPREVIOUS 0\ncustom 7\n"
                      "admin 0\nmutating 7\nrandom_password 7\nsave 7\n"
                      "saved 7\ndue_in 7\nput_pending 7\n");
  calls_in(STEP_FINISH, "AWSCURRENT 0\nAWSPENDING 0\nAWSPREVIOUS 0\ncustom 7\n"
                        "admin 0\nmutating 0\nrandom_password 7\nsave 0\n"
                        "saved 0\ndue_in 0\nput_pending 7\n");
  calls_in(STEP_CHECK, "AWSCURRENT 0\nAWSPENDING 7\nAWSPREVIOUS 0\ncustom 7\n"
                       "admin 0\nmutating 7\nrandom_password 7\nsave 7\n"
                       "saved 7\ndue_in 7\nput_pending 7\n");
  calls_in(STEP_REVERT, "AWSCURRENT 0\nAWSPENDING 0\nAWSPREVIOUS 0\ncustom 7\n"
                        "admin 0\nmutating 0\nrandom_password 7\nsave 0\n"
                        "saved 0\ndue_in 7\nput_pending 7\n");
  calls_in(STEP_RETIRE, "AWSCURRENT 0\nAWSPENDING 7\nAWSPREVIOUS 0\ncustom 7\n"
                        "admin 0\nmutating 0\nrandom_password 7\nsave 7\n"
                        "saved 7\ndue_in 7\nput_pending 7\n");
}

/* Five answers come with the start; of those only the admin's secret, which
 * nobody is given unasked, is asked for once more. */
static void what_came_with_the_start_is_not_asked_for(void **state)
{
  struct asker *a = asker_new("calls");

  (void)state;
  a->pending = "value-2";
  a->admin = "value-a";
  assert_int_equal(run(&w, a, STEP_SET), KT_OK);
  assert_non_null(strstr(a->log, "AWSPENDING 0\nAWSPREVIOUS 6\n"));
  assert_int_equal(a->n_get, 5 + 1);
  asker_free(a);
}

/* Members are replaced in the text; nothing else of it changes. */
static void pending_fields_keep_the_rest_to_the_byte(void **state)
{
  static const struct {
    const char *current, *pending;
  } cases[] = {
      {"{ \"port\" : 1.10, \"pass\\u0077ord\":\"old\",\n "
       "\"x\":[1,{\"password\":"
       "\"inner\"}] }",
       "{ \"port\" : 1.10, \"pass\\u0077ord\":\"n\\\"w\\\\p\xc3\xa4ss\",\n "
       "\"x\":[1,{\"password\":\"inner\"}],\"added\":\"yes\" }"},
      {"{}", "{\"password\":\"n\\\"w\\\\p\xc3\xa4ss\",\"added\":\"yes\"}"},
      {"{\"added\":{\"a\":[]},\"password\":null}",
       "{\"added\":\"yes\",\"password\":\"n\\\"w\\\\p\xc3\xa4ss\"}"},
      {"{\"a\":\"}\\\"{\",\"password\":12e3,\"b\":true}",
       "{\"a\":\"}\\\"{\",\"password\":\"n\\\"w\\\\p\xc3\xa4ss\",\"b\":true,"
       "\"added\":\"yes\"}"},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct asker *a = asker_new("fields");

    a->current = cases[i].current;
    assert_int_equal(run(&w, a, STEP_CREATE), KT_OK);
    assert_string_equal((char *)a->put.data, cases[i].pending);
    asker_free(a);
  }
}

static void pending_fields_need_an_object(void **state)
{
  struct asker *a = asker_new("fields");

  (void)state;
  a->current = "not JSON";
  assert_int_equal(run(&w, a, STEP_CREATE), KT_CONFIG);
  assert_string_equal(a->result.code, "not-json");
  assert_int_equal(a->n_put, 0);
  asker_free(a);
}

static void no_spelling_of_a_secret_is_shown(void **state)
{
  struct asker *a = asker_new("blab");
  static const char *const gone[] = {"a/b", "a\\/b", "a%2", "old",
                                     "drawn-Password-1"};

  (void)state;
  a->current = "{\"username\":\"app\",\"password\":\"a/b \\\"q'\xc3\xa4\","
               "\"other\":\"old\"}";
  assert_int_equal(run(&w, a, STEP_CREATE), KT_AUTH);
  for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
    if (strstr(a->log, gone[i]) != NULL)
      fail_msg("%s is in: %s", gone[i], a->log);
  assert_string_equal(a->log, "user app whole [redacted]\n"
                              "raw=[redacted] made=[redacted]\n"
                              "json [redacted] [redacted]\n"
                              "url [redacted] [redacted] [redacted]\n"
                              "sql '[redacted]' '[redacted]'\n"
                              "latin1 ? newline forged\n");
  assert_string_equal(a->result.message,
                      "login with [redacted] failed for app");
  assert_string_equal(a->result.code, "-ad--ode-");
  asker_free(a);
}

static void values_of_any_bytes_and_full_size_pass(void **state)
{
  (void)state;
  assert_int_equal(act(&w, "big", NULL), KT_OK);
}

static void logs_and_memory_are_capped(void **state)
{
  struct asker *a = asker_new("flood");

  (void)state;
  assert_int_equal(run(&w, a, STEP_SET), KT_OK);
  assert_int_equal(a->n_log, 1000);
  asker_free(a);
  assert_int_equal(act(&w, "greedy", NULL), KT_OK);
  assert_int_equal(act(&w, "big", NULL), KT_OK); /* and all is back */
}

static void what_a_plugin_prints_is_seen_by_nobody(void **state)
{
  int saved = dup(STDOUT_FILENO);
  FILE *to = tmpfile();
  struct stat st;

  (void)state;
  assert_true(saved >= 0 && to != NULL);
  (void)fflush(stdout);
  assert_true(dup2(fileno(to), STDOUT_FILENO) >= 0);
  assert_int_equal(act(&w, "write-out", NULL), KT_OK);
  assert_true(dup2(saved, STDOUT_FILENO) >= 0);
  assert_int_equal(fstat(fileno(to), &st), 0);
  assert_int_equal(st.st_size, 0);
  (void)fclose(to);
  (void)close(saved);
}

static void the_sandbox_is_bare(void **state)
{
  struct asker *a = asker_new("sandbox");
  char *save = NULL;

  (void)state;
  assert_int_equal(run(&w, a, STEP_SET), KT_OK);
  /* 0 1 2 and the socket; what a sanitizer may have opened is not ours. */
  assert_non_null(strstr(a->log, "fds 4 core 0 umask 077\n"));
  for (char *l = strtok_r(a->log, "\n", &save); l != NULL;
       l = strtok_r(NULL, "\n", &save))
    if (strncmp(l, "env ", 4) == 0 && strcmp(l, "env HOME") != 0 &&
        strcmp(l, "env LC_ALL") != 0 && strcmp(l, "env KEYTURN_FAULT") != 0 &&
        strstr(l, "SAN_OPTIONS") == NULL)
      fail_msg("the child has: %s", l);
  asker_free(a);
}

static bool file_holds(pid_t pid, const char *name, const char *text)
{
  static char data[65536];
  char path[64];
  size_t n;
  FILE *f;

  (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
  f = fopen(path, "r");
  assert_non_null(f);
  n = fread(data, 1, sizeof data, f);
  (void)fclose(f);
  return memmem(data, n, text, strlen(text)) != NULL;
}

static void the_process_shows_no_secret(void **state)
{
  struct asker *a = asker_new("gate");
  pid_t pids[8];
  unsigned n;

  (void)state;
  (void)setenv("KEYTURN_UNRELATED", "old-Password-1", 1);
  a->current = "{\"gate\":\"/nonexistent\",\"password\":\"old-Password-1\"}";
  ask(&w, a, STEP_SET, 300);
  while (strstr(a->log, "at the gate") == NULL)
    (void)uv_run(&w.loop, UV_RUN_ONCE);
  n = children(pids, 8);
  assert_int_equal(n, 2);
  for (unsigned i = 0; i < n; i++) {
    assert_false(file_holds(pids[i], "environ", "old-Password-1"));
    assert_false(file_holds(pids[i], "cmdline", "old-Password-1"));
    assert_true(file_holds(pids[i], "cmdline", "keyturn-rotator"));
    assert_true(file_holds(pids[i], "status", "NoNewPrivs:\t1"));
  }
  await(&w, a);
  assert_int_equal(a->result.kt_class, KT_BUSY);
  asker_free(a);
}

/* How often the text is in the memory of a process; -1: may not look. */
static int memory_count(pid_t pid, const char *text)
{
  static char data[1 << 20];
  unsigned long from, to;
  char path[64], line[512], mode[5];
  int n = 0, mem;
  FILE *maps;

  (void)snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
  mem = open(path, O_RDONLY | O_CLOEXEC);
  (void)snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
  maps = fopen(path, "r");
  if (mem < 0 || maps == NULL)
    return -1;
  while (fgets(line, sizeof line, maps) != NULL) {
    if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 || mode[0] != 'r' ||
        to - from > 1ul << 30) /* a sanitizer's shadow */
      continue;
    for (unsigned long at = from; at < to; at += sizeof data - 256) {
      ssize_t got = pread(mem, data, sizeof data, (off_t)at);

      if (got <= 0)
        break;
      n += memmem(data, (size_t)got, text, strlen(text)) != NULL;
    }
  }
  (void)fclose(maps);
  (void)close(mem);
  return n;
}

static void nothing_of_a_step_stays_in_its_process(void **state)
{
  struct asker *a = asker_new("gate");
  pid_t pids[8];
  unsigned n;
  int during = 0, after = 0;

  (void)state;
  a->current = "{\"gate\":\"/nonexistent\",\"password\":"
               "\"kept-For-A-Step-7193\"}";
  ask(&w, a, STEP_SET, 2000); /* looking takes its time */
  while (a->n_log == 0)
    (void)uv_run(&w.loop, UV_RUN_ONCE);
  n = children(pids, 8);
  for (unsigned i = 0; i < n; i++)
    during += memory_count(pids[i], "kept-For-A-Step-7193");
  if (during < 0) {
    await(&w, a);
    asker_free(a);
    skip(); /* looking takes CAP_SYS_PTRACE */
  }
  assert_true(during > 0); /* so this way of looking finds it */
  await(&w, a);
  for (unsigned i = 0; i < n; i++)
    after += memory_count(pids[i], "kept-For-A-Step-7193");
  assert_int_equal(after, 0);
  asker_free(a);
}

static void target_write(const char *path, const char *password)
{
  FILE *f = fopen(path, "w");

  assert_non_null(f);
  (void)fprintf(f, "{\"accounts\":{\"app\":[\"%s\"]}}", password);
  assert_int_equal(fclose(f), 0);
}

static int run_memory(struct asker *a, enum step step)
{
  struct err e = {0};

  a->n_done = 0;
  if (ask_rotator(&w, a, "memory-single-user", step, 20000, &e) != 0)
    fail_msg("%s", e.text);
  await(&w, a);
  if (a->result.kt_class != KT_OK)
    print_message("%s: %s\n", step_name(step), a->result.message);
  return a->result.kt_class;
}

static void a_whole_rotation_runs(void **state)
{
  struct asker *a = asker_new("");
  char path[128], current[256], text[512] = "";
  FILE *f;

  (void)state;
  (void)snprintf(path, sizeof path, "%s/target.json", w.folder);
  target_write(path, "old-Password-1");
  (void)snprintf(current, sizeof current,
                 "{\"target\":\"%s\",\"username\":\"app\",\"password\":"
                 "\"old-Password-1\"}",
                 path);
  a->current = current;
  assert_int_equal(run_memory(a, STEP_CHECK), KT_OK);
  assert_int_equal(run_memory(a, STEP_CREATE), KT_OK);
  assert_non_null(strstr((char *)a->put.data, "drawn-Password-1"));
  assert_int_equal(run_memory(a, STEP_SET), KT_OK);
  assert_int_equal(a->n_mutating, 1);
  assert_int_equal(run_memory(a, STEP_TEST), KT_OK);
  assert_int_equal(run_memory(a, STEP_FINISH), KT_OK);
  f = fopen(path, "r");
  assert_non_null(f);
  assert_true(fread(text, 1, sizeof text - 1, f) > 0);
  (void)fclose(f);
  assert_non_null(strstr(text, "drawn-Password-1"));
  assert_null(strstr(text, "old-Password-1"));
  assert_int_equal(run_memory(a, STEP_REVERT), KT_OK);
  asker_free(a);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(classes_and_reasons_come_back),
      cmocka_unit_test(each_step_may_ask_what_it_needs_and_no_more),
      cmocka_unit_test(what_came_with_the_start_is_not_asked_for),
      cmocka_unit_test(pending_fields_keep_the_rest_to_the_byte),
      cmocka_unit_test(pending_fields_need_an_object),
      cmocka_unit_test(no_spelling_of_a_secret_is_shown),
      cmocka_unit_test(values_of_any_bytes_and_full_size_pass),
      cmocka_unit_test(logs_and_memory_are_capped),
      cmocka_unit_test(what_a_plugin_prints_is_seen_by_nobody),
      cmocka_unit_test(the_sandbox_is_bare),
      cmocka_unit_test(the_process_shows_no_secret),
      cmocka_unit_test(nothing_of_a_step_stays_in_its_process),
      cmocka_unit_test(a_whole_rotation_runs),
  };

  return cmocka_run_group_tests(tests, setup, teardown);
}
