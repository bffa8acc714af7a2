/* The jobs that this engine holds: their callbacks, waits, leases and ends. */
#include <stdlib.h>

#include "base/log.h"
#include "scheduler/state.h"

static struct held *held_of(struct scheduler *s, const struct job *job)
{
  struct held *h = s->held;

  while (h->job != job)
    h = h->next; /* a job that calls back is held */
  return h;
}

static void slot_free(struct held *h)
{
  if (slots_give(&h->s->slots, &h->slot))
    scheduler_poke(h->s);
}

static void awake(struct held *h)
{
  if (h->is_sleeping)
    h->s->n_sleeping--;
  h->is_sleeping = false;
}

/* It acts no more; a look frees what is left. */
static void gone(struct held *h)
{
  struct job *job = h->job;

  awake(h);
  h->job = NULL;
  job_close(job);
  slot_free(h);
  scheduler_poke(h->s);
}

/* ---- what jobs say --------------------------------------------------------
 */

static void on_wake(void *ctx, struct job *job, int64_t at_us)
{
  struct scheduler *s = ctx;
  struct held *h = held_of(s, job);

  if (!h->is_sleeping)
    s->n_sleeping++;
  h->is_sleeping = true;
  h->at_us = at_us;
  report_next(h, NEXT_AT, at_us, STEP_COUNT);
  if (!job_is_running_step(job))
    slot_free(h);
  scheduler_poke(s); /* the timer */
}

static void on_ended(void *ctx, struct job *job)
{
  struct held *h = held_of(ctx, job);

  report_next(h, NEXT_ENDED, 0, STEP_COUNT);
  report_ended(h);
  gone(h);
}

static void on_let_go(void *ctx, struct job *job, int64_t at_us,
                      const struct err *why)
{
  struct held *h = held_of(ctx, job);

  report_next(h, why == NULL ? NEXT_AT : NEXT_LOST, at_us, STEP_COUNT);
  if (why != NULL)
    report_lost(h, why);
  gone(h);
}

static void on_step_started(void *ctx, struct job *job, enum step step)
{
  struct scheduler *s = ctx;
  struct held *h = held_of(s, job);

  slots_force(&s->slots, &h->slot);
  awake(h);
  report_next(h, NEXT_STEP, 0, step);
  report_step_started(h, step);
}

static void on_step_ended(void *ctx, struct job *job, enum step step,
                          const struct step_result *result)
{
  report_step_ended(held_of(ctx, job), step, result);
}

static void on_told(void *ctx, struct job *job, enum tell tell)
{
  report_told(held_of(ctx, job), tell);
}

static void on_log(void *ctx, struct job *job, enum kt_level level,
                   const char *text)
{
  report_line(held_of(ctx, job), level, text);
}

static void on_store_failed(void *ctx, struct job *job, const struct err *why)
{
  report_store_failed(held_of(ctx, job), why);
}

void held_env(struct scheduler *s, struct job_env *out)
{
  *out = (struct job_env){.clock = s->o.clock,
                          .random = s->o.random,
                          .journal = s->o.journal,
                          .runner = s->o.runner,
                          .lease_us = s->o.lease_us,
                          .deadline_ms = s->o.step_timeout_ms,
                          .waits = s->o.waits,
                          .ctx = s,
                          .wake = on_wake,
                          .ended = on_ended,
                          .let_go = on_let_go,
                          .step_started = on_step_started,
                          .step_ended = on_step_ended,
                          .told = on_told,
                          .log = on_log,
                          .store_failed = on_store_failed};
}

/* ---- life -----------------------------------------------------------------
 */

static int64_t renew_every_us(const struct scheduler *s)
{
  return s->o.lease_us / 3;
}

static void renew_after(struct scheduler *s, int64_t us)
{
  s->renew_mono_us = clock_mono_us(s->o.clock) + us;
  s->renew_wall_us = now_us(s) + us;
}

