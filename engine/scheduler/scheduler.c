/* The look: everything that may be due is seen to, then the timer is armed for
 * what comes next.
 *
 * Looks come from the timer, from scheduler_wake, and when a slot frees.  Wall
 * time may jump: no wait is longer than ANCHOR_MS, and each look reads the
 * clock anew.
 */
#include "scheduler/scheduler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "scheduler/state.h"

#define LEAST_MS 1

void scheduler_poke(struct scheduler *s)
{
  if (s->in_look)
    s->changed = true;
  else
    (void)uv_async_send(&s->async); /* fails on closing handles only */
}

void scheduler_trouble(struct scheduler *s, const char *doing,
                       const struct err *e)
{
  if (s->retry_us == 0)
    log_error("scheduler_store_failed", log_str("doing", doing),
              log_str("error", e->text),
              log_str("next", "looked at again, with growing pauses of up to "
                              "30 s"));
  s->retry_us = s->retry_us == 0 ? RETRY_LOOK_US : 2 * s->retry_us;
  if (s->retry_us > RETRY_LOOK_MAX_US)
    s->retry_us = RETRY_LOOK_MAX_US;
}

/* ---- the timer ----------------------------------------------------------- */

static void earliest(int64_t *us, int64_t other_us)
{
  if (other_us < *us)
    *us = other_us;
}

/* The wait until the next look. */
static int64_t wait_us(struct scheduler *s)
{
  int64_t now = now_us(s), at_us = 0, wait = ANCHOR_MS * US_PER_MS;
  struct err e = {0};

  if (s->n_held > 0)
    earliest(&wait, s->renew_mono_us - clock_mono_us(s->o.clock));
  for (const struct held *h = s->held; h != NULL; h = h->next)
    /* One that is due already waits for a slot, which calls by itself. */
    if (h->is_sleeping && h->at_us > now)
      earliest(&wait, h->at_us - now);
  if (s->is_draining)
    return wait;
  if (s->retry_us > 0) {
    earliest(&wait, s->retry_us);
    return wait;
  }
  /* Without room for one more, only a slot that frees matters. */
  if (slots_room(&s->slots) == 0)
    return wait;
  if (store_next_wake(s->o.store, s->owner, &at_us, &e) != 0) {
    scheduler_trouble(s, "ask when something is due", &e);
    earliest(&wait, s->retry_us);
  } else if (at_us != 0) {
    earliest(&wait, at_us - now);
  }
  return wait;
}

static void on_timer(uv_timer_t *timer);

static void arm(struct scheduler *s)
{
  int64_t ms = (wait_us(s) + US_PER_MS - 1) / US_PER_MS;

  uv_update_time(s->o.loop);
  /* Fails only for a handle that is closing. */
  (void)uv_timer_start(&s->timer, on_timer,
                       (uint64_t)(ms < LEAST_MS ? LEAST_MS : ms), 0);
}

/* ---- the look ------------------------------------------------------------ */

static void check_drained(struct scheduler *s)
{
  void (*drained)(void *) = s->drained;

  if (!s->is_draining || s->is_drained || s->n_held > 0 || s->n_checks > 0)
    return;
  s->is_drained = true;
  (void)uv_timer_stop(&s->grace); /* always 0 */
  if (drained != NULL)
    drained(s->drained_ctx);
}

static void look(struct scheduler *s)
{
  int64_t retry_us = s->retry_us;
  unsigned passes = 0;

  s->in_look = true;
  checks_begin(s);
  held_keep(s);
  if (s->is_late)
    janitor_run(s);
  s->is_late = false;
  do {
    s->changed = false;
    held_wake(s);
    if (!s->is_draining)
      claim_jobs(s);
    held_sweep(s);
  } while (s->changed && ++passes < LOOK_PASSES);
  s->in_look = false;
  if (s->retry_us == retry_us)
    s->retry_us = 0; /* nothing failed this time */
  if (s->changed)
    scheduler_poke(s); /* after what else the loop has to do */
  check_drained(s);
  if (!s->is_drained)
    arm(s);
}

static void on_timer(uv_timer_t *timer)
{
  struct scheduler *s = timer->data;

  s->is_late = true;
  look(s);
}

