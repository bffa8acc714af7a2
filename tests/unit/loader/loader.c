/* Which plugins the loader takes, and what it says to those it refuses. */
#include "loader/loader.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"

static char *plugin_path(const char *name)
{
  const char *build = getenv("KEYTURN_BUILD");
  char *path;

  assert_non_null(build);
  assert_true(asprintf(&path, "%s/test-plugins/%s.so", build, name) > 0);
  return path;
}

static struct loader *open_good(const char *name)
{
  CLEANUP_FREE char *path = plugin_path(name);
  struct err e = {0};
  struct loader *l = NULL;

  if (loader_open(path, LOADER_ANY_OWNER, &l, &e) != 0)
    fail_msg("%s", e.text);
  return l;
}

static void a_right_plugin_opens(void **state)
{
  struct loader *l = open_good("right");

  (void)state;
  assert_int_equal(loader_count(l), 1);
  assert_string_equal(loader_at(l, 0)->name, "right");
  assert_ptr_equal(loader_find(l, "right"), loader_at(l, 0));
  assert_null(loader_find(l, "left"));
  assert_null(loader_at(l, 1));
  assert_non_null(loader_at(l, 0)->revert_secret);
  loader_close(l);
  loader_close(NULL);
}

static void an_old_plugin_lacks_what_came_later(void **state)
{
  struct loader *l = open_good("old_struct");
  const struct kt_rotator *r = loader_find(l, "old-struct");

  (void)state;
  assert_int_equal(r->size, sizeof *r);
  assert_non_null(r->test_secret);
  assert_null(r->check);
  assert_null(r->revert_secret);
  assert_null(r->retire_secret);
  loader_close(l);
}

static void a_newer_plugin_loads_without_what_we_do_not_know(void **state)
{
  struct loader *l = open_good("new_struct");
  const struct kt_rotator *r = loader_find(l, "new-struct");

  (void)state;
  assert_int_equal(r->size, sizeof *r);
  assert_non_null(r->revert_secret);
  loader_close(l);
}

static const struct {
  const char *name;
  int code;
  const char *said;
} refused[] = {
    {"no-such-file", ERR_NOT_FOUND, "no such plugin"},
    {"not_elf", ERR_CONFIG, "not an ELF file"},
    {"empty", ERR_CONFIG, "not an ELF file"},
    {"no_symbol", ERR_CONFIG, "exports no kt_module; add KT_MODULE"},
    {"abi_newer", ERR_NEWER, "upgrade Keyturn"},
    {"abi_older", ERR_CONFIG, "rebuild the plugin"},
    {"tiny_struct", ERR_CONFIG, "set .size = sizeof(struct kt_rotator)"},
    {"bad_name", ERR_CONFIG, "bad name"},
    {"same_name", ERR_CONFIG, "two rotators are named same-name"},
    {"no_set", ERR_CONFIG, "needs create_secret, set_secret and test_secret"},
    {"unresolved", ERR_CONFIG, "function_that_nobody_has"},
};

static void each_refusal_says_what_where_and_what_to_do(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    CLEANUP_FREE char *path = plugin_path(refused[i].name);
    struct loader *l = NULL;
    struct err e = {0};

    assert_int_equal(loader_open(path, LOADER_ANY_OWNER, &l, &e),
                     -refused[i].code);
    assert_null(l);
    if (strstr(e.text, refused[i].said) == NULL ||
        strstr(e.text, refused[i].name) == NULL || strchr(e.text, '\n') != NULL)
      fail_msg("%s: %s", refused[i].name, e.text);
  }
}

/* A private folder with a copy of the right plugin in it. */
struct place {
  char folder[64], file[96];
};

static void file_copy(const char *from, const char *to)
{
  CLEANUP_FD int in = open(from, O_RDONLY | O_CLOEXEC);
  CLEANUP_FD int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  char part[65536];
  ssize_t n;

  assert_true(in >= 0 && out >= 0);
  while ((n = read(in, part, sizeof part)) > 0)
    assert_int_equal(write(out, part, (size_t)n), n);
  assert_int_equal(n, 0);
}

