/* Secret memory: locked, not dumped, wiped, bounded. */
#include "base/secret.h"

#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"

#define ARENA (1 << 20)

/* Is the page of p left out of dumps ("dd" in VmFlags), and locked ("lo")? */
static void flags_of(const void *p, int *out_dontdump, int *out_locked)
{
  FILE *f = fopen("/proc/self/smaps", "r");
  unsigned long from, to;
  int inside = 0;
  char line[512];

  *out_dontdump = *out_locked = -1;
  assert_non_null(f);
  while (fgets(line, sizeof line, f) != NULL) {
    if (sscanf(line, "%lx-%lx ", &from, &to) == 2 && strchr(line, ':'))
      inside = (unsigned long)p >= from && (unsigned long)p < to;
    if (inside && strncmp(line, "VmFlags:", 8) == 0) {
      *out_dontdump = strstr(line, " dd") != NULL;
      *out_locked = strstr(line, " lo") != NULL;
    }
  }
  fclose(f);
}

static void plaintext_pages_are_locked_and_not_dumped(void **state)
{
  struct secret s = {0};
  struct err e = {0};
  int dontdump, locked;

  (void)state;
  assert_int_equal(secret_copy("hunter2", 7, &s, &e), 0);
  flags_of(s.data, &dontdump, &locked);
  assert_int_equal(dontdump, 1);
  assert_int_equal(locked, 1);
  assert_string_equal((char *)s.data, "hunter2");
  secret_release(&s);
  assert_null(s.data);
}

static void released_memory_is_zero(void **state)
{
  unsigned char *where;
  struct secret s = {0};

  (void)state;
  assert_int_equal(secret_copy("correct horse battery", 21, &s, NULL), 0);
  where = s.data;
  secret_release(&s);
  /* The arena is ours and still mapped: look at what was left there.  The
   * first bytes hold the free list's links. */
  assert_null(memmem(where, 32, "battery", 7));
}

static void the_arena_is_bounded(void **state)
{
  struct secret s[64] = {{0}};
  struct err e = {0};
  int rc = 0, n = 0;

  (void)state;
  while (n < 64 && (rc = secret_alloc(65536, &s[n], &e)) == 0)
    n++;
  assert_int_equal(rc, -ERR_NOMEM);
  while (n > 0)
    secret_release(&s[--n]);
}

static void blocks_that_are_given_out_again_are_zero(void **state)
{
  static unsigned char *blocks[40];
  static const unsigned char zero[2000];
  size_t before = secret_heap_used();

  (void)state;
  for (size_t size = 1; size <= sizeof zero; size = size * 3 + 1) {
    for (int i = 0; i < 40; i++) {
      blocks[i] = secret_malloc(size);
      assert_non_null(blocks[i]);
      memset(blocks[i], 0xaa, size);
    }
    for (int i = 0; i < 40; i++)
      secret_free(blocks[i]);
    for (int i = 0; i < 30; i++) {
      blocks[i] = secret_malloc(size);
      assert_memory_equal(blocks[i], zero, size);
    }
    for (int i = 0; i < 30; i++)
      secret_free(blocks[i]);
  }
  assert_int_equal(secret_heap_used(), before);
}

/* Small ones that are kept are no reason to refuse a large one. */
static void blocks_that_are_kept_make_room(void **state)
{
  static void *blocks[ARENA / 64];
  int n = 0;
  void *large;

  (void)state;
  while ((blocks[n] = secret_malloc(8000)) != NULL)
    n++;
  assert_true(n > 100);
  while (n > 0)
    secret_free(blocks[--n]);
  large = secret_malloc(ARENA / 2 - 64);
  assert_non_null(large);
  secret_free(large);
}

static void a_buffer_fills_the_blocks_that_it_takes(void **state)
{
  size_t before = secret_heap_used();
  struct buf b;

  (void)state;
  buf_init(&b, 1 << 18, true);
  for (size_t i = 0; i < 15000; i++)
    buf_put(&b, "1234", 4);
  assert_int_equal(b.len, 60000);
  assert_true(secret_heap_used() <= before + 65536);
  buf_release(&b);
}

static void parsed_json_lies_in_the_arena(void **state)
{
  const char text[] = "{\"password\": \"a long enough value to see\"}";
  json_t *j = NULL;
  struct err e = {0};

  (void)state;
  assert_int_equal(
      json_read(text, sizeof text - 1, &json_limits_request, &j, &e), 0);
  assert_true(CRYPTO_secure_allocated(json_str(j, "password")));
  json_decref(j);
}

static void the_process_leaves_no_core(void **state)
{
  struct rlimit r;

  (void)state;
  assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
  assert_int_equal(getrlimit(RLIMIT_CORE, &r), 0);
  assert_int_equal(r.rlim_cur, 0);
}

static void comparison_sees_length_and_bytes(void **state)
{
  struct secret a = {0}, b = {0};

  (void)state;
  assert_int_equal(secret_copy("abc", 3, &a, NULL), 0);
  assert_int_equal(secret_copy("abd", 3, &b, NULL), 0);
  assert_false(secret_equal(&a, &b));
  assert_true(secret_equal(&a, &a));
  b.len = 2;
  assert_false(secret_equal(&a, &b));
  b.len = 3;
  secret_release(&a);
  secret_release(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plaintext_pages_are_locked_and_not_dumped),
      cmocka_unit_test(released_memory_is_zero),
      cmocka_unit_test(the_arena_is_bounded),
      cmocka_unit_test(blocks_that_are_given_out_again_are_zero),
      cmocka_unit_test(blocks_that_are_kept_make_room),
      cmocka_unit_test(a_buffer_fills_the_blocks_that_it_takes),
      cmocka_unit_test(parsed_json_lies_in_the_arena),
      cmocka_unit_test(the_process_leaves_no_core),
      cmocka_unit_test(comparison_sees_length_and_bytes),
  };
  struct err e = {0};
  bool locked = false;

  if (secret_heap_init(ARENA, &locked, &e) != 0)
    return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
