/* What the holder of a job does: fenced, atomic, and in the right order. */
#include "temp_store.h"

#include <signal.h>

static struct job_row with_value(struct temp *t)
{
  struct version_put put = temp_put(V(2), "pending", NULL, 0);
  struct job_row job;
  bool kept;

  temp_value(t, V(1), NULL);
  temp_rules(t, t->id, NOW);
  job = temp_running(t, V(2));
  OK(store_job_put_pending(t->s, &job, &put, &kept, e_));
  assert_false(kept);
  return job;
}

static struct job_row succeeded(struct job_row job)
{
  job.outcome = JOB_SUCCEEDED;
  job.ended_us = NOW + 9;
  (void)snprintf(job.last_step, sizeof job.last_step, "finishSecret");
  return job;
}

static void finish_moves_all_labels_and_dates(void **state)
{
  struct temp *t = *state;
  struct job_row job = succeeded(with_value(t)), got;
  struct attempt_row attempt = {.job_id = job.id,
                                .secret_id = t->id,
                                .step = "finishSecret",
                                .attempt = 1,
                                .started_us = NOW,
                                .duration_us = 7,
                                .kt_class = 2,
                                .code = "c",
                                .message = "m",
                                .version_id = V(2)};
  struct next_due next = {NOW + 30 * DAY, NOW + 31 * DAY};
  struct attempt_row *attempts;
  struct event_row *events;
  struct rules_row rules;
  struct secret_row secret;
  unsigned char *note;
  size_t n;

  OK(store_job_note_put(t->s, &job, "n", 1, e_));
  OK(store_job_finish(t->s, &job, &attempt, &next, NOW + 9, e_));
  HOLDS(t, "AWSCURRENT", V(2));
  HOLDS(t, "AWSPREVIOUS", V(1));
  HOLDS(t, "AWSPENDING", "");
  OK(store_secret_by_id(t->s, t->id, &secret, e_));
  assert_int_equal(secret.rotated_us, NOW + 9);
  assert_int_equal(secret.changed_us, NOW + 9);
  OK(store_rules_get(t->s, t->id, &rules, e_));
  assert_int_equal(rules.next_due_us, NOW + 30 * DAY);
  OK(store_job_by_id(t->s, job.id, &got, e_));
  assert_int_equal(got.outcome, JOB_SUCCEEDED);
  assert_int_equal(got.ended_us, NOW + 9);
  assert_string_equal(got.last_step, "finishSecret");
  OK(store_attempt_list(t->s, t->id, 0, 0, 9, &attempts, &n, e_));
  assert_int_equal(n, 1);
  attempt.id = attempts[0].id;
  assert_string_equal(attempts[0].step, "finishSecret");
  assert_int_equal(attempts[0].duration_us, 7);
  assert_int_equal(attempts[0].kt_class, 2);
  assert_string_equal(attempts[0].code, "c");
  assert_string_equal(attempts[0].message, "m");
  assert_string_equal(attempts[0].version_id, V(2));
  free(attempts);
  OK(store_event_list(t->s, 0, 9, &events, &n, e_));
  assert_int_equal(n, 2);
  assert_string_equal(events[0].type, "rotation_started");
  assert_int_equal(events[0].job_id, job.id);
  assert_int_equal(events[0].time_us, NOW);
  assert_string_equal(events[1].type, "rotation_finished");
  assert_int_equal(events[1].job_id, job.id);
  assert_int_equal(events[1].time_us, NOW + 9);
  assert_non_null(strstr(events[1].payload, "\"outcome\":\"succeeded\""));
  assert_non_null(strstr(events[1].payload, secret.arn));
  OK(store_event_trim(t->s, events[1].id, e_));
  free(events);
  OK(store_event_list(t->s, 0, 9, &events, &n, e_));
  assert_int_equal(n, 0);
  free(events);
  FAILS(ERR_FENCED, "", /* it is over */
        store_job_note_get(t->s, &job, &note, &n, e_));
}

