/* What is read again is what the database has, whatever was committed in
 * between; what nobody touched is not read again. */
#include "temp_store.h"

#include "store/cache.h"
#include "store/txn.h"

enum { SECRETS = 3, ROUNDS = 400, TEXT = 16384 };

static void next_random(unsigned *seed)
{
  *seed = *seed * 1103515245U + 12345U;
}

static unsigned below(unsigned *seed, unsigned n)
{
  next_random(seed);
  return (*seed >> 16) % n;
}

/* ---- the store over it ----------------------------------------------------
 */

static void name_of(unsigned i, char out[32])
{
  (void)snprintf(out, 32, "db/%u", i);
}

static void version_of(unsigned i, char out[STORE_ID_MAX])
{
  (void)snprintf(out, STORE_ID_MAX, "version-%024u", i);
}

static void describe_versions(struct temp *t, int64_t id, struct buf *out)
{
  static const char *const labels[] = {"AWSCURRENT", "AWSPREVIOUS", "blue"};
  struct version_row v;

  for (size_t i = 0; i < 3; i++) {
    if (store_version_get(t->s, id, NULL, labels[i], &v, NULL) != 0)
      continue;
    buf_printf(out, "%s=%s/%.*s/%zu/%lld ", labels[i], v.version_id,
               (int)v.sealed_len, (const char *)v.sealed, v.n_labels,
               (long long)v.accessed_us);
    version_row_release(&v);
  }
}

static void describe(struct temp *t, unsigned i, struct buf *out)
{
  struct secret_row row;
  struct rules_row rules;
  struct tag tags[STORE_TAGS];
  char name[32], *policy = NULL;
  int64_t policy_id = 0;
  size_t n = 0;

  name_of(i, name);
  if (store_secret_by_name(t->s, "eu-west-1", name, &row, NULL) != 0) {
    buf_printf(out, "%s: none\n", name);
    return;
  }
  buf_printf(out, "%s: %lld %s %s %lld %lld %lld %lld ", name,
             (long long)row.id, row.arn, row.description,
             (long long)row.changed_us, (long long)row.accessed_us,
             (long long)row.deleted_us, (long long)row.policy_id);
  describe_versions(t, row.id, out);
  OK(store_tag_list(t->s, row.id, tags, STORE_TAGS, &n, e_));
  for (size_t k = 0; k < n; k++)
    buf_printf(out, "%s:%s ", tags[k].key, tags[k].value);
  if (store_rules_get(t->s, row.id, &rules, NULL) == 0)
    buf_printf(out, "rules %d %lld ", rules.paused,
               (long long)rules.next_due_us);
  if (store_policy_get(t->s, row.id, &policy, &policy_id, NULL) == 0)
    buf_printf(out, "policy %s ", policy);
  free(policy);
  buf_putc(out, '\n');
}

/* Everything that can be told, as one text. */
static void describe_all(struct temp *t, struct buf *out)
{
  for (unsigned i = 0; i < SECRETS; i++)
    describe(t, i, out);
}

/* Some of these are refused, which is no matter. */
static void change(struct temp *t, unsigned *seed, unsigned round)
{
  static const char *const blue[] = {"blue"}, *const keys[] = {"a"};
  unsigned i = below(seed, SECRETS);
  char name[32], version[STORE_ID_MAX], older[STORE_ID_MAX];
  const struct tag tag = {"a", "b"};
  int64_t now_us = NOW + round * DAY;
  struct version_put put;
  struct version_row v;
  struct secret_row row;
  struct next_due due = {NOW + round, NOW + round + 1};
  struct secret_update update = {.description = version};

  name_of(i, name);
  version_of(round, version);
  version_of(below(seed, round + 1), older);
  if (store_secret_by_name(t->s, "eu-west-1", name, &row, NULL) != 0) {
    (void)temp_secret(t, name);
    return;
  }
  put = temp_put(version, version, blue, below(seed, 2));
  switch (below(seed, 14)) {
  case 0:
  case 1:
    (void)store_version_put(t->s, row.id, &put, now_us, NULL);
    break;
  case 2:
    (void)store_label_move(t->s, row.id, "AWSCURRENT", NULL, older, now_us,
                           NULL);
    break;
  case 3:
    if (store_version_get(t->s, row.id, NULL, NULL, &v, NULL) == 0) {
      (void)store_version_touch(t->s, &row, &v, now_us, NULL);
      version_row_release(&v);
    }
    break;
  case 4:
    OK(store_tag_put(t->s, row.id, &tag, 1, now_us, e_));
    break;
  case 5:
    OK(store_tag_remove(t->s, row.id, keys, 1, now_us, e_));
    break;
  case 6:
    temp_rules(t, row.id, NOW + round);
    break;
  case 7:
    (void)store_rules_pause(t->s, row.id, below(seed, 2) == 0, &due, NULL);
    break;
  case 8:
    OK(store_policy_put(t->s, row.id, version, now_us, e_));
    break;
  case 9:
    OK(store_policy_remove(t->s, row.id, now_us, e_));
    break;
  case 10:
    OK(store_secret_update(t->s, row.id, &update, now_us, e_));
    break;
  case 11:
    OK(store_secret_mark_deleted(t->s, row.id, below(seed, 2) * now_us,
                                 now_us + DAY, e_));
    break;
  case 12:
    (void)store_rules_next(t->s, row.id, 0, &due, NULL);
    break;
  default:
    if (below(seed, 4) == 0)
      OK(store_secret_purge(t->s, row.id, e_));
  }
}

