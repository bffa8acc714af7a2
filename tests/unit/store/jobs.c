/* Jobs: who may start, who may hold, what is due and when. */
#include "temp_store.h"

static int64_t start(struct temp *t, struct job_row *job)
{
  int64_t id;

  OK(store_job_start(t->s, job, NULL, &id, e_));
  return id;
}

static void start_makes_a_placeholder_under_pending(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(2)), got;
  struct next_due next = {NOW + 30 * DAY, NOW + 31 * DAY};
  struct rules_row rules;
  struct version_row v;
  int64_t id;

  temp_value(t, V(1), NULL);
  temp_rules(t, t->id, NOW);
  OK(store_job_start(t->s, &job, &next, &id, e_));
  OK(store_version_get(t->s, t->id, V(2), "AWSPENDING", &v, e_));
  assert_false(v.has_value);
  assert_null(v.sealed);
  version_row_release(&v);
  HOLDS(t, "AWSCURRENT", V(1));
  OK(store_job_by_id(t->s, id, &got, e_));
  assert_string_equal(got.current_id, V(1));
  assert_string_equal(got.version_id, V(2));
  assert_string_equal(got.rotator, "postgres-single-user");
  assert_int_equal(got.outcome, JOB_ACTIVE);
  assert_int_equal(got.fence, 0);
  OK(store_job_of_secret(t->s, t->id, &got, e_));
  assert_int_equal(got.id, id);
  OK(store_rules_get(t->s, t->id, &rules, e_));
  assert_int_equal(rules.next_due_us, NOW + 30 * DAY);
  assert_int_equal(rules.window_end_us, NOW + 31 * DAY);
}

static void a_secret_without_a_value_can_be_rotated(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(1)), got;

  OK(store_job_by_id(t->s, start(t, &job), &got, e_));
  assert_string_equal(got.current_id, "");
  HOLDS(t, "AWSPENDING", V(1));
}

static void one_rotation_of_a_secret_at_a_time(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(1)), second = temp_job(t, V(2));
  struct version_row v;
  int64_t id;

  (void)start(t, &job);
  FAILS(ERR_REQUEST, "A previous rotation isn't complete.",
        store_job_start(t->s, &second, NULL, &id, e_));
  FAILS(ERR_NOT_FOUND, "", store_version_get(t->s, t->id, V(2), NULL, &v, e_));
}

static void pending_on_another_version_blocks(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(3));
  int64_t id;

  temp_value(t, V(1), NULL);
  temp_value(t, V(2), "AWSPENDING");
  FAILS(ERR_REQUEST, "A previous rotation isn't complete.",
        store_job_start(t->s, &job, NULL, &id, e_));
  OK(store_label_move(t->s, t->id, "AWSCURRENT", V(1), V(2), NOW, e_));
  (void)start(t, &job); /* on the current version it does not */
  HOLDS(t, "AWSPENDING", V(3));
}

static void the_pending_version_is_attempted_again(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(2)), claimed[1];
  struct version_put put = temp_put(V(2), "a new one", NULL, 0);
  struct version_row v;
  bool kept;
  size_t n;

  temp_value(t, V(1), NULL);
  temp_value(t, V(2), "AWSPENDING");
  (void)start(t, &job);
  OK(store_job_claim(t->s, "engine-1", NOW, SEC, claimed, 1, &n, e_));
  OK(store_job_put_pending(t->s, &claimed[0], &put, &kept, e_));
  assert_true(kept);
  OK(store_version_get(t->s, t->id, V(2), NULL, &v, e_));
  assert_int_equal(v.sealed_len, strlen(V(2))); /* as it was */
  version_row_release(&v);
}

static void a_version_id_that_is_taken_is_refused(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(1));
  int64_t id;

  temp_value(t, V(1), NULL);
  FAILS(ERR_EXISTS, V(1), store_job_start(t->s, &job, NULL, &id, e_));
}

static void a_deleted_or_missing_secret_is_not_rotated(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(1));
  int64_t id;

  OK(store_secret_mark_deleted(t->s, t->id, NOW, NOW + DAY, e_));
  FAILS(ERR_REQUEST, "marked for deletion",
        store_job_start(t->s, &job, NULL, &id, e_));
  job.secret_id = 4711;
  FAILS(ERR_NOT_FOUND, "", store_job_start(t->s, &job, NULL, &id, e_));
}

