/* A move of the state machine in the making: between machine.c, which reads
 * events, and move.c, which carries verdicts out.  Nobody else includes it.
 */
#ifndef ROTATION_MOVE_H
#define ROTATION_MOVE_H

#include "rotation/machine.h"
#include "rotation/verdict.h"

struct draft {
  const struct event *ev;
  struct machine *m; /* the new state */
  struct action *actions;
  size_t n;
  bool all_tried; /* the attempts of a step are used up */
};

bool move_has(const struct draft *d, unsigned any_of_flags);
struct action *move_act(struct draft *d, enum action_kind kind);
void move_tell(struct draft *d, enum tell t);

void move_apply(struct draft *d, enum verdict v);
/* Starts the phase's step, if it may be started. */
void move_launch(struct draft *d);
/* Into a phase, as if it had never been tried. */
void move_enter(struct draft *d, enum phase phase);
/* Saves, and sleeps until then. */
void move_wait(struct draft *d, int64_t wake_us);
/* The finishing transaction. */
void move_finish(struct draft *d, enum tell t);
/* Gives up; puts the old value back where the new one may be live. */
void move_undo(struct draft *d);
/* Ends a rotation that is done without its retire. */
void move_leave(struct draft *d);
/* Ends with the old value on the target, as far as is known. */
void move_fail(struct draft *d, enum tell t);
void move_end(struct draft *d, enum job_outcome outcome, bool keep_pending,
              enum tell t);

#endif
