/* Resource policies kept parsed: the one that a secret has now, shared, and
 * alive as long as somebody holds it. */
#include "secret/resource_policy.h"

#include <pthread.h>
#include <unistd.h>

#include "../store/temp_store.h"

#define ALLOW                                                         \
  "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\"," \
  "\"Principal\":{\"AWS\":\"arn:aws:iam::123456789012:root\"},"       \
  "\"Action\":\"secretsmanager:GetSecretValue\",\"Resource\":\"*\"}]}"

static struct resource_policies *all_new(struct temp *t)
{
  struct resource_policies *all;

  OK(resource_policies_new(t->s, &all, e_));
  return all;
}

static struct secret_row row_of(struct temp *t, int64_t id)
{
  struct secret_row row;

  OK(store_secret_by_id(t->s, id, &row, e_));
  return row;
}

static void a_secret_without_one_has_none(void **state)
{
  struct temp *t = *state;
  struct resource_policies *all = all_new(t);
  struct secret_row row = row_of(t, t->id);
  const struct resource_policy *p = (void *)t;

  assert_int_equal(row.policy_id, 0);
  OK(resource_policy_get(all, &row, &p, e_));
  assert_null(p);
  resource_policy_put(p);
  resource_policies_free(all);
}

static void it_is_parsed_once(void **state)
{
  struct temp *t = *state;
  struct resource_policies *all = all_new(t);
  const struct resource_policy *p, *again;
  struct secret_row row;

  OK(store_policy_put(t->s, t->id, ALLOW, NOW, e_));
  row = row_of(t, t->id);
  assert_true(row.policy_id > 0);
  OK(resource_policy_get(all, &row, &p, e_));
  OK(resource_policy_get(all, &row, &again, e_));
  assert_ptr_equal(p, again);
  assert_non_null(p->policy);
  resource_policy_put(p);
  resource_policy_put(again);
  resource_policies_free(all);
}

static void a_new_one_is_another_and_the_old_lives_while_held(void **state)
{
  struct temp *t = *state;
  struct resource_policies *all = all_new(t);
  const struct resource_policy *old, *new, *stale;
  struct secret_row before, after;

  OK(store_policy_put(t->s, t->id, ALLOW, NOW, e_));
  before = row_of(t, t->id);
  OK(resource_policy_get(all, &before, &old, e_));
  OK(store_policy_put(t->s, t->id, ALLOW, NOW, e_));
  after = row_of(t, t->id);
  assert_int_not_equal(before.policy_id, after.policy_id);
  OK(resource_policy_get(all, &after, &new, e_));
  assert_ptr_not_equal(old, new);
  assert_non_null(old->policy);
  resource_policy_put(old);
  resource_policy_put(new);
  resource_policies_free(all);
  /* Who read the row before the change is answered by what holds now. */
  all = all_new(t);
  OK(resource_policy_get(all, &before, &stale, e_));
  assert_int_equal(stale->id, after.policy_id);
  resource_policy_put(stale);
  OK(store_policy_remove(t->s, t->id, NOW, e_));
  OK(resource_policy_get(all, &before, &stale, e_));
  assert_null(stale);
  assert_int_equal(row_of(t, t->id).policy_id, 0);
  resource_policies_free(all);
}

static void what_does_not_parse_is_no_answer(void **state)
{
  struct temp *t = *state;
  struct resource_policies *all = all_new(t);
  const struct resource_policy *p;
  struct secret_row row;

  OK(store_policy_put(t->s, t->id, "{}", NOW, e_));
  row = row_of(t, t->id);
  FAILS(ERR_POLICY_SYNTAX, "in the store",
        resource_policy_get(all, &row, &p, e_));
  resource_policies_free(all);
}

#define SECRETS 3000 /* more than are kept */

static void more_than_are_kept_all_come(void **state)
{
  struct temp *t = *state;
  struct resource_policies *all = all_new(t);
  const struct resource_policy *p;
  struct secret_row row = row_of(t, t->id);

  for (int i = 0; i < SECRETS; i++) {
    OK(store_policy_put(t->s, t->id, ALLOW, NOW, e_));
    row = row_of(t, t->id);
    OK(resource_policy_get(all, &row, &p, e_));
    assert_int_equal(p->id, row.policy_id);
    resource_policy_put(p);
  }
  resource_policies_free(all);
}

struct race {
  struct temp *t;
  struct resource_policies *all;
};

static void *ask(void *arg)
{
  struct race *r = arg;
  struct err e = {0};

  for (int i = 0; i < 2000; i++) {
    const struct resource_policy *p = NULL;
    struct secret_row row;

    if (store_secret_by_id(r->t->s, r->t->id, &row, &e) != 0 ||
        resource_policy_get(r->all, &row, &p, &e) != 0)
      return r;
    if (p != NULL && p->policy == NULL)
      return r;
    resource_policy_put(p);
  }
  return NULL;
}

static void threads_may_ask_while_it_changes(void **state)
{
  struct temp *t = *state;
  struct race r = {t, all_new(t)};
  pthread_t threads[3];
  void *failed;

  for (int i = 0; i < 3; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, ask, &r), 0);
  for (int i = 0; i < 60; i++) {
    OK(store_policy_put(t->s, t->id, ALLOW, NOW, e_));
    if (i % 3 == 0)
      OK(store_policy_remove(t->s, t->id, NOW, e_));
  }
  for (int i = 0; i < 3; i++) {
    assert_int_equal(pthread_join(threads[i], &failed), 0);
    assert_null(failed);
  }
  resource_policies_free(r.all);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_secret_without_one_has_none),
      TEST(it_is_parsed_once),
      TEST(a_new_one_is_another_and_the_old_lives_while_held),
      TEST(what_does_not_parse_is_no_answer),
      TEST(more_than_are_kept_all_come),
      TEST(threads_may_ask_while_it_changes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