static void a_check_leaves_no_version(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, "");
  struct version_row *rows;
  size_t n;

  job.kind = JOB_CHECK;
  (void)start(t, &job);
  OK(store_version_list(t->s, t->id, true, &rows, &n, e_));
  assert_int_equal(n, 0);
  free(rows);
}

/* Brings a job to where it waits to retire, until `wake_us`. */
static struct job_row retiring(struct temp *t, int64_t wake_us)
{
  struct version_put put = temp_put(V(2), "sealed", NULL, 0);
  struct job_row job;
  bool kept;

  temp_value(t, V(1), NULL);
  job = temp_running(t, V(2));
  OK(store_job_put_pending(t->s, &job, &put, &kept, e_));
  job.phase = STORE_PHASE_RETIRE;
  job.wake_us = wake_us;
  job.lease_until_us = 0;
  OK(store_job_finish(t->s, &job, NULL, NULL, NOW, e_));
  return job;
}

static void waiting_to_retire_is_superseded(void **state)
{
  struct temp *t = *state;
  struct job_row old = retiring(t, NOW + DAY), job = temp_job(t, V(3)), got;
  struct due_row due[1];
  size_t n;

  temp_rules(t, t->id, NOW);
  OK(store_due_list(t->s, NOW, due, 1, &n, e_));
  assert_int_equal(n, 1);
  (void)start(t, &job);
  OK(store_job_by_id(t->s, old.id, &got, e_));
  assert_int_equal(got.outcome, JOB_SUPERSEDED);
  assert_int_equal(got.ended_us, NOW);
  FAILS(ERR_FENCED, "", store_job_save(t->s, &old, NULL, e_));
}

static void a_retire_that_runs_is_not_superseded(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(3));
  struct due_row due[1];
  int64_t id;
  size_t n;

  (void)retiring(t, NOW);
  temp_rules(t, t->id, NOW);
  OK(store_due_list(t->s, NOW, due, 1, &n, e_));
  assert_int_equal(n, 0);
  FAILS(ERR_REQUEST, "isn't complete",
        store_job_start(t->s, &job, NULL, &id, e_));
}

static void a_test_does_not_end_a_retire(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(3));
  int64_t id;

  (void)retiring(t, NOW + DAY);
  job.kind = JOB_TEST;
  FAILS(ERR_REQUEST, "waits to end the old value",
        store_job_start(t->s, &job, NULL, &id, e_));
}

static void two_owners_never_hold_one_job(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(1)), a[4], b[4];
  size_t n;

  (void)start(t, &job);
  OK(store_job_claim(t->s, "a", NOW - 1, 10 * SEC, a, 4, &n, e_));
  assert_int_equal(n, 0); /* not awake yet */
  OK(store_job_claim(t->s, "a", NOW, 10 * SEC, a, 4, &n, e_));
  assert_int_equal(n, 1);
  assert_int_equal(a[0].fence, 1);
  assert_string_equal(a[0].owner, "a");
  assert_int_equal(a[0].lease_until_us, NOW + 10 * SEC);
  OK(store_job_claim(t->s, "b", NOW + 10 * SEC - 1, 10 * SEC, b, 4, &n, e_));
  assert_int_equal(n, 0);
  OK(store_job_claim(t->s, "b", NOW + 10 * SEC, 10 * SEC, b, 4, &n, e_));
  assert_int_equal(n, 1);
  assert_int_equal(b[0].fence, 2);
  FAILS(ERR_FENCED, "", store_job_save(t->s, &a[0], NULL, e_));
  OK(store_job_save(t->s, &b[0], NULL, e_));
}

static void a_renewed_lease_lasts(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_running(t, V(1)), got[1];
  size_t n;

  OK(store_lease_renew(t->s, "engine-1", NOW + 60 * SEC, e_));
  OK(store_job_claim(t->s, "b", NOW + 59 * SEC, SEC, got, 1, &n, e_));
  assert_int_equal(n, 0);
  OK(store_job_save(t->s, &job, NULL, e_)); /* with the lease it knew */
  OK(store_job_claim(t->s, "b", NOW + 59 * SEC, SEC, got, 1, &n, e_));
  assert_int_equal(n, 0);
  OK(store_lease_renew(t->s, "other", NOW + 90 * SEC, e_));
  OK(store_job_claim(t->s, "b", NOW + 60 * SEC, SEC, got, 1, &n, e_));
  assert_int_equal(n, 1);
}

