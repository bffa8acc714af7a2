/* How a verdict is carried out: the moves of the drawing in machine.c.
 *
 * A value that may be live is dropped only after two proofs: it was undone or
 * refused, and AWSCURRENT logs in.  While a change may still be on its way
 * (FLAG_UNSURE: its step died, or left the outcome open), the target is not
 * asked for proof before waits.settle_us have passed.
 */
#include "rotation/move.h"

#include <assert.h>

#include "rotation/retry.h"

#define FLAGS_AUTH ((unsigned)(FLAG_AUTH_1 | FLAG_AUTH_2))
#define FLAGS_PROVED \
  ((unsigned)(FLAG_PENDING_LIVE | FLAG_PENDING_DEAD | FLAG_CURRENT_DEAD))
#define FLAGS_TOUCHED \
  ((unsigned)(FLAG_SET_STARTED | FLAG_SET_DONE | FLAG_CREATE_SPENT))

static const struct {
  const char *stage;
  enum step step;
} steps[PHASE_COUNT] = {
    [PHASE_CREATE] = {"AWSPENDING", STEP_CREATE},
    [PHASE_SET] = {"AWSPENDING", STEP_SET},
    [PHASE_TEST] = {"AWSPENDING", STEP_TEST},
    [PHASE_FINISH] = {"AWSPENDING", STEP_FINISH},
    [PHASE_REVERT] = {"AWSPENDING", STEP_REVERT},
    [PHASE_PROBE] = {"AWSPENDING", STEP_TEST},
    [PHASE_RETIRE] = {"AWSPENDING", STEP_RETIRE},
    [PHASE_ENDED] = {"", STEP_COUNT},
    [PHASE_VERIFY] = {"AWSCURRENT", STEP_TEST},
    [PHASE_REDRAW] = {"", STEP_COUNT},
};

/* ---- what a move is made of -------------------------------------------- */

enum step machine_step(const struct machine *m)
{
  return m->kind == JOB_CHECK ? STEP_CHECK : steps[m->phase].step;
}

bool move_has(const struct draft *d, unsigned flags)
{
  return (d->m->flags & flags) != 0;
}

static bool live(const struct draft *d)
{
  return machine_maybe_live(d->m, d->ev->pending_stored);
}

struct action *move_act(struct draft *d, enum action_kind kind)
{
  struct action *a = &d->actions[d->n];

  assert(d->n < MACHINE_ACTIONS);
  d->n++;
  *a = (struct action){.kind = kind};
  return a;
}

void move_tell(struct draft *d, enum tell t)
{
  if (t != TELL_NONE)
    move_act(d, ACTION_TELL)->tell = t;
}

void move_wait(struct draft *d, int64_t wake_us)
{
  d->m->wake_us = wake_us;
  move_act(d, ACTION_SAVE);
  move_act(d, ACTION_SLEEP)->wake_us = wake_us;
}

void move_end(struct draft *d, enum job_outcome outcome, bool keep_pending,
              enum tell t)
{
  d->m->phase = PHASE_ENDED;
  d->m->outcome = outcome;
  d->m->wake_us = 0;
  move_act(d, ACTION_END)->keep_pending = keep_pending;
  move_tell(d, t);
}

/* The target has the old value, as far as we know. */
void move_fail(struct draft *d, enum tell t)
{
  if (move_has(d, FLAG_ABORT))
    move_end(d, JOB_ABORTED, false, TELL_NONE);
  else
    move_end(d, JOB_FAILED, false,
             move_has(d, FLAG_CREATE_SPENT)   ? TELL_SPENT
             : t == TELL_NONE && d->all_tried ? TELL_TRIES
                                              : t);
}

static void end_stuck(struct draft *d)
{
  move_end(d, JOB_STUCK, true, TELL_STUCK);
}

/* Into a phase, as if it had never been tried. */
void move_enter(struct draft *d, enum phase phase)
{
  struct machine *m = d->m;

  m->phase = phase;
  m->attempt = 0;
  m->flags &= ~FLAGS_AUTH;
  m->wake_us = d->ev->now_us;
  if ((phase == PHASE_PROBE || phase == PHASE_VERIFY) &&
      move_has(d, FLAG_UNSURE))
    move_wait(d, d->ev->now_us + m->waits.settle_us);
  else
    move_launch(d);
}

