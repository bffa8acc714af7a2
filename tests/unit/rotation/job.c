/* The job driver over the real store: what is durable, when, and for whom. */
#include "scripted.h"

static void succeeded(struct bench *b, const char *value)
{
  (void)bench_over(b, JOB_SUCCEEDED);
  assert_string_equal(bench_value(b, "AWSCURRENT"), value);
  assert_string_equal(bench_value(b, "AWSPREVIOUS"), CURRENT);
  HOLDS(b->t, "AWSPENDING", "");
}

static void failed(struct bench *b, enum job_outcome outcome)
{
  (void)bench_over(b, outcome);
  assert_string_equal(bench_value(b, "AWSCURRENT"), CURRENT);
  HOLDS(b->t, "AWSPENDING", "");
}

static void happy_path_moves_labels_and_the_due_time(void **state)
{
  struct bench *b = *state;
  struct attempt_row *rows;
  struct rules_row rules;
  size_t n;

  bench_start(b, JOB_SCHEDULED);
  bench_play(b, "c=OK s!=OK t=OK");
  succeeded(b, "{\"password\":\"drawn-1\"}");
  assert_string_equal(b->set, "{\"password\":\"drawn-1\"}");
  OK(store_rules_get(b->t->s, b->t->id, &rules, e_));
  assert_true(rules.next_due_us > b->now_us);
  OK(store_attempt_list(b->t->s, b->t->id, 0, 0, 10, &rows, &n, e_));
  assert_int_equal(n, 3);
  assert_string_equal(rows[0].step, "testSecret");
  assert_string_equal(rows[2].step, "createSecret");
  assert_string_equal(rows[2].version_id, V(2));
  assert_int_equal(rows[0].duration_us, 5);
  free(rows);
}

static void crash_at_any_step_resumes_with_the_same_value(void **state)
{
  static const char *const scripts[] = {
      "~c=OK c=OK s!=OK t=OK", "c=OK ~s=OK s!=OK t=OK",
      "c=OK ~s!=OK s!=OK t=OK", "c=OK s!=OK ~t=OK t=OK",
      "~c=OK ~c=OK c=OK ~s=OK ~s!=OK s!=OK ~t=OK t=OK"};

  (void)state;
  for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
    void *own = NULL;

    (void)bench_setup(&own);
    bench_start(own, JOB_MANUAL);
    bench_play(own, scripts[i]);
    succeeded(own, "{\"password\":\"drawn-1\"}");
    (void)bench_teardown(&own);
  }
}

static void step_that_lost_its_engine_is_in_the_history(void **state)
{
  struct bench *b = *state;
  struct attempt_row *rows;
  size_t n;

  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK ~s!=OK s!=OK t=OK");
  succeeded(b, "{\"password\":\"drawn-1\"}");
  OK(store_attempt_list(b->t->s, b->t->id, 0, 0, 10, &rows, &n, e_));
  assert_int_equal(n, 4); /* newest first */
  assert_string_equal(rows[2].step, "setSecret");
  assert_int_equal(rows[2].attempt, 1);
  assert_int_equal(rows[2].kt_class, KT_AMBIGUOUS);
  assert_string_equal(rows[2].code, "engine-gone");
  assert_string_equal(rows[2].version_id, V(2));
  assert_string_equal(rows[1].step, "setSecret");
  assert_int_equal(rows[1].attempt, 2);
  assert_int_equal(rows[1].kt_class, KT_OK);
  free(rows);
}

static void maybe_set_survives_the_crash(void **state)
{
  struct bench *b = *state;

  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK ~s=OK");
  assert_false(b->maybe_set);
  bench_play(b, "~s!=OK");
  assert_true(b->maybe_set);
}

static void mutating_is_journaled_before_it_is_answered(void **state)
{
  struct bench *b = *state;
  struct job_row row;

  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK");
  OK(store_job_of_secret(b->t->s, b->t->id, &row, e_));
  assert_int_equal(row.flags & FLAG_SET_STARTED, 0);
  assert_int_equal(b->host->mutating(b->ctx), KT_OK);
  OK(store_job_of_secret(b->t->s, b->t->id, &row, e_));
  assert_int_equal(row.flags & FLAG_SET_STARTED, FLAG_SET_STARTED);
  bench_play(b, "s!=OK t=OK");
}

