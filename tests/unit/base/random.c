/* Randomness: bounds without bias, UUIDs of version 4. */
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A generator that counts, so that the bound's rejection can be seen. */
static void counting_fill(struct random *r, void *out, size_t n)
{
  static uint64_t next = UINT64_MAX - 2;

  (void)r;
  assert_int_equal(n, sizeof next);
  memcpy(out, &next, n);
  next++;
}

static void draws_above_the_last_whole_multiple_are_drawn_again(void **state)
{
  struct random counting = {counting_fill};

  (void)state;
  /* 2^64 - 3 … 2^64 - 1 lie above the last multiple of 10 below 2^64. */
  assert_int_equal(random_below(&counting, 10), 0);
}

static void every_value_below_the_bound_comes(void **state)
{
  int seen[7] = {0};

  (void)state;
  for (int i = 0; i < 7000; i++)
    seen[random_below(random_system(), 7)]++;
  for (int i = 0; i < 7; i++)
    assert_in_range(seen[i], 700, 1300);
}

static void a_uuid_says_version_4_and_its_variant(void **state)
{
  char a[UUID_TEXT_LEN + 1], b[UUID_TEXT_LEN + 1];

  (void)state;
  random_uuid(random_system(), a);
  random_uuid(random_system(), b);
  assert_int_equal(strlen(a), UUID_TEXT_LEN);
  assert_int_equal(a[14], '4');
  assert_non_null(strchr("89ab", a[19]));
  assert_string_not_equal(a, b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(draws_above_the_last_whole_multiple_are_drawn_again),
      cmocka_unit_test(every_value_below_the_bound_comes),
      cmocka_unit_test(a_uuid_says_version_4_and_its_variant),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
