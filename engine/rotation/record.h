/* What is written of a move: between the machine, its rows, and an attempt.
 * For job.c alone.
 */
#ifndef ROTATION_RECORD_H
#define ROTATION_RECORD_H

#include "rotation/job_state.h"

/* Cut to fit. */
void record_text(char *out, size_t size, const char *text);
void record_read(const struct job_row *row, struct machine *m);
/* The history row of the step that just answered. */
void record_attempt(const struct job *job, struct attempt_row *out);
/* The history row of a step whose engine ended before it answered.  False
 * where the move to `next` does not find such a step. */
bool record_orphan(const struct job *job, const struct machine *next,
                   struct attempt_row *out);
/* NULL when there is none of the kind. */
const struct action *record_find(const struct action *a, size_t n,
                                 enum action_kind kind);
/* The row that a move commits. */
void record_move(const struct job *job, const struct machine *next,
                 const struct event *ev, const struct action *a, size_t n,
                 struct job_row *row);

#endif
