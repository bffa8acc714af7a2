/* Secrets and tags: found by every spelling, deleted, restored, purged. */
#include "temp_store.h"

#define ARN "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/app"

static void a_secret_is_found_by_name_and_both_arns(void **state)
{
  struct temp *t = *state;
  struct secret_row row;

  OK(store_secret_by_name(t->s, "eu-west-1", "db/app", &row, e_));
  assert_int_equal(row.id, t->id);
  assert_string_equal(row.arn, ARN "-AbCdEf");
  assert_int_equal(row.created_us, NOW);
  assert_false(row.tagged);
  OK(store_secret_by_arn(t->s, ARN "-AbCdEf", &row, e_));
  OK(store_secret_by_partial_arn(t->s, ARN, &row, e_));
  OK(store_secret_by_id(t->s, t->id, &row, e_));
  assert_string_equal(row.name, "db/app");
  FAILS(ERR_NOT_FOUND, "can't find the specified secret.",
        store_secret_by_name(t->s, "eu-west-1", "db/APP", &row, e_));
  FAILS(ERR_NOT_FOUND, "", store_secret_by_arn(t->s, ARN, &row, e_));
  FAILS(ERR_NOT_FOUND, "",
        store_secret_by_partial_arn(t->s, ARN "-AbCdEf", &row, e_));
}

static void a_name_is_taken_once(void **state)
{
  struct temp *t = *state;
  struct secret_row row = {.name = "db/app", .arn = ARN "-UvWxYz"};
  int64_t id = 0;

  FAILS(ERR_EXISTS, "the secret db/app already exists.",
        store_secret_insert(t->s, &row, NULL, 0, NULL, &id, e_));
  OK(store_secret_mark_deleted(t->s, t->id, NOW, NOW + 7 * DAY, e_));
  FAILS(ERR_REQUEST, "already scheduled for deletion",
        store_secret_insert(t->s, &row, NULL, 0, NULL, &id, e_));
  OK(store_secret_purge(t->s, t->id, e_));
  OK(store_secret_insert(t->s, &row, NULL, 0, NULL, &id, e_));
  assert_true(id > t->id); /* ids are never used twice */
}

static void insert_is_all_or_nothing(void **state)
{
  struct temp *t = *state;
  struct secret_row row = {.name = "new", .arn = ARN "-new-AbCdEf"}, got;
  struct version_put first = temp_put(V(1), "sealed", NULL, 0);
  struct tag tags[STORE_TAGS + 1];
  size_t n;
  int64_t id;

  for (int i = 0; i <= STORE_TAGS; i++) {
    (void)snprintf(tags[i].key, sizeof tags[i].key, "k%d", i);
    (void)snprintf(tags[i].value, sizeof tags[i].value, "v%d", i);
  }
  FAILS(ERR_LIMIT, "tags",
        store_secret_insert(t->s, &row, tags, STORE_TAGS + 1, &first, &id, e_));
  FAILS(ERR_NOT_FOUND, "",
        store_secret_by_name(t->s, "eu-west-1", "new", &got, e_));
  OK(store_secret_insert(t->s, &row, tags, STORE_TAGS, &first, &id, e_));
  OK(store_secret_by_id(t->s, id, &got, e_));
  assert_true(got.tagged);
  OK(store_tag_list(t->s, id, tags, STORE_TAGS, &n, e_));
  assert_int_equal(n, STORE_TAGS);
  t->id = id;
  HOLDS(t, "AWSCURRENT", V(1));
}

static void tags_keep_their_place_when_overwritten(void **state)
{
  static const char *const gone[] = {"b", "c", "a"};
  struct temp *t = *state;
  struct tag tags[3] = {{"b", "1"}, {"a", "2"}, {"c", "3"}}, got[STORE_TAGS];
  struct tag again = {"a", "new"};
  struct secret_row row;
  size_t n;

  OK(store_tag_put(t->s, t->id, tags, 3, NOW, e_));
  OK(store_tag_put(t->s, t->id, &again, 1, NOW, e_));
  OK(store_tag_list(t->s, t->id, got, STORE_TAGS, &n, e_));
  assert_int_equal(n, 3);
  assert_string_equal(got[0].key, "b");
  assert_string_equal(got[1].key, "a");
  assert_string_equal(got[1].value, "new");
  OK(store_tag_remove(t->s, t->id, gone, 3, NOW, e_));
  OK(store_tag_list(t->s, t->id, got, STORE_TAGS, &n, e_));
  assert_int_equal(n, 0);
  OK(store_secret_by_id(t->s, t->id, &row, e_));
  assert_true(row.tagged);
  FAILS(ERR_NOT_FOUND, "", store_tag_put(t->s, 4711, tags, 1, NOW, e_));
}

static void update_leaves_what_is_null(void **state)
{
  static const struct secret_update none = {0},
                                    all = {.description = "words",
                                           .kms_key_id = "alias/a",
                                           .key_id = "key-1",
                                           .type = "Partner"},
                                    empty = {"", "", "", "", NULL, 0};
  struct temp *t = *state;
  struct secret_row row;

  OK(store_secret_update(t->s, t->id, &all, NOW + 1, e_));
  OK(store_secret_update(t->s, t->id, &none, NOW + 2, e_));
  OK(store_secret_by_id(t->s, t->id, &row, e_));
  assert_string_equal(row.description, "words");
  assert_string_equal(row.kms_key_id, "alias/a");
  assert_string_equal(row.key_id, "key-1");
  assert_string_equal(row.type, "Partner");
  assert_int_equal(row.changed_us, NOW + 2);
  OK(store_secret_update(t->s, t->id, &empty, NOW + 3, e_));
  OK(store_secret_by_id(t->s, t->id, &row, e_));
  assert_string_equal(row.description, "");
  assert_string_equal(row.kms_key_id, "");
  assert_string_equal(row.key_id, "");
  assert_string_equal(row.type, "");
  FAILS(ERR_NOT_FOUND, "", store_secret_update(t->s, 4711, &empty, NOW, e_));
}

