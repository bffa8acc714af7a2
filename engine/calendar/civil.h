/* Civil dates: the proleptic Gregorian calendar as day numbers.
 *
 * Day 0 is 1970-01-01, a Thursday.  The functions hold for any year that
 * fits the arithmetic; the calendar uses 1970 to 2199.  Zones and clocks are
 * not known here.
 */
#ifndef CALENDAR_CIVIL_H
#define CALENDAR_CIVIL_H

#include <stdint.h>

#define CIVIL_YEAR_MIN 1970
#define CIVIL_YEAR_MAX 2199

#define DAY_S     INT64_C(86400)
#define HOUR_S    INT64_C(3600)
#define MINUTE_S  INT64_C(60)
#define SECOND_US INT64_C(1000000)

/* The first day after CIVIL_YEAR_MAX. */
#define CIVIL_DAY_END INT64_C(84006)

struct civil {
  int year;
  int month; /* 1-12 */
  int day;   /* 1-31 */
};

/* Division that rounds toward minus infinity; `b` is positive. */
static inline int64_t floor_div(int64_t a, int64_t b)
{
  return a / b - (a % b < 0);
}

int64_t civil_to_day(int year, int month, int day);
void civil_from_day(int64_t day, struct civil *out);
int civil_month_length(int year, int month);

/* 0 is Sunday, 6 is Saturday. */
int civil_weekday(int64_t day);

#endif
