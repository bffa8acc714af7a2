/* The rotation state machine: what each event means.
 *
 *             .---------- REDRAW <------------------------------.
 *             v             ^                                   |
 *             |             | POLICY, not live          POLICY, | both
 *             |             |                          not live | proofs
 *   -----> CREATE --OK--> SET --OK--> TEST --OK--> FINISH       |
 *             |             |           |           |  | OK     |
 *    not live |             | may be live, and      |  '==> RETIRE --> ENDED
 *             v             v           v           v      |   SUCCEEDED
 *       ENDED FAILED      has a revert: REVERT    else: PROBE pending
 *       or ABORTED              |   |                  |   |
 *                            OK |   '-failed--> PROBE  |   | OK
 *                               v                      |   '--> FINISH
 *                         VERIFY current       refused |
 *                           |       |                  v
 *                        OK |       | refused    VERIFY current -OK-> REDRAW
 *                           v       v                  |           or ENDED
 *               ENDED FAILED    PROBE pending          | else      FAILED
 *                 or ABORTED        |                  v
 *                                   | OK: heal    ENDED STUCK, both
 *                                   '==> RETIRE   values are kept
 *
 * ==> is the finishing transaction: AWSCURRENT moves only there, and only
 * after a login with the pending value has passed.  Which answer takes which
 * way is the table in verdict.c; how often, retry.h; how, move.c.
 * RotateImmediately=false (JOB_TEST) goes CREATE, TEST, ENDED; a check is
 * CREATE alone.
 */
#include "rotation/machine.h"

#include <assert.h>

#include "rotation/move.h"
#include "rotation/retry.h"

static_assert(PHASE_RETIRE == STORE_PHASE_RETIRE, "the store reads it");

const char *phase_name(enum phase p)
{
  static const char *const names[PHASE_COUNT] = {
      [PHASE_CREATE] = "create", [PHASE_SET] = "set",
      [PHASE_TEST] = "test",     [PHASE_FINISH] = "finish",
      [PHASE_REVERT] = "revert", [PHASE_PROBE] = "probe",
      [PHASE_RETIRE] = "retire", [PHASE_ENDED] = "ended",
      [PHASE_VERIFY] = "verify", [PHASE_REDRAW] = "redraw",
  };

  return (unsigned)p < PHASE_COUNT ? names[p] : "none";
}

bool machine_maybe_live(const struct machine *m, bool pending_stored)
{
  if ((m->flags & (FLAG_SET_STARTED | FLAG_SET_DONE)) != 0)
    return true;
  return (m->flags & FLAG_CREATE_SPENT) != 0 &&
         (m->phase != PHASE_CREATE || pending_stored);
}

bool machine_abortable(const struct machine *m, bool pending_stored)
{
  if ((m->flags & FLAG_CREATE_SPENT) != 0)
    return false;
  return m->has_revert || !machine_maybe_live(m, pending_stored);
}

/* ---- the events --------------------------------------------------------- */

/* Is a wait over?  A clock that was set back does not make it longer than
 * any wait can be. */
static bool wait_is_over(const struct machine *m, int64_t now_us)
{
  int64_t longest_us =
      2 * retry_longest_us(m->waits.first_us) + m->waits.settle_us;

  if (m->phase == PHASE_RETIRE)
    longest_us += m->grace_us;
  return m->wake_us <= now_us || m->wake_us - now_us > longest_us;
}

/* Its step gave no clear answer: can a change still land? */
static bool may_be_under_way(const struct machine *m)
{
  return m->phase == PHASE_REVERT ||
         (m->phase == PHASE_SET && (m->flags & FLAG_SET_STARTED) != 0) ||
         (m->phase == PHASE_CREATE && (m->flags & FLAG_CREATE_SPENT) != 0);
}

static void on_wake(struct draft *d)
{
  struct machine *m = d->m;
  bool orphan = move_has(d, FLAG_IN_FLIGHT);

  if (m->running || m->phase == PHASE_ENDED)
    return;
  if (!orphan && !move_has(d, FLAG_ABORT) && !wait_is_over(m, d->ev->now_us)) {
    move_act(d, ACTION_SLEEP)->wake_us = m->wake_us;
    return;
  }
  m->flags &= ~(unsigned)FLAG_IN_FLIGHT;
  if (orphan && may_be_under_way(m))
    m->flags |= FLAG_UNSURE;
  if (m->phase == PHASE_REDRAW)
    move_act(d, ACTION_DROP);
  else if (move_has(d, FLAG_ABORT) && m->phase <= PHASE_FINISH)
    move_undo(d);
  else if (move_has(d, FLAG_ABORT) && m->phase == PHASE_RETIRE)
    move_leave(d);
  else if (!wait_is_over(m, d->ev->now_us))
    move_act(d, ACTION_SLEEP)->wake_us = m->wake_us;
  else if (orphan && m->phase == PHASE_RETIRE)
    move_wait(d, d->ev->now_us + m->waits.settle_us);
  else if (m->phase == PHASE_FINISH && !m->has_finish)
    move_finish(d, TELL_NONE); /* the rotator lost its finish meanwhile */
  else
    move_launch(d);
}

