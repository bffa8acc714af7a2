/* Prometheus's text: what is counted, and that the format is kept. */
#include <pthread.h>

#include "fixture.h"

#include "event/metrics.h"

static const char *const actions[] = {"secretsmanager.GetSecretValue",
                                      "secretsmanager.CreateSecret"};

static struct metrics *make(struct trail *t)
{
  const struct metrics_options o = {.actions = actions,
                                    .n_actions = 2,
                                    .store = t->store,
                                    .audit = t->audit,
                                    .clock = &t->clock.clock,
                                    .version = "9.8.7"};
  struct metrics *m;

  OK(metrics_new(&o, &m, e_));
  return m;
}

static void page(struct metrics *m, struct buf *out)
{
  buf_init(out, 1 << 20, false);
  metrics_write(m, out);
  OK(buf_check(out, e_));
}

#define HAS(b, line)                                                  \
  do {                                                                \
    if (strstr((b).data, line "\n") == NULL)                          \
      fail_msg("line %d: no '%s' in:\n%s", __LINE__, line, (b).data); \
  } while (0)

static void requests_are_counted_by_action_and_result(void **state)
{
  struct trail *t = *state;
  struct metrics *m = make(t);
  CLEANUP_BUF struct buf b;

  metrics_request(m, 0, METRICS_OK, 90);
  metrics_request(m, 0, METRICS_OK, 100); /* a bound belongs to its bucket */
  metrics_request(m, 0, METRICS_OK, 3000);
  metrics_request(m, 0, METRICS_REFUSED, 101);
  metrics_request(m, 1, METRICS_FAILED, 99000000); /* beyond every bound */
  metrics_request(m, 2, METRICS_OK, -5);
  metrics_request(m, SIZE_MAX, METRICS_OK, 5);
  page(m, &b);
  HAS(b, "keyturn_build_info{version=\"9.8.7\"} 1");
  HAS(b, "keyturn_api_requests_total{action=\"secretsmanager.GetSecretValue\","
         "result=\"ok\"} 3");
  HAS(b, "keyturn_api_requests_total{action=\"secretsmanager.GetSecretValue\","
         "result=\"refused\"} 1");
  HAS(b, "keyturn_api_requests_total{action=\"secretsmanager.CreateSecret\","
         "result=\"failed\"} 1");
  HAS(b, "keyturn_api_requests_total{action=\"other\",result=\"ok\"} 2");
#define DURATION "keyturn_api_request_duration_seconds"
#define GET      "action=\"secretsmanager.GetSecretValue\""
  HAS(b, DURATION "_bucket{" GET ",le=\"0.0001\"} 2");
  HAS(b, DURATION "_bucket{" GET ",le=\"0.00025\"} 3");
  HAS(b, DURATION "_bucket{" GET ",le=\"0.0025\"} 3");
  HAS(b, DURATION "_bucket{" GET ",le=\"0.005\"} 4");
  HAS(b, DURATION "_bucket{" GET ",le=\"+Inf\"} 4");
  HAS(b, DURATION "_sum{" GET "} 0.003291");
  HAS(b, DURATION "_count{" GET "} 4");
  HAS(b,
      DURATION "_bucket{action=\"secretsmanager.CreateSecret\",le=\"30\"} 0");
  HAS(b,
      DURATION "_bucket{action=\"secretsmanager.CreateSecret\",le=\"+Inf\"} 1");
  metrics_free(m);
}

static void the_audit_trail_is_in_it(void **state)
{
  struct trail *t = *state;
  struct metrics *m = make(t);
  CLEANUP_BUF struct buf b;

  ask(t, "GetSecretValue");
  OK(audit_sync(t->audit, e_));
  page(m, &b);
  HAS(b, "keyturn_audit_records_total 1");
  HAS(b, "keyturn_audit_failures_total 0");
  HAS(b, "keyturn_audit_failing 0");
  HAS(b, "keyturn_audit_unsynced_records 0");
  metrics_free(m);
}

/* A secret with a rotation that is due at `due_us`, and a job of it. */
static struct job_row rotation(struct trail *t, const char *name,
                               int64_t due_us)
{
  struct secret_row row = {.created_us = NOW, .changed_us = NOW};
  struct rules_row rules = {.enabled = true,
                            .days = 30,
                            .grace_s = -1,
                            .rotator = "postgres-single-user",
                            .next_due_us = due_us};
  struct job_row job = {.kind = JOB_MANUAL,
                        .created_us = NOW,
                        .wake_us = NOW,
                        .owner = "engine",
                        .lease_until_us = NOW + US_PER_DAY,
                        .rotator = "postgres-single-user",
                        .version_id = "00000001-2222-4333-8444-555555555555"};
  int64_t id;

  (void)snprintf(row.name, sizeof row.name, "%s", name);
  (void)snprintf(row.region, sizeof row.region, "eu-west-1");
  (void)snprintf(row.arn, sizeof row.arn,
                 "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
                 "%s-AbCdEf",
                 name);
  OK(store_secret_insert(t->store, &row, NULL, 0, NULL, &id, e_));
  OK(store_rules_put(t->store, id, &rules, NOW, e_));
  job.secret_id = id;
  OK(store_job_start(t->store, &job, NULL, &job.id, e_));
  job.fence = 1;
  return job;
}

static void try_step(struct trail *t, const struct job_row *job, int class,
                     int64_t attempt)
{
  struct attempt_row row = {.job_id = job->id,
                            .secret_id = job->secret_id,
                            .step = "setSecret",
                            .attempt = attempt,
                            .started_us = NOW,
                            .duration_us = 250000,
                            .kt_class = class};

  OK(store_job_save(t->store, job, &row, e_));
}

