/* The simulated world: one secret, one target, one store, two engines that
 * run the real job driver, and a seed that decides all that happens.
 *
 * Time jumps from event to event.  Everything random comes from the seed, so
 * a seed that fails once fails always: `sim --seed N --trace`.
 */
#ifndef SIMULATOR_SIM_H
#define SIMULATOR_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "rotation/job.h"

#define SIM_ENGINES  2
#define SIM_EVENTS   64
#define SIM_FLIGHTS  24
#define SIM_VALUES   64
#define SIM_LEASE_US (30 * US_PER_S)
/* A statement whose step died lands no later than this. */
#define SIM_LATE_US (55 * US_PER_S)

struct sim;

enum target_kind { TARGET_SINGLE, TARGET_OVERLAP, TARGET_OAUTH };

/* What a seed is about; drawn first. */
struct plan {
  enum target_kind target;
  bool has_admin, has_finish, has_revert, has_retire;
  int n_jobs;
  int64_t calm_us; /* nothing goes wrong from here on */
  /* Per thousand, of each chance. */
  int crash, pause, store_fails, step_dies, lost_reply, late_effect, fault,
      policy, weak, lag, down, jump, abort;
  int lockout; /* failed logins until the account locks; 0: never */
  bool mild;   /* nothing that could keep a rotation from succeeding */
};

struct target {
  int a, b; /* values that log in; b: overlap's second */
  int64_t down_until_us, locked_until_us, lag_until_us;
  int lag_a, lag_b; /* what a lagging replica takes */
  int failed;
  bool bad[SIM_VALUES];  /* refused by policy */
  bool weak[SIM_VALUES]; /* logs in, but fails its test */
};

struct model_store {
  bool has_job;
  struct job_row row;          /* the last job */
  int owner, owner_generation; /* -1: nobody */
  int current, previous, pending, note;
  int at_start;      /* current when the job started */
  bool started_live; /* it logged in then: OAuth may lose a grant */
  int tested;        /* the pending value that passed its test last */
  int n_history, n_finished;
  int starts;      /* of steps, by this job */
  bool was_locked; /* an answer LOCKED was recorded in this job */
  int64_t next_start_us;
  /* What the disk has, while the last save may be lost with the power. */
  bool is_unsynced;
  struct job_row synced;
  int synced_history;
};

struct engine {
  struct sim *sim;
  int index, generation;
  bool alive, crashed; /* crashed: falls when the current call returns */
  int64_t paused_until_us, seen_us; /* renewed its leases last */
  int64_t skew_us;
  struct job *job;
  int64_t wake_at_us; /* of the job, by its own clock; 0: not armed */
  int64_t tick_at_us; /* the next tick; 0: none */
  struct clock clock;
  struct random random;
  struct journal journal;
  struct runner runner;
  struct job_env env;
};

/* A step that runs: in the child, and on the wire. */
struct flight {
  bool in_use, effect_waits, reply_waits;
  int engine;
  void *ctx; /* NULL once nobody listens */
  const struct step_host *host;
  step_done *done;
  enum step step;
  bool pending_stage, maybe_set, cancelled;
  int64_t fence;
  int set_a, set_b; /* what the target will have */
  int spends;       /* OAuth: the token that the exchange uses up */
  int reply;        /* kt_class */
};

enum sim_event_kind {
  SIM_TICK,    /* engine */
  SIM_RESTART, /* engine */
  SIM_BEGIN,   /* flight */
  SIM_EFFECT,  /* flight */
  SIM_REPLY,   /* flight */
  SIM_CHAOS,
  SIM_START,
};

struct sim_event {
  int64_t at_us, order;
  enum sim_event_kind kind;
  int index, stamp;
};

struct sim {
  uint64_t seed, rng;
  bool trace;
  char failure[512]; /* "" while all is well */
  struct plan plan;
  int64_t now_us, jump_us, order;
  struct sim_event events[SIM_EVENTS];
  int n_events, n_done;
  struct target target;
  struct model_store store;
  struct engine engines[SIM_ENGINES];
  struct flight flights[SIM_FLIGHTS];
  int stamps[SIM_FLIGHTS];
  int next_value, jobs_started, aborts;
  int held; /* OAuth: the live token, once the store has it */
  int outcomes[8];
};

/* sim.c */
uint64_t sim_below(struct sim *s, uint64_t bound);
/* Per thousand; never once the world is calm. */
bool sim_chance(struct sim *s, int per_thousand);
int64_t sim_between(struct sim *s, int64_t least_us, int64_t most_us);
void sim_fail(struct sim *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void sim_trace(struct sim *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void sim_at(struct sim *s, int64_t at_us, enum sim_event_kind kind, int index,
            int stamp);
/* False when the seed failed. */
bool sim_run(struct sim *s, uint64_t seed, bool trace);

/* plan.c */
void plan_draw(struct sim *s);

/* engine.c */
void engine_init(struct sim *s, int index);
void engine_release(struct engine *g);
void engine_tick(struct engine *g);
/* Has it look at the store, and at its job, no later than then. */
void engine_arm(struct engine *g, int64_t at_us);
void engine_pause(struct engine *g, int64_t until_us);
void engine_restart(struct engine *g);
/* Dies as soon as the call that is going on returns. */
void engine_crash(struct engine *g);
/* Buries it, when it has died. */
void engine_settle(struct engine *g);
bool engine_is_awake(const struct engine *g);
int64_t engine_now_us(const struct engine *g);
void engine_abort(struct sim *s);

/* model_store.c */
void model_store_init(struct sim *s);
void journal_init(struct engine *g);
/* False: when to try again, 0 for when something changes. */
bool model_store_claim(struct engine *g, struct job_row *out,
                       int64_t *out_next_us);
void model_store_start_job(struct sim *s);
/* The engine that wrote last lost its power, not only its life. */
void model_store_power_cut(struct sim *s);

/* rotator.c */
void rotator_step(struct sim *s, struct flight *f);
/* OAuth: the reply with the new token has come. */
void rotator_keep_token(struct flight *f);
bool target_takes(const struct sim *s, int value);

/* flight.c */
void runner_init(struct engine *g);
void flight_begin(struct sim *s, struct flight *f);
void flight_effect(struct sim *s, struct flight *f);
void flight_reply(struct sim *s, struct flight *f);
/* The engine is gone: nobody listens any more. */
void flight_orphan(struct sim *s, struct engine *g);
void flight_at(struct sim *s, struct flight *f, enum sim_event_kind kind,
               int64_t least_us, int64_t most_us);
void flight_answer(struct sim *s, struct flight *f, int kt_class);

/* check.c */
void check_always(struct sim *s);
void check_start(struct sim *s, const struct flight *f);
void check_mutating(struct sim *s, const struct flight *f);
void check_pending_login(struct sim *s, const struct flight *f);
void check_finish(struct sim *s);
void check_ended(struct sim *s, const struct job_row *row);
void check_over(struct sim *s);

#endif
