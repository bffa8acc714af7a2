/* The invariants.  Each names the promise that it watches. */
#include <inttypes.h>

#include "rotation/retry.h"
#include "sim.h"

#define TOUCHED (FLAG_SET_STARTED | FLAG_SET_DONE | FLAG_CREATE_SPENT)

static bool in_store(const struct model_store *st, int value)
{
  return value == st->current || value == st->previous || value == st->pending;
}

/* After every event. */
void check_always(struct sim *s)
{
  const struct model_store *st = &s->store;
  const struct target *t = &s->target;

  switch (s->plan.target) {
  case TARGET_SINGLE:
    if (t->a != st->current && t->a != st->pending)
      sim_fail(s, "neither AWSCURRENT nor AWSPENDING logs in");
    break;
  case TARGET_OVERLAP:
    if (!target_takes(s, st->current))
      sim_fail(s, "AWSCURRENT does not log in");
    if (!in_store(st, t->a) || (t->b != 0 && !in_store(st, t->b)))
      sim_fail(s, "a value that is live was dropped");
    break;
  case TARGET_OAUTH: {
    bool held = t->a == st->current || t->a == st->pending;

    if (s->held == t->a && !held)
      sim_fail(s, "the token that is live was dropped");
    s->held = held ? t->a : 0;
  }
  }
}

static bool is_current_fence(const struct sim *s, const struct flight *f)
{
  return s->store.row.fence == f->fence && s->store.row.outcome == JOB_ACTIVE;
}

/* A step was given leave to change the target. */
void check_mutating(struct sim *s, const struct flight *f)
{
  const struct model_store *st = &s->store;

  if (!is_current_fence(s, f))
    sim_fail(s, "%s may change the target, but its lease is another's",
             step_name(f->step));
  if (f->step == STEP_SET && (st->row.flags & FLAG_SET_STARTED) == 0)
    sim_fail(s, "set touches the target without SET_STARTED in the journal");
  if (f->step == STEP_SET && st->pending == 0)
    sim_fail(s, "set touches the target without a durable pending value");
  if (f->step == STEP_CREATE && (st->row.flags & FLAG_CREATE_SPENT) == 0)
    sim_fail(s, "the grant is spent without CREATE_SPENT in the journal");
}

void check_pending_login(struct sim *s, const struct flight *f)
{
  const struct job_row *row = &s->store.row;

  if (is_current_fence(s, f) && row->kind != JOB_TEST &&
      (row->flags & TOUCHED) == 0)
    sim_fail(s, "the pending value is tried, but nothing was ever set");
}

void check_start(struct sim *s, const struct flight *f)
{
  struct model_store *st = &s->store;

  if (!is_current_fence(s, f))
    return;            /* it does not know yet */
  if (st->starts == 0) /* what the last rotation sent has landed by now */
    st->started_live = target_takes(s, st->current);
  if (st->was_locked && f->step != STEP_RETIRE)
    sim_fail(s, "%s is started after LOCKED", step_name(f->step));
  if (f->step == STEP_RETIRE ? st->row.attempt > RETIRE_MAX
                             : st->row.attempt > RETRY_MAX)
    sim_fail(s, "attempt %" PRId64 " of %s", st->row.attempt,
             step_name(f->step));
  if (f->step != STEP_RETIRE && ++st->starts > 40 * RETRY_MAX)
    sim_fail(s, "steps without end");
}

/* AWSCURRENT is about to move. */
void check_finish(struct sim *s)
{
  if (s->store.pending == 0)
    sim_fail(s, "AWSCURRENT moves to no value");
  if (s->store.tested != s->store.pending)
    sim_fail(s, "AWSCURRENT moves to a value that has not passed its test");
}

/* A job's outcome was committed: is it true? */
void check_ended(struct sim *s, const struct job_row *row)
{
  const struct model_store *st = &s->store;
  bool logs_in = target_takes(s, st->current);
  /* OAuth: an exchange whose reply was lost, now or before. */
  bool lost_grant =
      s->plan.target == TARGET_OAUTH && (!st->started_live || st->starts == 0 ||
                                         (row->flags & FLAG_CREATE_SPENT) != 0);

  s->outcomes[row->outcome]++;
  switch (row->outcome) {
  case JOB_SUCCEEDED:
    if (!logs_in)
      sim_fail(s, "SUCCEEDED, but AWSCURRENT does not log in");
    if (row->kind != JOB_TEST && st->current == st->at_start)
      sim_fail(s, "SUCCEEDED, but AWSCURRENT is the old value");
    break;
  case JOB_FAILED:
  case JOB_ABORTED:
    if (st->current != st->at_start)
      sim_fail(s, "FAILED or ABORTED, but AWSCURRENT has moved");
    if (!logs_in && !lost_grant)
      sim_fail(s, "FAILED or ABORTED, but AWSCURRENT does not log in");
    if (st->pending != 0)
      sim_fail(s, "FAILED or ABORTED, but a pending value is left");
    break;
  case JOB_STUCK:
    if (st->pending == 0)
      sim_fail(s, "STUCK, but the pending value is gone");
    break;
  default:
    break;
  }
  if (s->plan.mild && row->kind != JOB_TEST && row->outcome != JOB_SUCCEEDED &&
      row->outcome != JOB_SUPERSEDED && s->plan.target != TARGET_OAUTH)
    sim_fail(s, "outcome %d, though nothing was in its way", (int)row->outcome);
}

/* Nothing will happen any more. */
void check_over(struct sim *s)
{
  const struct model_store *st = &s->store;

  if (st->has_job && st->row.outcome == JOB_ACTIVE)
    sim_fail(s, "the rotation hangs in %s",
             phase_name((enum phase)st->row.phase));
}
