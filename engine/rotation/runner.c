/* The names of steps and classes, as histories, logs and the wire spell
 * them.  The numbers are stored, the names shown: neither ever changes.
 */
#include "rotation/runner.h"

static const char *const step_names[STEP_COUNT] = {
    [STEP_CREATE] = "createSecret", [STEP_SET] = "setSecret",
    [STEP_TEST] = "testSecret",     [STEP_FINISH] = "finishSecret",
    [STEP_CHECK] = "check",         [STEP_REVERT] = "revertSecret",
    [STEP_RETIRE] = "retireSecret",
};

const char *step_name(enum step s)
{
  return (unsigned)s < STEP_COUNT ? step_names[s] : "none";
}
