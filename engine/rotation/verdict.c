/* The table.  What carries a verdict out is in machine.c.
 *
 * Only AUTH says anything about the value; an answer that leaves the outcome
 * open (UNREACHABLE, BUSY, AMBIGUOUS) is asked again and is never a failure;
 * LOCKED stops at once, because every further login feeds the lockout.
 */
#include "rotation/verdict.h"

#include <keyturn/rotator.h>

#define N_CLASSES (KT_REAUTH_REQUIRED + 1)

#define ON    VERDICT_ON
#define AGAIN VERDICT_AGAIN
#define SOON  VERDICT_SOON
#define LATER VERDICT_LATER
#define DRAW  VERDICT_REDRAW
#define UNDO  VERDICT_UNDO
#define NO    VERDICT_REFUSED
#define LOOK  VERDICT_LOOK
#define STOP  VERDICT_STOP
#define LEAVE VERDICT_LEAVE

/* clang-format off */
static const enum verdict table[PHASE_COUNT][N_CLASSES] = {
  /* OK  UNREACH BUSY  AUTH   LOCKED POLICY MISSNG DENIED CONFIG AMBIG REAUTH */
  [PHASE_CREATE] =
    {ON,   AGAIN, AGAIN, UNDO,  STOP,  DRAW,  UNDO,  UNDO,  UNDO,  AGAIN, STOP},
  [PHASE_SET] =
    {ON,   AGAIN, AGAIN, UNDO,  STOP,  DRAW,  UNDO,  UNDO,  UNDO,  AGAIN, STOP},
  [PHASE_TEST] =
    {ON,   AGAIN, AGAIN, SOON,  STOP,  UNDO,  UNDO,  UNDO,  UNDO,  AGAIN, STOP},
  [PHASE_FINISH] =
    {ON,   AGAIN, AGAIN, UNDO,  STOP,  UNDO,  UNDO,  UNDO,  UNDO,  AGAIN, STOP},
  [PHASE_REVERT] =
    {ON,   AGAIN, AGAIN, LOOK,  STOP,  LOOK,  LOOK,  LOOK,  LOOK,  AGAIN, STOP},
  [PHASE_PROBE] =
    {ON,   AGAIN, AGAIN, NO,    STOP,  LOOK,  LOOK,  LOOK,  LOOK,  AGAIN, STOP},
  [PHASE_RETIRE] =
    {ON,   LATER, LATER, LEAVE, LEAVE, LEAVE, LEAVE, LEAVE, LEAVE, LATER,
     LEAVE},
  [PHASE_ENDED] =
    {STOP, STOP,  STOP,  STOP,  STOP,  STOP,  STOP,  STOP,  STOP,  STOP,  STOP},
  [PHASE_VERIFY] =
    {ON,   AGAIN, AGAIN, SOON,  STOP,  LOOK,  LOOK,  LOOK,  LOOK,  AGAIN, STOP},
  /* No step runs while the value is dropped. */
  [PHASE_REDRAW] =
    {STOP, STOP,  STOP,  STOP,  STOP,  STOP,  STOP,  STOP,  STOP,  STOP,  STOP},
};
/* clang-format on */

static const enum verdict after_all[PHASE_COUNT] = {
    [PHASE_CREATE] = UNDO,  [PHASE_SET] = UNDO,    [PHASE_TEST] = UNDO,
    [PHASE_FINISH] = UNDO,  [PHASE_REVERT] = LOOK, [PHASE_PROBE] = LOOK,
    [PHASE_RETIRE] = LEAVE, [PHASE_ENDED] = STOP,  [PHASE_VERIFY] = LOOK,
    [PHASE_REDRAW] = STOP,
};

enum verdict verdict_of(enum phase phase, int kt_class)
{
  if (kt_class < 0 || kt_class >= N_CLASSES)
    kt_class = KT_AMBIGUOUS;
  return table[phase][kt_class];
}

enum verdict verdict_after_soon(enum phase phase)
{
  return phase == PHASE_VERIFY ? VERDICT_REFUSED : VERDICT_UNDO;
}

enum verdict verdict_after_all(enum phase phase)
{
  return after_all[phase];
}
