/* Expressions in English.  The words are made from the bit sets, not from the
 * text, so that they say what the engine will do.
 */
#include "calendar/describe.h"

#include <stdarg.h>
#include <stdio.h>

#include "calendar/civil.h"

/* Up to here times of day are listed; beyond, hours and minutes apart. */
#define TIMES_LISTED 6

static const char *const month_words[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
static const char *const weekday_words[] = {"Sunday",    "Monday",   "Tuesday",
                                            "Wednesday", "Thursday", "Friday",
                                            "Saturday"};
static const char *const nth_words[] = {"first", "second", "third", "fourth",
                                        "fifth"};

struct sink {
  char *p;
  size_t size, len;
};

static void put(struct sink *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct sink *s, const char *fmt, ...)
{
  va_list ap;
  int n;

  if (s->len >= s->size)
    return;
  va_start(ap, fmt);
  n = vsnprintf(s->p + s->len, s->size - s->len, fmt, ap);
  va_end(ap);
  if (n > 0)
    s->len += (size_t)n; /* at or beyond the size: the text was cut */
}

/* How a list shows one value. */
enum shape { NUMBER, TWO_DIGITS, YEAR, MONTH, WEEKDAY, NEAR_DAY };

static void put_value(struct sink *s, enum shape shape, int v)
{
  switch (shape) {
  case TWO_DIGITS:
    put(s, "%02d", v);
    break;
  case YEAR:
    put(s, "%d", CIVIL_YEAR_MIN + v);
    break;
  case MONTH:
    put(s, "%s", month_words[(v + 11) % 12]);
    break;
  case WEEKDAY:
    put(s, "%s", weekday_words[v]);
    break;
  case NEAR_DAY:
    put(s, "the weekday nearest day %d", v);
    break;
  default:
    put(s, "%d", v);
  }
}

static bool bit_is_set(const uint64_t *set, int bits, int v)
{
  return v < bits && (set[v / 64] >> v % 64 & 1) != 0;
}

/* "1, 3 to 5 and 9".  Three or more in a row are a range. */
static void put_set(struct sink *s, const uint64_t *set, int bits,
                    enum shape shape)
{
  int last = bits - 1;
  bool first = true;

  while (last > 0 && !bit_is_set(set, bits, last))
    last--;
  for (int v = 0; v <= last; v++) {
    int end = v;
    if (!bit_is_set(set, bits, v))
      continue;
    while (bit_is_set(set, bits, end + 1))
      end++;
    if (end < v + 2 || shape == NEAR_DAY)
      end = v;
    put(s, "%s", first ? "" : end == last ? " and " : ", ");
    put_value(s, shape, v);
    if (end > v) {
      put(s, " to ");
      put_value(s, shape, end);
    }
    first = false;
    v = end;
  }
}

static void put_set64(struct sink *s, uint64_t set, enum shape shape)
{
  put_set(s, &set, 64, shape);
}

static void put_times(struct sink *s, const struct cron *c)
{
  int hours = __builtin_popcount(c->hours);
  int minutes = __builtin_popcountll(c->minutes);
  int left = hours * minutes;

  if (left > TIMES_LISTED) {
    if (minutes == 60) {
      put(s, ", every minute");
    } else {
      put(s, " at minute%s ", minutes > 1 ? "s" : "");
      put_set64(s, c->minutes, TWO_DIGITS);
    }
    put(s, " of ");
    if (hours == 24) {
      put(s, "every hour");
      return;
    }
    put(s, "hour%s ", hours > 1 ? "s" : "");
    put_set64(s, c->hours, TWO_DIGITS);
    return;
  }
  put(s, " at ");
  for (int h = 0; h < 24; h++) {
    for (int m = 0; m < 60; m++) {
      if ((c->hours >> h & 1) == 0 || (c->minutes >> m & 1) == 0)
        continue;
      put(s, "%02d:%02d%s", h, m, left > 2 ? ", " : left == 2 ? " and " : "");
      left--;
    }
  }
}

/* Returns whether the words end so that "of January" may follow; the plain
 * "every day" takes "in January". */
static bool put_days(struct sink *s, const struct cron *c)
{
  const char *joint = "on ";
  const uint32_t all_days = ~UINT32_C(1);

  if (c->days == all_days || c->weekdays == 0x7f) {
    put(s, "every day");
    return false;
  }
  if (c->weekdays != 0 && c->nth == 0) {
    put(s, "every ");
    put_set64(s, c->weekdays, WEEKDAY);
    if (c->last_weekdays == 0)
      return false;
    joint = " and on ";
  }
  if (c->nth > 0) {
    put(s, "on the %s ", nth_words[c->nth - 1]);
    put_set64(s, c->weekdays, WEEKDAY);
  }
  if (c->last_weekdays != 0) {
    put(s, "%sthe last ", joint);
    put_set64(s, c->last_weekdays, WEEKDAY);
  }
  if (c->days != 0) {
    put(s, "on day%s ", (c->days & (c->days - 1)) != 0 ? "s" : "");
    put_set64(s, c->days, NUMBER);
    joint = " and on ";
  }
  if (c->near_days != 0) {
    put(s, "%s", joint);
    put_set64(s, c->near_days, NEAR_DAY);
    joint = " and on ";
  }
  if (c->last_weekday) {
    put(s, "%sthe last weekday", joint);
    joint = " and on ";
  }
  if (c->last_day)
    put(s, "%sthe last day", joint);
  return true;
}

static void put_cron(struct sink *s, const struct cron *c)
{
  static const struct cron every_year = {
      .years = {UINT64_MAX, UINT64_MAX, UINT64_MAX,
                (UINT64_C(1) << (CIVIL_YEAR_MAX - CIVIL_YEAR_MIN + 1 - 192)) -
                    1}};
  bool of_month = put_days(s, c);
  bool is_every_year = true;

  if (c->months != 0x1ffe) {
    put(s, of_month ? " of " : " in ");
    put_set64(s, c->months, MONTH);
  } else if (of_month) {
    put(s, " of the month");
  }
  for (int i = 0; i < 4; i++)
    is_every_year = is_every_year && c->years[i] == every_year.years[i];
  if (!is_every_year) {
    put(s, " in ");
    put_set(s, c->years, 256, YEAR);
  }
  put_times(s, c);
}

static void put_rate(struct sink *s, int64_t every, const char *unit)
{
  if (every == 1)
    put(s, "every %s", unit);
  else
    put(s, "every %lld %ss", (long long)every, unit);
}

void describe_schedule(const struct expression *x, const char *zone,
                       int64_t length_us, size_t blackouts, char *out,
                       size_t size)
{
  struct sink s = {.p = out, .size = size};
  int64_t minutes = length_us / (MINUTE_S * SECOND_US);

  if (size > 0)
    out[0] = '\0';
  switch (x->kind) {
  case RATE_MINUTES:
    put_rate(&s, x->every, "minute");
    break;
  case RATE_HOURS:
    put_rate(&s, x->every, "hour");
    put(&s, " from 00:00 %s", zone);
    break;
  case RATE_DAYS:
    put_rate(&s, x->every, "day");
    put(&s, " at 00:00 %s", zone);
    break;
  default:
    put_cron(&s, &x->cron);
    put(&s, " %s", zone);
  }
  if (x->kind == RATE_MINUTES && minutes > x->every)
    minutes = x->every;
  if (minutes == 0)
    put(&s, ", window to the end of the day");
  else if (minutes % 60 == 0)
    put(&s, ", window %lld h", (long long)(minutes / 60));
  else
    put(&s, ", window %lld min", (long long)minutes);
  if (blackouts > 0)
    put(&s, ", %zu blackout%s", blackouts, blackouts > 1 ? "s" : "");
}
