/* The cache of signing keys: bounded, and never wiser than the secret. */
#include "sigv4/key_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct scope today = {"20260301", "eu-west-1", "secretsmanager"};

static struct secret text(const char *s)
{
  struct secret out;

  assert_int_equal(secret_copy(s, strlen(s), &out, NULL), 0);
  return out;
}

static void put(struct key_cache *c, const char *id, const struct scope *scope,
                const char *from, const char *key)
{
  struct secret f = text(from), k = text(key);

  assert_int_equal(key_cache_put(c, id, scope, &f, &k, NULL), 0);
  secret_release(&f);
  secret_release(&k);
}

/* The key's text, or "" where there is none. */
static const char *find(struct key_cache *c, const char *id,
                        const struct scope *scope, const char *from)
{
  struct secret f = text(from);
  const struct secret *key = key_cache_find(c, id, scope, &f);

  secret_release(&f);
  return key == NULL ? "" : (const char *)key->data;
}

static void key_is_found_by_all_its_parts(void **state)
{
  const struct scope others[] = {
      {"20260302", "eu-west-1", "secretsmanager"},
      {"20260301", "eu-west-2", "secretsmanager"},
      {"20260301", "eu-west-1", "sts"},
  };
  struct key_cache *c;

  (void)state;
  assert_int_equal(key_cache_new(64, &c, NULL), 0);
  put(c, "A", &today, "secret", "key");
  assert_string_equal(find(c, "A", &today, "secret"), "key");
  assert_string_equal(find(c, "B", &today, "secret"), "");
  assert_string_equal(find(c, "", &today, "secret"), "");
  for (size_t i = 0; i < 3; i++)
    assert_string_equal(find(c, "A", &others[i], "secret"), "");
  key_cache_free(c);
}

static void changed_secret_finds_nothing(void **state)
{
  struct key_cache *c;

  (void)state;
  assert_int_equal(key_cache_new(4, &c, NULL), 0);
  put(c, "A", &today, "secret", "key");
  assert_string_equal(find(c, "A", &today, "secreT"), "");
  assert_string_equal(find(c, "A", &today, ""), "");
  put(c, "A", &today, "secreT", "other");
  assert_string_equal(find(c, "A", &today, "secreT"), "other");
  assert_string_equal(find(c, "A", &today, "secret"), "");
  key_cache_free(c);
}

static void least_recently_used_makes_room(void **state)
{
  struct key_cache *c;

  (void)state;
  assert_int_equal(key_cache_new(1, &c, NULL), 0); /* one set of four */
  put(c, "A", &today, "s", "a");
  put(c, "B", &today, "s", "b");
  put(c, "C", &today, "s", "c");
  put(c, "D", &today, "s", "d");
  assert_string_equal(find(c, "A", &today, "s"), "a");
  put(c, "E", &today, "s", "e");
  assert_string_equal(find(c, "B", &today, "s"), "");
  assert_string_equal(find(c, "A", &today, "s"), "a");
  assert_string_equal(find(c, "C", &today, "s"), "c");
  assert_string_equal(find(c, "D", &today, "s"), "d");
  assert_string_equal(find(c, "E", &today, "s"), "e");
  key_cache_free(c);
}

static void secret_memory_is_bounded_and_given_back(void **state)
{
  bool locked;
  struct key_cache *c;
  size_t before, full;

  (void)state;
  assert_int_equal(secret_heap_init(1 << 20, &locked, NULL), 0);
  before = secret_heap_used();
  assert_int_equal(key_cache_new(32, &c, NULL), 0);
  for (int i = 0; i < 10000; i++) {
    char id[16];

    (void)snprintf(id, sizeof id, "AKID%d", i);
    put(c, id, &today, "a secret of forty characters, as AWS's.",
        "thirty-two bytes of signing key.");
  }
  full = secret_heap_used();
  assert_true(full > before && full <= before + 32 * 2 * 64);
  key_cache_free(c);
  assert_int_equal(secret_heap_used(), before);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(key_is_found_by_all_its_parts),
      cmocka_unit_test(changed_secret_finds_nothing),
      cmocka_unit_test(least_recently_used_makes_room),
      cmocka_unit_test(secret_memory_is_bounded_and_given_back),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
