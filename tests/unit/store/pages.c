/* Pages of secrets: each order to its end, whatever comes and goes meanwhile.
 */
#include "temp_store.h"

#define N 7

/* n0 … n6, made a second apart in the order of their digits; the order in
 * which they changed and were read is another one.  The secret of the fixture
 * is older than all. */
static void seven(struct temp *t, int64_t ids[N])
{
  for (int i = 0; i < N; i++) {
    struct secret_row row = {
        .created_us = NOW + i * SEC,
        .changed_us = NOW + (i * 3 % N + 1) * SEC,
        .accessed_us = i < 3 ? 0 : (N - i) * DAY,
    };

    (void)snprintf(row.name, sizeof row.name, "n%d", i);
    (void)snprintf(row.arn, sizeof row.arn,
                   "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
                   "n%d-AbCdEf",
                   i);
    OK(store_secret_insert(t->s, &row, NULL, 0, NULL, &ids[i], e_));
  }
  OK(store_secret_purge(t->s, t->id, e_));
}

static struct secret_order by(enum secret_sort sort, bool descending)
{
  return (struct secret_order){"eu-west-1", sort, descending, false};
}

/* The digits of the names of one page; *place moves on. */
static void one_page(struct temp *t, const struct secret_order *o,
                     struct secret_place *place, bool begin, size_t max,
                     char *out)
{
  struct secret_row *rows;
  size_t n;

  OK(store_secret_page(t->s, o, begin ? NULL : place, max, &rows, &n, e_));
  assert_true(n <= max);
  for (size_t i = 0; i < n; i++)
    out[i] = rows[i].name[1];
  out[n] = '\0';
  if (n > 0)
    secret_place(&rows[n - 1], o->by, place);
  free(rows);
}

static void all_pages(struct temp *t, const struct secret_order *o, size_t max,
                      char *out)
{
  struct secret_place place;
  bool begin = true;

  for (;; begin = false) {
    one_page(t, o, &place, begin, max, out);
    if (*out == '\0')
      return;
    out += strlen(out);
  }
}

static void each_order_has_all_once(void **state)
{
  static const struct {
    enum secret_sort by;
    const char *ascending, *descending;
  } orders[] = {
      {SECRET_BY_CREATED, "0123456", "6543210"},
      {SECRET_BY_CHANGED, "0531642", "2461350"},
      {SECRET_BY_ACCESSED, "0126543", "3456210"}, /* never read: by id */
      {SECRET_BY_NAME, "0123456", "6543210"},
  };
  struct temp *t = *state;
  int64_t ids[N];
  char got[64];

  seven(t, ids);
  for (size_t i = 0; i < 4; i++)
    for (size_t max = 1; max <= N + 1; max++) {
      struct secret_order up = by(orders[i].by, false),
                          down = by(orders[i].by, true);

      all_pages(t, &up, max, got);
      assert_string_equal(got, orders[i].ascending);
      all_pages(t, &down, max, got);
      assert_string_equal(got, orders[i].descending);
    }
}

static void what_goes_and_comes_moves_nothing_else(void **state)
{
  struct temp *t = *state;
  struct secret_order o = by(SECRET_BY_NAME, false);
  struct secret_place place;
  int64_t ids[N];
  char got[16];

  seven(t, ids);
  one_page(t, &o, &place, true, 3, got);
  assert_string_equal(got, "012");
  OK(store_secret_purge(t->s, ids[2], e_)); /* where the list stands */
  OK(store_secret_purge(t->s, ids[0], e_));
  OK(store_secret_purge(t->s, ids[4], e_));
  (void)temp_secret(t, "n0x"); /* behind us */
  (void)temp_secret(t, "n5x"); /* before us */
  one_page(t, &o, &place, false, 3, got);
  assert_string_equal(got, "355");
  one_page(t, &o, &place, false, 3, got);
  assert_string_equal(got, "6");
}

static void deleted_ones_come_when_asked_for(void **state)
{
  struct temp *t = *state;
  struct secret_order o = by(SECRET_BY_CREATED, false);
  struct secret_place place;
  int64_t ids[N];
  char got[16];

  seven(t, ids);
  OK(store_secret_mark_deleted(t->s, ids[3], NOW, NOW + 7 * DAY, e_));
  one_page(t, &o, &place, true, 4, got);
  assert_string_equal(got, "0124");
  o.with_deleted = true;
  one_page(t, &o, &place, true, 4, got);
  assert_string_equal(got, "0123");
}

static void another_region_has_none_of_them(void **state)
{
  struct temp *t = *state;
  int64_t ids[N];

  seven(t, ids);
  for (int i = 0; i < 4; i++) {
    struct secret_order o = by((enum secret_sort)i, false);
    struct secret_place place;
    char got[16];

    o.region = "eu-west-2";
    one_page(t, &o, &place, true, 10, got);
    assert_string_equal(got, "");
    o.region = "eu-west"; /* nor has what begins alike */
    one_page(t, &o, &place, true, 10, got);
    assert_string_equal(got, "");
  }
}

static void what_belongs_to_a_page_comes_by_secret(void **state)
{
  static const struct tag tags[] = {{"k2", "a"}, {"k1", "b"}};
  struct temp *t = *state;
  struct stage_row *stages;
  struct tag_row *found;
  int64_t ids[N];
  size_t n;

  seven(t, ids);
  OK(store_tag_put(t->s, ids[5], tags, 2, NOW, e_));
  OK(store_tag_put(t->s, ids[1], tags, 1, NOW, e_));
  OK(store_page_tags(t->s, ids, N, &found, &n, e_));
  assert_int_equal(n, 3);
  assert_int_equal(found[0].secret_id, ids[1]);
  assert_int_equal(found[1].secret_id, ids[5]);
  assert_string_equal(found[1].tag.key, "k2"); /* as they were put */
  assert_string_equal(found[2].tag.key, "k1");
  free(found);
  OK(store_page_tags(t->s, ids + 1, 1, &found, &n, e_));
  assert_int_equal(n, 1);
  free(found);

  t->id = ids[4];
  temp_value(t, V(1), NULL);
  temp_value(t, V(2), NULL);
  OK(store_page_stages(t->s, ids, N, &stages, &n, e_));
  assert_int_equal(n, 2);
  assert_string_equal(stages[0].version_id, V(2)); /* the newest */
  assert_string_equal(stages[0].label, "AWSCURRENT");
  assert_string_equal(stages[1].label, "AWSPREVIOUS");
  assert_int_equal(stages[1].secret_id, ids[4]);
  free(stages);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(each_order_has_all_once),
      TEST(what_goes_and_comes_moves_nothing_else),
      TEST(deleted_ones_come_when_asked_for),
      TEST(another_region_has_none_of_them),
      TEST(what_belongs_to_a_page_comes_by_secret),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
