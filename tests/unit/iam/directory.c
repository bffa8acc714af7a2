/* From a key to its principal: what is found, kept, and forgotten in time. */
#include "house.h"

#include <pthread.h>
#include <stdatomic.h>

static int find_key(void *ctx, const char *name, struct policy_values *out,
                    struct err *e)
{
  (void)ctx;
  (void)name;
  (void)out;
  (void)e;
  return 0;
}

static enum policy_effect may(const struct principal *who, const char *action)
{
  const struct policy_request r = {
      .action = action,
      .resource =
          "arn:aws:secretsmanager:eu-west-1:" ACCOUNT ":secret:a-AbCdEf",
      .principal_arns = &(const char *){who->arn},
      .n_principal_arns = 1,
      .principal_account = who->account,
      .resource_account = ACCOUNT,
      .is_root = who->kind == PRINCIPAL_ROOT,
      .find_key = find_key,
  };
  const struct policy_input in = {
      .identity = who->identity,
      .n_identity = who->n_identity,
      .boundary = who->boundary,
      .session = who->session,
  };
  struct policy_decision decision;

  OK(policy_evaluate(&r, &in, &decision, e_));
  return decision.effect;
}

/* Finds and puts back at once. */
static int found(struct house *h, const char *id, const char *token,
                 struct err *e)
{
  struct secret key;
  const struct principal *who;
  int rc = directory_find(h->d, id, token, &key, &who, e);

  if (rc == 0) {
    secret_release(&key);
    principal_put(who);
  }
  return rc;
}

static void a_key_leads_to_its_user_with_his_policies(void **state)
{
  struct house *h = *state;
  struct iam_entity user = house_add(h, IAM_USER, "app", NULL);
  CLEANUP_SECRET struct secret secret = {0}, key = {0};
  const struct principal *who;
  struct tag tag = {"team", "web"};
  char id[ACCESS_KEY_ID_LEN + 1];

  secret = house_key(h, &user, id);
  OK(store_iam_inline_put(h->t->s, &user, "read", READ_ALL, 2048, e_));
  OK(store_iam_tag_put(h->t->s, user.id, &tag, 1, e_));
  directory_changed(h->d);
  OK(directory_find(h->d, id, NULL, &key, &who, e_));
  assert_true(secret_equal(&secret, &key));
  assert_int_equal(who->kind, PRINCIPAL_USER);
  assert_string_equal(who->arn, "arn:aws:iam::" ACCOUNT ":user/app");
  assert_string_equal(who->id, user.entity_id);
  assert_string_equal(who->account, ACCOUNT);
  assert_string_equal(who->name, "app");
  assert_string_equal(who->access_key_id, id);
  assert_int_equal(who->n_identity, 1);
  assert_string_equal(who->identity_names[0], "user/app: read");
  assert_string_equal(who->tags[0].value, "web");
  assert_int_equal(may(who, "secretsmanager:GetSecretValue"), POLICY_ALLOWED);
  assert_int_equal(may(who, "secretsmanager:PutSecretValue"),
                   POLICY_NOT_ALLOWED);
  principal_put(who);
}

static void a_boundary_bounds(void **state)
{
  struct house *h = *state;
  struct iam_entity user = house_add(h, IAM_USER, "app", NULL),
                    fence = house_add(h, IAM_POLICY, "fence",
                                      "{\"Version\":\"2012-10-17\","
                                      "\"Statement\":{\"Effect\":\"Allow\","
                                      "\"Action\":\"secretsmanager:List*\","
                                      "\"Resource\":\"*\"}}");
  const struct principal *who;

  OK(store_iam_inline_put(h->t->s, &user, "read", READ_ALL, 2048, e_));
  OK(store_iam_boundary(h->t->s, user.id, fence.id, e_));
  OK(directory_find_named(h->d, "user/app", &who, e_));
  assert_int_equal(may(who, "secretsmanager:GetSecretValue"),
                   POLICY_NOT_ALLOWED);
  principal_put(who);
}

static void inactive_removed_and_unknown_keys_are_not_found(void **state)
{
  struct house *h = *state;
  struct iam_entity user = house_add(h, IAM_USER, "app", NULL);
  CLEANUP_SECRET struct secret secret = {0};
  char id[ACCESS_KEY_ID_LEN + 1];

  secret = house_key(h, &user, id);
  OK(found(h, id, NULL, e_));
  FAILS(ERR_NOT_FOUND, "invalid", found(h, id, "token", e_));
  FAILS(ERR_NOT_FOUND, "invalid", found(h, "AKIANONE", NULL, e_));
  FAILS(ERR_NOT_FOUND, "invalid", found(h, "AKIANONE", NULL, e_));
  FAILS(ERR_NOT_FOUND, "invalid", found(h, "", NULL, e_));
  OK(store_iam_key_activate(h->t->s, user.id, id, false, e_));
  directory_changed(h->d);
  FAILS(ERR_NOT_FOUND, "invalid", found(h, id, NULL, e_));
  OK(store_iam_key_activate(h->t->s, user.id, id, true, e_));
  directory_changed(h->d);
  OK(found(h, id, NULL, e_));
  OK(store_iam_delete(h->t->s, user.id, true, e_));
  directory_changed(h->d);
  FAILS(ERR_NOT_FOUND, "invalid", found(h, id, NULL, e_));
}