/* The finishing transaction, and what comes after. */
void move_finish(struct draft *d, enum tell t)
{
  struct machine *m = d->m;

  m->attempt = 0;
  m->flags &= ~FLAGS_AUTH;
  if (m->has_retire) {
    m->phase = PHASE_RETIRE;
    m->flags &= ~(unsigned)FLAG_ABORT;
    m->wake_us = d->ev->now_us + m->grace_us;
  } else {
    m->phase = PHASE_ENDED;
    m->outcome = JOB_SUCCEEDED;
    m->wake_us = 0;
  }
  move_act(d, ACTION_FINISH);
  if (m->phase == PHASE_RETIRE)
    move_act(d, ACTION_SLEEP)->wake_us = m->wake_us;
  move_tell(d, t);
}

/* A login with the pending value has just passed. */
static void enter_finish(struct draft *d)
{
  if (d->m->has_finish && !move_has(d, FLAG_FINISH_REFUSED))
    move_enter(d, PHASE_FINISH);
  else
    move_finish(d, TELL_NONE);
}

static void enter_revert(struct draft *d)
{
  d->m->flags &= ~(FLAGS_PROVED | (unsigned)FLAG_WANT_REDRAW);
  d->m->flags |= FLAG_REVERT_TRIED;
  move_enter(d, PHASE_REVERT);
}

static bool may_revert(const struct draft *d)
{
  return d->m->has_revert &&
         !move_has(d, FLAG_REVERT_TRIED | (unsigned)FLAG_CREATE_SPENT);
}

static int64_t attempts_allowed(const struct machine *m)
{
  if (m->kind == JOB_CHECK)
    return 1;
  if (m->kind == JOB_TEST)
    return RETRY_TRIAL_MAX;
  return m->phase == PHASE_RETIRE ? RETIRE_MAX : RETRY_MAX;
}

static void all_tried(struct draft *d)
{
  d->all_tried = true;
  move_apply(d, verdict_after_all(d->m->phase));
}

/* Nothing was touched, and the window does not last until `at_us`. */
static bool window_ends_before(const struct draft *d, int64_t at_us)
{
  const struct machine *m = d->m;

  return m->phase != PHASE_RETIRE && m->window_end_us != 0 &&
         at_us > m->window_end_us && !move_has(d, FLAGS_TOUCHED);
}

/* Starts the phase's step, if it may be started. */
void move_launch(struct draft *d)
{
  struct machine *m = d->m;
  struct action *run;

  if (window_ends_before(d, d->ev->now_us)) {
    move_fail(d, TELL_WINDOW);
    return;
  }
  if (m->attempt >= attempts_allowed(m)) {
    all_tried(d);
    return;
  }
  if (d->ev->draining) {
    move_wait(d, d->ev->now_us);
    return;
  }
  m->attempt++;
  m->wake_us = d->ev->now_us;
  m->flags |= FLAG_IN_FLIGHT;
  m->running = true;
  move_act(d, ACTION_SAVE);
  run = move_act(d, ACTION_RUN);
  run->step = machine_step(m);
  run->stage = steps[m->phase].stage;
  run->maybe_set = move_has(d, FLAG_SET_STARTED);
}

/* ---- the verdicts ------------------------------------------------------- */

/* Where the target may have one value and AWSCURRENT is the other, nobody can
 * log in until the rotation goes on: the first repeat is not put off. */
static int64_t again_us(const struct draft *d)
{
  bool gap = move_has(d, FLAG_SET_STARTED) &&
             (d->m->phase <= PHASE_FINISH || d->m->phase == PHASE_REVERT);
  int64_t first_us = d->m->waits.first_us;

  if (gap && d->m->attempt == 1)
    return d->ev->now_us + first_us / RETRY_SOON_PART;
  return d->ev->now_us + retry_delay_us(first_us, d->m->attempt, d->ev->random);
}

static void do_again(struct draft *d)
{
  struct machine *m = d->m;
  int64_t at_us = again_us(d);

  if (m->attempt >= attempts_allowed(m))
    all_tried(d);
  else if (window_ends_before(d, at_us))
    move_fail(d, TELL_WINDOW);
  else
    move_wait(d, at_us);
}

