/* The rotation engine on the main loop: which jobs run, and when.
 *
 * Keeps no second truth: due times, jobs and leases are in the store.  One
 * libuv timer is armed for the earliest of them.  What is due becomes a job;
 * jobs that nobody holds are claimed with a lease, run under limits, and
 * given back when they have long to wait.  How a job runs is rotation/job.h;
 * how a step runs, the runner's.
 *
 * All functions belong to the loop's thread, but for the three named below.
 */
#ifndef SCHEDULER_SCHEDULER_H
#define SCHEDULER_SCHEDULER_H

#include <uv.h>

#include "base/clock.h"
#include "base/random.h"
#include "rotation/journal.h"
#include "rotation/port.h"
#include "rotation/retry.h"
#include "scheduler/limits.h"
#include "store/store.h"

/* All pointers: borrowed until the scheduler is closed. */
struct scheduler_options {
  uv_loop_t *loop;
  struct store *store;
  struct journal *journal;
  struct runner *runner;
  struct clock *clock;
  struct random *random;
  const char *owner; /* this engine's name in leases */
  int64_t lease_us, step_timeout_ms;
  struct retry_waits waits;
  struct limits limits;
  unsigned checks_max; /* each keeps a thread of the API waiting */
};

struct scheduler;

/* Frees what this owner held in an earlier life (in a store that is ours
 * alone, what any owner held); the first look, which claims
 * it again, comes when the loop runs.  *out: returned, scheduler_close. */
int scheduler_open(const struct scheduler_options *o, struct scheduler **out,
                   struct err *e);

/* From any thread: something in the store changed, look at it. */
void scheduler_wake(struct scheduler *s);
/* From any thread: has it the leases and the timer in hand? */
bool scheduler_is_running(struct scheduler *s);
/* From any thread but the loop's: runs the check of a secret's rotator and
 * waits for it.  ERR_BUSY: too many checks, or shutting down; ERR_REQUEST:
 * the secret has no rotator, or that has no check; ERR_DEADLINE. */
int scheduler_check(struct scheduler *s, int64_t secret_id,
                    struct port_check *out, struct err *e);

/* Both take effect with the next step. */
void scheduler_set_limits(struct scheduler *s, const struct limits *limits);
void scheduler_set_step_timeout(struct scheduler *s, int64_t timeout_ms);

/* Starts nothing more, lets running steps end for up to grace_ms, then cancels
 * them; their answers are journaled.  `drained` is called on the loop when no
 * job is held and no check runs.  A second call only shortens the grace. */
void scheduler_drain(struct scheduler *s, int64_t grace_ms,
                     void (*drained)(void *ctx), void *ctx);
/* After it is drained.  `closed`: the memory is free; may be NULL. */
void scheduler_close(struct scheduler *s, void (*closed)(void *ctx), void *ctx);

#endif
