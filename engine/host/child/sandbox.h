/* What keyturn-rotator gives up before any code of a plugin runs. */
#ifndef HOST_CHILD_SANDBOX_H
#define HOST_CHILD_SANDBOX_H

#include "base/err.h"

/* Call first in main, before threads, JSON and the plugin.  ERR_INTERNAL: the
 * kernel refused a measure; do not go on. */
int sandbox_enter(struct err *e);

#endif
