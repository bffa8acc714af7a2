/* The store, modelled: one secret's versions and its job, as committed; and
 * the journal that an engine sees of it, which can fail, or die with the
 * engine before or after a commit.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"

#define HOUR_US (3600 * US_PER_S)

void model_store_init(struct sim *s)
{
  struct model_store *st = &s->store;

  s->next_value = 2;
  st->current = 1;
  st->owner = -1;
  s->target.a = 1;
}

void model_store_start_job(struct sim *s)
{
  struct model_store *st = &s->store;
  struct job_row *row = &st->row;
  bool waits_to_retire =
      st->has_job && row->outcome == JOB_ACTIVE && row->phase == PHASE_RETIRE;
  int64_t wall_us = s->now_us + s->jump_us, fence = row->fence;
  int64_t next_start_us;

  if (s->jobs_started == s->plan.n_jobs || st->pending != 0)
    return; /* a stuck pending value blocks the next rotation */
  if (st->has_job && row->outcome == JOB_ACTIVE && !waits_to_retire) {
    sim_at(s, s->now_us + sim_between(s, 1, HOUR_US), SIM_START, 0, 0);
    return;
  }
  if (waits_to_retire) {
    row->outcome = JOB_SUPERSEDED;
    row->ended_us = wall_us;
    check_ended(s, row);
  }
  next_start_us = st->has_job ? job_next_start_us(row, SETTLE_US) : 0;
  *row = (struct job_row){.id = ++s->jobs_started, .secret_id = 1};
  (void)snprintf(row->version_id, sizeof row->version_id, "version-%d",
                 s->jobs_started);
  (void)snprintf(row->rotator, sizeof row->rotator, "model");
  row->kind = sim_below(s, 10) == 0  ? JOB_TEST
              : sim_below(s, 2) == 0 ? JOB_MANUAL
                                     : JOB_SCHEDULED;
  if (row->kind == JOB_SCHEDULED && !s->plan.mild)
    row->window_end_us = wall_us + sim_between(s, 0, 4 * HOUR_US);
  row->wake_us = next_start_us > wall_us ? next_start_us : wall_us;
  row->fence = fence;
  st->has_job = true;
  st->owner = -1;
  st->note = st->tested = st->starts = 0;
  st->was_locked = false;
  st->at_start = st->current;
  st->started_live = target_takes(s, st->current);
  sim_trace(s, "job %" PRId64 " of kind %d", row->id, (int)row->kind);
  for (int i = 0; i < SIM_ENGINES; i++)
    engine_arm(&s->engines[i], s->now_us + (row->wake_us - wall_us));
}

/* Until when the lease of the job holds, in true time. */
static int64_t lease_end_us(const struct sim *s)
{
  const struct model_store *st = &s->store;
  const struct engine *g;

  if (st->owner < 0)
    return 0;
  g = &s->engines[st->owner];
  if (g->generation != st->owner_generation && g->alive)
    return 0; /* it came back and dropped what it held */
  if (engine_is_awake(g))
    return s->now_us + SIM_LEASE_US;
  return g->seen_us + SIM_LEASE_US;
}

bool model_store_claim(struct engine *g, struct job_row *out,
                       int64_t *out_next_us)
{
  struct sim *s = g->sim;
  struct model_store *st = &s->store;
  int64_t lease_us = lease_end_us(s);
  int64_t wait_us = st->row.wake_us - engine_now_us(g);

  *out_next_us = 0;
  if (!st->has_job || st->row.outcome != JOB_ACTIVE)
    return false;
  if (wait_us > 0 || lease_us > s->now_us) {
    *out_next_us = s->now_us + wait_us;
    if (*out_next_us < lease_us)
      *out_next_us = lease_us;
    return false;
  }
  st->is_unsynced = false;
  st->row.fence++;
  st->owner = g->index;
  st->owner_generation = g->generation;
  (void)snprintf(st->row.owner, sizeof st->row.owner, "engine-%d", g->index);
  *out = st->row;
  return true;
}

