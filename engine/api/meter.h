/* Counts a request that is answered: for usage, and for metrics. */
#ifndef API_METER_H
#define API_METER_H

#include "api/call.h"

/* `out`: NULL when it went well. */
void meter(const struct call *c, const struct err *out);

#endif
