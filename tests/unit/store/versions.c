/* Versions: idempotent, listed, touched once a day, pruned. */
#include "temp_store.h"

static void a_version_id_is_used_once(void **state)
{
  struct temp *t = *state;
  struct version_put put = temp_put(V(1), "other", NULL, 0);
  struct version_row v;
  uint64_t before;

  temp_value(t, V(1), NULL);
  before = store_change_count(t->s);
  FAILS(ERR_EXISTS, V(1), store_version_put(t->s, t->id, &put, NOW + 1, e_));
  assert_int_equal(store_change_count(t->s), before);
  OK(store_version_get(t->s, t->id, V(1), NULL, &v, e_));
  assert_int_equal(v.sealed_len, strlen(V(1)));
  assert_memory_equal(v.sealed, V(1), v.sealed_len);
  assert_string_equal(v.key_id, KEY);
  assert_true(v.has_value);
  version_row_release(&v);
}

static void reading_says_what_was_not_found(void **state)
{
  struct temp *t = *state;
  struct version_row v;

  FAILS(ERR_NOT_FOUND,
        "can't find the specified secret value for staging label: AWSCURRENT",
        store_version_get(t->s, t->id, NULL, NULL, &v, e_));
  temp_value(t, V(1), NULL);
  FAILS(ERR_NOT_FOUND,
        "can't find the specified secret value for VersionId: " V(2),
        store_version_get(t->s, t->id, V(2), "AWSCURRENT", &v, e_));
  FAILS(ERR_REQUEST,
        "You provided a VersionStage that is not associated to the provided "
        "VersionId.",
        store_version_get(t->s, t->id, V(1), "AWSPREVIOUS", &v, e_));
  OK(store_version_get(t->s, t->id, V(1), "AWSCURRENT", &v, e_));
  assert_int_equal(v.n_labels, 1);
  version_row_release(&v);
}

static void a_binary_value_and_an_empty_one_come_back(void **state)
{
  static const unsigned char bytes[] = {0, 1, 0, 255};
  struct temp *t = *state;
  struct version_put put = {V(1), true, bytes, sizeof bytes, KEY, NULL, 0};
  struct version_row v;

  OK(store_version_put(t->s, t->id, &put, NOW, e_));
  OK(store_version_get(t->s, t->id, V(1), NULL, &v, e_));
  assert_true(v.is_binary);
  assert_int_equal(v.sealed_len, sizeof bytes);
  assert_memory_equal(v.sealed, bytes, sizeof bytes);
  version_row_release(&v);
  put = temp_put(V(2), "", NULL, 0);
  OK(store_version_put(t->s, t->id, &put, NOW, e_));
  OK(store_version_get(t->s, t->id, V(2), NULL, &v, e_));
  assert_non_null(v.sealed); /* a value, if an empty one */
  assert_int_equal(v.sealed_len, 0);
  version_row_release(&v);
}

static void lists_leave_out_the_deprecated(void **state)
{
  struct temp *t = *state;
  struct version_row *rows;
  size_t n;

  temp_value(t, V(1), NULL);
  temp_value(t, V(2), NULL);
  temp_value(t, V(3), NULL);
  OK(store_version_list(t->s, t->id, false, &rows, &n, e_));
  assert_int_equal(n, 2);
  assert_string_equal(rows[0].version_id, V(3));
  assert_string_equal(rows[0].labels[0], "AWSCURRENT");
  assert_string_equal(rows[1].version_id, V(2));
  assert_string_equal(rows[1].labels[0], "AWSPREVIOUS");
  free(rows);
  OK(store_version_list(t->s, t->id, true, &rows, &n, e_));
  assert_int_equal(n, 3);
  assert_string_equal(rows[2].version_id, V(1));
  assert_int_equal(rows[2].n_labels, 0);
  assert_null(rows[2].sealed);
  free(rows);
}

