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

/* Says how much is drawn at a time. */
struct metered {
  struct random base;
  size_t draws, last;
};

static void metered_fill(struct random *r, void *out, size_t n)
{
  struct metered *m = (struct metered *)r;

  m->draws++;
  m->last = n;
  random_system()->fill(random_system(), out, n);
}

static void a_pool_draws_blocks_and_gives_each_byte_once(void **state)
{
  struct metered m = {.base = {metered_fill}};
  unsigned char got[256][16], large[512];
  struct random_pool *p;
  struct err e = {0};

  (void)state;
  assert_int_equal(random_pool_new(&m.base, &p, &e), 0);
  for (int i = 0; i < 256; i++)
    random_pool_random(p)->fill(random_pool_random(p), got[i], 16);
  assert_in_range(m.draws, 2, 8);
  for (int i = 0; i < 256; i++)
    for (int j = 0; j < i; j++)
      assert_memory_not_equal(got[i], got[j], 16);
  random_pool_random(p)->fill(random_pool_random(p), large, sizeof large);
  assert_int_equal(m.last, sizeof large); /* not through the pool */
  random_pool_free(p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(draws_above_the_last_whole_multiple_are_drawn_again),
      cmocka_unit_test(every_value_below_the_bound_comes),
      cmocka_unit_test(a_uuid_says_version_4_and_its_variant),
      cmocka_unit_test(a_pool_draws_blocks_and_gives_each_byte_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
