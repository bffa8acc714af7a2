/* What the engine itself has to tell a person about a rotation. */
#ifndef ROTATION_TELL_H
#define ROTATION_TELL_H

/* What a person is told, beyond the message of the step. */
enum tell {
  TELL_NONE,
  TELL_STUCK,       /* both values kept: look at it */
  TELL_WINDOW,      /* the window ended before anything was changed */
  TELL_TRIES,       /* the attempts are used up */
  TELL_DRAWS,       /* the target refused every value drawn */
  TELL_NO_VALUE,    /* create said OK and stored nothing */
  TELL_SPENT,       /* failed after create had spent something */
  TELL_HEALED,      /* undo failed, the new value works: rolled forward */
  TELL_ABORT_LATE,  /* cannot be undone any more: goes on */
  TELL_RETIRE_LEFT, /* done, but the old value still works */
  TELL_COUNT
};

/* A stable word for alerts, and a sentence that says what happens next.
 * TELL_NONE: "". */
const char *tell_code(enum tell t);
const char *tell_text(enum tell t);

#endif