static void finish_can_leave_the_job_to_retire(void **state)
{
  struct temp *t = *state;
  struct job_row job = with_value(t), got;
  unsigned char *note;
  size_t n;

  OK(store_job_note_put(t->s, &job, "n", 1, e_));
  job.phase = STORE_PHASE_RETIRE;
  job.wake_us = NOW + DAY;
  OK(store_job_finish(t->s, &job, NULL, NULL, NOW, e_));
  HOLDS(t, "AWSCURRENT", V(2));
  OK(store_job_by_id(t->s, job.id, &got, e_));
  assert_int_equal(got.outcome, JOB_ACTIVE);
  assert_int_equal(got.phase, STORE_PHASE_RETIRE);
  FAILS(ERR_NOT_FOUND, "note", store_job_note_get(t->s, &job, &note, &n, e_));
  /* Repeated, it changes no label. */
  OK(store_job_finish(t->s, &job, NULL, NULL, NOW, e_));
  HOLDS(t, "AWSPREVIOUS", V(1));
  job = succeeded(job);
  OK(store_job_end(t->s, &job, NULL, false, NULL, e_));
  HOLDS(t, "AWSCURRENT", V(2));
}

static void a_placeholder_never_becomes_current(void **state)
{
  struct temp *t = *state;
  struct job_row job = succeeded(temp_running(t, V(2)));

  FAILS(ERR_REQUEST, "no value",
        store_job_finish(t->s, &job, NULL, NULL, NOW, e_));
  HOLDS(t, "AWSCURRENT", "");
  HOLDS(t, "AWSPENDING", V(2));
}

static void a_stale_fence_changes_nothing(void **state)
{
  struct temp *t = *state;
  struct job_row job = with_value(t), claimed[1], stale = succeeded(job);
  struct version_put put = temp_put(V(2), "zombie", NULL, 0);
  struct attempt_row attempt = {.job_id = job.id, .secret_id = t->id};
  struct attempt_row *attempts;
  unsigned char *note;
  uint64_t before;
  size_t n;
  bool kept;

  OK(store_job_claim(t->s, "engine-2", NOW + 60 * SEC, 60 * SEC, claimed, 1, &n,
                     e_));
  assert_int_equal(n, 1);
  before = store_change_count(t->s);
  stale.phase = 5;
  FAILS(ERR_FENCED, "", store_job_save(t->s, &stale, &attempt, e_));
  FAILS(ERR_FENCED, "", store_job_save_soon(t->s, &stale, &attempt, e_));
  FAILS(ERR_FENCED, "", store_job_put_pending(t->s, &stale, &put, &kept, e_));
  FAILS(ERR_FENCED, "", store_job_drop_pending(t->s, &stale, e_));
  FAILS(ERR_FENCED, "", store_job_note_put(t->s, &stale, "x", 1, e_));
  FAILS(ERR_FENCED, "", store_job_note_get(t->s, &stale, &note, &n, e_));
  FAILS(ERR_FENCED, "",
        store_job_finish(t->s, &stale, &attempt, NULL, NOW, e_));
  FAILS(ERR_FENCED, "", store_job_end(t->s, &stale, &attempt, false, NULL, e_));
  assert_int_equal(store_change_count(t->s), before);
  HOLDS(t, "AWSCURRENT", V(1));
  HOLDS(t, "AWSPENDING", V(2));
  OK(store_attempt_list(t->s, 0, 0, 0, 9, &attempts, &n, e_));
  assert_int_equal(n, 0);
  free(attempts);
  OK(store_job_by_id(t->s, job.id, &job, e_));
  assert_int_equal(job.phase, 0);
  assert_string_equal(job.owner, "engine-2");
}