static void pages_go_through_all_secrets(void **state)
{
  struct temp *t = *state;
  struct secret_row *rows;
  int64_t after = 0;
  size_t n, all = 0;
  char name[16];

  for (int i = 0; i < 9; i++) {
    (void)snprintf(name, sizeof name, "s%d", i);
    (void)temp_secret(t, name);
  }
  do {
    OK(store_secret_list(t->s, after, 4, &rows, &n, e_));
    for (size_t i = 0; i < n; i++) {
      assert_true(rows[i].id > after);
      after = rows[i].id;
    }
    all += n;
    free(rows);
  } while (n > 0);
  assert_int_equal(all, 10);
}

static void a_deleted_secret_is_not_due_until_restored(void **state)
{
  struct temp *t = *state;
  struct event_row *events;
  struct due_row due[2];
  size_t n, n_events;
  int64_t wake;

  temp_rules(t, t->id, NOW);
  OK(store_secret_mark_deleted(t->s, t->id, NOW, NOW + 7 * DAY, e_));
  OK(store_due_list(t->s, NOW, due, 2, &n, e_));
  assert_int_equal(n, 0);
  OK(store_next_wake(t->s, "engine-1", &wake, e_));
  assert_int_equal(wake, NOW + 7 * DAY);
  OK(store_secret_mark_deleted(t->s, t->id, 0, 0, e_));
  OK(store_event_list(t->s, 0, 9, &events, &n_events, e_));
  assert_int_equal(n_events, 2);
  assert_string_equal(events[1].type, "secret_restored");
  free(events);
  OK(store_due_list(t->s, NOW, due, 2, &n, e_));
  assert_int_equal(n, 1);
  FAILS(ERR_NOT_FOUND, "", store_secret_mark_deleted(t->s, 4711, 0, 0, e_));
}

static void purge_takes_everything_of_the_secret_and_no_more(void **state)
{
  struct temp *t = *state;
  int64_t other = temp_secret(t, "other"), id = t->id, purged_id;
  struct tag tag = {"k", "v"};
  struct job_row job;
  struct attempt_row attempt = {.secret_id = id};
  struct version_row *versions;
  struct attempt_row *attempts;
  struct event_row *events;
  struct secret_row row;
  struct store_counts counts;
  size_t n;

  OK(store_tag_put(t->s, id, &tag, 1, NOW, e_));
  temp_value(t, V(1), NULL);
  temp_rules(t, id, NOW);
  job = temp_running(t, V(2));
  attempt.job_id = job.id;
  OK(store_job_save(t->s, &job, &attempt, e_));
  OK(store_secret_mark_deleted(t->s, id, NOW, NOW + 7 * DAY, e_));
  OK(store_secret_mark_deleted(t->s, other, NOW, NOW + 8 * DAY, e_));
  OK(store_secret_purge_due(t->s, NOW + 7 * DAY - 1, &n, e_));
  assert_int_equal(n, 0);
  OK(store_secret_purge_due(t->s, NOW + 7 * DAY, &n, e_));
  assert_int_equal(n, 1);
  FAILS(ERR_NOT_FOUND, "", store_secret_by_id(t->s, id, &row, e_));
  OK(store_secret_by_id(t->s, other, &row, e_));
  OK(store_version_list(t->s, id, true, &versions, &n, e_));
  assert_int_equal(n, 0);
  free(versions);
  OK(store_attempt_list(t->s, 0, 0, 0, 9, &attempts, &n, e_));
  assert_int_equal(n, 0);
  free(attempts);
  FAILS(ERR_FENCED, "", store_job_save(t->s, &job, NULL, e_));
  OK(store_event_list(t->s, 0, 9, &events, &n, e_));
  assert_int_equal(n, 4); /* one tells that the rotation started */
  assert_string_equal(events[1].type, "secret_marked");
  assert_string_equal(events[3].type, "secret_purged");
  assert_int_equal(events[3].secret_id, id);
  assert_int_equal(events[3].time_us, NOW + 7 * DAY);
  free(events);
  OK(store_counts(t->s, NOW, &counts, e_));
  assert_int_equal(counts.secrets, 0);
  assert_int_equal(counts.deleted, 1);
  assert_int_equal(counts.running, 0);
  purged_id = id;
  assert_true(temp_secret(t, "db/app") > purged_id);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_secret_is_found_by_name_and_both_arns),
      TEST(a_name_is_taken_once),
      TEST(insert_is_all_or_nothing),
      TEST(tags_keep_their_place_when_overwritten),
      TEST(update_leaves_what_is_null),
      TEST(pages_go_through_all_secrets),
      TEST(a_deleted_secret_is_not_due_until_restored),
      TEST(purge_takes_everything_of_the_secret_and_no_more),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
