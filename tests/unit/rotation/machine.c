/* The state machine against its drawing: each row tells what the steps
 * answer, and where that must end.
 */
#include "rotation/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rotation/retry.h"
#include "rotation/verdict.h"

#define START_US (1000 * US_PER_S)

/* A script is a list of words, one a step: the letter of the phase, `!` if
 * the step calls mutating, `=`, the class; `(` before it: asked to abort
 * while it runs; `~`: the engine is killed while it runs, and comes back. */
struct row {
  const char *name;
  const char *traits; /* f: finish, r: revert, t: retire, w: a window */
  const char *script;
  enum job_outcome outcome;
  char pending; /* k: kept, d: dropped, f: finished */
  enum tell tell;
};

static const struct row rows[] = {
    {"happy_path", "", "c=OK s!=OK t=OK", JOB_SUCCEEDED, 'f', TELL_NONE},
    {"finish_and_retire_run_when_there_are_any", "ft",
     "c=OK s!=OK t=OK f=OK x=OK", JOB_SUCCEEDED, 'f', TELL_NONE},
    {"create_is_tried_again_until_it_is_not", "",
     "c=BUSY c=UNREACHABLE c=AMBIGUOUS c=CONFIG", JOB_FAILED, 'd', TELL_NONE},
    {"create_gives_up_after_ten", "",
     "c=BUSY c=BUSY c=BUSY c=BUSY c=BUSY c=BUSY c=BUSY c=BUSY c=BUSY c=BUSY",
     JOB_FAILED, 'd', TELL_TRIES},
    {"set_that_touched_nothing_fails_cleanly", "r", "c=OK s=AUTH", JOB_FAILED,
     'd', TELL_NONE},
    {"set_locked_fails_at_once", "r", "c=OK s=LOCKED", JOB_FAILED, 'd',
     TELL_NONE},
    {"set_locked_after_touching_is_stuck", "r", "c=OK s!=LOCKED", JOB_STUCK,
     'k', TELL_STUCK},
    {"unlisted_class_is_ambiguous", "", "c=OK s!=99 s!=OK t=OK", JOB_SUCCEEDED,
     'f', TELL_NONE},
    {"set_denied_after_touching_is_reverted", "r", "c=OK s!=DENIED r!=OK v=OK",
     JOB_FAILED, 'd', TELL_NONE},
    {"set_denied_without_revert_is_proved_undone", "",
     "c=OK s!=DENIED p=AUTH v=OK", JOB_FAILED, 'd', TELL_NONE},
    {"set_denied_but_live_goes_on", "", "c=OK s!=DENIED p=OK", JOB_SUCCEEDED,
     'f', TELL_NONE},
    {"policy_draws_again", "", "c=OK s=POLICY c=OK s!=OK t=OK", JOB_SUCCEEDED,
     'f', TELL_NONE},
    {"policy_draws_three_times_and_no_more", "",
     "c=OK s=POLICY c=OK s=POLICY c=OK s=POLICY c=OK s=POLICY", JOB_FAILED, 'd',
     TELL_DRAWS},
    {"policy_after_touching_probes_first", "",
     "c=OK s!=POLICY p=AUTH v=OK c=OK s!=OK t=OK", JOB_SUCCEEDED, 'f',
     TELL_NONE},
    {"policy_with_a_live_value_rolls_forward", "", "c=OK s!=POLICY p=OK",
     JOB_SUCCEEDED, 'f', TELL_NONE},
    {"policy_with_neither_value_live_reverts", "r",
     "c=OK s!=POLICY p=AUTH v=AUTH r!=OK v=OK", JOB_FAILED, 'd', TELL_NONE},
    {"policy_with_neither_value_live_is_stuck", "",
     "c=OK s!=POLICY p=AUTH v=AUTH", JOB_STUCK, 'k', TELL_STUCK},
    {"test_waits_for_replicas", "r", "c=OK s!=OK t=AUTH t=AUTH t=OK",
     JOB_SUCCEEDED, 'f', TELL_NONE},
    {"test_refused_is_reverted", "r",
     "c=OK s!=OK t=AUTH t=AUTH t=AUTH r!=OK v=OK", JOB_FAILED, 'd', TELL_NONE},
    {"test_locked_is_stuck_at_once", "r", "c=OK s!=OK t=LOCKED", JOB_STUCK, 'k',
     TELL_STUCK},
    {"test_denied_is_reverted", "r", "c=OK s!=OK t=DENIED r!=OK v=OK",
     JOB_FAILED, 'd', TELL_NONE},
    {"test_against_set_without_revert_is_stuck", "",
     "c=OK s!=OK t=DENIED p=AUTH v=OK", JOB_STUCK, 'k', TELL_STUCK},
    {"test_unreachable_for_long_looks_again", "",
     "c=OK s!=OK t=BUSY t=BUSY t=BUSY t=BUSY t=BUSY t=BUSY t=BUSY t=BUSY "
     "t=BUSY t=BUSY p=OK",
     JOB_SUCCEEDED, 'f', TELL_NONE},
    {"finish_refused_is_reverted", "fr", "c=OK s!=OK t=OK f=CONFIG r!=OK v=OK",
     JOB_FAILED, 'd', TELL_NONE},
    {"finish_busy_is_asked_again", "f", "c=OK s!=OK t=OK f=BUSY f=OK",
     JOB_SUCCEEDED, 'f', TELL_NONE},
    {"finish_refused_and_no_way_back_is_stuck", "f",
     "c=OK s!=OK t=OK f=CONFIG p=OK v=OK", JOB_STUCK, 'k', TELL_STUCK},
    {"finish_refused_but_old_value_dead_heals", "f",
     "c=OK s!=OK t=OK f=CONFIG p=OK v=AUTH", JOB_SUCCEEDED, 'f', TELL_HEALED},
    {"revert_failed_and_only_new_value_lives", "r",
     "c=OK s!=OK t=CONFIG r!=DENIED p=OK", JOB_SUCCEEDED, 'f', TELL_NONE},
    {"revert_failed_and_new_value_refused", "r",
     "c=OK s!=CONFIG r!=DENIED p=AUTH v=OK", JOB_FAILED, 'd', TELL_NONE},
    {"revert_said_ok_but_only_new_value_lives", "r",
     "c=OK s!=OK t=CONFIG r!=OK v=AUTH v=AUTH v=AUTH v=AUTH p=OK",
     JOB_SUCCEEDED, 'f', TELL_HEALED},
    {"revert_said_ok_and_nothing_lives", "r",
     "c=OK s!=OK t=CONFIG r!=OK v=AUTH v=AUTH v=AUTH v=AUTH p=AUTH", JOB_STUCK,
     'k', TELL_STUCK},
    {"revert_locked_is_stuck", "r", "c=OK s!=OK t=CONFIG r=LOCKED", JOB_STUCK,
     'k', TELL_STUCK},
    {"probe_without_answer_is_stuck", "",
     "c=OK s!=CONFIG p=BUSY p=BUSY p=BUSY p=BUSY p=BUSY p=BUSY p=BUSY p=BUSY "
     "p=BUSY p=BUSY",
     JOB_STUCK, 'k', TELL_STUCK},
    {"retire_waits_for_sessions", "t", "c=OK s!=OK t=OK x=BUSY x=BUSY x=OK",
     JOB_SUCCEEDED, 'f', TELL_NONE},
    {"retire_failed_is_told", "t", "c=OK s!=OK t=OK x=DENIED", JOB_SUCCEEDED,
     'd', TELL_RETIRE_LEFT},
    {"abort_before_touching_leaves_nothing", "r", "c=OK (s=AMBIGUOUS",
     JOB_ABORTED, 'd', TELL_NONE},
    {"abort_denies_mutating", "r", "c=OK (s!=DENIED", JOB_ABORTED, 'd',
     TELL_NONE},
    {"abort_after_touching_reverts", "r", "c=OK s!=OK (t=OK r!=OK v=OK",
     JOB_ABORTED, 'd', TELL_NONE},
    {"abort_without_revert_is_too_late", "", "c=OK s!=OK (t=OK", JOB_SUCCEEDED,
     'f', TELL_ABORT_LATE},
    {"abort_that_cannot_be_undone_heals", "r",
     "c=OK s!=OK (t=AMBIGUOUS r!=DENIED p=OK v=AUTH", JOB_SUCCEEDED, 'f',
     TELL_HEALED},
    {"abort_in_retire_ends_the_wait", "t", "c=OK s!=OK t=OK (x=BUSY",
     JOB_SUCCEEDED, 'd', TELL_RETIRE_LEFT},
    {"exchange_is_never_dropped", "r", "c!=OK s=OK t=CONFIG p=AUTH v=OK",
     JOB_STUCK, 'k', TELL_STUCK},
    {"exchange_is_never_drawn_again", "", "c!=OK s=POLICY p=OK", JOB_SUCCEEDED,
     'f', TELL_NONE},
    {"exchange_cannot_be_aborted", "r", "c!=BUSY (c!=OK s=OK t=OK",
     JOB_SUCCEEDED, 'f', TELL_ABORT_LATE},
    {"lost_grant_fails_at_once", "", "c!=REAUTH_REQUIRED", JOB_FAILED, 'd',
     TELL_SPENT},
    {"killed_in_create_creates_again", "", "~c=OK c=OK s!=OK t=OK",
     JOB_SUCCEEDED, 'f', TELL_NONE},
    {"killed_in_set_sets_again", "", "c=OK ~s!=OK s!=OK t=OK", JOB_SUCCEEDED,
     'f', TELL_NONE},
    {"killed_in_test_tests_again", "r", "c=OK s!=OK ~t=OK t=OK", JOB_SUCCEEDED,
     'f', TELL_NONE},
    {"killed_in_retire_retires_again", "t", "c=OK s!=OK t=OK ~x=OK x=OK",
     JOB_SUCCEEDED, 'f', TELL_NONE},
    {"killed_in_revert_after_abort_still_aborts", "r",
     "c=OK s!=OK (t=OK ~r!=OK r!=OK r!=OK v=OK", JOB_ABORTED, 'd', TELL_NONE},
};

