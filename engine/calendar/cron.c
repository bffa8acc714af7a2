/* Cron expressions as bit sets: which days of a month match, and the next
 * minute that does.  The text is cron_parse.c's.
 */
#include "calendar/cron.h"

#include "calendar/civil.h"

#define DAY_MINUTES 1440

/* Weekdays as a 7-bit set, bit 0 Sunday, to the days of a month whose day 1
 * is weekday `first`. */
static uint32_t weekdays_spread(unsigned weekdays, int first)
{
  uint64_t set = weekdays;

  set |= set << 7 | set << 14;
  set |= set << 21;
  return (uint32_t)(set >> first);
}

static int weekday_of(int first, int day)
{
  return (first + day - 1) % 7;
}

/* The weekday nearest `day`, never in another month. */
static int nearest_weekday(int day, int first, int length)
{
  int w = weekday_of(first, day);

  if (w == 6)
    return day == 1 ? 3 : day - 1;
  if (w == 0)
    return day == length ? length - 2 : day + 1;
  return day;
}

static uint32_t days_by_weekday(const struct cron *c, int first, int length)
{
  uint32_t set = weekdays_spread(c->weekdays, first);

  if (c->nth > 0)
    set &= UINT32_C(0x7f) << (7 * (c->nth - 1));
  if (c->last_weekdays != 0)
    set |= weekdays_spread(c->last_weekdays, first) &
           (UINT32_C(0x7f) << (length - 7));
  return set;
}

uint32_t cron_days(const struct cron *c, int year, int month)
{
  int length = civil_month_length(year, month);
  uint32_t all = (UINT32_C(1) << length) - 1;
  uint32_t set = c->days >> 1;
  uint32_t near = c->near_days;
  int first;

  if (c->last_day)
    set |= UINT32_C(1) << (length - 1);
  if ((c->weekdays | c->last_weekdays) == 0 && near == 0 && !c->last_weekday)
    return set & all;
  first = civil_weekday(civil_to_day(year, month, 1));
  for (; near != 0; near &= near - 1) {
    int day = __builtin_ctz(near);
    if (day <= length)
      set |= UINT32_C(1) << (nearest_weekday(day, first, length) - 1);
  }
  if (c->last_weekday) {
    int w = weekday_of(first, length);
    int back = w == 6 ? 1 : w == 0 ? 2 : 0;
    set |= UINT32_C(1) << (length - back - 1);
  }
  return (set | days_by_weekday(c, first, length)) & all;
}

static bool year_matches(const struct cron *c, int year)
{
  unsigned bit = (unsigned)(year - CIVIL_YEAR_MIN);

  return year <= CIVIL_YEAR_MAX && (c->years[bit / 64] >> bit % 64 & 1) != 0;
}

/* The first minute of the day at or after `from` that matches, or -1. */
static int minute_find(const struct cron *c, int from)
{
  int hour = from / 60;
  uint32_t hours = c->hours >> hour;
  uint64_t minutes = c->minutes >> from % 60;

  if ((hours & 1) != 0 && minutes != 0)
    return from + __builtin_ctzll(minutes);
  hours &= ~UINT32_C(1);
  if (hours == 0)
    return -1;
  return (hour + __builtin_ctz(hours)) * 60 + __builtin_ctzll(c->minutes);
}

bool cron_next(const struct cron *c, int64_t after, int64_t *out_local)
{
  int64_t minute = after < 0 ? 0 : after / MINUTE_S + 1;
  int64_t day = minute / DAY_MINUTES;
  struct civil at;
  uint32_t days;
  int found;

  if (day >= CIVIL_DAY_END)
    return false;
  civil_from_day(day, &at);
  if (year_matches(c, at.year) && (c->months >> at.month & 1) != 0) {
    days = cron_days(c, at.year, at.month) >> (at.day - 1);
    found = (days & 1) != 0 ? minute_find(c, (int)(minute % DAY_MINUTES)) : -1;
    if (found >= 0) {
      *out_local = day * DAY_S + found * MINUTE_S;
      return true;
    }
    days &= ~UINT32_C(1);
    if (days != 0) {
      day += __builtin_ctz(days);
      *out_local = day * DAY_S + c->first_minute * MINUTE_S;
      return true;
    }
  }
  for (int year = at.year, month = at.month + 1; year <= CIVIL_YEAR_MAX;
       year++, month = 1) {
    if (!year_matches(c, year))
      continue;
    for (; month <= 12; month++) {
      days = (c->months >> month & 1) != 0 ? cron_days(c, year, month) : 0;
      if (days == 0)
        continue;
      day = civil_to_day(year, month, 1) + __builtin_ctz(days);
      *out_local = day * DAY_S + c->first_minute * MINUTE_S;
      return true;
    }
  }
  return false;
}

bool cron_is_hourly(const struct cron *c)
{
  return __builtin_popcount(c->hours) * __builtin_popcountll(c->minutes) > 1;
}

int cron_room_minutes(const struct cron *c)
{
  int at = c->first_minute;
  int least = DAY_MINUTES - at;

  for (;;) {
    int next = at + 1 < DAY_MINUTES ? minute_find(c, at + 1) : -1;
    int room = (next < 0 ? DAY_MINUTES : next) - at;
    least = room < least ? room : least;
    if (next < 0)
      return least;
    at = next;
  }
}