static void on_async(uv_async_t *async)
{
  look(async->data);
}

/* ---- the interface --------------------------------------------------------
 */

static void take_options(struct scheduler *s, const struct scheduler_options *o)
{
  s->o = *o;
  (void)snprintf(s->owner, sizeof s->owner, "%s", o->owner); /* checked */
  s->o.owner = s->owner;
  s->waiters_end = &s->waiters;
  scheduler_set_limits(s, &o->limits);
  held_env(s, &s->env);
}

int scheduler_open(const struct scheduler_options *o, struct scheduler **out,
                   struct err *e)
{
  struct scheduler *s = calloc(1, sizeof *s);
  int rc;

  if (s == NULL)
    return err_set(e, ERR_NOMEM, "no memory for the scheduler");
  take_options(s, o);
  rc =
      store_lease_drop(o->store, store_is_alone(o->store) ? NULL : s->owner, e);
  if (rc == 0 && uv_mutex_init(&s->lock) != 0)
    rc = err_set(e, ERR_NOMEM, "no memory for a lock");
  if (rc != 0) {
    free(s);
    return rc;
  }
  rc = uv_async_init(o->loop, &s->async, on_async);
  if (rc != 0) {
    uv_mutex_destroy(&s->lock);
    free(s);
    return err_set(e, ERR_INTERNAL, "the scheduler cannot be woken: %s",
                   uv_strerror(rc));
  }
  (void)uv_timer_init(o->loop, &s->timer); /* both always 0 */
  (void)uv_timer_init(o->loop, &s->grace);
  s->open_handles = 3;
  s->async.data = s->timer.data = s->grace.data = s;
  s->is_late = true;
  atomic_store(&s->is_running, true);
  scheduler_poke(s);
  *out = s;
  return 0;
}

void scheduler_wake(struct scheduler *s)
{
  atomic_store(&s->is_asked, true);
  (void)uv_async_send(&s->async); /* fails on closing handles only */
}

bool scheduler_is_running(struct scheduler *s)
{
  return atomic_load(&s->is_running);
}

void scheduler_set_limits(struct scheduler *s, const struct limits *limits)
{
  s->slots.limits = *limits;
  if (s->slots.limits.in_all > LIMITS_MAX)
    s->slots.limits.in_all = LIMITS_MAX;
  if (s->open_handles > 0)
    scheduler_poke(s);
}

void scheduler_set_step_timeout(struct scheduler *s, int64_t timeout_ms)
{
  uv_mutex_lock(&s->lock); /* threads that wait for checks read it */
  s->o.step_timeout_ms = timeout_ms;
  uv_mutex_unlock(&s->lock);
  s->env.deadline_ms = timeout_ms;
}

static void on_grace(uv_timer_t *timer)
{
  held_cancel(timer->data);
}

void scheduler_drain(struct scheduler *s, int64_t grace_ms,
                     void (*drained)(void *ctx), void *ctx)
{
  if (s->is_drained)
    return;
  /* Fails only for a handle that is closing. */
  (void)uv_timer_start(&s->grace, on_grace, (uint64_t)grace_ms, 0);
  if (s->is_draining)
    return;
  s->is_draining = true;
  s->drained = drained;
  s->drained_ctx = ctx;
  atomic_store(&s->is_running, false);
  checks_close(s);
  held_drain(s);
  scheduler_poke(s);
}

static void on_handle_closed(uv_handle_t *handle)
{
  struct scheduler *s = handle->data;
  void (*closed)(void *) = s->closed;
  void *ctx = s->closed_ctx;

  if (--s->open_handles > 0)
    return;
  uv_mutex_destroy(&s->lock);
  free(s);
  if (closed != NULL)
    closed(ctx);
}

void scheduler_close(struct scheduler *s, void (*closed)(void *ctx), void *ctx)
{
  s->closed = closed;
  s->closed_ctx = ctx;
  atomic_store(&s->is_running, false);
  checks_close(s);
  held_release(s);
  claim_release(s);
  uv_close((uv_handle_t *)&s->timer, on_handle_closed);
  uv_close((uv_handle_t *)&s->grace, on_handle_closed);
  uv_close((uv_handle_t *)&s->async, on_handle_closed);
}
