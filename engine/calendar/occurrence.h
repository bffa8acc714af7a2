/* When an expression fires in a zone: the next opening after an instant.
 *
 * Each kind, and where it comes from:
 *   cron   The zone's wall clock.  AWS knows UTC only (User Guide); zones are
 *          ours.  `4/12` in hours starts anew each day, as there.
 *   days   Midnight of the zone, N, 2N, ... days after the local date of the
 *          anchor.  AWS counts from the previous rotation (RotationRulesType,
 *          AutomaticallyAfterDays), so the anchor is the last rotation, or
 *          last value set by hand (behaviours.md row 47), or, before any,
 *          when the schedule was set.
 *   hours  The zone's wall clock, every N hours counted from the midnight
 *          that began 1970: rate(4 hours) is 00, 04, 08, ... each day, and
 *          rate(10 hours) goes on over midnight.  AWS says "the window starts
 *          at midnight" and not which; a fixed grid needs no anchor and does
 *          not drift when a rotation is late.
 *   minutes (ours)  Elapsed time: N, 2N, ... minutes after the anchor.
 *
 * Changes of the clock are as in calendar/zone.h: skipped times fire at the
 * first instant after the gap (several of them once), repeated ones at their
 * first coming only; so rate(1 hour) pauses for two hours once a year.
 */
#ifndef CALENDAR_OCCURRENCE_H
#define CALENDAR_OCCURRENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "calendar/expression.h"
#include "calendar/zone.h"

/* The first opening later than `after_us`; false when there is none up to the
 * end of the year 2199.  Instants before 1970 count as its first. */
bool occurrence_next(const struct expression *x, const struct zone *z,
                     int64_t after_us, int64_t anchor_us, int64_t *out_us);

#endif