struct play {
  struct machine m;
  struct action actions[MACHINE_ACTIONS];
  size_t n;
  int64_t now_us;
  bool draining;
  char pending; /* p: stored, and see struct row */
  enum tell tell;
  bool live_unasked; /* the pending value was tried without reason */
};

static void play_init(struct play *p, const char *traits, enum job_kind kind)
{
  *p = (struct play){.now_us = START_US, .pending = '-'};
  p->m.kind = kind;
  p->m.has_finish = strchr(traits, 'f') != NULL;
  p->m.has_revert = strchr(traits, 'r') != NULL;
  p->m.has_retire = strchr(traits, 't') != NULL;
  p->m.grace_us = 3600 * US_PER_S;
  p->m.waits = RETRY_WAITS;
  if (strchr(traits, 'w') != NULL)
    p->m.window_end_us = START_US + 30 * US_PER_S;
}

static bool commits(enum action_kind k)
{
  return k == ACTION_SAVE || k == ACTION_FINISH || k == ACTION_END;
}

static void post(struct play *p, enum event_kind kind, int kt_class)
{
  struct event ev = {.kind = kind,
                     .now_us = p->now_us,
                     .kt_class = kt_class,
                     .random = 7,
                     .pending_stored = p->pending == 'p',
                     .draining = p->draining};

  machine_move(&p->m, &ev, &p->m, p->actions, &p->n);
  for (size_t i = 0; i < p->n; i++) {
    struct action *a = &p->actions[i];

    assert_true(i == 0 || !commits(a->kind));
    if (a->kind == ACTION_FINISH)
      p->pending = 'f';
    if (a->kind == ACTION_END && p->pending != 'f')
      p->pending = a->keep_pending ? 'k' : 'd';
    if (a->kind == ACTION_TELL)
      p->tell = a->tell;
  }
}

