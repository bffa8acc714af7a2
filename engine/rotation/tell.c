/* The texts.  The codes are for alerts and never change. */
#include "rotation/tell.h"

static const struct {
  const char *code, *text;
} tells[TELL_COUNT] = {
    [TELL_NONE] = {"", ""},
    [TELL_STUCK] = {"stuck",
                    "It is not certain which value the target takes. Both are "
                    "kept, under AWSCURRENT and AWSPENDING; the next rotation, "
                    "by hand or by schedule, tries the pending one again."},
    [TELL_WINDOW] = {"window-ended",
                     "The rotation window ended before anything was changed; "
                     "the next window is used."},
    [TELL_TRIES] = {"tries-used-up",
                    "The last attempt that is allowed has failed."},
    [TELL_DRAWS] = {"draws-used-up",
                    "The target refused every new value that was drawn: the "
                    "options of the password do not fit its policy."},
    [TELL_NO_VALUE] = {"no-pending-value",
                       "The rotator said that it created a value, but stored "
                       "none: this is a fault in the rotator."},
    [TELL_SPENT] = {"create-spent",
                    "The rotation failed after it had used something up at "
                    "the target; the current value may no longer be good."},
    [TELL_HEALED] = {"rolled-forward",
                     "The old value is refused and the new one works, so the "
                     "new one was made AWSCURRENT."},
    [TELL_ABORT_LATE] = {"abort-too-late",
                         "This rotation can no longer be undone; it goes on "
                         "to its end."},
    [TELL_RETIRE_LEFT] = {"old-value-left",
                          "The rotation succeeded, but the old value was not "
                          "retired and may still work."},
};

const char *tell_code(enum tell t)
{
  return tells[t].code;
}

const char *tell_text(enum tell t)
{
  return tells[t].text;
}
