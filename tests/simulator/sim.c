/* The seed's chances, the queue of events, and the loop. */
#include "sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define EVENTS_MAX 20000 /* no seed needs as many */
#define START_US   (1000000 * US_PER_S)

uint64_t sim_below(struct sim *s, uint64_t bound)
{
  uint64_t z = (s->rng += 0x9e3779b97f4a7c15u);

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (z ^ (z >> 31)) % bound;
}

bool sim_chance(struct sim *s, int per_thousand)
{
  return per_thousand > 0 && s->now_us < s->plan.calm_us &&
         sim_below(s, 1000) < (uint64_t)per_thousand;
}

int64_t sim_between(struct sim *s, int64_t least_us, int64_t most_us)
{
  return least_us + (int64_t)sim_below(s, (uint64_t)(most_us - least_us) + 1);
}

void sim_fail(struct sim *s, const char *fmt, ...)
{
  va_list ap;

  if (s->failure[0] != '\0')
    return; /* the first one counts */
  va_start(ap, fmt);
  (void)vsnprintf(s->failure, sizeof s->failure, fmt, ap);
  va_end(ap);
  sim_trace(s, "VIOLATION: %s", s->failure);
}

void sim_trace(struct sim *s, const char *fmt, ...)
{
  const struct model_store *st = &s->store;
  va_list ap;

  if (!s->trace)
    return;
  printf("%12.6f ", (double)(s->now_us - START_US) / 1e6);
  va_start(ap, fmt);
  vprintf(fmt, ap);
  va_end(ap);
  printf("   [cur %d prev %d pend %d | live %d %d", st->current, st->previous,
         st->pending, s->target.a, s->target.b);
  if (st->has_job)
    printf(" | %s/%" PRId64 " flags %" PRIx64 " fence %" PRId64 "]\n",
           phase_name((enum phase)st->row.phase), st->row.attempt,
           (uint64_t)st->row.flags, st->row.fence);
  else
    printf("]\n");
}

void sim_at(struct sim *s, int64_t at_us, enum sim_event_kind kind, int index,
            int stamp)
{
  if (at_us < s->now_us)
    at_us = s->now_us;
  if (kind == SIM_TICK) /* one tick an engine */
    for (int i = 0; i < s->n_events; i++)
      if (s->events[i].kind == SIM_TICK && s->events[i].index == index) {
        s->events[i].at_us = at_us;
        s->events[i].order = s->order++;
        return;
      }
  if (s->n_events == SIM_EVENTS) {
    sim_fail(s, "the queue of events is full");
    return;
  }
  s->events[s->n_events++] =
      (struct sim_event){at_us, s->order++, kind, index, stamp};
}

static bool next_event(struct sim *s, struct sim_event *out)
{
  int first = 0;

  if (s->n_events == 0)
    return false;
  for (int i = 1; i < s->n_events; i++) {
    const struct sim_event *a = &s->events[i], *b = &s->events[first];

    if (a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order))
      first = i;
  }
  *out = s->events[first];
  s->events[first] = s->events[--s->n_events];
  return true;
}

/* Things that nobody asked for. */
static void chaos(struct sim *s)
{
  struct engine *g = &s->engines[sim_below(s, SIM_ENGINES)];
  bool in_flight = false;

  for (int i = 0; i < SIM_FLIGHTS; i++)
    in_flight = in_flight || s->flights[i].in_use;
  if (sim_chance(s, s->plan.crash) && g->alive)
    engine_crash(g);
  if (sim_chance(s, s->plan.pause) && engine_is_awake(g))
    engine_pause(g, s->now_us + sim_between(s, 1, 90 * US_PER_S));
  if (sim_chance(s, s->plan.down))
    s->target.down_until_us = s->now_us + sim_between(s, 1, 1200 * US_PER_S);
  if (sim_chance(s, s->plan.lag)) {
    s->target.lag_until_us = s->now_us + sim_between(s, 1, 5 * US_PER_S);
    s->target.lag_a = s->target.a;
    s->target.lag_b = s->target.b;
  }
  /* Forward only while nothing is on its way: what settle_us is for cannot
   * be had from a clock that jumps just then. */
  if (sim_chance(s, s->plan.jump) && (s->store.row.flags & FLAG_UNSURE) == 0 &&
      (s->store.row.flags & FLAG_IN_FLIGHT) == 0 && !in_flight) {
    s->jump_us += sim_between(s, -600 * US_PER_S, 600 * US_PER_S);
    sim_trace(s, "the clock jumps");
  }
  if (sim_chance(s, s->plan.abort) && s->aborts < 2)
    engine_abort(s);
  if (s->now_us < s->plan.calm_us)
    sim_at(s, s->now_us + sim_between(s, 1, 20 * US_PER_S), SIM_CHAOS, 0, 0);
}

static void happen(struct sim *s, const struct sim_event *ev)
{
  struct flight *f = &s->flights[ev->index];

  switch (ev->kind) {
  case SIM_TICK:
    engine_tick(&s->engines[ev->index]);
    break;
  case SIM_RESTART:
    engine_restart(&s->engines[ev->index]);
    break;
  case SIM_CHAOS:
    chaos(s);
    break;
  case SIM_START:
    model_store_start_job(s);
    break;
  default:
    if (s->stamps[ev->index] != ev->stamp || !f->in_use)
      break; /* of a step that is over */
    if (ev->kind == SIM_BEGIN)
      flight_begin(s, f);
    else if (ev->kind == SIM_EFFECT)
      flight_effect(s, f);
    else
      flight_reply(s, f);
  }
}

bool sim_run(struct sim *s, uint64_t seed, bool trace)
{
  struct sim_event ev;

  memset(s, 0, sizeof *s);
  s->seed = s->rng = seed;
  s->trace = trace;
  s->now_us = START_US;
  plan_draw(s);
  model_store_init(s);
  for (int i = 0; i < SIM_ENGINES; i++)
    engine_init(s, i);
  sim_at(s, s->now_us, SIM_START, 0, 0);
  sim_at(s, s->now_us, SIM_CHAOS, 0, 0);
  while (s->failure[0] == '\0' && next_event(s, &ev)) {
    s->now_us = ev.at_us;
    happen(s, &ev);
    for (int i = 0; i < SIM_ENGINES; i++)
      engine_settle(&s->engines[i]);
    check_always(s);
    if (++s->n_done > EVENTS_MAX)
      sim_fail(s, "it never ends");
  }
  if (s->failure[0] == '\0')
    check_over(s);
  for (int i = 0; i < SIM_ENGINES; i++)
    engine_release(&s->engines[i]);
  return s->failure[0] == '\0';
}
