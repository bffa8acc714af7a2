/* What the store's transactions leave behind becomes lines, each once. */
#include "fixture.h"

#define V1 "00000001-2222-4333-8444-555555555555"
#define V2 "00000002-2222-4333-8444-555555555555"

static int64_t secret_make(struct trail *t, const char *name)
{
  struct secret_row row = {.created_us = NOW, .changed_us = NOW};
  int64_t id;

  (void)snprintf(row.name, sizeof row.name, "%s", name);
  (void)snprintf(row.arn, sizeof row.arn,
                 "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
                 "%s-AbCdEf",
                 name);
  OK(store_secret_insert(t->store, &row, NULL, 0, NULL, &id, e_));
  return id;
}

static void rotate(struct trail *t, int64_t secret, const char *version,
                   enum job_kind kind, enum job_outcome outcome)
{
  struct job_row job = {.secret_id = secret,
                        .kind = kind,
                        .created_us = NOW,
                        .wake_us = NOW,
                        .owner = "engine",
                        .lease_until_us = NOW + US_PER_S};
  struct version_put put = {
      .version_id = version, .sealed = "sealed", .sealed_len = 6, .key_id = ""};
  bool kept;

  (void)snprintf(job.version_id, sizeof job.version_id, "%s", version);
  (void)snprintf(job.rotator, sizeof job.rotator, "postgres-single-user");
  OK(store_job_start(t->store, &job, NULL, &job.id, e_));
  job.fence = 1;
  job.outcome = outcome;
  job.ended_us = NOW + US_PER_S;
  (void)snprintf(job.last_step, sizeof job.last_step, "setSecret");
  (void)snprintf(job.last_code, sizeof job.last_code, "42501");
  if (outcome == JOB_SUCCEEDED && kind < JOB_TEST) {
    OK(store_job_put_pending(t->store, &job, &put, &kept, e_));
    OK(store_job_finish(t->store, &job, NULL, NULL, NOW + US_PER_S, e_));
  } else {
    OK(store_job_end(t->store, &job, NULL, false, NULL, e_));
  }
}

/* Until the store has no event any more. */
static void take(struct trail *t)
{
  struct event_row *rows;
  size_t n;

  do {
    audit_wake(t->audit);
    OK(audit_sync(t->audit, e_));
    OK(store_event_list(t->store, 0, 1, &rows, &n, e_));
    free(rows);
  } while (n > 0);
}

/* "EventName SecretId" of all lines of the first file, in order. */
static void all(struct trail *t, char *out, size_t size)
{
  CLEANUP_FREE char *text = NULL;
  const char *at;
  char name[64];
  size_t len = 0;

  out[0] = '\0';
  file_name(t, 0, name);
  (void)file_read(t, name, &text);
  for (at = text; (at = strstr(at, "\"eventName\":\"")) != NULL; at++)
    len += (size_t)snprintf(out + len, size - len, "%.*s ",
                            (int)strcspn(at + 13, "\""), at + 13);
}

static void rotations_and_deletions_become_lines(void **state)
{
  struct trail *t = *state;
  int64_t id = secret_make(t, "db");
  char names[1024];

  rotate(t, id, V1, JOB_SCHEDULED, JOB_SUCCEEDED);
  rotate(t, id, V2, JOB_MANUAL, JOB_FAILED);
  rotate(t, id, V2, JOB_MANUAL, JOB_STUCK);
  rotate(t, id, V2, JOB_MANUAL, JOB_ABORTED);
  rotate(t, id, V2, JOB_TEST, JOB_SUCCEEDED);
  rotate(t, id, V2, JOB_TEST, JOB_FAILED);
  rotate(t, id, V2, JOB_CHECK, JOB_SUCCEEDED);
  OK(store_secret_mark_deleted(t->store, id, NOW, NOW + 1, e_));
  OK(store_secret_mark_deleted(t->store, id, 0, 0, e_));
  OK(store_secret_mark_deleted(t->store, id, 0, 0, e_)); /* was not marked */
  OK(store_secret_purge(t->store, id, e_));
  take(t);
  all(t, names, sizeof names);
  assert_string_equal(names,
                      "RotationStarted RotationSucceeded "
                      "RotationStarted RotationFailed "
                      "RotationStarted RotationFailed "
                      "RotationStarted RotationAbandoned "
                      "TestRotationStarted TestRotationSucceeded "
                      "TestRotationStarted TestRotationFailed "
                      "StartSecretVersionDelete CancelSecretVersionDelete "
                      "EndSecretVersionDelete ");
  assert_int_equal(verify_all(t), 0);
}

