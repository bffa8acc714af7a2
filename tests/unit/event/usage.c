/* Calls by principal, action and month; how long secrets were held. */
#include <pthread.h>

#include "fixture.h"

#include "event/usage.h"

#define ANNA  "arn:aws:iam::123456789012:user/anna"
#define GET   "secretsmanager:GetSecretValue"
#define MONTH 202609 /* that of NOW */
#define HOUR  (3600 * US_PER_S)

static int64_t calls(struct trail *t, int64_t month, const char *principal,
                     const char *action)
{
  struct usage_row *rows;
  int64_t found = 0;
  size_t n;

  OK(store_usage_list(t->store, month, NULL, 1000, &rows, &n, e_));
  for (size_t i = 0; i < n; i++)
    if (strcmp(rows[i].principal, principal) == 0 &&
        strcmp(rows[i].action, action) == 0)
      found += rows[i].calls;
  free(rows);
  return found;
}

static int64_t held(struct trail *t, int64_t month)
{
  int64_t s;

  OK(store_usage_held(t->store, month, &s, e_));
  return s;
}

static int64_t secret_make(struct trail *t, const char *name)
{
  struct secret_row row = {.created_us = NOW, .changed_us = NOW};
  int64_t id;

  (void)snprintf(row.name, sizeof row.name, "%s", name);
  (void)snprintf(row.region, sizeof row.region, "eu-west-1");
  (void)snprintf(row.arn, sizeof row.arn,
                 "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
                 "%s-AbCdEf",
                 name);
  OK(store_secret_insert(t->store, &row, NULL, 0, NULL, &id, e_));
  return id;
}

static void calls_are_counted_by_principal_and_action(void **state)
{
  struct trail *t = *state;
  struct usage *u;

  OK(usage_open(t->store, &t->clock.clock, &u, e_));
  for (int i = 0; i < 5; i++)
    usage_count(u, ANNA, GET);
  usage_count(u, ANNA, "secretsmanager:PutSecretValue");
  usage_count(u, "arn:aws:iam::123456789012:root", GET);
  OK(usage_flush(u, e_));
  assert_int_equal(calls(t, MONTH, ANNA, GET), 5);
  assert_int_equal(calls(t, MONTH, ANNA, "secretsmanager:PutSecretValue"), 1);
  assert_int_equal(calls(t, MONTH, "arn:aws:iam::123456789012:root", GET), 1);
  usage_count(u, ANNA, GET);
  usage_close(u); /* adds what is left */
  assert_int_equal(calls(t, MONTH, ANNA, GET), 6);
}

static void a_session_counts_for_its_role(void **state)
{
  struct trail *t = *state;
  struct usage *u;
  char arn[128];

  OK(usage_open(t->store, &t->clock.clock, &u, e_));
  for (int i = 0; i < 9; i++) {
    (void)snprintf(arn, sizeof arn,
                   "arn:aws:sts::123456789012:assumed-role/app/session-%d", i);
    usage_count(u, arn, GET);
  }
  usage_close(u);
  assert_int_equal(
      calls(t, MONTH, "arn:aws:sts::123456789012:assumed-role/app", GET), 9);
}

static void a_call_counts_in_its_own_month(void **state)
{
  struct trail *t = *state;
  struct usage *u;

  OK(usage_open(t->store, &t->clock.clock, &u, e_));
  usage_count(u, ANNA, GET);
  t->clock.now_us += 20 * US_PER_DAY;
  usage_count(u, ANNA, GET);
  usage_close(u);
  assert_int_equal(calls(t, MONTH, ANNA, GET), 1);
  assert_int_equal(calls(t, MONTH + 1, ANNA, GET), 1);
}

/* Names that a caller makes up do not cost memory without end. */
static void names_without_end_are_the_others(void **state)
{
  struct trail *t = *state;
  struct usage *u;
  struct usage_row *rows;
  int64_t sum = 0;
  char arn[128];
  size_t n;

  OK(usage_open(t->store, &t->clock.clock, &u, e_));
  for (int i = 0; i < 30000; i++) {
    (void)snprintf(arn, sizeof arn, "arn:aws:iam::123456789012:user/u%d", i);
    usage_count(u, arn, GET);
  }
  usage_close(u);
  assert_true(calls(t, MONTH, "*", GET) > 1000);
  OK(store_usage_list(t->store, MONTH, NULL, 40000, &rows, &n, e_));
  for (size_t i = 0; i < n; i++)
    sum += rows[i].calls;
  free(rows);
  assert_int_equal(sum, 30000);
}