static const struct action *find(const struct play *p, enum action_kind kind)
{
  for (size_t i = 0; i < p->n; i++)
    if (p->actions[i].kind == kind)
      return &p->actions[i];
  return NULL;
}

static int class_of(const char *text, size_t len)
{
  for (int c = 0; c <= KT_REAUTH_REQUIRED; c++)
    if (strlen(class_name(c)) == len && memcmp(class_name(c), text, len) == 0)
      return c;
  return 99;
}

/* Goes on until a step runs or the end. */
static void until_run(struct play *p)
{
  for (int i = 0; i < 8 && p->m.phase != PHASE_ENDED; i++) {
    const struct action *sleep = find(p, ACTION_SLEEP);

    if (find(p, ACTION_RUN) != NULL)
      return;
    if (find(p, ACTION_DROP) != NULL) {
      p->pending = '-';
      post(p, EVENT_DROPPED, 0);
    } else {
      assert_non_null(sleep);
      assert_true(sleep->wake_us >= p->now_us);
      p->now_us = sleep->wake_us;
      post(p, EVENT_WAKE, 0);
    }
  }
}

static const enum phase letters[128] = {
    ['c'] = PHASE_CREATE, ['s'] = PHASE_SET,    ['t'] = PHASE_TEST,
    ['f'] = PHASE_FINISH, ['r'] = PHASE_REVERT, ['p'] = PHASE_PROBE,
    ['v'] = PHASE_VERIFY, ['x'] = PHASE_RETIRE,
};