static void save_writes_what_the_row_has(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_running(t, V(2)), got;

  job.phase = 2;
  job.flags = 0x105;
  job.attempt = 3;
  job.redraws = 1;
  job.wake_us = NOW + 5;
  job.window_end_us = NOW + 6;
  job.due_in_s = 8;
  job.last_class = 4;
  (void)snprintf(job.last_step, sizeof job.last_step, "setSecret");
  (void)snprintf(job.last_code, sizeof job.last_code, "28P01");
  (void)snprintf(job.last_message, sizeof job.last_message, "refused");
  OK(store_job_save(t->s, &job, NULL, e_));
  OK(store_job_by_id(t->s, job.id, &got, e_));
  assert_int_equal(got.phase, 2);
  assert_int_equal(got.flags, 0x105);
  assert_int_equal(got.attempt, 3);
  assert_int_equal(got.redraws, 1);
  assert_int_equal(got.wake_us, NOW + 5);
  assert_int_equal(got.window_end_us, NOW + 6);
  assert_int_equal(got.due_in_s, 8);
  assert_int_equal(got.last_class, 4);
  assert_string_equal(got.last_step, "setSecret");
  assert_string_equal(got.last_code, "28P01");
  assert_string_equal(got.last_message, "refused");
  assert_string_equal(got.owner, "engine-1");
  assert_int_equal(got.fence, 1);
}

static void the_pending_value_is_stored_once(void **state)
{
  struct temp *t = *state;
  struct job_row job = with_value(t);
  struct version_put other = temp_put(V(2), "another", NULL, 0);
  struct version_row v;
  bool kept;

  OK(store_job_put_pending(t->s, &job, &other, &kept, e_));
  assert_true(kept);
  OK(store_version_get(t->s, t->id, V(2), NULL, &v, e_));
  assert_memory_equal(v.sealed, "pending", 7);
  version_row_release(&v);
  OK(store_job_drop_pending(t->s, &job, e_));
  OK(store_version_get(t->s, t->id, V(2), "AWSPENDING", &v, e_));
  assert_false(v.has_value);
  version_row_release(&v);
  OK(store_job_put_pending(t->s, &job, &other, &kept, e_));
  assert_false(kept);
  OK(store_label_move(t->s, t->id, "AWSCURRENT", V(1), V(2), NOW, e_));
  FAILS(ERR_REQUEST, "current", store_job_drop_pending(t->s, &job, e_));
}

static void notes_are_kept_until_the_job_is_done(void **state)
{
  struct temp *t = *state;
  struct job_row job = with_value(t);
  unsigned char *note;
  size_t n;

  FAILS(ERR_NOT_FOUND, "note", store_job_note_get(t->s, &job, &note, &n, e_));
  OK(store_job_note_put(t->s, &job, "one", 3, e_));
  OK(store_job_note_put(t->s, &job, "two\0x", 5, e_));
  OK(store_job_note_get(t->s, &job, &note, &n, e_));
  assert_int_equal(n, 5);
  assert_memory_equal(note, "two\0x", 5);
  free(note);
}

static void a_failed_job_takes_its_placeholder_along(void **state)
{
  struct temp *t = *state;
  struct job_row job;
  struct version_row v;
  struct event_row *events;
  size_t n;

  temp_value(t, V(1), NULL);
  job = temp_running(t, V(2));
  job.outcome = JOB_FAILED;
  job.ended_us = NOW;
  OK(store_job_end(t->s, &job, NULL, false, NULL, e_));
  HOLDS(t, "AWSPENDING", "");
  FAILS(ERR_NOT_FOUND, "", store_version_get(t->s, t->id, V(2), NULL, &v, e_));
  HOLDS(t, "AWSCURRENT", V(1));
  OK(store_event_list(t->s, 0, 9, &events, &n, e_));
  assert_int_equal(n, 2);
  assert_string_equal(events[1].type, "rotation_ended");
  assert_non_null(strstr(events[1].payload, "\"outcome\":\"failed\""));
  free(events);
  (void)temp_running(t, V(3)); /* the way is free */
}

