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

static const char *const class_names[] = {
    [KT_OK] = "OK",
    [KT_UNREACHABLE] = "UNREACHABLE",
    [KT_BUSY] = "BUSY",
    [KT_AUTH] = "AUTH",
    [KT_LOCKED] = "LOCKED",
    [KT_POLICY] = "POLICY",
    [KT_MISSING] = "MISSING",
    [KT_DENIED] = "DENIED",
    [KT_CONFIG] = "CONFIG",
    [KT_AMBIGUOUS] = "AMBIGUOUS",
    [KT_REAUTH_REQUIRED] = "REAUTH_REQUIRED",
};

const char *step_name(enum step s)
{
  return (unsigned)s < STEP_COUNT ? step_names[s] : "none";
}

const char *class_name(int kt_class)
{
  if (kt_class < 0 || kt_class > KT_REAUTH_REQUIRED)
    kt_class = KT_AMBIGUOUS;
  return class_names[kt_class];
}
