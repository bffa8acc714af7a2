/* The metrics of rotations and of the store, read from the store. */
#ifndef EVENT_GAUGES_H
#define EVENT_GAUGES_H

#include "base/buf.h"
#include "base/clock.h"
#include "store/store.h"

struct gauges;

/* Both borrowed until gauges_free.  *out: returned, freed by gauges_free. */
int gauges_new(struct store *s, struct clock *clock, struct gauges **out,
               struct err *e);
void gauges_free(struct gauges *g);
/* From any thread. */
int gauges_write(struct gauges *g, struct buf *out, struct err *e);

#endif
