/* The inside of the scheduler, for the files of this folder alone.
 *
 * A held job is in s->held from its claim until a look sweeps it; callbacks
 * only mark it, so that lists may be walked while jobs come to their end.
 */
#ifndef SCHEDULER_STATE_H
#define SCHEDULER_STATE_H

#include <stdatomic.h>

#include "rotation/job.h"
#include "scheduler/scheduler.h"

#define CLAIM_BATCH       32
#define SLEEPERS_MAX      256  /* held while they wait; others are given back */
#define WAITERS_MAX       1024 /* remembered while over a limit */
#define LOOK_PASSES       8
#define ANCHOR_MS         60000 /* the longest time without a look */
#define PARK_US           (30 * US_PER_S)
#define LATE_US           (60 * US_PER_S) /* a due time that old was missed */
#define RETRY_LOOK_US     (1 * US_PER_S)  /* after a failed look; doubles … */
#define RETRY_LOOK_MAX_US (30 * US_PER_S)

/* A job that this engine has the lease of. */
struct held {
  struct held *next;
  struct scheduler *s;
  struct job *job; /* NULL: gone, to be swept */
  struct slot slot;
  bool is_sleeping; /* until at_us, and then until there is a slot */
  bool told_abort;
  int64_t at_us;
  /* The last answer that was not OK, until it is known what happens next. */
  bool complains;
  enum step step;
  struct step_result result;
};

/* A job over its limit: given back, and called for when a slot frees. */
struct waiter {
  struct waiter *next;
  struct slot slot; /* not taken */
  struct job_row row;
  int64_t wake_us; /* what the row said before it had to wait */
};

struct check;

struct scheduler {
  struct scheduler_options o;
  char owner[STORE_OWNER_MAX];
  struct job_env env;
  uv_timer_t timer, grace;
  uv_async_t async;
  unsigned open_handles;
  void (*drained)(void *ctx);
  void *drained_ctx;
  void (*closed)(void *ctx);
  void *closed_ctx;

  struct held *held;
  size_t n_held, n_sleeping;
  struct slots slots;
  struct waiter *waiters, **waiters_end;
  size_t n_waiters;
  struct job_row batch[CLAIM_BATCH];
  struct due_row due[CLAIM_BATCH];

  bool in_look;
  bool changed; /* a slot or a row became free: pass again */
  bool is_draining, is_drained;
  bool is_late; /* the timer fired for something in the store */
  /* When leases are renewed next: by whichever clock says so first, for the
   * wall clock, which leases go by, may jump while the other stands still. */
  int64_t renew_mono_us, renew_wall_us;
  int64_t retry_us;       /* 0, or how long after a failed look */
  int64_t trim_mono_us;   /* when events are trimmed next */
  atomic_bool is_running; /* for any thread */
  atomic_bool is_asked;   /* scheduler_wake was called */

  uv_mutex_t lock; /* of the checks, and nothing else */
  struct check *checks;
  size_t n_checks;
  bool checks_closed;
};

static inline int64_t now_us(struct scheduler *s)
{
  return clock_now_us(s->o.clock);
}

/* A look soon; from the loop's thread. */
void scheduler_poke(struct scheduler *s);
/* The store failed: says so, once a row of failures, and slows the looks. */
void scheduler_trouble(struct scheduler *s, const char *doing,
                       const struct err *e);

/* held.c */
void held_env(struct scheduler *s, struct job_env *out);
/* Runs a claimed row; `slot` is copied, and taken by it. */
int held_start(struct scheduler *s, const struct job_row *row,
               const struct slot *slot, struct err *e);
void held_sweep(struct scheduler *s);
/* Jobs whose wait is over, as far as there are slots. */
void held_wake(struct scheduler *s);
/* Renews the leases when it is time for it; finds those that were lost and
 * those that somebody wants to end. */
void held_keep(struct scheduler *s);
void held_drain(struct scheduler *s);
void held_cancel(struct scheduler *s);
void held_release(struct scheduler *s);

/* claim.c */
void claim_jobs(struct scheduler *s);
void claim_release(struct scheduler *s);

/* due.c */
/* Makes jobs of what is due, up to max. */
void due_start(struct scheduler *s, size_t max);

/* check.c */
void checks_begin(struct scheduler *s);
void checks_close(struct scheduler *s);

/* janitor.c */
void janitor_run(struct scheduler *s);

/* report.c */
enum next_kind {
  NEXT_AT,    /* tried again at at_us */
  NEXT_STEP,  /* goes on with a step */
  NEXT_ENDED, /* the rotation is over */
  NEXT_LOST   /* another engine has it */
};
void report_step_started(struct held *h, enum step step);
void report_step_ended(struct held *h, enum step step,
                       const struct step_result *result);
/* What becomes of an answer that was not OK; nothing when there is none. */
void report_next(struct held *h, enum next_kind kind, int64_t at_us,
                 enum step step);
void report_ended(struct held *h);
void report_lost(struct held *h, const struct err *why);
void report_told(struct held *h, enum tell tell);
void report_line(struct held *h, enum kt_level level, const char *text);
void report_store_failed(struct held *h, const struct err *why);

#endif