static void a_line_says_what_it_is_about(void **state)
{
  struct trail *t = *state;
  CLEANUP_FREE char *text = NULL;
  const char *failed;
  char name[64];

  rotate(t, secret_make(t, "db"), V1, JOB_SCHEDULED, JOB_FAILED);
  take(t);
  file_name(t, 0, name);
  (void)file_read(t, name, &text);
  failed = text + line_at(text, 1);
  assert_non_null(strstr(failed, "\"errorCode\":\"42501\""));
  assert_non_null(strstr(failed, "\"eventTime\":\"2026-09-21T14:13:21Z\""));
  assert_non_null(strstr(failed,
                         "\"additionalEventData\":{\"SecretId\":\"" ARN
                         "\",\"VersionId\":\"" V1
                         "\",\"Rotator\":\"postgres-single-user\",\"Step\":"
                         "\"setSecret\"}"));
  assert_non_null(strstr(failed, "\"requestID\":\"Rotation-" ARN "-" V1 "\""));
  assert_non_null(strstr(failed, "\"eventType\":\"AwsServiceEvent\""));
}

static void copy(const char *from, const char *to)
{
  static char data[1 << 20];
  FILE *in = fopen(from, "r"), *out = fopen(to, "w");
  size_t n;

  assert_non_null(in);
  assert_non_null(out);
  n = fread(data, 1, sizeof data, in);
  assert_true(n > 0 && n < sizeof data);
  assert_int_equal(fwrite(data, 1, n, out), n);
  assert_int_equal(fclose(in) + fclose(out), 0);
}

static void store_reopen(struct trail *t)
{
  OK(store_open(t->db, &t->store, e_));
  t->options.store = t->store;
}

/* As when a kill came after the lines were synced and before the store knew:
 * the store is as it was, the lines are there. */
static void no_event_is_told_twice(void **state)
{
  struct trail *t = *state;
  int64_t id = secret_make(t, "db");
  char names[1024], before[128];

  trail_close(t);
  OK(store_secret_mark_deleted(t->store, id, NOW, NOW + 1, e_));
  OK(store_secret_mark_deleted(t->store, id, 0, 0, e_));
  store_close(t->store);
  (void)snprintf(before, sizeof before, "%s.before", t->db);
  copy(t->db, before);
  store_reopen(t);
  trail_open(t);
  take(t);
  trail_close(t);
  store_close(t->store);
  copy(before, t->db);
  store_reopen(t);
  trail_open(t);
  take(t);
  OK(store_secret_purge(t->store, id, e_));
  take(t);
  all(t, names, sizeof names);
  assert_string_equal(names,
                      "StartSecretVersionDelete CancelSecretVersionDelete "
                      "EndSecretVersionDelete ");
  assert_int_equal(verify_all(t), 0);
}

static void events_of_before_the_start_are_told(void **state)
{
  struct trail *t = *state;
  char names[256];

  trail_close(t);
  OK(store_secret_purge(t->store, secret_make(t, "db"), e_));
  trail_open(t); /* without a word to it */
  take(t);
  all(t, names, sizeof names);
  assert_string_equal(names, "EndSecretVersionDelete ");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(rotations_and_deletions_become_lines),
      TEST(a_line_says_what_it_is_about),
      TEST(no_event_is_told_twice),
      TEST(events_of_before_the_start_are_told),
  };

  return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
