/* Time zones: between instants and what a clock on a wall shows.
 *
 * A zone is read once, from a TZif file (RFC 8536, version 2 or later) of the
 * system's tzdata; its POSIX TZ footer is written out to the year 2200, so
 * every question afterwards is one binary search.  Times are whole seconds:
 * an instant counts from 1970-01-01T00:00:00Z, a local time from
 * 1970-01-01 00:00:00 on the zone's own clock.
 *
 * One rule covers every change of the clock: a local time stands for the
 * FIRST instant at which the clock shows it or a later time.  So a time that
 * is skipped (spring) is the first instant after the gap, and a time that
 * comes twice (autumn) is its first coming.  EventBridge Scheduler also runs
 * a repeated time once, but drops a skipped one; a rotation that is dropped
 * in silence helps nobody.
 */
#ifndef CALENDAR_ZONE_H
#define CALENDAR_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ZONE_FOLDER   "/usr/share/zoneinfo"
#define ZONE_NAME_MAX 64
#define ZONE_FILE_MAX (128 * 1024)

struct zone;

/* Reads `name` ("Europe/Berlin") below `folder` (NULL: ZONE_FOLDER).  A NULL
 * or empty name, "UTC" and "Etc/UTC" need no file.  `*out` is returned,
 * freed by zone_free().  ERR_PARAMETER: no such zone, or not a name (only
 * letters, digits, _ + - and single slashes inside: never an absolute path,
 * never a dot).  ERR_CONFIG: the file or the folder is no good. */
int zone_open(const char *folder, const char *name, struct zone **out,
              struct err *e);

/* The pure half: the bytes of a TZif file to a zone. */
int zone_parse(const char *name, const unsigned char *data, size_t size,
               struct zone **out, struct err *e);

void zone_free(struct zone *z);

/* Borrowed, until zone_free(). */
const char *zone_name(const struct zone *z);

/* What the clock shows at `instant`. */
int64_t zone_local(const struct zone *z, int64_t instant);

/* The first instant at which the clock shows `local` or later. */
int64_t zone_instant(const struct zone *z, int64_t local);

/* The latest time the clock has shown at or before `instant`.  Hence
 * zone_instant(l) > t exactly when l > zone_reached(t). */
int64_t zone_reached(const struct zone *z, int64_t instant);

/* The first instant after `instant` that is in the next local day. */
int64_t zone_day_end(const struct zone *z, int64_t instant);

#endif
