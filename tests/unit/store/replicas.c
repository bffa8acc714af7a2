/* Replicas: rows that follow their primary, and promotions of what was read. */
#include "temp_store.h"

#define AWAY "eu-west-2"
#define ARN_AWAY \
  "arn:aws:secretsmanager:" AWAY ":123456789012:secret:db/app-AbCdEf"

static struct secret_row replica_new(struct temp *t)
{
  const struct replica_put put = {AWAY, ARN_AWAY, "alias/k", "key", false};
  struct secret_row row;

  OK(store_replica_add(t->s, t->id, &put, NOW, e_));
  OK(store_secret_by_name(t->s, AWAY, "db/app", &row, e_));
  return row;
}

static struct secret_row primary_of(struct temp *t)
{
  struct secret_row row;

  OK(store_secret_by_id(t->s, t->id, &row, e_));
  return row;
}

/* What the caller saw of a value that was put by temp_value (its text is its
 * id), sealed again. */
static struct version_rekey seen(const char *version_id)
{
  struct version_rekey v = {.key_id = "key",
                            .sealed = version_id,
                            .sealed_len = strlen(version_id),
                            .resealed = "resealed",
                            .resealed_len = 8};

  (void)snprintf(v.version_id, sizeof v.version_id, "%s", version_id);
  return v;
}

static void put_value(struct temp *t, const char *id, const char *const *labels,
                      size_t n)
{
  struct version_put put = temp_put(id, id, labels, n);

  OK(store_version_put(t->s, t->id, &put, NOW, e_));
}

static void a_replica_follows_its_primary(void **state)
{
  static const struct tag tag = {"k", "v"};
  struct temp *t = *state;
  struct secret_row row = replica_new(t), primary = primary_of(t);

  assert_int_equal(row.id, t->id);
  assert_int_not_equal(row.replica_id, 0);
  assert_string_equal(row.primary_region, "eu-west-1");
  assert_string_equal(row.region, AWAY);
  assert_string_equal(row.key_id, "key");
  assert_int_equal(primary.replicas, 1);
  assert_int_equal(primary.replica_id, 0);
  assert_string_equal(primary.key_id, ""); /* each has its own */
  OK(store_tag_put(t->s, t->id, &tag, 1, NOW + SEC, e_));
  OK(store_policy_put(t->s, t->id, "{}", NOW + 2 * SEC, e_));
  OK(store_secret_by_arn(t->s, ARN_AWAY, &row, e_));
  primary = primary_of(t);
  assert_true(row.tagged);
  assert_int_equal(row.policy_id, primary.policy_id);
  assert_int_equal(row.changed_us, NOW + 2 * SEC);
  OK(store_policy_remove(t->s, t->id, NOW, e_));
  OK(store_secret_by_arn(t->s, ARN_AWAY, &row, e_));
  assert_int_equal(row.policy_id, 0);
}

static void what_has_replicas_is_not_deleted(void **state)
{
  static const char *const regions[] = {AWAY};
  struct temp *t = *state;
  struct secret_row row = replica_new(t);

  FAILS(ERR_PARAMETER, "replica",
        store_secret_mark_deleted(t->s, t->id, NOW, NOW + DAY, e_));
  FAILS(ERR_PARAMETER, "replica", store_secret_purge(t->s, t->id, e_));
  OK(store_replica_remove(t->s, t->id, regions, 1, e_));
  FAILS(ERR_NOT_FOUND, "", store_secret_by_arn(t->s, row.arn, &row, e_));
  OK(store_secret_mark_deleted(t->s, t->id, NOW, NOW + DAY, e_));
}

static void what_is_deleted_gets_no_replica(void **state)
{
  const struct replica_put put = {AWAY, ARN_AWAY, "", "", false};
  struct temp *t = *state;

  OK(store_secret_mark_deleted(t->s, t->id, NOW, NOW + DAY, e_));
  FAILS(ERR_REQUEST, "marked for deletion",
        store_replica_add(t->s, t->id, &put, NOW, e_));
}