static void a_value_that_is_not_kept_loses_only_its_label(void **state)
{
  struct temp *t = *state;
  struct job_row job = with_value(t);
  struct version_row v;

  job.outcome = JOB_FAILED;
  OK(store_job_end(t->s, &job, NULL, false, NULL, e_));
  HOLDS(t, "AWSPENDING", "");
  OK(store_version_get(t->s, t->id, V(2), NULL, &v, e_));
  assert_true(v.has_value);
  assert_int_equal(v.n_labels, 0);
  version_row_release(&v);
}

static void a_stuck_job_keeps_both_values(void **state)
{
  struct temp *t = *state;
  struct job_row job = with_value(t), again = temp_job(t, V(3));
  int64_t id;

  job.outcome = JOB_STUCK;
  OK(store_job_end(t->s, &job, NULL, true, NULL, e_));
  HOLDS(t, "AWSPENDING", V(2));
  HOLDS(t, "AWSCURRENT", V(1));
  FAILS(ERR_REQUEST, "isn't complete",
        store_job_start(t->s, &again, NULL, &id, e_));
}

static void a_test_leaves_no_version(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(2)), claimed[1];
  struct version_put put = temp_put(V(2), "copy", NULL, 0);
  struct version_row v;
  int64_t id;
  size_t n;
  bool kept;

  temp_value(t, V(1), NULL);
  job.kind = JOB_TEST;
  OK(store_job_start(t->s, &job, NULL, &id, e_));
  OK(store_job_claim(t->s, "e", NOW, SEC, claimed, 1, &n, e_));
  OK(store_job_put_pending(t->s, &claimed[0], &put, &kept, e_));
  claimed[0].outcome = JOB_SUCCEEDED;
  OK(store_job_end(t->s, &claimed[0], NULL, false, NULL, e_));
  FAILS(ERR_NOT_FOUND, "", store_version_get(t->s, t->id, V(2), NULL, &v, e_));
  HOLDS(t, "AWSCURRENT", V(1));
}

static void history_is_newest_first_by_job_and_secret(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_running(t, V(1));
  struct attempt_row a = {.job_id = job.id, .secret_id = t->id}, *rows;
  size_t n;

  for (int i = 1; i <= 5; i++) {
    a.attempt = i;
    OK(store_job_save(t->s, &job, &a, e_));
  }
  OK(store_attempt_list(t->s, 0, job.id, 0, 2, &rows, &n, e_));
  assert_int_equal(n, 2);
  assert_int_equal(rows[0].attempt, 5);
  a.id = rows[1].id;
  free(rows);
  OK(store_attempt_list(t->s, t->id, 0, a.id, 9, &rows, &n, e_));
  assert_int_equal(n, 3);
  assert_int_equal(rows[0].attempt, 3);
  free(rows);
  OK(store_attempt_list(t->s, 4711, 0, 0, 9, &rows, &n, e_));
  assert_int_equal(n, 0);
  free(rows);
}

/* ---- faults: each in a process of its own ------------------------------ */

#ifdef KEYTURN_FAULTS

static int finish_it(struct temp *t)
{
  struct err e = {0};
  struct job_row job;
  int rc;

  if (store_open(t->path, &t->s, &e) != 0 ||
      store_job_of_secret(t->s, t->id, &job, &e) != 0)
    return 99;
  rc = store_job_finish(t->s, &(struct job_row[]){succeeded(job)}[0], NULL,
                        &(struct next_due){NOW + DAY, 0}, NOW, &e);
  store_close(t->s);
  return -rc;
}