static void refused_value_is_dropped_and_another_drawn(void **state)
{
  struct bench *b = *state;

  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK s=POLICY c=OK s!=OK t=OK");
  succeeded(b, "{\"password\":\"drawn-2\"}");
}

static void crash_while_dropping_still_drops(void **state)
{
  struct bench *b = *state;
  struct job_row row;

  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK");
  row = *job_row(b->job);
  row.phase = PHASE_REDRAW; /* as if it had died right after that commit */
  row.flags = 0;
  row.redraws = 1;
  OK(store_job_save(b->t->s, &row, NULL, e_));
  bench_die(b);
  bench_claim(b, "engine-1");
  bench_play(b, "c=OK s!=OK t=OK");
  succeeded(b, "{\"password\":\"drawn-2\"}");
}

static void refused_test_is_reverted(void **state)
{
  struct bench *b = *state;
  struct job_row row;

  b->info.has_revert = true;
  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK s!=OK t=DENIED r!=OK");
  assert_string_equal(b->stage, "AWSCURRENT"); /* verified by a login */
  bench_play(b, "t=OK");
  failed(b, JOB_FAILED);
  OK(store_job_of_secret(b->t->s, b->t->id, &row, e_));
  assert_int_equal(row.ended_us, b->now_us);
}

static void locked_account_keeps_both_values(void **state)
{
  struct bench *b = *state;
  struct job_row row;

  b->info.has_revert = true;
  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK s!=OK t=LOCKED");
  row = bench_over(b, JOB_STUCK);
  assert_int_equal(b->tell, TELL_STUCK);
  assert_string_equal(row.last_step, "testSecret");
  assert_string_equal(row.last_code, "scripted");
  assert_string_equal(row.last_message, "as the test says");
  assert_string_equal(bench_value(b, "AWSCURRENT"), CURRENT);
  assert_string_equal(bench_value(b, "AWSPENDING"),
                      "{\"password\":\"drawn-1\"}");
}

static void abort_before_set_leaves_nothing(void **state)
{
  struct bench *b = *state;

  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK");
  job_abort(b->job);
  assert_true(b->cancelled);
  bench_act(b, true);
  assert_int_equal(b->mutating, KT_DENIED);
  bench_answer(b, KT_DENIED);
  failed(b, JOB_ABORTED);
}

static void abort_after_set_puts_the_old_value_back(void **state)
{
  struct bench *b = *state;

  b->info.has_revert = true;
  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK s!=OK");
  job_abort(b->job);
  bench_play(b, "t=OK r!=OK t=OK");
  failed(b, JOB_ABORTED);
}

static void abort_in_the_store_is_seen_at_the_claim(void **state)
{
  struct bench *b = *state;

  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK");
  OK(store_job_cancel(b->t->s, b->t->id, CANCEL_ABORT, e_));
  bench_die(b);
  bench_claim(b, "engine-1");
  failed(b, JOB_ABORTED);
}

static void retire_waits_in_the_store(void **state)
{
  struct bench *b = *state;
  int64_t finished_us;

  b->info.has_retire = true;
  b->info.grace_s = 3600;
  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK s!=OK t=OK");
  finished_us = b->now_us;
  assert_true(b->let_go);
  assert_int_equal(b->why, ERR_OK);
  assert_int_equal(b->let_go_us, finished_us + 3600 * SEC);
  assert_string_equal(bench_value(b, "AWSCURRENT"),
                      "{\"password\":\"drawn-1\"}");
  bench_play(b, "x=BUSY x!=OK");
  assert_true(b->now_us >= finished_us + 3900 * SEC);
  succeeded(b, "{\"password\":\"drawn-1\"}");
}

static void retire_is_needless_when_current_moved_on(void **state)
{
  struct bench *b = *state;

  b->info.has_retire = true;
  b->info.grace_s = 3600;
  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK s!=OK t=OK");
  bench_put(b, b->t->id, V(3), "{\"password\":\"by-hand\"}");
  bench_wait(b);
  (void)bench_over(b, JOB_SUPERSEDED);
  assert_string_equal(bench_value(b, "AWSCURRENT"),
                      "{\"password\":\"by-hand\"}");
}