/* Until it is told, the directory goes by what it knows. */
static void what_was_found_is_kept_until_something_changes(void **state)
{
  struct house *h = *state;
  struct iam_entity user = house_add(h, IAM_USER, "app", NULL);
  CLEANUP_SECRET struct secret secret = {0};
  char id[ACCESS_KEY_ID_LEN + 1];

  secret = house_key(h, &user, id);
  OK(found(h, id, NULL, e_));
  OK(store_iam_key_remove(h->t->s, user.id, id, e_));
  OK(found(h, id, NULL, e_));
  directory_changed(h->d);
  FAILS(ERR_NOT_FOUND, "", found(h, id, NULL, e_));
}

static void a_held_principal_outlives_a_change(void **state)
{
  struct house *h = *state;
  struct iam_entity user = house_add(h, IAM_USER, "app", NULL);
  CLEANUP_SECRET struct secret secret = {0}, key = {0};
  const struct principal *who;
  char id[ACCESS_KEY_ID_LEN + 1];

  secret = house_key(h, &user, id);
  OK(directory_find(h->d, id, NULL, &key, &who, e_));
  OK(store_iam_delete(h->t->s, user.id, true, e_));
  directory_changed(h->d);
  assert_string_equal(who->name, "app");
  principal_put(who);
}

static void a_policy_that_does_not_parse_refuses_its_user(void **state)
{
  struct house *h = *state;
  struct iam_entity user = house_add(h, IAM_USER, "app", NULL);
  CLEANUP_SECRET struct secret secret = {0};
  char id[ACCESS_KEY_ID_LEN + 1];

  secret = house_key(h, &user, id);
  OK(store_iam_inline_put(h->t->s, &user, "bad", "{", 2048, e_));
  directory_changed(h->d);
  FAILS(ERR_CORRUPT, "user/app: bad", found(h, id, NULL, e_));
}

static void root_is_root_with_and_without_a_key(void **state)
{
  struct house *h = *state;
  CLEANUP_SECRET struct secret key = {0};
  const struct principal *who = directory_root(h->d);

  assert_int_equal(who->kind, PRINCIPAL_ROOT);
  assert_string_equal(who->arn, "arn:aws:iam::" ACCOUNT ":root");
  assert_string_equal(who->access_key_id, "");
  principal_put(who);
  FAILS(ERR_NOT_FOUND, "", found(h, "test", NULL, e_));
  directory_changed(h->d);
  OK(directory_add_root_key(h->d, "test", "test", e_));
  OK(directory_find(h->d, "test", NULL, &key, &who, e_));
  assert_int_equal(who->kind, PRINCIPAL_ROOT);
  assert_string_equal(who->access_key_id, "test");
  assert_memory_equal(key.data, "test", 5);
  principal_put(who);
}

static void a_day_of_use_is_written_once(void **state)
{
  struct house *h = *state;
  struct iam_entity user = house_add(h, IAM_USER, "app", NULL);
  CLEANUP_SECRET struct secret secret = {0}, key = {0};
  const struct principal *who;
  struct iam_key row;
  uint64_t changes;
  char id[ACCESS_KEY_ID_LEN + 1];

  secret = house_key(h, &user, id);
  OK(directory_find(h->d, id, NULL, &key, &who, e_));
  OK(directory_used(h->d, who, e_));
  OK(store_iam_key_find(h->t->s, id, &row, e_));
  assert_int_equal(row.used_us, NOW - NOW % DAY);
  changes = store_change_count(h->t->s);
  OK(directory_used(h->d, who, e_));
  assert_int_equal(store_change_count(h->t->s), changes);
  h->now_us += DAY;
  OK(directory_used(h->d, who, e_));
  OK(store_iam_key_find(h->t->s, id, &row, e_));
  assert_int_equal(row.used_us, NOW - NOW % DAY + DAY);
  principal_put(who);
}