static void on_result(struct draft *d)
{
  struct machine *m = d->m;
  enum verdict v = verdict_of(m->phase, d->ev->kt_class);

  if (!m->running)
    return; /* late, or repeated */
  m->running = false;
  m->flags &= ~(unsigned)FLAG_IN_FLIGHT;
  if (m->phase == PHASE_PROBE || m->phase == PHASE_VERIFY)
    m->flags &= ~(unsigned)FLAG_UNSURE; /* it was asked after the wait */
  else if (v == VERDICT_AGAIN && may_be_under_way(m))
    m->flags |= FLAG_UNSURE;
  else if (v == VERDICT_LATER && d->ev->kt_class != KT_BUSY)
    m->flags |= FLAG_UNSURE; /* for the rotation that comes next */
  if (m->kind == JOB_CHECK && v != VERDICT_ON)
    v = VERDICT_UNDO;
  if (move_has(d, FLAG_ABORT) && v != VERDICT_STOP) {
    if (m->phase <= PHASE_FINISH)
      v = VERDICT_UNDO;
    else if (m->phase == PHASE_RETIRE && v == VERDICT_LATER)
      v = VERDICT_LEAVE;
  }
  move_apply(d, v);
}

/* Always a commit before the answer, because only a commit finds out whether
 * the lease still is ours. */
static void on_mutating(struct draft *d)
{
  struct machine *m = d->m;
  bool may = m->running && m->kind != JOB_TEST && m->kind != JOB_CHECK;

  if (move_has(d, FLAG_ABORT) && m->phase <= PHASE_FINISH)
    may = false;
  if (m->phase == PHASE_TEST || m->phase == PHASE_PROBE ||
      m->phase == PHASE_VERIFY)
    may = false;
  if (may) {
    if (m->phase == PHASE_SET)
      m->flags |= FLAG_SET_STARTED;
    else if (m->phase == PHASE_CREATE)
      m->flags |= FLAG_CREATE_SPENT;
    move_act(d, ACTION_SAVE);
  }
  move_act(d, ACTION_ANSWER)->kt_class = may ? KT_OK : KT_DENIED;
}

static void on_abort(struct draft *d)
{
  struct machine *m = d->m;

  if (m->phase == PHASE_ENDED || move_has(d, FLAG_ABORT))
    return;
  if (m->phase == PHASE_RETIRE && !m->running) {
    move_leave(d);
    return;
  }
  if (m->phase != PHASE_RETIRE &&
      !machine_abortable(m, d->ev->pending_stored)) {
    move_tell(d, TELL_ABORT_LATE);
    return;
  }
  m->flags |= FLAG_ABORT;
  if (m->running) {
    move_act(d, ACTION_SAVE);
    if (m->phase <= PHASE_FINISH || m->phase == PHASE_RETIRE)
      move_act(d, ACTION_CANCEL);
  } else if (m->phase <= PHASE_FINISH) {
    on_wake(d); /* which knows about a step that died */
  } else {
    move_act(d, ACTION_SAVE);
  }
}

static void on_dropped(struct draft *d)
{
  if (d->m->phase != PHASE_REDRAW)
    return;
  if (move_has(d, FLAG_ABORT))
    move_fail(d, TELL_NONE);
  else
    move_enter(d, PHASE_CREATE);
}

static void on_superseded(struct draft *d)
{
  if (d->m->phase != PHASE_RETIRE)
    return;
  d->m->running = false;
  d->m->flags &= ~(unsigned)FLAG_IN_FLIGHT;
  move_end(d, JOB_SUPERSEDED, false, TELL_NONE);
}

void machine_move(const struct machine *in, const struct event *ev,
                  struct machine *out, struct action *out_actions,
                  size_t *out_n)
{
  static void (*const events[])(struct draft *) = {
      [EVENT_WAKE] = on_wake,         [EVENT_RESULT] = on_result,
      [EVENT_MUTATING] = on_mutating, [EVENT_ABORT] = on_abort,
      [EVENT_DROPPED] = on_dropped,   [EVENT_SUPERSEDED] = on_superseded,
  };
  struct machine next = *in;
  struct draft d = {.ev = ev, .m = &next, .actions = out_actions};

  events[ev->kind](&d);
  *out = d.n > 0 ? next : *in;
  *out_n = d.n;
}