static void a_restart_frees_what_it_held_and_fences_its_past(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_running(t, V(1)), got[1];
  size_t n;

  OK(store_lease_drop(t->s, "other", e_));
  OK(store_job_save(t->s, &job, NULL, e_));
  OK(store_lease_drop(t->s, "engine-1", e_));
  FAILS(ERR_FENCED, "", store_job_save(t->s, &job, NULL, e_));
  OK(store_job_claim(t->s, "engine-1", NOW, SEC, got, 1, &n, e_));
  assert_int_equal(n, 1);
  assert_true(got[0].fence > job.fence);
}

static void who_is_alone_frees_what_anybody_held(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_running(t, V(1)), got[1];
  size_t n;

  assert_true(store_is_alone(t->s));
  OK(store_lease_drop(t->s, NULL, e_));
  FAILS(ERR_FENCED, "", store_job_save(t->s, &job, NULL, e_));
  OK(store_job_claim(t->s, "engine-2", NOW, SEC, got, 1, &n, e_));
  assert_int_equal(n, 1);
  assert_true(got[0].fence > job.fence);
}

static void claims_are_in_order_and_bounded(void **state)
{
  struct temp *t = *state;
  struct job_row job, got[4];
  char name[16];
  size_t n;

  for (int i = 0; i < 5; i++) {
    (void)snprintf(name, sizeof name, "s%d", i);
    job = temp_job(t, V(1));
    job.secret_id = temp_secret(t, name);
    job.wake_us = NOW - i;
    (void)start(t, &job);
  }
  OK(store_job_claim(t->s, "a", NOW, SEC, got, 4, &n, e_));
  assert_int_equal(n, 4);
  for (int i = 0; i < 4; i++)
    assert_int_equal(got[i].wake_us, NOW - 4 + i);
  OK(store_job_claim(t->s, "a", NOW, SEC, got, 4, &n, e_));
  assert_int_equal(n, 1);
}

static void a_cancel_is_seen_even_by_who_saved_without_looking(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_running(t, V(1)), got[1];
  size_t n;

  OK(store_job_cancel(t->s, t->id, CANCEL_ABORT, e_));
  OK(store_job_claim(t->s, "b", NOW + SEC, SEC, got, 1, &n, e_));
  assert_int_equal(n, 0);  /* it is held */
  job.wake_us = NOW + DAY; /* sleeps, and has not seen it */
  job.lease_until_us = 0;
  OK(store_job_save(t->s, &job, NULL, e_));
  OK(store_job_claim(t->s, "b", NOW + SEC, SEC, got, 1, &n, e_));
  assert_int_equal(n, 1);
  assert_int_equal(got[0].cancel, CANCEL_ABORT);
  got[0].lease_until_us = 0; /* seen: sleeps on */
  OK(store_job_save(t->s, &got[0], NULL, e_));
  OK(store_job_claim(t->s, "b", NOW + SEC, SEC, got, 1, &n, e_));
  assert_int_equal(n, 0);
}

static void a_cancel_wakes_a_sleeping_job(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(1)), got[1];
  size_t n;

  FAILS(ERR_NOT_FOUND, "", store_job_cancel(t->s, t->id, CANCEL_ABORT, e_));
  job.wake_us = NOW + DAY;
  (void)start(t, &job);
  OK(store_job_claim(t->s, "a", NOW, SEC, got, 1, &n, e_));
  assert_int_equal(n, 0);
  OK(store_job_cancel(t->s, t->id, CANCEL_ABORT, e_));
  OK(store_job_claim(t->s, "a", NOW, SEC, got, 1, &n, e_));
  assert_int_equal(n, 1);
}

static size_t due_at(struct temp *t, int64_t now_us)
{
  struct due_row due[8];
  size_t n;

  OK(store_due_list(t->s, now_us, due, 8, &n, e_));
  for (size_t i = 1; i < n; i++)
    assert_true(due[i - 1].due_us <= due[i].due_us);
  return n;
}

