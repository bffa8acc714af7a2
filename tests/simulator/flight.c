/* A step in the child and on the wire, behind the runner's vtable.
 *
 * A step begins (it asks the engine and logs in), sends its change, and
 * replies; between any two the engine may die, sleep, or lose its lease.  A
 * change that was sent lands on its own, sometimes long after its step died.
 */
#include <string.h>

#include "sim.h"

#define MS US_PER_MS

static struct flight *flight_of(struct sim *s, const void *ctx)
{
  for (int i = 0; i < SIM_FLIGHTS; i++)
    if (s->flights[i].in_use && s->flights[i].ctx == ctx)
      return &s->flights[i];
  return NULL;
}

void flight_at(struct sim *s, struct flight *f, enum sim_event_kind kind,
               int64_t least_us, int64_t most_us)
{
  int index = (int)(f - s->flights);

  sim_at(s, s->now_us + sim_between(s, least_us, most_us), kind, index,
         s->stamps[index]);
}

static void flight_end(struct sim *s, struct flight *f)
{
  if (f->effect_waits || f->reply_waits)
    return;
  s->stamps[f - s->flights]++;
  f->in_use = false;
}

void flight_answer(struct sim *s, struct flight *f, int kt_class)
{
  f->reply = kt_class;
  f->reply_waits = true;
  flight_at(s, f, SIM_REPLY, 1 * MS, 20 * MS);
}

void flight_begin(struct sim *s, struct flight *f)
{
  struct engine *g = &s->engines[f->engine];

  if (f->ctx == NULL) {
    flight_end(s, f); /* the child died with its engine */
    return;
  }
  if (!engine_is_awake(g)) {
    flight_at(s, f, SIM_BEGIN, g->paused_until_us - s->now_us,
              g->paused_until_us - s->now_us + MS);
    return;
  }
  rotator_step(s, f);
}

void flight_effect(struct sim *s, struct flight *f)
{
  struct target *t = &s->target;

  f->effect_waits = false;
  if (s->plan.target == TARGET_OAUTH && t->a != f->spends) {
    f->reply = KT_REAUTH_REQUIRED;
    f->set_a = 0;
  } else {
    t->a = f->set_a;
    t->b = f->set_b;
    if (!target_takes(s, s->store.tested))
      s->store.tested = 0;
  }
  sim_trace(s, "%s of engine %d lands", step_name(f->step), f->engine);
  flight_end(s, f);
}

void flight_reply(struct sim *s, struct flight *f)
{
  struct engine *g = &s->engines[f->engine];
  struct step_result result = {0};
  step_done *tell = f->done;
  void *ctx = f->ctx;

  if (ctx != NULL && !engine_is_awake(g)) {
    flight_at(s, f, SIM_REPLY, g->paused_until_us - s->now_us,
              g->paused_until_us - s->now_us + MS);
    return;
  }
  if (ctx != NULL && f->reply == KT_OK && f->step == STEP_CREATE &&
      s->plan.target == TARGET_OAUTH && f->set_a != 0)
    rotator_keep_token(f);
  f->reply_waits = false;
  f->ctx = NULL;
  result.kt_class = f->reply;
  result.killed = f->reply == KT_AMBIGUOUS;
  sim_trace(s, "%s of engine %d answers %s", step_name(f->step), f->engine,
            class_name(f->reply));
  flight_end(s, f);
  if (ctx != NULL)
    tell(ctx, &result);
}

void flight_orphan(struct sim *s, struct engine *g)
{
  const struct step_result nothing = {.kt_class = KT_AMBIGUOUS};

  for (int i = 0; i < SIM_FLIGHTS; i++) {
    struct flight *f = &s->flights[i];
    void *ctx = f->ctx;

    if (!f->in_use || f->engine != g->index || ctx == NULL)
      continue;
    f->ctx = NULL;
    f->reply_waits = false;
    f->done(ctx, &nothing); /* frees the job that was closed */
    flight_end(s, f);
  }
}

/* ---- the runner --------------------------------------------------------- */

static struct engine *engine_of(struct runner *r)
{
  return (void *)((char *)r - offsetof(struct engine, runner));
}

static int runner_start(struct runner *r, const struct step_request *request,
                        const struct step_host *host, void *ctx,
                        step_done *done, struct err *e)
{
  struct engine *g = engine_of(r);
  struct sim *s = g->sim;
  int i = 0;

  if (g->crashed)
    return err_set(e, ERR_IO, "dead");
  while (i < SIM_FLIGHTS && s->flights[i].in_use)
    i++;
  if (i == SIM_FLIGHTS) {
    sim_fail(s, "more steps at once than could be");
    return err_set(e, ERR_BUSY, "full");
  }
  s->stamps[i]++;
  s->flights[i] = (struct flight){
      .in_use = true,
      .engine = g->index,
      .ctx = ctx,
      .host = host,
      .done = done,
      .step = request->step,
      .pending_stage = strcmp(request->stage, "AWSPENDING") == 0,
      .maybe_set = request->maybe_set,
      .fence = job_row(ctx)->fence,
  };
  sim_trace(s, "engine %d starts %s(%s)", g->index, step_name(request->step),
            request->stage);
  check_start(s, &s->flights[i]);
  flight_at(s, &s->flights[i], SIM_BEGIN, 1 * MS, 20 * MS);
  if (sim_chance(s, s->plan.crash / 8))
    engine_crash(g);
  else if (sim_chance(s, s->plan.pause / 2))
    engine_pause(g, s->now_us + sim_between(s, 1, 90 * US_PER_S));
  return 0;
}

static void runner_cancel(struct runner *r, void *ctx)
{
  struct flight *f = flight_of(engine_of(r)->sim, ctx);

  if (f != NULL)
    f->cancelled = true;
}

static int runner_find(struct runner *r, const char *rotator,
                       struct rotator_info *out, struct err *e)
{
  const struct plan *p = &engine_of(r)->sim->plan;

  (void)rotator;
  (void)e;
  out->has_finish = p->has_finish;
  out->has_revert = p->has_revert;
  out->has_retire = p->has_retire;
  out->grace_s = 3600;
  return 0;
}

void runner_init(struct engine *g)
{
  g->runner = (struct runner){runner_start, runner_cancel, runner_find};
}