/* One word of the script. */
static const char *word(struct play *p, const char *w)
{
  bool abort_it = *w == '(', killed = *w == '~';
  const char *end;

  w += abort_it || killed;
  assert_int_equal(p->m.phase, letters[(int)*w]);
  assert_true(p->m.running);
  if (p->m.phase == PHASE_PROBE)
    assert_true(machine_maybe_live(&p->m, p->pending == 'p'));
  if (abort_it)
    post(p, EVENT_ABORT, 0);
  if (*++w == '!') {
    w++;
    post(p, EVENT_MUTATING, 0);
    assert_non_null(find(p, ACTION_ANSWER));
    if (find(p, ACTION_ANSWER)->kt_class == KT_OK)
      assert_int_equal(p->actions[0].kind, ACTION_SAVE);
  }
  end = w + strcspn(w, " ");
  if (killed) {
    p->m.running = false;
    post(p, EVENT_WAKE, 0);
  } else {
    int kt_class = class_of(w + 1, (size_t)(end - w - 1));

    if (kt_class == KT_OK && p->m.phase == PHASE_CREATE)
      p->pending = 'p';
    post(p, EVENT_RESULT, kt_class);
  }
  until_run(p);
  return *end == ' ' ? end + 1 : end;
}

static void rows_end_as_drawn(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct play p;

    print_message("  %s\n", rows[i].name);
    play_init(&p, rows[i].traits, JOB_MANUAL);
    post(&p, EVENT_WAKE, 0);
    for (const char *w = rows[i].script; *w != '\0';)
      w = word(&p, w);
    assert_int_equal(p.m.phase, PHASE_ENDED);
    assert_int_equal(p.m.outcome, rows[i].outcome);
    if (!(rows[i].pending == 'd' && p.pending == 'f'))
      assert_int_equal(p.pending, rows[i].pending);
    assert_int_equal(p.tell, rows[i].tell);
  }
}

static void each_class_in_each_phase_has_a_move(void **state)
{
  (void)state;
  for (int phase = 0; phase < PHASE_COUNT; phase++)
    for (int c = -1; c <= KT_REAUTH_REQUIRED + 1; c++)
      for (unsigned flags = 0; flags < 1u << 16; flags++) {
        struct play p;

        if (phase == PHASE_ENDED || phase == PHASE_REDRAW)
          continue;
        play_init(&p, "frt", JOB_MANUAL);
        p.m.phase = (enum phase)phase;
        p.m.flags = flags | FLAG_IN_FLIGHT;
        p.m.running = true;
        p.m.attempt = 1;
        p.pending = 'p';
        post(&p, EVENT_RESULT, c);
        assert_true(p.n > 0);
        assert_true(commits(p.actions[0].kind));
        assert_false(p.m.phase == PHASE_ENDED && p.m.running);
        /* AWSCURRENT moves on a passed login alone. */
        if (find(&p, ACTION_FINISH) != NULL)
          assert_true(
              (c == KT_OK && (phase == PHASE_TEST || phase == PHASE_FINISH ||
                              phase == PHASE_PROBE)) ||
              (phase == PHASE_VERIFY && c == KT_AUTH &&
               (flags & FLAG_PENDING_LIVE) != 0));
      }
}