static void do_later(struct draft *d)
{
  if (d->m->attempt >= attempts_allowed(d->m))
    all_tried(d);
  else
    move_wait(d, d->ev->now_us + d->m->waits.retire_every_us);
}

static void do_soon(struct draft *d)
{
  struct machine *m = d->m;
  unsigned refused = (m->flags & FLAGS_AUTH) / FLAG_AUTH_1 + 1;

  /* Where no change was made just now, no replica can lag behind. */
  if (refused >= RETRY_AUTH_MAX || m->kind == JOB_TEST ||
      m->attempt >= attempts_allowed(m) ||
      (m->phase == PHASE_VERIFY &&
       (!move_has(d, FLAG_REVERTED) || move_has(d, FLAG_DOUBTED)))) {
    move_apply(d, verdict_after_soon(m->phase));
    return;
  }
  m->flags = (m->flags & ~FLAGS_AUTH) | refused * FLAG_AUTH_1;
  move_wait(d, d->ev->now_us + m->waits.first_us / RETRY_SOON_PART);
}

/* Gives up; puts the old value back where the new one may be live. */
void move_undo(struct draft *d)
{
  if (!live(d)) {
    move_fail(d, TELL_NONE);
  } else if (may_revert(d)) {
    enter_revert(d);
  } else {
    d->m->flags &= ~(FLAGS_PROVED | (unsigned)FLAG_WANT_REDRAW);
    move_enter(d, PHASE_PROBE);
  }
}

static void drop_and_redraw(struct draft *d)
{
  struct machine *m = d->m;

  m->phase = PHASE_REDRAW;
  m->redraws++;
  m->attempt = 0;
  m->flags &= FLAG_ABORT; /* the next value begins with a clean slate */
  m->wake_us = d->ev->now_us;
  move_act(d, ACTION_SAVE);
  move_act(d, ACTION_DROP);
}

static void do_redraw(struct draft *d)
{
  struct machine *m = d->m;

  if (m->kind == JOB_TEST || m->kind == JOB_CHECK ||
      move_has(d, FLAG_CREATE_SPENT)) {
    move_undo(d);
  } else if (live(d)) {
    m->flags &= ~FLAGS_PROVED;
    m->flags |= FLAG_WANT_REDRAW;
    move_enter(d, PHASE_PROBE);
  } else if (m->redraws >= REDRAW_MAX) {
    move_fail(d, TELL_DRAWS);
  } else {
    drop_and_redraw(d);
  }
}

/* Neither value is known to log in, or both are and neither way is open. */
static void no_way_but_revert(struct draft *d)
{
  if (may_revert(d))
    enter_revert(d);
  else
    end_stuck(d);
}

/* Some proof could not be had; take the other one, if it is not there. */
static void do_look(struct draft *d)
{
  if (d->m->phase == PHASE_PROBE ||
      move_has(d, FLAG_PENDING_LIVE | FLAG_PENDING_DEAD))
    no_way_but_revert(d);
  else
    move_enter(d, PHASE_PROBE);
}

static void do_refused(struct draft *d)
{
  struct machine *m = d->m;
  bool probe = m->phase == PHASE_PROBE;

  if (!probe && move_has(d, FLAG_REVERTED) && !move_has(d, FLAG_DOUBTED)) {
    /* A replica that lags might even accept the new value still: no
     * conclusions before it has caught up. */
    m->flags |= FLAG_DOUBTED | (unsigned)FLAG_UNSURE;
    move_enter(d, PHASE_VERIFY);
    return;
  }
  if (probe)
    m->flags &= ~(unsigned)FLAG_PENDING_LIVE; /* not any more */
  m->flags |= probe ? FLAG_PENDING_DEAD : FLAG_CURRENT_DEAD;
  if (move_has(d, FLAG_PENDING_LIVE))
    move_finish(d, TELL_HEALED);
  else if (move_has(d, FLAG_PENDING_DEAD) && move_has(d, FLAG_CURRENT_DEAD))
    no_way_but_revert(d);
  else
    move_enter(d, probe ? PHASE_VERIFY : PHASE_PROBE);
}

static void do_stop(struct draft *d)
{
  if (live(d))
    end_stuck(d);
  else
    move_fail(d, TELL_NONE);
}

void move_leave(struct draft *d)
{
  move_end(d, JOB_SUCCEEDED, false, TELL_RETIRE_LEFT);
}

