/* A simulated keyturnd: claims the job, runs the real driver, dies, sleeps
 * through its lease, and comes back.
 */
#include <string.h>

#include "rotation/retry.h"
#include "sim.h"

int64_t engine_now_us(const struct engine *g)
{
  return g->sim->now_us + g->sim->jump_us + g->skew_us;
}

bool engine_is_awake(const struct engine *g)
{
  return g->alive && !g->crashed && g->sim->now_us >= g->paused_until_us;
}

void engine_arm(struct engine *g, int64_t at_us)
{
  if (at_us < g->sim->now_us)
    at_us = g->sim->now_us;
  if (g->tick_at_us != 0 && g->tick_at_us <= at_us)
    return;
  g->tick_at_us = at_us;
  sim_at(g->sim, at_us, SIM_TICK, g->index, 0);
}

static int64_t clock_of_engine(struct clock *c)
{
  const struct engine *g =
      (const void *)((const char *)c - offsetof(struct engine, clock));

  return engine_now_us(g);
}

static void fill_of_engine(struct random *r, void *out, size_t n)
{
  struct engine *g = (void *)((char *)r - offsetof(struct engine, random));
  unsigned char *p = out;

  for (size_t i = 0; i < n; i++)
    p[i] = (unsigned char)sim_below(g->sim, 256);
}

/* ---- what the job tells its engine -------------------------------------- */

static void on_wake(void *ctx, struct job *job, int64_t at_us)
{
  struct engine *g = ctx;

  (void)job;
  g->wake_at_us = at_us;
  engine_arm(g, g->sim->now_us + (at_us - engine_now_us(g)));
}

static void close_job(struct engine *g, struct job *job)
{
  if (g->job == job)
    g->job = NULL;
  g->wake_at_us = 0;
  job_close(job);
  engine_arm(g, g->sim->now_us);
}

static void on_ended(void *ctx, struct job *job)
{
  struct engine *g = ctx;

  sim_trace(g->sim, "engine %d: ended, outcome %d", g->index,
            (int)job_row(job)->outcome);
  close_job(g, job);
}

static void on_let_go(void *ctx, struct job *job, int64_t at_us,
                      const struct err *why)
{
  struct engine *g = ctx;

  (void)at_us;
  sim_trace(g->sim, "engine %d: lets go%s", g->index,
            why == NULL ? "" : ", its lease is lost");
  close_job(g, job);
}

void engine_init(struct sim *s, int index)
{
  struct engine *g = &s->engines[index];

  g->sim = s;
  g->index = index;
  g->alive = true;
  g->skew_us = sim_between(s, -1 * US_PER_S, 1 * US_PER_S);
  g->clock = (struct clock){clock_of_engine, clock_of_engine};
  g->random.fill = fill_of_engine;
  journal_init(g);
  runner_init(g);
  g->env = (struct job_env){.clock = &g->clock,
                            .random = &g->random,
                            .journal = &g->journal,
                            .runner = &g->runner,
                            .lease_us = SIM_LEASE_US,
                            .deadline_ms = 60000,
                            .waits = RETRY_WAITS,
                            .ctx = g,
                            .wake = on_wake,
                            .ended = on_ended,
                            .let_go = on_let_go};
  engine_arm(g, s->now_us);
}

/* The process is gone, and its steps with it (not what they sent). */
static void bury(struct engine *g)
{
  struct job *job = g->job;

  g->job = NULL;
  g->wake_at_us = 0;
  g->crashed = false;
  g->alive = false;
  g->generation++;
  g->tick_at_us = 0;
  g->seen_us = g->sim->now_us;
  job_close(job);
  flight_orphan(g->sim, g);
}

void engine_release(struct engine *g)
{
  if (g->sim != NULL)
    bury(g);
}

void engine_crash(struct engine *g)
{
  sim_trace(g->sim, "engine %d is killed", g->index);
  g->crashed = true;
  if (g->sim->store.owner == g->index && sim_below(g->sim, 2) == 0)
    model_store_power_cut(g->sim);
}

void engine_settle(struct engine *g)
{
  struct sim *s = g->sim;

  if (!g->crashed)
    return;
  bury(g);
  for (int i = 0; i < SIM_ENGINES; i++)
    engine_arm(&s->engines[i], s->now_us + SIM_LEASE_US);
  sim_at(s, s->now_us + sim_between(s, 1, 60 * US_PER_S), SIM_RESTART, g->index,
         0);
}

void engine_restart(struct engine *g)
{
  if (g->alive)
    return;
  g->alive = true;
  g->paused_until_us = 0;
  sim_trace(g->sim, "engine %d is back", g->index);
  engine_arm(g, g->sim->now_us);
}

static void claim(struct engine *g)
{
  struct job_row row;
  struct err e = {0};

  int64_t next_us;

  if (!model_store_claim(g, &row, &next_us)) {
    if (next_us != 0)
      engine_arm(g, next_us);
    return;
  }
  sim_trace(g->sim, "engine %d claims", g->index);
  if (job_open(&g->env, &row, &g->job, &e) == 0)
    job_go(g->job);
}

/* The clock may have been set back since; and a wake may come early. */
static void wake(struct engine *g)
{
  struct sim *s = g->sim;
  int64_t left_us = g->wake_at_us - engine_now_us(g);

  if (left_us <= 0 || left_us > 3600 * US_PER_S || sim_below(s, 8) == 0) {
    g->wake_at_us = 0;
    job_wake(g->job);
  } else {
    engine_arm(g, s->now_us + left_us);
  }
}

void engine_pause(struct engine *g, int64_t until_us)
{
  struct sim *s = g->sim;

  sim_trace(s, "engine %d stops for a while", g->index);
  g->paused_until_us = until_us;
  g->seen_us = s->now_us;
  engine_arm(g, until_us);
  for (int i = 0; i < SIM_ENGINES; i++)
    engine_arm(&s->engines[i], s->now_us + SIM_LEASE_US);
}

void engine_tick(struct engine *g)
{
  struct sim *s = g->sim;

  if (g->tick_at_us > s->now_us)
    return; /* an earlier wish, which was met */
  g->tick_at_us = 0;
  if (!g->alive)
    return;
  if (s->now_us < g->paused_until_us) {
    engine_arm(g, g->paused_until_us);
    return;
  }
  g->seen_us = s->now_us;
  if (g->job == NULL)
    claim(g);
  else if (g->wake_at_us != 0)
    wake(g);
}

void engine_abort(struct sim *s)
{
  s->aborts++;
  sim_trace(s, "somebody asks to abort");
  if (s->store.has_job && s->store.row.outcome == JOB_ACTIVE) {
    s->store.row.cancel = CANCEL_ABORT;
    s->store.is_unsynced = false;
  }
  for (int i = 0; i < SIM_ENGINES; i++)
    if (engine_is_awake(&s->engines[i]) && s->engines[i].job != NULL)
      job_abort(s->engines[i].job);
}