static void trial_tests_a_copy_and_leaves_nothing(void **state)
{
  struct bench *b = *state;
  struct version_row *rows;
  size_t n;

  bench_start(b, JOB_TEST);
  assert_int_equal(b->step, STEP_TEST);
  assert_string_equal(bench_value(b, "AWSPENDING"), CURRENT);
  assert_int_equal(b->host->mutating(b->ctx), KT_DENIED);
  bench_play(b, "t=OK");
  (void)bench_over(b, JOB_SUCCEEDED);
  HOLDS(b->t, "AWSCURRENT", V(1));
  OK(store_version_list(b->t->s, b->t->id, true, &rows, &n, e_));
  assert_int_equal(n, 1);
  free(rows);
}

static void lost_lease_stops_everything(void **state)
{
  struct bench *b = *state;
  struct job_row theirs = {0}, after = {0};
  struct secret v = {0};
  size_t n;

  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK");
  b->now_us += 60 * SEC;
  OK(store_job_claim(b->t->s, "engine-2", b->now_us, 30 * SEC, &theirs, 1, &n,
                     e_));
  assert_int_equal(n, 1);
  assert_int_equal(b->host->mutating(b->ctx), KT_DENIED);
  assert_int_equal(b->host->get_value(b->ctx, KT_SECRET, "AWSPENDING", &v),
                   KT_DENIED);
  assert_true(b->cancelled);
  assert_false(b->let_go); /* its step has not answered yet */
  bench_answer(b, KT_OK);
  assert_true(b->let_go);
  assert_int_equal(b->why, ERR_FENCED);
  OK(store_job_by_id(b->t->s, theirs.id, &after, e_));
  assert_memory_equal(&after, &theirs, sizeof after);
}

static void drained_job_is_back_in_the_store(void **state)
{
  struct bench *b = *state;

  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK");
  job_drain(b->job);
  assert_false(b->let_go);
  bench_act(b, true);
  bench_answer(b, KT_OK); /* a step that runs may finish */
  assert_true(b->let_go);
  assert_int_equal(b->why, ERR_OK);
  bench_claim(b, "engine-2");
  bench_play(b, "t=OK");
  succeeded(b, "{\"password\":\"drawn-1\"}");
}

static void drained_while_it_sleeps(void **state)
{
  struct bench *b = *state;

  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=BUSY");
  job_drain(b->job);
  assert_true(b->let_go);
  b->now_us = b->let_go_us;
  bench_claim(b, "engine-2");
  bench_play(b, "c=OK s!=OK t=OK");
  succeeded(b, "{\"password\":\"drawn-1\"}");
}

static void missing_rotator_fails_before_anything(void **state)
{
  struct bench *b = *state;
  struct job_row row;

  b->missing = true;
  bench_start(b, JOB_MANUAL);
  row = bench_over(b, JOB_FAILED);
  assert_string_equal(row.last_code, "rotator-missing");
  HOLDS(b->t, "AWSPENDING", "");
}

static void window_bounds_the_tries(void **state)
{
  struct bench *b = *state;
  struct job_row job = temp_job(b->t, V(2));
  int64_t id;

  job.window_end_us = NOW + 5 * SEC;
  OK(store_job_start(b->t->s, &job, NULL, &id, e_));
  bench_claim(b, "engine-1");
  bench_play(b, "c=BUSY");
  failed(b, JOB_FAILED);
  assert_int_equal(b->tell, TELL_WINDOW);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      BENCH(happy_path_moves_labels_and_the_due_time),
      cmocka_unit_test(crash_at_any_step_resumes_with_the_same_value),
      BENCH(step_that_lost_its_engine_is_in_the_history),
      BENCH(maybe_set_survives_the_crash),
      BENCH(mutating_is_journaled_before_it_is_answered),
      BENCH(refused_value_is_dropped_and_another_drawn),
      BENCH(crash_while_dropping_still_drops),
      BENCH(refused_test_is_reverted),
      BENCH(locked_account_keeps_both_values),
      BENCH(abort_before_set_leaves_nothing),
      BENCH(abort_after_set_puts_the_old_value_back),
      BENCH(abort_in_the_store_is_seen_at_the_claim),
      BENCH(retire_waits_in_the_store),
      BENCH(retire_is_needless_when_current_moved_on),
      BENCH(trial_tests_a_copy_and_leaves_nothing),
      BENCH(lost_lease_stops_everything),
      BENCH(drained_job_is_back_in_the_store),
      BENCH(drained_while_it_sleeps),
      BENCH(missing_rotator_fails_before_anything),
      BENCH(window_bounds_the_tries),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
