/* Which host call is allowed in which step.
 *
 * Checked in keyturnd, whatever the child believes: a plugin that asks for
 * more than its step needs is answered KT_DENIED and learns nothing.
 */
#ifndef HOST_PERMIT_H
#define HOST_PERMIT_H

#include <stdbool.h>

#include "host/wire.h"
#include "rotation/runner.h"

/* May a step of this kind make this call at all?  False for a type that is
 * no call. */
bool permit_call(enum step step, enum wire_type call);
/* May it read this stage of the secret?  KT_ADMIN and KT_OPTIONS have only
 * one value, and every step may read it. */
bool permit_stage(enum step step, enum kt_source source, const char *stage);

#endif
