/* What the two strategies have in common, and where they differ. */
#ifndef MEMORY_STRATEGY_H
#define MEMORY_STRATEGY_H

#include <keyturn/rotator.h>

#include "target.h"

/* The password of a stage; KT_MISSING says so in the step's error. */
int stage_password(struct kt_step *step, const char *stage,
                   const char **out_password);

/* In place: the new password ends the old one at once. */
int single_user_set(struct target *t, const char *current, const char *pending);
int single_user_revert(struct target *t, const char *current,
                       const char *pending);

/* Overlap: both work until retire. */
int overlap_set(struct target *t, const char *current, const char *pending);
int overlap_revert(struct target *t, const char *current, const char *pending);
int overlap_retire(struct target *t, const char *current, const char *previous);

#endif