static void kept_rows_are_those_of_the_database(void **state)
{
  struct temp *t = *state;
  struct buf kept, fresh;
  unsigned seed = 7;

  buf_init(&kept, TEXT, false);
  buf_init(&fresh, TEXT, false);
  for (unsigned round = 0; round < ROUNDS; round++) {
    change(t, &seed, round);
    buf_clear(&kept);
    buf_clear(&fresh);
    describe_all(t, &kept);
    cache_resize(t->s->cache, 0); /* nothing is left, and nothing is kept */
    describe_all(t, &fresh);
    cache_resize(t->s->cache, 1 << 20);
    describe_all(t, &fresh); /* kept again */
    if (kept.len * 2 != fresh.len ||
        memcmp(kept.data, fresh.data, kept.len) != 0)
      fail_msg("round %u: kept\n%s\nbut there is\n%s", round, kept.data,
               fresh.data);
  }
  buf_release(&kept);
  buf_release(&fresh);
}

/* ---- the cache alone -------------------------------------------------------
 */

static struct cached *result(int64_t number)
{
  const struct sql_arg values[] = {arg_int(number), arg_int(0),
                                   arg_text("text"), arg_text(NULL)};
  struct cached *x;

  OK(cached_new(&x, e_));
  cached_begin_row(x);
  for (size_t i = 0; i < 4; i++)
    cached_add(x, &values[i]);
  OK(cached_end(x, e_));
  return x;
}

static void key_of(int64_t secret_id, struct cache_key *out)
{
  assert_true(cache_key_make(SQL_TAG_LIST, SQL_ARGS(arg_int(secret_id)), out));
}

static void keep(struct cache *c, int64_t secret_id, uint64_t seen)
{
  struct cached *x = result(secret_id);
  struct cache_key key;

  key_of(secret_id, &key);
  cache_keep(c, &key, seen, x);
  cached_put(x);
}

/* The first column of what is kept; -1: nothing is good. */
static int64_t kept(struct cache *c, int64_t secret_id, uint64_t seen)
{
  struct cached_at at = {0};
  struct sql_arg value;
  struct cache_key key;
  struct cached *x;

  key_of(secret_id, &key);
  x = cache_find(c, &key, seen);
  if (x == NULL)
    return -1;
  assert_true(cached_next(x, &at));
  cached_column(x, &at, &value);
  cached_put(x);
  return value.num;
}

static void touch(struct cache *c, enum sql_id id, int64_t secret_id,
                  uint64_t number)
{
  struct touched t = {0};

  touched_add(&t, id, SQL_ARGS(arg_int(secret_id)));
  cache_touch(c, &t, number);
}

