/* What a seed is about. */
#include "sim.h"

static int maybe(struct sim *s, int one_in, int most)
{
  return sim_below(s, (uint64_t)one_in) == 0
             ? (int)sim_below(s, (uint64_t)most) + 1
             : 0;
}

void plan_draw(struct sim *s)
{
  struct plan *p = &s->plan;

  *p = (struct plan){0};
  p->target = (enum target_kind)sim_below(s, 3);
  p->has_admin = sim_below(s, 2) == 0;
  p->has_finish = sim_below(s, 3) == 0;
  p->has_revert = p->target != TARGET_OAUTH && sim_below(s, 2) == 0;
  p->has_retire = p->target == TARGET_OVERLAP && sim_below(s, 4) != 0;
  p->n_jobs = 1 + (int)sim_below(s, 3);
  p->mild = sim_below(s, 4) == 0;
  p->calm_us = s->now_us + sim_between(s, 0, 3 * 3600 * US_PER_S);
  p->crash = maybe(s, 2, 120);
  p->pause = maybe(s, 2, 60);
  p->store_fails = maybe(s, 4, 100);
  p->step_dies = maybe(s, 2, 250);
  p->lost_reply = maybe(s, 2, 200);
  p->late_effect = maybe(s, 2, 1000);
  p->jump = maybe(s, 4, 100);
  if (p->mild) {
    /* Not so much that the attempts are used up. */
    p->calm_us = s->now_us + sim_between(s, 0, 60 * US_PER_S);
    return;
  }
  p->down = maybe(s, 3, 150);
  p->fault = maybe(s, 3, 250);
  p->policy = p->target == TARGET_OAUTH ? 0 : maybe(s, 4, 700);
  p->weak = maybe(s, 5, 400);
  p->lag = maybe(s, 4, 100);
  p->abort = maybe(s, 4, 100);
  p->lockout = maybe(s, 4, 6);
}