static void late_and_repeated_answers_mean_nothing(void **state)
{
  struct play p;
  struct machine before;

  (void)state;
  play_init(&p, "", JOB_MANUAL);
  post(&p, EVENT_WAKE, 0);
  post(&p, EVENT_RESULT, KT_BUSY);
  before = p.m;
  post(&p, EVENT_RESULT, KT_OK);
  assert_int_equal(p.n, 0);
  assert_memory_equal(&before, &p.m, sizeof before);
}

static void window_bounds_only_what_touched_nothing(void **state)
{
  struct play p;

  (void)state;
  play_init(&p, "w", JOB_SCHEDULED);
  post(&p, EVENT_WAKE, 0);
  (void)word(&p, "c=BUSY");
  (void)word(&p, "c=BUSY");
  (void)word(&p, "c=BUSY"); /* the fourth would come after the end */
  assert_int_equal(p.m.outcome, JOB_FAILED);
  assert_int_equal(p.tell, TELL_WINDOW);

  play_init(&p, "w", JOB_SCHEDULED);
  post(&p, EVENT_WAKE, 0);
  (void)word(&p, "c=OK");
  for (int i = 0; i < 9; i++)
    (void)word(&p, "s!=BUSY");
  assert_int_equal(p.m.phase, PHASE_SET);
  assert_true(p.now_us > p.m.window_end_us);
}

static void proof_is_not_asked_while_a_change_may_be_on_its_way(void **state)
{
  struct play p;
  int64_t died_us;

  (void)state;
  play_init(&p, "r", JOB_MANUAL);
  post(&p, EVENT_WAKE, 0);
  (void)word(&p, "c=OK");
  (void)word(&p, "~s!=OK");
  died_us = p.now_us;
  (void)word(&p, "s!=CONFIG");
  (void)word(&p, "r!=OK");
  assert_true(p.now_us >= died_us + SETTLE_US);
  (void)word(&p, "r!=OK"); /* undone again, in case it landed meanwhile */
  assert_int_equal(p.m.phase, PHASE_VERIFY);
}

static void maybe_set_is_told_only_after_a_start(void **state)
{
  struct play p;

  (void)state;
  play_init(&p, "", JOB_MANUAL);
  post(&p, EVENT_WAKE, 0);
  (void)word(&p, "c=OK");
  assert_false(find(&p, ACTION_RUN)->maybe_set);
  (void)word(&p, "s=BUSY");
  assert_false(find(&p, ACTION_RUN)->maybe_set);
  (void)word(&p, "s!=BUSY");
  assert_true(find(&p, ACTION_RUN)->maybe_set);
}

static void draining_starts_no_step_and_counts_none(void **state)
{
  struct play p;

  (void)state;
  play_init(&p, "", JOB_MANUAL);
  post(&p, EVENT_WAKE, 0);
  p.pending = 'p';
  p.draining = true;
  post(&p, EVENT_RESULT, KT_OK);
  assert_null(find(&p, ACTION_RUN));
  assert_non_null(find(&p, ACTION_SLEEP));
  assert_int_equal(p.m.phase, PHASE_SET);
  assert_int_equal(p.m.attempt, 0);
  assert_int_equal(p.m.flags & FLAG_IN_FLIGHT, 0);
}

static void trial_changes_nothing_and_leaves_nothing(void **state)
{
  static const struct {
    int kt_class;
    enum job_outcome outcome;
  } cases[] = {{KT_OK, JOB_SUCCEEDED},
               {KT_AUTH, JOB_FAILED},
               {KT_LOCKED, JOB_FAILED},
               {KT_POLICY, JOB_FAILED}};

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct play p;

    play_init(&p, "frt", JOB_TEST);
    post(&p, EVENT_WAKE, 0);
    (void)word(&p, "c=OK");
    assert_int_equal(p.m.phase, PHASE_TEST);
    post(&p, EVENT_MUTATING, 0);
    assert_int_equal(find(&p, ACTION_ANSWER)->kt_class, KT_DENIED);
    post(&p, EVENT_RESULT, cases[i].kt_class);
    assert_int_equal(p.m.phase, PHASE_ENDED);
    assert_int_equal(p.m.outcome, cases[i].outcome);
    assert_int_equal(p.pending, 'd');
  }
}