static void rows_come_back_as_they_were(void **state)
{
  struct cached *x = result(42);
  struct cached_at at = {0};
  struct sql_arg v;

  (void)state;
  assert_true(cached_next(x, &at));
  cached_column(x, &at, &v);
  assert_true(v.type == SQL_INT && v.num == 42);
  assert_true(cached_next(x, &at) == false); /* what was not read is skipped */
  at = (struct cached_at){0};
  assert_true(cached_next(x, &at));
  for (int i = 0; i < 3; i++)
    cached_column(x, &at, &v);
  assert_true(v.type == SQL_TEXT && v.len == 4);
  assert_string_equal(v.data, "text");
  cached_column(x, &at, &v);
  assert_true(v.type == SQL_NULL && v.data == NULL && v.len == 0);
  cached_put(x);
}

static void what_is_touched_is_good_no_more(void **state)
{
  struct cache *c;

  (void)state;
  OK(cache_new(1 << 20, &c, e_));
  keep(c, 1, 5);
  keep(c, 2, 5);
  assert_int_equal(kept(c, 1, 5), 1);
  assert_int_equal(kept(c, 1, 9), 1);
  touch(c, SQL_LABEL_PUT, 1, 10);
  assert_int_equal(kept(c, 1, 9), -1);  /* the commit may be seen already */
  assert_int_equal(kept(c, 1, 10), -1); /* it was read before */
  assert_int_equal(kept(c, 2, 10), 2);
  keep(c, 1, 9); /* by a reader whose state may or may not have it */
  assert_int_equal(kept(c, 1, 10), -1);
  keep(c, 1, 10);
  assert_int_equal(kept(c, 1, 10), 1);
  assert_int_equal(kept(c, 1, 9), -1); /* an older state has other rows */
  cache_free(c);
}

static void what_is_not_known_touches_everything(void **state)
{
  struct cache *c;

  (void)state;
  OK(cache_new(1 << 20, &c, e_));
  keep(c, 1, 5);
  touch(c, SQL_JOB_SAVE, 1, 6); /* tells nothing of the secret */
  touch(c, SQL_SECRET_LIST, 1, 6);
  assert_int_equal(kept(c, 1, 6), 1);
  touch(c, SQL_SECRET_PURGE, 2, 7);
  assert_int_equal(kept(c, 1, 7), -1);
  keep(c, 1, 7);
  for (int64_t id = 10; id <= 10 + TOUCHED_MAX; id++) {
    struct touched t = {0};

    for (int64_t other = 10; other <= id; other++)
      touched_add(&t, SQL_LABEL_PUT, SQL_ARGS(arg_int(other)));
    assert_true(t.all == (id == 10 + TOUCHED_MAX));
  }
  cache_free(c);
}

static void the_least_used_make_room(void **state)
{
  struct cache *c;
  int64_t n = 0;

  (void)state;
  OK(cache_new(8192, &c, e_));
  for (int64_t id = 1; id <= 100; id++) {
    keep(c, id, 1);
    assert_int_equal(kept(c, 1, 1), 1); /* in use all the time */
  }
  for (int64_t id = 1; id <= 100; id++)
    n += kept(c, id, 1) != -1;
  assert_true(n > 10 && n < 60);
  assert_int_equal(kept(c, 100, 1), 100);
  cache_resize(c, 0);
  assert_int_equal(kept(c, 1, 1), -1);
  keep(c, 1, 1);
  assert_int_equal(kept(c, 1, 1), -1);
  cache_free(c);
}

static void values_that_are_no_secrets_are_not_kept(void **state)
{
  struct cache_key key;
  char *text = calloc(1, CACHE_KEY_MAX + 1);

  (void)state;
  memset(text, 'a', CACHE_KEY_MAX);
  assert_false(cache_key_make(SQL_IAM_KEY_FIND, SQL_ARGS(arg_text("A")), &key));
  assert_false(cache_key_make(SQL_LABEL_PUT, SQL_ARGS(arg_int(1)), &key));
  assert_false(
      cache_key_make(SQL_SECRET_BY_ARN, SQL_ARGS(arg_text(text)), &key));
  assert_true(cache_key_make(SQL_SECRET_BY_ARN, SQL_ARGS(arg_text("a")), &key));
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(kept_rows_are_those_of_the_database,
                                      temp_setup, temp_teardown),
      cmocka_unit_test(rows_come_back_as_they_were),
      cmocka_unit_test(what_is_touched_is_good_no_more),
      cmocka_unit_test(what_is_not_known_touches_everything),
      cmocka_unit_test(the_least_used_make_room),
      cmocka_unit_test(values_that_are_no_secrets_are_not_kept),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