/* ---- VERDICT_ON, by phase ----------------------------------------------- */

static void create_done(struct draft *d)
{
  if (d->m->kind == JOB_CHECK) {
    move_end(d, JOB_SUCCEEDED, false, TELL_NONE);
  } else if (!d->ev->pending_stored) {
    move_fail(d, TELL_NO_VALUE);
  } else {
    move_enter(d, d->m->kind == JOB_TEST ? PHASE_TEST : PHASE_SET);
  }
}

static void set_done(struct draft *d)
{
  d->m->flags |= FLAG_SET_DONE;
  move_enter(d, PHASE_TEST);
}

static void test_done(struct draft *d)
{
  if (d->m->kind == JOB_TEST)
    move_end(d, JOB_SUCCEEDED, false, TELL_NONE);
  else
    enter_finish(d);
}

static void finish_done(struct draft *d)
{
  move_finish(d, TELL_NONE);
}

static void revert_done(struct draft *d)
{
  struct machine *m = d->m;
  bool again = move_has(d, FLAG_UNSURE) && !move_has(d, FLAG_REVERTED);

  m->flags |= FLAG_REVERTED;
  if (again) {
    /* A set that is still on its way would undo the undoing, unseen where
     * both values log in: so once more when it must have landed. */
    m->flags &= ~(unsigned)FLAG_UNSURE;
    m->attempt = 0;
    move_wait(d, d->ev->now_us + m->waits.settle_us);
  } else {
    move_enter(d, PHASE_VERIFY);
  }
}

static void probe_done(struct draft *d)
{
  d->m->flags |= FLAG_PENDING_LIVE;
  if (move_has(d, FLAG_CURRENT_DEAD))
    move_finish(d, TELL_HEALED);
  else if (move_has(d, FLAG_ABORT) && may_revert(d))
    enter_revert(d);
  else if (move_has(d, FLAG_ABORT | FLAG_FINISH_REFUSED))
    move_enter(d, PHASE_VERIFY);
  else
    enter_finish(d);
}

static void verify_done(struct draft *d)
{
  struct machine *m = d->m;
  /* set said OK, the target says no, nobody put the old value back: that is
   * a contradiction (a replica?), not a proof. */
  bool refused = move_has(d, FLAG_PENDING_DEAD) &&
                 !move_has(d, FLAG_SET_DONE | FLAG_CREATE_SPENT);

  if (move_has(d, FLAG_PENDING_LIVE) ||
      !(move_has(d, FLAG_REVERTED) || refused))
    no_way_but_revert(d);
  else if (!move_has(d, FLAG_WANT_REDRAW) || move_has(d, FLAG_ABORT))
    move_fail(d, TELL_NONE);
  else if (m->redraws >= REDRAW_MAX)
    move_fail(d, TELL_DRAWS);
  else
    drop_and_redraw(d);
}

static void retire_done(struct draft *d)
{
  move_end(d, JOB_SUCCEEDED, false, TELL_NONE);
}

static void do_on(struct draft *d)
{
  static void (*const done[PHASE_COUNT])(struct draft *) = {
      [PHASE_CREATE] = create_done, [PHASE_SET] = set_done,
      [PHASE_TEST] = test_done,     [PHASE_FINISH] = finish_done,
      [PHASE_REVERT] = revert_done, [PHASE_PROBE] = probe_done,
      [PHASE_RETIRE] = retire_done, [PHASE_VERIFY] = verify_done,
  };

  done[d->m->phase](d);
}

void move_apply(struct draft *d, enum verdict v)
{
  static void (*const verdicts[VERDICT_COUNT])(struct draft *) = {
      [VERDICT_ON] = do_on,         [VERDICT_AGAIN] = do_again,
      [VERDICT_SOON] = do_soon,     [VERDICT_LATER] = do_later,
      [VERDICT_REDRAW] = do_redraw, [VERDICT_UNDO] = move_undo,
      [VERDICT_LOOK] = do_look,     [VERDICT_REFUSED] = do_refused,
      [VERDICT_STOP] = do_stop,     [VERDICT_LEAVE] = move_leave,
  };

  if (v == VERDICT_UNDO && d->m->phase == PHASE_FINISH)
    d->m->flags |= FLAG_FINISH_REFUSED;
  verdicts[v](d);
}