static void names_are_found_for_explaining(void **state)
{
  struct house *h = *state;
  const struct principal *who;

  (void)house_add(h, IAM_USER, "app", NULL);
  (void)house_add(h, IAM_ROLE, "deploy", READ_ALL);
  OK(directory_find_named(h->d, "user/app", &who, e_));
  assert_int_equal(who->kind, PRINCIPAL_USER);
  principal_put(who);
  OK(directory_find_named(h->d, "role/deploy", &who, e_));
  assert_int_equal(who->kind, PRINCIPAL_SESSION);
  assert_string_equal(who->role_arn, "arn:aws:iam::" ACCOUNT ":role/deploy");
  assert_string_equal(who->arn,
                      "arn:aws:sts::" ACCOUNT ":assumed-role/deploy/explain");
  principal_put(who);
  OK(directory_find_named(h->d, "root", &who, e_));
  principal_put(who);
  OK(directory_find_named(h->d, "arn:aws:iam::" ACCOUNT ":user/a/b/app", &who,
                          e_));
  assert_string_equal(who->name, "app");
  principal_put(who);
  OK(directory_find_named(h->d, "arn:aws:iam::" ACCOUNT ":root", &who, e_));
  principal_put(who);
  FAILS(ERR_NO_ENTITY, "is nobody",
        directory_find_named(h->d, "arn:aws:iam::999999999999:user/app", &who,
                             e_));
  FAILS(ERR_NO_ENTITY, "The user with name none",
        directory_find_named(h->d, "user/none", &who, e_));
  FAILS(ERR_NO_ENTITY, "write user/NAME",
        directory_find_named(h->d, "app", &who, e_));
}

/* ---- sessions -------------------------------------------------------------
 */

static struct session *session_of(const struct iam_entity *role)
{
  struct session *s = calloc(1, sizeof *s);

  OK(access_key_make(random_system(), ACCESS_KEY_SESSION, s->access_key_id,
                     &s->key, e_));
  (void)snprintf(s->role_id, sizeof s->role_id, "%s", role->entity_id);
  (void)snprintf(s->name, sizeof s->name, "ci");
  s->issued_us = NOW;
  s->expires_us = NOW + 3600 * SEC;
  return s;
}

static void a_session_has_its_role_until_it_is_over(void **state)
{
  struct house *h = *state;
  struct iam_entity role = house_add(h, IAM_ROLE, "deploy", READ_ALL);
  struct session *s = session_of(&role);
  CLEANUP_SECRET struct secret token = {0}, key = {0};
  struct tag tags[] = {{"team", "role"}, {"stage", "prod"}};
  const char *text;
  const struct principal *who;

  s->tags[0] = (struct tag){"Team", "session"};
  s->n_tags = 1;
  OK(store_iam_inline_put(h->t->s, &role, "read", READ_ALL, 2048, e_));
  OK(store_iam_tag_put(h->t->s, role.id, tags, 2, e_));
  OK(session_seal(h->keyring, temp_meta.store_id, s, &token, e_));
  text = (const char *)token.data;
  for (int i = 0; i < 2; i++) { /* from the store, from the table */
    OK(directory_find(h->d, s->access_key_id, text, &key, &who, e_));
    assert_true(secret_equal(&s->key, &key));
    secret_release(&key);
    assert_int_equal(who->kind, PRINCIPAL_SESSION);
    assert_string_equal(who->arn,
                        "arn:aws:sts::" ACCOUNT ":assumed-role/deploy/ci");
    assert_memory_equal(who->id, role.entity_id, ENTITY_ID_LEN);
    assert_string_equal(who->id + ENTITY_ID_LEN, ":ci");
    assert_int_equal(who->n_tags, 2);
    assert_string_equal(who->tags[0].value, "session");
    assert_string_equal(who->tags[1].value, "prod");
    assert_null(who->session);
    assert_int_equal(may(who, "secretsmanager:GetSecretValue"), POLICY_ALLOWED);
    OK(directory_used(h->d, who, e_));
    principal_put(who);
  }
  FAILS(ERR_NOT_FOUND, "invalid", found(h, s->access_key_id, NULL, e_));
  FAILS(ERR_NOT_FOUND, "invalid", found(h, "ASIAOTHEROTHEROTHER2", text, e_));
  h->now_us = s->expires_us - 1;
  OK(found(h, s->access_key_id, text, e_));
  h->now_us++;
  FAILS(ERR_AUTH_EXPIRED_TOKEN,
        "The security token included in the request is expired",
        found(h, s->access_key_id, text, e_));
  session_release(s);
  free(s);
}

static void a_session_ends_with_its_role(void **state)
{
  struct house *h = *state;
  struct iam_entity role = house_add(h, IAM_ROLE, "deploy", READ_ALL);
  struct session *s = session_of(&role);
  CLEANUP_SECRET struct secret token = {0};

  OK(session_seal(h->keyring, temp_meta.store_id, s, &token, e_));
  OK(found(h, s->access_key_id, (const char *)token.data, e_));
  OK(store_iam_delete(h->t->s, role.id, true, e_));
  (void)house_add(h, IAM_ROLE, "deploy", READ_ALL); /* another */
  FAILS(ERR_NOT_FOUND, "invalid",
        found(h, s->access_key_id, (const char *)token.data, e_));
  session_release(s);
  free(s);
}