static void due_is_what_is_enabled_idle_and_not_paused(void **state)
{
  struct temp *t = *state;
  struct next_due next = {NOW + 5, NOW + 6};
  struct rules_row rules;
  struct job_row job;

  FAILS(ERR_NOT_FOUND, "never configured",
        store_rules_get(t->s, t->id, &rules, e_));
  FAILS(ERR_NOT_FOUND, "never configured",
        store_rules_pause(t->s, t->id, true, NULL, e_));
  temp_rules(t, t->id, NOW);
  temp_rules(t, temp_secret(t, "earlier"), NOW - 1);
  temp_rules(t, temp_secret(t, "manual"), 0);
  assert_int_equal(due_at(t, NOW - 2), 0);
  assert_int_equal(due_at(t, NOW - 1), 1);
  assert_int_equal(due_at(t, NOW), 2);
  OK(store_rules_pause(t->s, t->id, true, NULL, e_));
  assert_int_equal(due_at(t, NOW), 1);
  OK(store_rules_pause(t->s, t->id, false, &next, e_));
  assert_int_equal(due_at(t, NOW), 1);
  assert_int_equal(due_at(t, NOW + 5), 2);
  OK(store_rules_get(t->s, t->id, &rules, e_));
  assert_int_equal(rules.window_end_us, NOW + 6);
  rules.enabled = false;
  OK(store_rules_put(t->s, t->id, &rules, NOW, e_));
  assert_int_equal(due_at(t, NOW + 5), 1);
  rules.enabled = true;
  OK(store_rules_put(t->s, t->id, &rules, NOW, e_));
  assert_int_equal(due_at(t, NOW + 5), 2);
  job = temp_job(t, V(1));
  (void)start(t, &job); /* its next due time is not moved here */
  assert_int_equal(due_at(t, NOW + 5), 1);
}

static void a_due_time_is_moved_only_if_it_is_the_one_seen(void **state)
{
  struct temp *t = *state;
  struct next_due next = {NOW + 50, NOW + 60};
  struct rules_row rules;

  temp_rules(t, t->id, NOW);
  OK(store_rules_next(t->s, t->id, NOW - 1, &next, e_));
  OK(store_rules_get(t->s, t->id, &rules, e_));
  assert_int_equal(rules.next_due_us, NOW);
  OK(store_rules_next(t->s, t->id, NOW, &next, e_));
  OK(store_rules_get(t->s, t->id, &rules, e_));
  assert_int_equal(rules.next_due_us, NOW + 50);
  assert_int_equal(rules.window_end_us, NOW + 60);
  assert_int_equal(due_at(t, NOW), 0);
  assert_int_equal(due_at(t, NOW + 50), 1);
}

static void rules_come_back_as_they_went(void **state)
{
  struct temp *t = *state;
  struct rules_row in = {.enabled = true,
                         .paused = true,
                         .rotator = "postgres-single-user",
                         .rotator_arn = "arn:aws:lambda:r:a:function:x",
                         .days = 7,
                         .expression = "rate(10 hours)",
                         .duration = "2h",
                         .zone = "Europe/Berlin",
                         .blackouts = "[]",
                         .options = "{\"a\":1}",
                         .jitter_s = 60,
                         .grace_s = -1,
                         .anchor_us = NOW,
                         .next_due_us = NOW + 1,
                         .window_end_us = NOW + 2},
                   out;

  OK(store_rules_put(t->s, t->id, &in, NOW, e_));
  memset(&out, 0, sizeof out);
  OK(store_rules_get(t->s, t->id, &out, e_));
  assert_memory_equal(&in.enabled, &out.enabled, sizeof in.enabled);
  assert_true(out.paused);
  assert_string_equal(out.rotator, in.rotator);
  assert_string_equal(out.rotator_arn, in.rotator_arn);
  assert_int_equal(out.days, 7);
  assert_string_equal(out.expression, in.expression);
  assert_string_equal(out.duration, in.duration);
  assert_string_equal(out.zone, in.zone);
  assert_string_equal(out.blackouts, in.blackouts);
  assert_string_equal(out.options, in.options);
  assert_int_equal(out.jitter_s, 60);
  assert_int_equal(out.grace_s, -1);
  assert_int_equal(out.anchor_us, NOW);
  assert_int_equal(out.next_due_us, NOW + 1);
  assert_int_equal(out.window_end_us, NOW + 2);
}

