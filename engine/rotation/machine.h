/* The rotation state machine: pure, no I/O, no time of its own.
 *
 * `machine_move` takes a state and an event and says the next state and what
 * to do, in order.  The driver (job.c) journals before it acts: at most one
 * action of a move commits to the store, and it comes first; when that fails,
 * the move has not happened.  The drawing is above the moves in machine.c.
 */
#ifndef ROTATION_MACHINE_H
#define ROTATION_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rotation/retry.h"
#include "rotation/runner.h"
#include "rotation/tell.h"
#include "store/rows.h"

/* Stored in job_row.phase: never renumber. */
enum phase {
  PHASE_CREATE = 0, /* make the pending value (JOB_TEST: copy AWSCURRENT's;
                     * JOB_CHECK: run the plugin's check) */
  PHASE_SET = 1,
  PHASE_TEST = 2,
  PHASE_FINISH = 3, /* the plugin's last word */
  PHASE_REVERT = 4,
  PHASE_PROBE = 5, /* does AWSPENDING log in? */
  PHASE_RETIRE = 6,
  PHASE_ENDED = 7,
  PHASE_VERIFY = 8, /* does AWSCURRENT log in? */
  PHASE_REDRAW = 9, /* the pending value is dropped, then CREATE */
  PHASE_COUNT
};

/* Stored in job_row.flags: never renumber. */
enum machine_flag {
  FLAG_SET_STARTED = 1 << 0,  /* set may have touched the target */
  FLAG_SET_DONE = 1 << 1,     /* set said OK */
  FLAG_CREATE_SPENT = 1 << 2, /* create used something up at the target */
  FLAG_REVERTED = 1 << 3,     /* revert said OK */
  FLAG_ABORT = 1 << 4,        /* somebody asked */
  FLAG_IN_FLIGHT = 1 << 5,    /* a step was started, no answer yet */
  FLAG_UNSURE = 1 << 6,       /* a change may still be on its way */
  FLAG_PENDING_LIVE = 1 << 7, /* PROBE: AWSPENDING logs in */
  FLAG_PENDING_DEAD = 1 << 8, /* PROBE: it is refused */
  FLAG_CURRENT_DEAD = 1 << 9, /* VERIFY: AWSCURRENT is refused */
  FLAG_WANT_REDRAW = 1 << 10, /* PROBE for a new draw, not to give up */
  FLAG_REVERT_TRIED = 1 << 11,
  FLAG_FINISH_REFUSED = 1 << 12,
  FLAG_AUTH_1 = 1 << 13, /* refused logins in this phase, two bits */
  FLAG_AUTH_2 = 1 << 14,
  FLAG_DOUBTED = 1 << 15, /* revert said OK, the target no: asked twice */
};

struct machine {
  /* Journaled in job_row. */
  enum job_kind kind;
  enum phase phase;
  unsigned flags;
  enum job_outcome outcome;
  int64_t attempt; /* starts of this phase's step */
  int64_t redraws;
  int64_t wake_us, window_end_us;
  /* Of the rotator, its rules and the settings, not journaled. */
  bool has_finish, has_revert, has_retire;
  int64_t grace_us;
  struct retry_waits waits;
  /* Of this process: a step was started and has not answered. */
  bool running;
};

enum event_kind {
  EVENT_WAKE,     /* go on: claimed, resumed after a crash, or waited long
                   * enough */
  EVENT_RESULT,   /* the running step came to an end */
  EVENT_MUTATING, /* the running step is about to change the target */
  EVENT_ABORT,
  EVENT_DROPPED,    /* ACTION_DROP was done */
  EVENT_SUPERSEDED, /* AWSCURRENT has moved on: nothing to retire */
  EVENT_NONE
};

struct event {
  enum event_kind kind;
  int64_t now_us;
  uint32_t random;     /* uniform: for jitter */
  int kt_class;        /* RESULT */
  bool pending_stored; /* the pending version has a value in the store */
  bool draining;       /* shutting down: start no step */
};

enum action_kind {
  /* These commit, and come first. */
  ACTION_SAVE,   /* the state */
  ACTION_FINISH, /* the state, the labels, next due: one transaction */
  ACTION_END,    /* the state and `keep_pending` */
  /* These act, after the commit. */
  ACTION_DROP, /* empty the pending version, then EVENT_DROPPED */
  ACTION_RUN,
  ACTION_CANCEL, /* the running step */
  ACTION_ANSWER, /* to mutating: kt_class */
  ACTION_SLEEP,  /* EVENT_WAKE at wake_us */
  ACTION_TELL
};

struct action {
  enum action_kind kind;
  enum step step;    /* RUN */
  const char *stage; /* RUN */
  bool maybe_set;    /* RUN */
  bool keep_pending; /* END */
  int kt_class;      /* ANSWER */
  int64_t wake_us;   /* SLEEP */
  enum tell tell;    /* TELL */
};

#define MACHINE_ACTIONS 4

const char *phase_name(enum phase p);

/* What runs in its phase; STEP_COUNT where nothing does. */
enum step machine_step(const struct machine *m);
/* May the value under AWSPENDING be live on the target?  Then it is never
 * dropped unproven. */
bool machine_maybe_live(const struct machine *m, bool pending_stored);
/* Can it still be undone? */
bool machine_abortable(const struct machine *m, bool pending_stored);

/* The only function that changes state.  An event that means nothing now (a
 * late or repeated answer) gives no actions and *out = *in.  `out_actions`
 * has room for MACHINE_ACTIONS. */
void machine_move(const struct machine *in, const struct event *ev,
                  struct machine *out, struct action *out_actions,
                  size_t *out_n);

#endif