static void a_session_policy_bounds_and_a_lost_one_allows_nothing(void **state)
{
  struct house *h = *state;
  struct iam_entity role = house_add(h, IAM_ROLE, "deploy", READ_ALL),
                    policy = house_add(h, IAM_POLICY, "read", READ_ALL);
  struct session *s = session_of(&role);
  CLEANUP_SECRET struct secret token = {0};
  CLEANUP_SECRET struct secret key = {0};
  const struct principal *who;

  OK(store_iam_inline_put(h->t->s, &role, "all",
                          "{\"Version\":\"2012-10-17\",\"Statement\":{"
                          "\"Effect\":\"Allow\",\"Action\":\"*\","
                          "\"Resource\":\"*\"}}",
                          2048, e_));
  (void)snprintf(s->policy_ids[0], IAM_ID_MAX, "%s", policy.entity_id);
  s->n_policy_ids = 1;
  OK(session_seal(h->keyring, temp_meta.store_id, s, &token, e_));
  OK(directory_find(h->d, s->access_key_id, (const char *)token.data, &key,
                    &who, e_));
  assert_int_equal(may(who, "secretsmanager:GetSecretValue"), POLICY_ALLOWED);
  assert_int_equal(may(who, "secretsmanager:PutSecretValue"),
                   POLICY_NOT_ALLOWED);
  principal_put(who);
  secret_release(&key);
  OK(store_iam_delete(h->t->s, policy.id, true, e_));
  directory_changed(h->d);
  OK(directory_find(h->d, s->access_key_id, (const char *)token.data, &key,
                    &who, e_));
  assert_int_not_equal(may(who, "secretsmanager:GetSecretValue"),
                       POLICY_ALLOWED);
  principal_put(who);
  session_release(s);
  free(s);
}

/* ---- threads --------------------------------------------------------------
 */

struct racer {
  struct house *h;
  const char *id;
  atomic_bool removed; /* committed, and told */
  atomic_int late, failed;
};

/* Asks the store each time until the key is gone, and a few times after. */
static void *race(void *arg)
{
  struct racer *r = arg;

  for (int after = 0; after < 10;) {
    bool is_gone = atomic_load(&r->removed);
    struct err e = {0};
    int rc;

    if (!is_gone)
      directory_changed(r->h->d);
    rc = found(r->h, r->id, NULL, &e);
    atomic_fetch_add(&r->late, is_gone && rc == 0);
    atomic_fetch_add(&r->failed, rc != 0 && rc != -ERR_NOT_FOUND);
    after += is_gone;
  }
  return NULL;
}

static void race_once(struct house *h, const struct iam_entity *user)
{
  CLEANUP_SECRET struct secret secret = {0};
  char id[ACCESS_KEY_ID_LEN + 1];
  struct racer r = {.h = h, .id = id};
  pthread_t threads[3];

  secret = house_key(h, user, id);
  for (int i = 0; i < 3; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, race, &r), 0);
  OK(store_iam_key_remove(h->t->s, user->id, id, e_));
  directory_changed(h->d);
  atomic_store(&r.removed, true);
  for (int i = 0; i < 3; i++)
    (void)pthread_join(threads[i], NULL);
  assert_int_equal(atomic_load(&r.late), 0);
  assert_int_equal(atomic_load(&r.failed), 0);
}

static void a_removed_key_is_found_by_nobody_who_asks_after(void **state)
{
  struct house *h = *state;
  struct iam_entity user = house_add(h, IAM_USER, "app", NULL);

  for (int i = 0; i < 40; i++)
    race_once(h, &user);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      HOUSE(a_key_leads_to_its_user_with_his_policies),
      HOUSE(a_boundary_bounds),
      HOUSE(inactive_removed_and_unknown_keys_are_not_found),
      HOUSE(what_was_found_is_kept_until_something_changes),
      HOUSE(a_held_principal_outlives_a_change),
      HOUSE(a_policy_that_does_not_parse_refuses_its_user),
      HOUSE(root_is_root_with_and_without_a_key),
      HOUSE(a_day_of_use_is_written_once),
      HOUSE(names_are_found_for_explaining),
      HOUSE(a_session_has_its_role_until_it_is_over),
      HOUSE(a_session_ends_with_its_role),
      HOUSE(a_session_policy_bounds_and_a_lost_one_allows_nothing),
      HOUSE(a_removed_key_is_found_by_nobody_who_asks_after),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
