/* One rotation, run for real: the state machine, its journal and its steps.
 *
 * The driver owns a machine and does what the machine says: it commits first
 * (the move has not happened when that fails) and acts after.  All on one
 * thread, the engine's; nothing blocks for longer than a commit.  Which jobs
 * run, and when, is the scheduler's; how a step runs, the runner's.
 */
#ifndef ROTATION_JOB_H
#define ROTATION_JOB_H

#include "base/clock.h"
#include "base/random.h"
#include "rotation/journal.h"
#include "rotation/machine.h"

struct job;

/* A job that waits longer than this is given back to the store. */
#define JOB_PARK_US (60 * US_PER_S)

/* Borrowed until the last job is closed.  The callbacks are never called
 * from within job_open or job_close. */
struct job_env {
  struct clock *clock;
  struct random *random;
  struct journal *journal;
  struct runner *runner;
  int64_t lease_us;    /* each save takes the lease for this long */
  int64_t deadline_ms; /* of one step */
  struct retry_waits waits;
  void *ctx;
  /* Call job_wake then; replaces an earlier request.  May come late, early
   * or twice. */
  void (*wake)(void *ctx, struct job *job, int64_t at_us);
  /* The job is over: close it, from within the callback if you like. */
  void (*ended)(void *ctx, struct job *job);
  /* The job acts no more: close it, as above.  `why` NULL: it is in the
   * store, to be claimed from at_us on (a long wait, or draining).
   * Otherwise its lease is lost (ERR_FENCED). */
  void (*let_go)(void *ctx, struct job *job, int64_t at_us,
                 const struct err *why);
  /* Optional, for the live view, the log and metrics. */
  void (*step_started)(void *ctx, struct job *job, enum step step);
  void (*step_ended)(void *ctx, struct job *job, enum step step,
                     const struct step_result *result);
  void (*told)(void *ctx, struct job *job, enum tell tell);
  void (*log)(void *ctx, struct job *job, enum kt_level level,
              const char *text);
  /* The store failed; the job tries again and has not moved on. */
  void (*store_failed)(void *ctx, struct job *job, const struct err *why);
};

/* `claimed`: as store_job_claim gave it.  *out: returned, job_close. */
int job_open(const struct job_env *env, const struct job_row *claimed,
             struct job **out, struct err *e);
/* Starts or resumes it. */
void job_go(struct job *job);
void job_wake(struct job *job);
/* Once; the row's cancel has the same effect at job_go. */
void job_abort(struct job *job);
/* No new step; when the running one has answered, let_go is called. */
void job_drain(struct job *job);
/* NULL is accepted.  A step that runs is cancelled and its answer ignored;
 * the next claim finds out what it did.  Memory lasts until it answered. */
void job_close(struct job *job);

/* The earliest start of a secret's next rotation, given its last one: while a
 * change may still be on its way, the next could be undone by it.  0: any
 * time.  Give it to store_job_start as wake_us. */
int64_t job_next_start_us(const struct job_row *last, int64_t settle_us);

/* As last committed; borrowed until the next call. */
const struct job_row *job_row(const struct job *job);
const char *job_secret_arn(const struct job *job);
bool job_is_running_step(const struct job *job);

#endif