static void rotations_are_counted_by_rotator_step_and_class(void **state)
{
  struct trail *t = *state;
  struct job_row job = rotation(t, "a", NOW + 60 * US_PER_S);
  struct metrics *m;

  try_step(t, &job, 2, 1); /* before the start: not counted */
  m = make(t);
  {
    CLEANUP_BUF struct buf b;

    try_step(t, &job, 2, 1);
    try_step(t, &job, 2, 2);
    try_step(t, &job, 0, 3);
    page(m, &b);
#define SET "rotator=\"postgres-single-user\",step=\"setSecret\""
    HAS(b, "keyturn_rotation_steps_total{" SET ",class=\"BUSY\"} 2");
    HAS(b, "keyturn_rotation_steps_total{" SET ",class=\"OK\"} 1");
    HAS(b, "keyturn_rotation_retries_total{" SET ",class=\"BUSY\"} 1");
    HAS(b, "keyturn_rotation_step_seconds_total{" SET ",class=\"BUSY\"} "
           "0.500000");
    HAS(b, "keyturn_leases 1");
    HAS(b, "keyturn_secrets 1");
    HAS(b, "keyturn_rotator_secrets{rotator=\"postgres-single-user\"} 1.000");
    HAS(b, "keyturn_rotation_next_seconds{rotator=\"postgres-single-user\"} "
           "60.000");
    HAS(b, "keyturn_rotation_lateness_seconds{rotator=\"postgres-single-user\"}"
           " 0.000");
    /* It never succeeded: there is nothing to say. */
    assert_null(strstr(b.data, "last_success_age_seconds{"));
  }
  {
    CLEANUP_BUF struct buf b;

    try_step(t, &job, 2, 4);
    page(m, &b); /* each once, however often somebody looks */
    HAS(b, "keyturn_rotation_steps_total{" SET ",class=\"BUSY\"} 3");
  }
  metrics_free(m);
}

static void lateness_is_that_of_the_latest(void **state)
{
  struct trail *t = *state;
  struct metrics *m;
  CLEANUP_BUF struct buf b;

  (void)rotation(t, "a", NOW - 100 * US_PER_S);
  (void)rotation(t, "b", NOW - 1000 * US_PER_S);
  m = make(t);
  page(m, &b); /* without a window five minutes are granted */
  HAS(b, "keyturn_rotation_lateness_seconds{rotator=\"postgres-single-user\"} "
         "700.000");
  HAS(b, "keyturn_rotation_next_seconds{rotator=\"postgres-single-user\"} "
         "-1000.000");
  metrics_free(m);
}

/* # HELP, # TYPE and samples of a metric stand together, each metric once,
 * every sample is NAME{LABELS} VALUE. */
static void the_format_is_kept(void **state)
{
  struct trail *t = *state;
  struct job_row job = rotation(t, "a", NOW);
  struct metrics *m = make(t);
  CLEANUP_BUF struct buf b;
  char family[128] = "", seen[16384] = "", *line, *rest;

  try_step(t, &job, 0, 1);
  metrics_request(m, 0, METRICS_OK, 10);
  page(m, &b);
  assert_int_equal(b.data[b.len - 1], '\n');
  for (line = strtok_r(b.data, "\n", &rest); line != NULL;
       line = strtok_r(NULL, "\n", &rest)) {
    char name[128], key[160], type[32], value[64];
    double number;
    int n = 0;

    if (sscanf(line, "# HELP %127s %n", name, &n) == 1) {
      assert_true(line[n] != '\0');
      (void)snprintf(key, sizeof key, " %s ", name);
      assert_null(strstr(seen, key));
      (void)snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s",
                     key);
      (void)snprintf(family, sizeof family, "%s", name);
    } else if (sscanf(line, "# TYPE %127s %31s", name, type) == 2) {
      assert_string_equal(name, family);
      assert_true(strcmp(type, "counter") == 0 || strcmp(type, "gauge") == 0 ||
                  strcmp(type, "histogram") == 0);
      if (strcmp(type, "counter") == 0)
        assert_string_equal(name + strlen(name) - 6, "_total");
    } else {
      assert_int_equal(strncmp(line, family, strlen(family)), 0);
      n = (int)strcspn(line, "{ ");
      if (line[n] == '{') {
        const char *end = strstr(line, "} ");

        assert_non_null(end);
        n = (int)(end + 1 - line);
      }
      assert_int_equal(sscanf(line + n, " %63s", value) == 1 &&
                           sscanf(value, "%lf", &number) == 1,
                       1);
    }
  }
  metrics_free(m);
}

struct requester {
  pthread_t thread;
  struct metrics *m;
};

static void *request_many(void *arg)
{
  struct requester *r = arg;

  for (int i = 0; i < 10000; i++)
    metrics_request(r->m, 0, METRICS_OK, i);
  return NULL;
}

static void threads_lose_no_request(void **state)
{
  struct trail *t = *state;
  struct requester all[4];
  struct metrics *m = make(t);
  CLEANUP_BUF struct buf b;

  for (int i = 0; i < 4; i++) {
    all[i].m = m;
    assert_int_equal(
        pthread_create(&all[i].thread, NULL, request_many, &all[i]), 0);
  }
  for (int i = 0; i < 4; i++)
    assert_int_equal(pthread_join(all[i].thread, NULL), 0);
  page(m, &b);
  HAS(b, DURATION "_count{" GET "} 40000");
  metrics_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(requests_are_counted_by_action_and_result),
      TEST(the_audit_trail_is_in_it),
      TEST(rotations_are_counted_by_rotator_step_and_class),
      TEST(lateness_is_that_of_the_latest),
      TEST(the_format_is_kept),
      TEST(threads_lose_no_request),
  };

  return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