void model_store_power_cut(struct sim *s)
{
  struct model_store *st = &s->store;

  if (!st->is_unsynced)
    return;
  sim_trace(s, "the last save is lost");
  st->row = st->synced;
  st->n_history = st->synced_history;
  st->is_unsynced = false;
}

/* ---- the journal -------------------------------------------------------- */

static struct engine *engine_of(struct journal *j)
{
  return (void *)((char *)j - offsetof(struct engine, journal));
}

/* Before each commit: does it take place? */
static int begin(struct engine *g, const struct job_row *job, struct err *e)
{
  struct sim *s = g->sim;
  const struct job_row *row = &s->store.row;

  if (g->crashed || !g->alive)
    return err_set(e, ERR_IO, "dead");
  if (sim_chance(s, s->plan.crash / 4)) {
    engine_crash(g);
    return err_set(e, ERR_IO, "dead before the commit");
  }
  if (sim_chance(s, s->plan.store_fails))
    return err_set(e, ERR_BUSY, "the disk is slow");
  if (row->id != job->id || row->outcome != JOB_ACTIVE ||
      row->fence != job->fence)
    return err_set(e, ERR_FENCED, "the lease went to another engine");
  s->store.is_unsynced = false;
  return 0;
}

/* After each commit: does anyone get to know? */
static int done(struct engine *g, struct err *e)
{
  if (!sim_chance(g->sim, g->sim->plan.crash / 4))
    return 0;
  engine_crash(g);
  return err_set(e, ERR_IO, "dead after the commit");
}

static void write_row(struct sim *s, const struct job_row *job,
                      const struct attempt_row *attempt)
{
  enum job_cancel cancel = s->store.row.cancel;

  s->store.row = *job;
  s->store.row.cancel = cancel;
  if (attempt != NULL) {
    s->store.n_history++;
    if (attempt->kt_class == KT_LOCKED)
      s->store.was_locked = true;
  }
  if (job->owner[0] == '\0')
    s->store.owner = -1;
  if (job->outcome == JOB_ACTIVE && job->owner[0] == '\0')
    for (int i = 0; i < SIM_ENGINES; i++)
      engine_arm(&s->engines[i], s->now_us);
}

static int sim_load(struct journal *j, const struct job_row *job,
                    struct job_facts *out, struct err *e)
{
  struct engine *g = engine_of(j);

  (void)job;
  (void)e;
  *out = (struct job_facts){.secret_arn = "arn:sim", .grace_s = -1};
  out->pending_stored = g->sim->store.pending != 0;
  return 0;
}

static int sim_save(struct journal *j, const struct job_row *job,
                    const struct attempt_row *attempt, struct err *e)
{
  struct engine *g = engine_of(j);
  int rc = begin(g, job, e);

  if (rc != 0)
    return rc;
  write_row(g->sim, job, attempt);
  sim_trace(g->sim, "engine %d saves", g->index);
  return done(g, e);
}

static int sim_save_soon(struct journal *j, const struct job_row *job,
                         const struct attempt_row *attempt, struct err *e)
{
  struct engine *g = engine_of(j);
  struct model_store *st = &g->sim->store;
  bool was_unsynced = st->is_unsynced;
  int rc;

  if (!was_unsynced) {
    st->synced = st->row;
    st->synced_history = st->n_history;
  }
  rc = begin(g, job, e);
  if (rc != 0)
    return rc;
  write_row(g->sim, job, attempt);
  st->is_unsynced = true;
  sim_trace(g->sim, "engine %d saves, not yet durably", g->index);
  return done(g, e);
}

static int value_of(const struct secret *value)
{
  int v = 0;

  memcpy(&v, value->data, sizeof v);
  return v;
}

static int sim_put_pending(struct journal *j, const struct job_row *job,
                           const struct secret *value, struct err *e)
{
  struct engine *g = engine_of(j);
  int rc = begin(g, job, e);

  if (rc != 0)
    return rc;
  if (g->sim->store.pending == 0)
    g->sim->store.pending = value_of(value);
  sim_trace(g->sim, "engine %d puts the pending value", g->index);
  return done(g, e);
}