static void assert_unfinished(struct temp *t)
{
  struct rules_row rules;
  struct event_row *events;
  struct secret_row secret;
  struct job_row job;
  size_t n;

  HOLDS(t, "AWSCURRENT", V(1));
  HOLDS(t, "AWSPENDING", V(2));
  HOLDS(t, "AWSPREVIOUS", "");
  OK(store_rules_get(t->s, t->id, &rules, e_));
  assert_int_equal(rules.next_due_us, NOW);
  OK(store_secret_by_id(t->s, t->id, &secret, e_));
  assert_int_equal(secret.rotated_us, 0);
  OK(store_job_of_secret(t->s, t->id, &job, e_));
  assert_int_equal(job.outcome, JOB_ACTIVE);
  OK(store_event_list(t->s, 0, 9, &events, &n, e_));
  assert_int_equal(n, 1); /* that it started */
  free(events);
}

static void finish_happens_wholly_or_not_at_all(void **state)
{
  static const struct {
    const char *fault;
    int status;
  } cases[] = {
      {"rot.finish.in_txn=fail", ERR_IO},
      {"rot.finish.in_txn=kill", -SIGKILL},
      {"store.commit=fail", ERR_IO},
      {"store.commit=kill", -SIGKILL},
  };
  struct temp *t = *state;

  (void)with_value(t);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    temp_close(t);
    assert_int_equal(temp_child(cases[i].fault, "finish", t), cases[i].status);
    temp_open(t);
    OK(store_check(t->s, e_));
    assert_unfinished(t);
  }
  temp_close(t);
  assert_int_equal(temp_child(NULL, "finish", t), 0);
  temp_open(t);
  HOLDS(t, "AWSCURRENT", V(2));
}

static int put_it(struct temp *t)
{
  struct version_put put = temp_put(V(2), "pending", NULL, 0);
  struct err e = {0};
  struct job_row job;
  bool kept;
  int rc;

  if (store_open(t->path, &t->s, &e) != 0 ||
      store_job_of_secret(t->s, t->id, &job, &e) != 0)
    return 99;
  rc = store_job_put_pending(t->s, &job, &put, &kept, &e);
  store_close(t->s);
  return -rc;
}

static void pending_survives_a_crash_after_its_commit(void **state)
{
  struct temp *t = *state;
  struct version_row v;

  (void)temp_running(t, V(2));
  temp_close(t);
  assert_int_equal(temp_child("rot.pending.before_commit=kill", "put", t),
                   -SIGKILL);
  temp_open(t);
  OK(store_version_get(t->s, t->id, V(2), NULL, &v, e_));
  assert_false(v.has_value);
  version_row_release(&v);
  temp_close(t);
  assert_int_equal(temp_child("rot.pending.after_commit=kill", "put", t),
                   -SIGKILL);
  temp_open(t);
  OK(store_version_get(t->s, t->id, V(2), NULL, &v, e_));
  assert_true(v.has_value);
  version_row_release(&v);
}

#endif

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      TEST(finish_moves_all_labels_and_dates),
      TEST(finish_can_leave_the_job_to_retire),
      TEST(a_placeholder_never_becomes_current),
      TEST(a_stale_fence_changes_nothing),
      TEST(save_writes_what_the_row_has),
      TEST(the_pending_value_is_stored_once),
      TEST(notes_are_kept_until_the_job_is_done),
      TEST(a_failed_job_takes_its_placeholder_along),
      TEST(a_value_that_is_not_kept_loses_only_its_label),
      TEST(a_stuck_job_keeps_both_values),
      TEST(a_test_leaves_no_version),
      TEST(history_is_newest_first_by_job_and_secret),
#ifdef KEYTURN_FAULTS
      TEST(finish_happens_wholly_or_not_at_all),
      TEST(pending_survives_a_crash_after_its_commit),
#endif
  };

#ifdef KEYTURN_FAULTS
  static const struct temp_body bodies[] = {{"finish", finish_it},
                                            {"put", put_it}};
  int status;

  if (temp_is_child(argc, argv, bodies, 2, &status))
    return status;
#else
  (void)argc;
  (void)argv;
#endif
  return cmocka_run_group_tests(tests, NULL, NULL);
}