int held_start(struct scheduler *s, const struct job_row *row,
               const struct slot *slot, struct err *e)
{
  struct held *h = calloc(1, sizeof *h);
  int rc;

  if (h == NULL)
    return err_set(e, ERR_NOMEM, "no memory for a rotation");
  rc = job_open(&s->env, row, &h->job, e);
  if (rc != 0) {
    free(h);
    return rc;
  }
  if (s->n_held == 0)
    renew_after(s, renew_every_us(s));
  h->s = s;
  h->told_abort = row->cancel == CANCEL_ABORT; /* job_go sees to it */
  slot_init(&h->slot, slot->rotator, slot->host);
  slots_force(&s->slots, &h->slot);
  h->next = s->held;
  s->held = h;
  s->n_held++;
  job_go(h->job);
  return 0;
}

void held_sweep(struct scheduler *s)
{
  struct held **at = &s->held;

  while (*at != NULL) {
    struct held *h = *at;

    if (h->job != NULL) {
      at = &h->next;
      continue;
    }
    *at = h->next;
    s->n_held--;
    free(h);
  }
}

void held_wake(struct scheduler *s)
{
  int64_t now = now_us(s);

  for (struct held *h = s->held; h != NULL; h = h->next) {
    if (h->job == NULL || !h->is_sleeping)
      continue;
    if (s->n_sleeping > SLEEPERS_MAX) {
      job_drain(h->job); /* it is in the store, to be claimed later */
      continue;
    }
    /* A wait that long is none: the clock was set back. */
    if (h->at_us > now && h->at_us - now <= 2 * JOB_PARK_US)
      continue;
    if (!slots_take(&s->slots, &h->slot))
      continue;
    awake(h);
    job_wake(h->job);
  }
}

/* ---- leases ----------------------------------------------------------------
 */

/* What others did to the row meanwhile. */
static void look_at_row(struct scheduler *s, struct held *h)
{
  const struct job_row *mine = job_row(h->job);
  struct err e = {0};
  struct job_row row;
  int rc = store_job_by_id(s->o.store, mine->id, &row, &e);

  if (rc == 0 && (row.fence != mine->fence || row.outcome != JOB_ACTIVE))
    rc = err_set(&e, ERR_FENCED, "the lease went to '%s'", row.owner);
  if (rc == -ERR_FENCED || rc == -ERR_NOT_FOUND) {
    report_next(h, NEXT_LOST, 0, STEP_COUNT);
    report_lost(h, &e);
    gone(h);
  } else if (rc != 0) {
    scheduler_trouble(s, "read a rotation", &e);
  } else if (row.cancel == CANCEL_ABORT && !h->told_abort) {
    h->told_abort = true;
    job_abort(h->job);
  }
}

void held_keep(struct scheduler *s)
{
  bool asked = atomic_exchange(&s->is_asked, false);
  bool renew =
      s->n_held > 0 && (clock_mono_us(s->o.clock) >= s->renew_mono_us ||
                        now_us(s) >= s->renew_wall_us);
  struct err e = {0};

  if (!asked && !renew)
    return;
  for (struct held *h = s->held; h != NULL; h = h->next)
    if (h->job != NULL)
      look_at_row(s, h);
  if (!renew)
    return;
  renew_after(s, renew_every_us(s));
  if (store_lease_renew(s->o.store, s->owner, now_us(s) + s->o.lease_us, &e) !=
      0) {
    scheduler_trouble(s, "renew the leases of running rotations", &e);
    renew_after(s, s->retry_us);
  }
}

/* ---- the end ----------------------------------------------------------------
 */

void held_drain(struct scheduler *s)
{
  for (struct held *h = s->held; h != NULL; h = h->next)
    if (h->job != NULL)
      job_drain(h->job);
}

void held_cancel(struct scheduler *s)
{
  for (struct held *h = s->held; h != NULL; h = h->next) {
    if (h->job == NULL || !job_is_running_step(h->job))
      continue;
    log_warn("rotation_step_cancelled", log_str("arn", job_secret_arn(h->job)),
             log_str("version", job_row(h->job)->version_id),
             log_int("rotation", job_row(h->job)->id),
             log_str("next", "the grace period of the shutdown is over; the "
                             "rotation goes on when keyturnd is back"));
    s->o.runner->cancel(s->o.runner, h->job);
  }
}

void held_release(struct scheduler *s)
{
  for (struct held *h = s->held; h != NULL; h = h->next)
    if (h->job != NULL)
      gone(h);
  held_sweep(s);
}
