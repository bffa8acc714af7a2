/* Blackouts: spans of time in which nothing starts (ours; AWS has none).
 * A blackout is absolute (a freeze, from one instant to another) or recurring
 * (an expression in the schedule's zone, and how long each one lasts).
 */
#ifndef CALENDAR_BLACKOUT_H
#define CALENDAR_BLACKOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "calendar/expression.h"
#include "calendar/zone.h"

#define BLACKOUT_MAX 32 /* for one schedule */

/* As a person wrote it.  With an expression, a cron(...), it recurs and lasts
 * `duration` ("90m", "8h", "2d"); without, it is [start_us, end_us). */
struct blackout_spec {
  int64_t start_us, end_us;
  const char *expression; /* borrowed until the call returns; or NULL */
  const char *duration;   /* borrowed until the call returns; or NULL */
};

struct blackout {
  bool recurs;
  int64_t start_us, end_us; /* when it does not recur */
  struct expression expression;
  int64_t length_us;
};

int blackout_parse(const struct blackout_spec *spec, struct blackout *out,
                   struct err *e);

/* The first instant at or after `from_us` that no blackout covers.  False
 * when there is none before the year 2200, or none that is found in a bounded
 * search. */
bool blackout_clear(const struct blackout *list, size_t count,
                    const struct zone *z, int64_t from_us, int64_t *out_us);

#endif