static void the_next_wake_is_the_earliest_of_all(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(1));
  int64_t wake, other = temp_secret(t, "other");

#define WAKES(us)                                     \
  do {                                                \
    OK(store_next_wake(t->s, "engine-1", &wake, e_)); \
    assert_int_equal(wake, us);                       \
  } while (0)

  WAKES(0);
  OK(store_secret_mark_deleted(t->s, other, NOW, NOW + 400, e_));
  WAKES(NOW + 400);
  temp_rules(t, t->id, NOW + 300);
  WAKES(NOW + 300);
  job.wake_us = NOW + 200;
  (void)start(t, &job);
  WAKES(NOW + 200);
  {
    struct job_row got[1];
    size_t n;

    OK(store_job_claim(t->s, "engine-1", NOW + 200, 50, got, 1, &n, e_));
    assert_int_equal(n, 1);
    WAKES(NOW + 250);
    /* Due at 300 too, but its rotation runs. */
    got[0].lease_until_us = 0;
    got[0].wake_us = NOW + 350;
    OK(store_job_save(t->s, &got[0], NULL, e_));
    WAKES(NOW + 350);
  }
#undef WAKES
}

static void counts_say_how_it_stands(void **state)
{
  struct temp *t = *state;
  struct job_row job;
  struct store_counts c;

  temp_rules(t, t->id, NOW);
  job = temp_running(t, V(1));
  OK(store_counts(t->s, NOW, &c, e_));
  assert_int_equal(c.secrets, 1);
  assert_int_equal(c.scheduled, 1);
  assert_int_equal(c.running, 1);
  assert_int_equal(c.next_due_us, NOW); /* it runs, and is next all the same */
  assert_int_equal(c.stuck + c.failed + c.late + c.paused + c.deleted, 0);
  job.outcome = JOB_STUCK;
  OK(store_job_end(t->s, &job, NULL, false, NULL, e_));
  OK(store_counts(t->s, NOW, &c, e_));
  assert_int_equal(c.running, 0);
  assert_int_equal(c.stuck, 1);
  job = temp_running(t, V(2));
  job.outcome = JOB_FAILED;
  OK(store_job_end(t->s, &job, NULL, false, NULL, e_));
  OK(store_counts(t->s, NOW + 2 * DAY, &c, e_));
  assert_int_equal(c.stuck, 0);
  assert_int_equal(c.failed, 1);
  assert_int_equal(c.late, 1);
  OK(store_rules_pause(t->s, t->id, true, NULL, e_));
  OK(store_counts(t->s, NOW + 2 * DAY, &c, e_));
  assert_int_equal(c.paused, 1);
  assert_int_equal(c.late, 0);
  assert_int_equal(c.next_due_us, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(start_makes_a_placeholder_under_pending),
      TEST(a_secret_without_a_value_can_be_rotated),
      TEST(one_rotation_of_a_secret_at_a_time),
      TEST(pending_on_another_version_blocks),
      TEST(the_pending_version_is_attempted_again),
      TEST(a_version_id_that_is_taken_is_refused),
      TEST(a_deleted_or_missing_secret_is_not_rotated),
      TEST(a_check_leaves_no_version),
      TEST(waiting_to_retire_is_superseded),
      TEST(a_retire_that_runs_is_not_superseded),
      TEST(a_test_does_not_end_a_retire),
      TEST(two_owners_never_hold_one_job),
      TEST(a_renewed_lease_lasts),
      TEST(a_restart_frees_what_it_held_and_fences_its_past),
      TEST(who_is_alone_frees_what_anybody_held),
      TEST(claims_are_in_order_and_bounded),
      TEST(a_cancel_is_seen_even_by_who_saved_without_looking),
      TEST(a_cancel_wakes_a_sleeping_job),
      TEST(due_is_what_is_enabled_idle_and_not_paused),
      TEST(a_due_time_is_moved_only_if_it_is_the_one_seen),
      TEST(rules_come_back_as_they_went),
      TEST(the_next_wake_is_the_earliest_of_all),
      TEST(counts_say_how_it_stands),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
