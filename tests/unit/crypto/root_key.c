/* The root key file: made once, refused when anyone else could read it. */
#include "crypto/root_key.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/keyturn-root-key-XXXXXX";
static char path[128];

static int setup(void **state)
{
  (void)state;
  (void)unlink(path);
  return 0;
}

static void put(const char *text, mode_t mode)
{
  int fd;

  (void)unlink(path);
  fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
  assert_int_equal(fchmod(fd, mode), 0);
  assert_int_equal(close(fd), 0);
}

static void assert_refused(const char *why)
{
  struct secret out = {0};
  struct err e = {0};

  assert_int_equal(root_key_read(path, &out, &e), -ERR_CONFIG);
  assert_null(out.data);
  assert_null(strchr(e.text, '\n'));
  if (strstr(e.text, why) == NULL)
    fail_msg("'%s' does not say '%s'", e.text, why);
}

#define KEY "keyturn-root-key-v1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static void a_new_key_is_read_back(void **state)
{
  struct secret a = {0}, b = {0};
  struct stat st;

  (void)state;
  assert_int_equal(root_key_create(path, random_system(), NULL), 0);
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 07777, 0600);
  assert_int_equal(root_key_read(path, &a, NULL), 0);
  assert_int_equal(a.len, ROOT_KEY_LEN);
  assert_int_equal(root_key_read(path, &b, NULL), 0);
  assert_true(secret_equal(&a, &b));
  secret_release(&a);
  secret_release(&b);
}

static void the_format_is_what_the_manual_says(void **state)
{
  struct secret out;

  (void)state;
  for (int i = 0; i < 2; i++) { /* with and without the line's end */
    put(i == 0 ? KEY "\n" : KEY, 0400);
    assert_int_equal(root_key_read(path, &out, NULL), 0);
    for (unsigned char b = 0; b < ROOT_KEY_LEN; b++)
      assert_int_equal(out.data[b], b);
    secret_release(&out);
  }
}

static void an_existing_key_is_never_overwritten(void **state)
{
  struct secret out;

  (void)state;
  put(KEY "\n", 0600);
  assert_int_equal(root_key_create(path, random_system(), NULL), -ERR_EXISTS);
  assert_int_equal(root_key_read(path, &out, NULL), 0);
  assert_int_equal(out.data[31], 31);
  secret_release(&out);
}

static void a_file_open_to_others_is_refused(void **state)
{
  static const mode_t modes[] = {0640, 0604, 0660, 0601, 0777, 0620};

  (void)state;
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    put(KEY "\n", modes[i]);
    assert_refused("chmod 600");
  }
}

static void a_missing_file_names_init(void **state)
{
  (void)state;
  assert_refused("keyturnd init");
}

static void what_is_not_a_key_is_refused(void **state)
{
  (void)state;
  put("", 0600);
  assert_refused("0 bytes");
  put(KEY "\n\n", 0600);
  assert_refused("66 bytes");
  put("keyturn-root-key-v2 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
      0600);
  assert_refused("not a root key");
  put("keyturn-root-key-v1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBka!xwdHh8=\n",
      0600);
  assert_refused("not a root key");
  put("keyturn-root-key-v1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh==\n",
      0600);
  assert_refused("not a root key");
  put(KEY "x", 0600);
  assert_refused("not a root key");
}

static void a_directory_or_pipe_is_refused(void **state)
{
  (void)state;
  assert_int_equal(mkdir(path, 0700), 0);
  assert_refused("not a regular file");
  assert_int_equal(rmdir(path), 0);
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_refused("not a regular file");
}

static void a_directory_that_is_not_there_is_an_error(void **state)
{
  char p[160];
  struct err e = {0};

  (void)state;
  (void)snprintf(p, sizeof p, "%s/none/key", dir);
  assert_int_equal(root_key_create(p, random_system(), &e), -ERR_IO);
  assert_non_null(strstr(e.text, p));
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_new_key_is_read_back),
      TEST(the_format_is_what_the_manual_says),
      TEST(an_existing_key_is_never_overwritten),
      TEST(a_file_open_to_others_is_refused),
      TEST(a_missing_file_names_init),
      TEST(what_is_not_a_key_is_refused),
      TEST(a_directory_or_pipe_is_refused),
      TEST(a_directory_that_is_not_there_is_an_error),
  };
  int rc;

  if (mkdtemp(dir) == NULL)
    return 1;
  (void)snprintf(path, sizeof path, "%s/key", dir);
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  (void)unlink(path);
  (void)rmdir(dir);
  return rc;
}