static int place_make(void **state)
{
  CLEANUP_FREE char *path = plugin_path("right");
  struct place *p = calloc(1, sizeof *p);

  assert_non_null(p);
  (void)snprintf(p->folder, sizeof p->folder, "/tmp/kt-loader-XXXXXX");
  assert_non_null(mkdtemp(p->folder));
  (void)snprintf(p->file, sizeof p->file, "%s/right.so", p->folder);
  file_copy(path, p->file);
  *state = p;
  return 0;
}

static int place_remove(void **state)
{
  struct place *p = *state;

  (void)unlink(p->file);
  (void)rmdir(p->folder);
  free(p);
  return 0;
}

static int place_open(const struct place *p, unsigned flags, struct err *e)
{
  struct loader *l = NULL;
  int rc = loader_open(p->file, flags, &l, e);

  loader_close(l);
  return rc;
}

static void a_file_that_others_can_write_is_refused(void **state)
{
  const struct place *p = *state;
  struct err e = {0};

  assert_int_equal(chmod(p->file, 0644), 0);
  assert_int_equal(place_open(p, 0, &e), 0);
  assert_int_equal(chmod(p->file, 0646), 0);
  assert_int_equal(place_open(p, 0, &e), -ERR_CONFIG);
  assert_non_null(strstr(e.text, "the file can be written by everybody"));
  assert_int_equal(chmod(p->file, 0664), 0);
  assert_int_equal(place_open(p, 0, &e), -ERR_CONFIG);
  assert_non_null(strstr(e.text, "the file can be written by its group"));
  assert_int_equal(place_open(p, LOADER_ANY_OWNER, &e), 0);
}

static void a_folder_that_others_can_write_is_refused(void **state)
{
  const struct place *p = *state;
  struct err e = {0};

  assert_int_equal(chmod(p->folder, 0777), 0);
  assert_int_equal(place_open(p, 0, &e), -ERR_CONFIG);
  assert_non_null(strstr(e.text, "the folder can be written by everybody"));
  /* Sticky, like /tmp above it: nobody else can replace our file. */
  assert_int_equal(chmod(p->folder, 01777), 0);
  assert_int_equal(place_open(p, 0, &e), 0);
}

static void anothers_file_is_refused(void **state)
{
  const struct place *p = *state;
  struct err e = {0};

  if (geteuid() != 0)
    skip(); /* only root can give a file away */
  assert_int_equal(chown(p->file, 65534, 65534), 0);
  assert_int_equal(place_open(p, 0, &e), -ERR_CONFIG);
  assert_non_null(strstr(e.text, "belongs to user 65534"));
}

static void a_folder_or_a_device_is_no_plugin(void **state)
{
  static const char *const paths[] = {"/tmp", "/dev/null"};

  (void)state;
  for (size_t i = 0; i < 2; i++) {
    struct loader *l = NULL;
    struct err e = {0};

    assert_int_equal(loader_open(paths[i], LOADER_ANY_OWNER, &l, &e),
                     -ERR_CONFIG);
    assert_non_null(strstr(e.text, "not a file"));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_right_plugin_opens),
      cmocka_unit_test(an_old_plugin_lacks_what_came_later),
      cmocka_unit_test(a_newer_plugin_loads_without_what_we_do_not_know),
      cmocka_unit_test(each_refusal_says_what_where_and_what_to_do),
      cmocka_unit_test_setup_teardown(a_file_that_others_can_write_is_refused,
                                      place_make, place_remove),
      cmocka_unit_test_setup_teardown(a_folder_that_others_can_write_is_refused,
                                      place_make, place_remove),
      cmocka_unit_test_setup_teardown(anothers_file_is_refused, place_make,
                                      place_remove),
      cmocka_unit_test(a_folder_or_a_device_is_no_plugin),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
