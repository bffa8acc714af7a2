/* The table, by step as a bit mask.  Test and check change nothing, so they
 * may neither announce a change nor leave anything behind.  Only create makes
 * a value.  Check and retire have no business with a value that is pending:
 * there is none of theirs.
 */
#include "host/permit.h"

#include <string.h>

#define BIT(s) (1u << (s))
#define CREATE BIT(STEP_CREATE)
#define SET    BIT(STEP_SET)
#define TEST   BIT(STEP_TEST)
#define FINISH BIT(STEP_FINISH)
#define CHECK  BIT(STEP_CHECK)
#define REVERT BIT(STEP_REVERT)
#define RETIRE BIT(STEP_RETIRE)
#define ALL    (BIT(STEP_COUNT) - 1)

static const unsigned calls[WIRE_TYPE_COUNT] = {
    [WIRE_GET_VALUE] = ALL,
    [WIRE_PUT_PENDING] = CREATE,
    [WIRE_MUTATING] = CREATE | SET | FINISH | REVERT | RETIRE,
    [WIRE_RANDOM_PASSWORD] = CREATE | SET,
    [WIRE_SAVE] = CREATE | SET | FINISH | REVERT,
    [WIRE_SAVED] = CREATE | SET | FINISH | REVERT,
    [WIRE_DUE_IN] = CREATE | FINISH,
    [WIRE_LOG] = ALL,
};

static const struct {
  const char *name;
  unsigned steps;
} stages[] = {
    {"AWSCURRENT", ALL},
    {"AWSPENDING", CREATE | SET | TEST | FINISH | REVERT},
    {"AWSPREVIOUS", ALL},
};

bool permit_call(enum step step, enum wire_type call)
{
  return (calls[call] & BIT(step)) != 0;
}

bool permit_stage(enum step step, enum kt_source source, const char *stage)
{
  if (source != KT_SECRET)
    return true;
  for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
    if (strcmp(stages[i].name, stage) == 0)
      return (stages[i].steps & BIT(step)) != 0;
  return false;
}