static void what_is_being_rotated_is_not_overwritten(void **state)
{
  const struct replica_put put = {AWAY, ARN_AWAY, "", "", true};
  struct secret_row row = {.name = "db/app", .arn = ARN_AWAY};
  struct temp *t = *state;
  struct replica_row status;
  int64_t there, primary = t->id;
  size_t n;

  OK(store_secret_insert(t->s, &row, NULL, 0, NULL, &there, e_));
  t->id = there;
  (void)temp_running(t, V(1));
  t->id = primary;
  OK(store_replica_add(t->s, t->id, &put, NOW, e_));
  OK(store_replica_list(t->s, t->id, &status, 1, &n, e_));
  assert_int_equal(n, 1);
  assert_non_null(strstr(status.message, "being rotated"));
  OK(store_secret_by_id(t->s, there, &row, e_));
}

static void a_promotion_copies_values_and_labels(void **state)
{
  static const char *const mine[] = {"MINE"}, *const pending[] = {"AWSPENDING"};
  struct temp *t = *state;
  struct version_rekey values[3] = {seen(V(1)), seen(V(2)), seen(V(3))};
  struct secret_row row = replica_new(t);
  struct version_row *versions, v;
  size_t n;

  put_value(t, V(1), NULL, 0);
  put_value(t, V(2), mine, 1);
  put_value(t, V(3), pending, 1);
  OK(store_replica_promote(t->s, &row, values, 3, NOW + DAY, e_));
  OK(store_secret_by_arn(t->s, ARN_AWAY, &row, e_));
  assert_int_not_equal(row.id, t->id);
  assert_int_equal(row.replica_id, 0);
  assert_int_equal(row.changed_us, NOW + DAY);
  assert_int_equal(primary_of(t).replicas, 0);
  OK(store_version_list(t->s, row.id, true, &versions, &n, e_));
  assert_int_equal(n, 3);
  assert_int_equal(versions[0].n_labels, 0); /* nobody rotates it here */
  assert_string_equal(versions[1].labels[0], "MINE");
  assert_string_equal(versions[2].labels[0], "AWSCURRENT");
  free(versions);
  OK(store_version_get(t->s, row.id, V(1), NULL, &v, e_));
  assert_memory_equal(v.sealed, "resealed", 8);
  version_row_release(&v);
  OK(store_version_get(t->s, t->id, V(1), NULL, &v, e_)); /* as it was */
  assert_memory_equal(v.sealed, V(1), strlen(V(1)));
  version_row_release(&v);
}

static void a_promotion_of_what_changed_since_changes_nothing(void **state)
{
  struct temp *t = *state;
  struct version_rekey values[2] = {seen(V(1)), seen(V(2))};
  struct secret_row row = replica_new(t), same;

  put_value(t, V(1), NULL, 0);
  put_value(t, V(2), NULL, 0); /* one more than was read */
  FAILS(ERR_BUSY, "try again",
        store_replica_promote(t->s, &row, values, 1, NOW, e_));
  values[1].sealed_len--; /* another value than was read */
  FAILS(ERR_BUSY, "try again",
        store_replica_promote(t->s, &row, values, 2, NOW, e_));
  OK(store_secret_by_arn(t->s, ARN_AWAY, &same, e_));
  assert_memory_equal(&same.replica_id, &row.replica_id, sizeof row.replica_id);
  assert_int_equal(primary_of(t).replicas, 1);
  values[1].sealed_len++;
  OK(store_replica_promote(t->s, &row, values, 2, NOW, e_));
  FAILS(ERR_NOT_FOUND, "", /* it is none any more */
        store_replica_promote(t->s, &row, values, 2, NOW, e_));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_replica_follows_its_primary),
      TEST(what_has_replicas_is_not_deleted),
      TEST(what_is_deleted_gets_no_replica),
      TEST(what_is_being_rotated_is_not_overwritten),
      TEST(a_promotion_copies_values_and_labels),
      TEST(a_promotion_of_what_changed_since_changes_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