static int sim_drop_pending(struct journal *j, const struct job_row *job,
                            struct err *e)
{
  struct engine *g = engine_of(j);
  int rc = begin(g, job, e);

  if (rc != 0)
    return rc;
  g->sim->store.pending = 0;
  sim_trace(g->sim, "engine %d drops the pending value", g->index);
  return done(g, e);
}

static void plan_next(struct sim *s)
{
  int64_t most_us = sim_below(s, 3) == 0 ? 10 * US_PER_S : HOUR_US;

  sim_at(s, s->now_us + sim_between(s, 1, most_us), SIM_START, 0, 0);
}

static int sim_finish(struct journal *j, const struct job_row *job,
                      const struct attempt_row *attempt, struct err *e)
{
  struct engine *g = engine_of(j);
  struct model_store *st = &g->sim->store;
  int rc = begin(g, job, e);

  if (rc != 0)
    return rc;
  check_finish(g->sim);
  st->previous = st->current;
  st->current = st->pending;
  st->pending = 0;
  st->n_finished++;
  write_row(g->sim, job, attempt);
  sim_trace(g->sim, "engine %d finishes", g->index);
  plan_next(g->sim); /* before the retire, perhaps */
  if (job->outcome != JOB_ACTIVE)
    check_ended(g->sim, job);
  return done(g, e);
}

static int sim_end(struct journal *j, const struct job_row *job,
                   const struct attempt_row *attempt, bool keep_pending,
                   struct err *e)
{
  struct engine *g = engine_of(j);
  int rc = begin(g, job, e);

  if (rc != 0)
    return rc;
  if (!keep_pending)
    g->sim->store.pending = 0;
  write_row(g->sim, job, attempt);
  sim_trace(g->sim, "engine %d ends with outcome %d", g->index,
            (int)job->outcome);
  plan_next(g->sim);
  check_ended(g->sim, job);
  return done(g, e);
}

static int sim_note_put(struct journal *j, const struct job_row *job,
                        const struct secret *note, struct err *e)
{
  struct engine *g = engine_of(j);
  int rc = begin(g, job, e);

  if (rc != 0)
    return rc;
  g->sim->store.note = value_of(note);
  return done(g, e);
}

static int give(int value, struct secret *out, struct err *e)
{
  if (value == 0)
    return err_set(e, ERR_NOT_FOUND, "no value");
  return secret_copy(&value, sizeof value, out, e);
}

static int sim_note_get(struct journal *j, const struct job_row *job,
                        struct secret *out, struct err *e)
{
  (void)job;
  return give(engine_of(j)->sim->store.note, out, e);
}

static int sim_value(struct journal *j, const struct job_row *job,
                     enum kt_source source, const char *stage,
                     struct secret *out, struct err *e)
{
  const struct model_store *st = &engine_of(j)->sim->store;

  (void)job;
  if (source != KT_SECRET)
    return give(0, out, e);
  if (strcmp(stage, "AWSCURRENT") == 0)
    return give(st->current, out, e);
  return give(strcmp(stage, "AWSPENDING") == 0 ? st->pending : st->previous,
              out, e);
}

static int sim_is_current(struct journal *j, const struct job_row *job,
                          bool *out, struct err *e)
{
  (void)j;
  (void)job;
  (void)e;
  *out = true; /* nobody else writes this secret */
  return 0;
}

void journal_init(struct engine *g)
{
  g->journal = (struct journal){.load = sim_load,
                                .save = sim_save,
                                .save_soon = sim_save_soon,
                                .put_pending = sim_put_pending,
                                .drop_pending = sim_drop_pending,
                                .finish = sim_finish,
                                .end = sim_end,
                                .note_put = sim_note_put,
                                .note_get = sim_note_get,
                                .value = sim_value,
                                .is_current = sim_is_current};
}
