/* The inside of a job, for job.c and job_host.c alone. */
#ifndef ROTATION_JOB_STATE_H
#define ROTATION_JOB_STATE_H

#include "rotation/job.h"

struct job {
  const struct job_env *env;
  struct job_row row; /* as last committed */
  struct machine m;   /* the same, as the machine sees it */
  struct job_facts facts;
  struct rotator_info info;

  /* The step that runs, or the last one. */
  enum step step;
  int64_t step_started_us;
  struct step_result result;
  int answer; /* to mutating */

  bool in_step; /* the runner has not answered yet */

  bool abort_wanted, draining;
  bool closed; /* freed when the running step has answered */
  bool ended, parked;
  bool lost; /* fenced: acts no more */
  struct err why;
  /* A commit failed for want of a store: posted again by job_wake. */
  bool stalled;
  enum event_kind stalled_event;
  int64_t stalls;
};

extern const struct step_host job_host;

/* Feeds an event to the machine and does what it says.  The job may be gone
 * afterwards, unless a step runs. */
void job_post(struct job *job, enum event_kind kind);
/* The lease is gone, or a write failed: notes it, and says which class the
 * step is to be told. */
int job_store_error(struct job *job, int rc, const struct err *e);

#endif
