/* What an answer means in a phase: one table, class by phase. */
#ifndef ROTATION_VERDICT_H
#define ROTATION_VERDICT_H

#include "rotation/machine.h"

enum verdict {
  VERDICT_ON,      /* the phase is done */
  VERDICT_AGAIN,   /* back off, then the same step */
  VERDICT_SOON,    /* refused: perhaps a lagging replica; ask again at once,
                    * a few times, then as `verdict_after_soon` says */
  VERDICT_LATER,   /* the same step at the slow pace of retire */
  VERDICT_REDRAW,  /* the target dislikes the value: make another */
  VERDICT_UNDO,    /* give up; put the old value back where needed */
  VERDICT_REFUSED, /* proof that the value which was tried is not live */
  VERDICT_LOOK,    /* find out by logging in what the target has */
  VERDICT_STOP,    /* end now, change nothing more */
  VERDICT_LEAVE,   /* retire failed: the rotation is done all the same */
  VERDICT_COUNT
};

/* `kt_class` outside of the enum counts as KT_AMBIGUOUS. */
enum verdict verdict_of(enum phase phase, int kt_class);
/* When VERDICT_SOON was asked often enough. */
enum verdict verdict_after_soon(enum phase phase);
/* When VERDICT_AGAIN or VERDICT_LATER was asked often enough. */
enum verdict verdict_after_all(enum phase phase);

#endif