static void secrets_count_for_as_long_as_they_were_held(void **state)
{
  struct trail *t = *state;
  struct usage *u;
  int64_t id;

  OK(usage_open(t->store, &t->clock.clock, &u, e_));
  (void)secret_make(t, "a");
  id = secret_make(t, "b");
  OK(usage_flush(u, e_)); /* as after each call */
  t->clock.now_us += 10 * HOUR;
  OK(store_secret_mark_deleted(t->store, id, NOW, NOW + US_PER_DAY, e_));
  OK(usage_flush(u, e_));
  assert_int_equal(held(t, MONTH), 2 * 10 * 3600);
  t->clock.now_us += 5 * HOUR; /* one waits to be deleted: free */
  usage_close(u);
  assert_int_equal(held(t, MONTH), 2 * 10 * 3600 + 5 * 3600);
  t->clock.now_us += HOUR; /* nobody ran, and it was kept */
  OK(usage_open(t->store, &t->clock.clock, &u, e_));
  usage_close(u);
  assert_int_equal(held(t, MONTH), 2 * 10 * 3600 + 6 * 3600);
}

static void months_are_kept_apart(void **state)
{
  struct trail *t = *state;
  struct usage *u;
  int64_t sum = 0, left_s;

  OK(usage_open(t->store, &t->clock.clock, &u, e_));
  (void)secret_make(t, "a");
  OK(usage_flush(u, e_));
  t->clock.now_us += 100 * US_PER_DAY; /* to the 30th of December */
  usage_close(u);
  left_s = 9 * 86400 + 9 * 3600 + 46 * 60 + 40; /* of September */
  assert_int_equal(held(t, 202609), left_s);
  assert_int_equal(held(t, 202610), 31 * 86400);
  assert_int_equal(held(t, 202611), 30 * 86400);
  for (int64_t m = 202609; m <= 202612; m++)
    sum += held(t, m);
  assert_int_equal(sum, 100 * 86400);
  assert_int_equal(usage_month_s(202602), 28 * 86400);
  assert_int_equal(usage_month_s(202612), 31 * 86400);
}

static void a_clock_that_is_set_back_takes_nothing_back(void **state)
{
  struct trail *t = *state;
  struct usage *u;

  OK(usage_open(t->store, &t->clock.clock, &u, e_));
  (void)secret_make(t, "a");
  OK(usage_flush(u, e_));
  t->clock.now_us += HOUR;
  OK(usage_flush(u, e_));
  t->clock.now_us -= 2 * HOUR;
  OK(usage_flush(u, e_));
  t->clock.now_us += HOUR;
  usage_close(u);
  assert_int_equal(held(t, MONTH), 2 * 3600);
}

struct counter {
  pthread_t thread;
  struct usage *u;
};

static void *count_many(void *arg)
{
  struct counter *c = arg;

  for (int i = 0; i < 5000; i++)
    usage_count(c->u, ANNA, i % 2 == 0 ? GET : "secretsmanager:ListSecrets");
  return NULL;
}

static void threads_lose_no_call(void **state)
{
  struct trail *t = *state;
  struct counter counters[4];
  struct usage *u;

  OK(usage_open(t->store, &t->clock.clock, &u, e_));
  for (int i = 0; i < 4; i++) {
    counters[i].u = u;
    assert_int_equal(
        pthread_create(&counters[i].thread, NULL, count_many, &counters[i]), 0);
  }
  for (int i = 0; i < 20; i++)
    OK(usage_flush(u, e_)); /* meanwhile */
  for (int i = 0; i < 4; i++)
    assert_int_equal(pthread_join(counters[i].thread, NULL), 0);
  usage_close(u);
  assert_int_equal(calls(t, MONTH, ANNA, GET), 10000);
  assert_int_equal(calls(t, MONTH, ANNA, "secretsmanager:ListSecrets"), 10000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(calls_are_counted_by_principal_and_action),
      TEST(a_session_counts_for_its_role),
      TEST(a_call_counts_in_its_own_month),
      TEST(names_without_end_are_the_others),
      TEST(secrets_count_for_as_long_as_they_were_held),
      TEST(months_are_kept_apart),
      TEST(a_clock_that_is_set_back_takes_nothing_back),
      TEST(threads_lose_no_call),
  };

  return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
