/* A schedule: an expression, a zone, a window length and blackouts, parsed
 * once and then asked for instants.  Pure: the caller brings the time.  All
 * instants are microseconds since 1970-01-01T00:00:00Z.
 *
 * Windows (Secrets Manager User Guide, "Schedule expressions"; API reference,
 * RotationRulesType.Duration; behaviours.md row 45):
 *   - A window opens when the expression fires (calendar/occurrence.h).
 *   - Without a Duration it closes after one hour for a schedule in hours (or
 *     minutes: ours), else at the end of the zone's day.  A cron expression
 *     is "in hours" when it fires more than once a day.
 *   - No window reaches into the zone's next day, nor into the next window.
 *     A Duration that must break this is refused: rate(4 hours) with 5h,
 *     cron(0 22 * * ? *) with 3h.  Where only some windows would (rate(10
 *     hours) at 20:00 with 5h, or a day that the clock shortens), those are
 *     cut.
 *   - Durations are elapsed time, days are the zone's.
 *
 * Blackouts (ours): nothing starts in one.  A window whose opening is covered
 * starts at the first permitted instant inside it; a window covered to its end
 * is left out.
 *
 * The anchor: rate() in days and minutes, and AutomaticallyAfterDays, count
 * from it.  Pass the last finished rotation, or last value set by hand
 * (behaviours.md row 47), or, before any, when the schedule was set.
 */
#ifndef CALENDAR_SCHEDULE_H
#define CALENDAR_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "calendar/blackout.h"
#include "calendar/window.h"

/* As a person or the store wrote it.  All pointers are borrowed until the
 * call returns. */
struct schedule_spec {
  /* ScheduleExpression, or NULL.  Either this or has_days. */
  const char *expression;
  bool has_days;
  int64_t days;            /* AutomaticallyAfterDays */
  const char *duration;    /* NULL: the default */
  const char *zone;        /* IANA name; NULL: UTC */
  const char *zone_folder; /* NULL: the system's */
  const struct blackout_spec *blackouts;
  size_t blackout_count; /* at most BLACKOUT_MAX */
  /* Only what Secrets Manager takes: hours >= 4, no minutes, cron with minute
   * 0 and year *, Duration in hours.  Off, our extensions are welcome. */
  bool aws_strict;
};

struct schedule;

/* `*out` is returned, freed by schedule_free().  ERR_PARAMETER, with a text
 * for the person, when the spec is wrong; ERR_CONFIG when the system's time
 * zones are. */
int schedule_parse(const struct schedule_spec *spec, struct schedule **out,
                   struct err *e);
void schedule_free(struct schedule *s);

/* The first window whose start is later than `after_us`.  Feed a window's
 * start back in for the one after it.  ERR_NOT_FOUND: there is none (the
 * years are over, or blackouts leave nothing). */
int schedule_next(const struct schedule *s, int64_t after_us, int64_t anchor_us,
                  struct window *out, struct err *e);

/* The catch-up rule: a rotation was due at `due_us` (the stored start or
 * occurrence of its window) and has not run; it is now `now_us`.  Gives the
 * window it runs in, with start_us at or after both: the due window if that is
 * still open or ahead, else the window that is open now, else the next one.
 * However many windows were missed, this one stands for all of them.
 *
 * For a schedule in days the window of any day will do: after a missed
 * rate(30 days) the secret is overdue, and is rotated at the next midnight,
 * not a month later. */
int schedule_resume(const struct schedule *s, int64_t due_us, int64_t now_us,
                    int64_t anchor_us, struct window *out, struct err *e);

/* The instant in `w` at which this secret starts: window_jitter(), moved on
 * out of a blackout that lies there; the window's own start if the blackout
 * lasts to its end. */
int64_t schedule_start(const struct schedule *s, const struct window *w,
                       const char *secret_arn, int64_t spread_us);

/* True when no blackout covers the instant. */
bool schedule_is_permitted(const struct schedule *s, int64_t at_us);

/* AutomaticallyAfterDays as Describe gives it (behaviours.md row 45a), 1-1000:
 * the rate in days, rounded up (rate(10 hours) gives 1); for cron the days,
 * rounded up, between the two openings after `after_us`.  A cron's last
 * opening gives 1000. */
int64_t schedule_days(const struct schedule *s, int64_t after_us);

/* In words: "every day at 03:00 Europe/Berlin, window 2 h".  Cut to `size`;
 * SCHEDULE_TEXT_MAX is enough for most. */
#define SCHEDULE_TEXT_MAX 512
void schedule_describe(const struct schedule *s, char *out, size_t size);

/* Borrowed, until schedule_free(): "UTC", "Europe/Berlin". */
const char *schedule_zone(const struct schedule *s);

#endif