static void creation_times_differ_by_a_millisecond(void **state)
{
  struct temp *t = *state;
  struct version_row *rows;
  size_t n;

  temp_value(t, V(1), NULL); /* all at NOW */
  temp_value(t, V(2), NULL);
  temp_value(t, V(3), NULL);
  OK(store_version_list(t->s, t->id, true, &rows, &n, e_));
  assert_int_equal(rows[2].created_us, NOW);
  assert_int_equal(rows[1].created_us, NOW + 1000);
  assert_int_equal(rows[0].created_us, NOW + 2000);
  free(rows);
}

static void read_both(struct temp *t, struct secret_row *row,
                      struct version_row *v)
{
  OK(store_secret_by_id(t->s, t->id, row, e_));
  OK(store_version_get(t->s, t->id, V(1), NULL, v, e_));
  version_row_release(v);
}

static void access_is_written_once_a_day(void **state)
{
  struct temp *t = *state;
  int64_t day = NOW - NOW % DAY;
  struct secret_row row;
  struct version_row v;
  uint64_t before;

  temp_value(t, V(1), NULL);
  read_both(t, &row, &v);
  OK(store_version_touch(t->s, &row, &v, day + 5, e_));
  read_both(t, &row, &v);
  assert_int_equal(v.accessed_us, day);
  assert_int_equal(row.accessed_us, day);
  before = store_change_count(t->s);
  OK(store_version_touch(t->s, &row, &v, day + DAY - 1, e_));
  assert_int_equal(store_change_count(t->s), before);
  OK(store_version_touch(t->s, &row, &v, day + DAY, e_));
  assert_int_equal(store_change_count(t->s), before + 1);
  /* A day is not taken back by who read the rows before. */
  OK(store_version_touch(t->s, &row, &v, day + 5 - DAY * 2, e_));
  read_both(t, &row, &v);
  assert_int_equal(v.accessed_us, day + DAY);
  assert_int_equal(row.accessed_us, day + DAY);
}

static size_t put_many(struct temp *t, int from, int n, int64_t now_us)
{
  struct version_row *rows;
  size_t count;
  char id[STORE_ID_MAX];

  for (int i = from; i < from + n; i++) {
    struct version_put put = temp_put(id, "x", NULL, 0);

    (void)snprintf(id, sizeof id, "version-%024d", i);
    OK(store_version_put(t->s, t->id, &put, now_us, e_));
  }
  OK(store_version_list(t->s, t->id, true, &rows, &count, e_));
  free(rows);
  return count;
}

static void the_oldest_unlabelled_go_beyond_a_hundred(void **state)
{
  struct temp *t = *state;
  struct version_row v;

  temp_value(t, V(1), "keep-me");
  assert_int_equal(put_many(t, 0, 150, NOW), 151); /* all young */
  assert_int_equal(put_many(t, 150, 1, NOW + DAY + SEC), 100);
  OK(store_version_get(t->s, t->id, V(1), "keep-me", &v, e_));
  version_row_release(&v);
  FAILS(ERR_NOT_FOUND, "",
        store_version_get(t->s, t->id, "version-000000000000000000000000", NULL,
                          &v, e_));
  HOLDS(t, "AWSPREVIOUS", "version-000000000000000000000149");
}

static void there_is_a_cap_on_young_versions_too(void **state)
{
  struct temp *t = *state;
  struct version_put put = temp_put(V(1), "x", NULL, 0);

  assert_int_equal(put_many(t, 0, STORE_VERSIONS_MAX, NOW), STORE_VERSIONS_MAX);
  FAILS(ERR_LIMIT, "versions", store_version_put(t->s, t->id, &put, NOW, e_));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_version_id_is_used_once),
      TEST(reading_says_what_was_not_found),
      TEST(a_binary_value_and_an_empty_one_come_back),
      TEST(lists_leave_out_the_deprecated),
      TEST(creation_times_differ_by_a_millisecond),
      TEST(access_is_written_once_a_day),
      TEST(the_oldest_unlabelled_go_beyond_a_hundred),
      TEST(there_is_a_cap_on_young_versions_too),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