static void check_is_one_step(void **state)
{
  struct play p;

  (void)state;
  play_init(&p, "frt", JOB_CHECK);
  post(&p, EVENT_WAKE, 0);
  assert_int_equal(find(&p, ACTION_RUN)->step, STEP_CHECK);
  post(&p, EVENT_RESULT, KT_BUSY);
  assert_int_equal(p.m.outcome, JOB_FAILED);
}

static void clock_set_back_does_not_stop_a_wait_for_ever(void **state)
{
  struct play p;

  (void)state;
  play_init(&p, "", JOB_MANUAL);
  p.now_us = 10000000 * US_PER_S;
  post(&p, EVENT_WAKE, 0);
  post(&p, EVENT_RESULT, KT_BUSY);
  p.now_us = START_US;
  post(&p, EVENT_WAKE, 0);
  assert_non_null(find(&p, ACTION_RUN));
}

/* The wait after a step of `phase` that said AMBIGUOUS. */
static int64_t wait_of(unsigned flags, enum phase phase, int64_t attempt)
{
  struct play p;

  play_init(&p, "frt", JOB_MANUAL);
  p.m.phase = phase;
  p.m.flags = flags | FLAG_IN_FLIGHT;
  p.m.attempt = attempt;
  p.m.running = true;
  post(&p, EVENT_RESULT, KT_AMBIGUOUS);
  return find(&p, ACTION_SLEEP)->wake_us - p.now_us;
}

static void
first_repeat_is_soon_where_nobody_may_be_able_to_log_in(void **state)
{
  (void)state;
  assert_true(wait_of(0, PHASE_CREATE, 1) > RETRY_FIRST_US / RETRY_SOON_PART);
  assert_true(wait_of(0, PHASE_SET, 1) > RETRY_FIRST_US / RETRY_SOON_PART);
  assert_int_equal(wait_of(FLAG_SET_STARTED, PHASE_SET, 1),
                   RETRY_FIRST_US / RETRY_SOON_PART);
  assert_int_equal(wait_of(FLAG_SET_STARTED, PHASE_TEST, 1),
                   RETRY_FIRST_US / RETRY_SOON_PART);
  assert_int_equal(wait_of(FLAG_SET_STARTED, PHASE_FINISH, 1),
                   RETRY_FIRST_US / RETRY_SOON_PART);
  assert_int_equal(wait_of(FLAG_SET_STARTED, PHASE_REVERT, 1),
                   RETRY_FIRST_US / RETRY_SOON_PART);
  assert_true(wait_of(FLAG_SET_STARTED, PHASE_PROBE, 1) >
              RETRY_FIRST_US / RETRY_SOON_PART);
  assert_true(wait_of(FLAG_SET_STARTED, PHASE_SET, 2) >
              RETRY_FIRST_US / RETRY_SOON_PART);
}

static void backoff_doubles_to_five_minutes(void **state)
{
  (void)state;
  assert_int_equal(retry_delay_us(RETRY_FIRST_US, 1, 0), 7500000);
  assert_int_equal(retry_delay_us(0, 1, 7), 0);
  for (int64_t n = 1; n < 100; n++)
    for (uint32_t r = 0; r < 4000000000u; r += 99999999u) {
      int64_t mean = n > 5 ? 300 : 10 << (n - 1);
      int64_t d = retry_delay_us(RETRY_FIRST_US, n, r);

      assert_in_range(d, mean * 750000, mean * 1250000);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_end_as_drawn),
      cmocka_unit_test(each_class_in_each_phase_has_a_move),
      cmocka_unit_test(late_and_repeated_answers_mean_nothing),
      cmocka_unit_test(window_bounds_only_what_touched_nothing),
      cmocka_unit_test(proof_is_not_asked_while_a_change_may_be_on_its_way),
      cmocka_unit_test(maybe_set_is_told_only_after_a_start),
      cmocka_unit_test(draining_starts_no_step_and_counts_none),
      cmocka_unit_test(trial_changes_nothing_and_leaves_nothing),
      cmocka_unit_test(check_is_one_step),
      cmocka_unit_test(clock_set_back_does_not_stop_a_wait_for_ever),
      cmocka_unit_test(first_repeat_is_soon_where_nobody_may_be_able_to_log_in),
      cmocka_unit_test(backoff_doubles_to_five_minutes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
