/* AWS cron expressions: cron(minutes hours day-of-month month day-of-week
 * year), as bit sets.  Local time in, local time out: zones are the caller's.
 *
 * Grammar (Secrets Manager User Guide, "Schedule expressions"; EventBridge
 * User Guide, "Cron expressions reference"):
 *
 *   minutes       0-59               , - * /
 *   hours         0-23               , - * /
 *   day of month  1-31               , - * ? / L W
 *   month         1-12 or JAN-DEC    , - * /
 *   day of week   1-7 or SUN-SAT     , - * ? / L #
 *   year          1970-2199          , - * /
 *
 * Exactly one of the two days is `?`.  `4/12` counts from 4 to the field's
 * end.  In day of month `L` is the last day, `15W` the weekday (Monday to
 * Friday) nearest the 15th within its month, `LW` the last weekday.  In day of
 * week `L` is Saturday, `6L` the last Friday of the month, `6#3` its third,
 * and `#` stands alone ("3#1,6#3" is refused by AWS).  AWS documents no
 * `L-3`, so there is none.  Our choices where AWS says nothing: names in any
 * case; a range does not wrap (22-4 is refused); 31W has no meaning in a
 * month of 30 days.
 *
 * With `aws_strict`, what Secrets Manager takes: minutes are 0, year is `*`,
 * and no W.  `LW`, minutes and years are otherwise welcome.
 */
#ifndef CALENDAR_CRON_H
#define CALENDAR_CRON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cron {
  uint64_t minutes;      /* bit 0-59 */
  uint32_t hours;        /* bit 0-23 */
  uint32_t days;         /* bit 1-31; 0 when day of month is ? */
  uint32_t near_days;    /* bit 1-31: nW */
  uint16_t months;       /* bit 1-12 */
  uint8_t weekdays;      /* bit 0 (Sunday) to 6; 0 when day of week is ? */
  uint8_t last_weekdays; /* the same, in the last week of the month: 6L */
  bool last_day, last_weekday; /* L, LW */
  uint8_t nth;           /* 1-5 for n#nth, whose day is in `weekdays`; else 0 */
  uint16_t first_minute; /* the day's first minute that matches */
  uint64_t years[4];     /* bit 0 is CIVIL_YEAR_MIN */
};

/* `text` is the six fields without "cron(" and ")"; `whole` is the expression
 * as the person wrote it, for the error, and is printable.  ERR_PARAMETER, also
 * for a date that never comes, such as 30 February. */
int cron_parse(const char *whole, const char *text, size_t len, bool aws_strict,
               struct cron *out, struct err *e);

/* The first match later than `after`, in local seconds; false when there is
 * none up to CIVIL_YEAR_MAX. */
bool cron_next(const struct cron *c, int64_t after, int64_t *out_local);

/* The days of a month that match, day 1 in bit 0. */
uint32_t cron_days(const struct cron *c, int year, int month);

/* True when more than one minute of a day matches: AWS's "schedule in
 * hours". */
bool cron_is_hourly(const struct cron *c);

/* The least number of minutes from one match to the next on the same day, or
 * to midnight after the day's last match: how long a window can be. */
int cron_room_minutes(const struct cron *c);

#endif
