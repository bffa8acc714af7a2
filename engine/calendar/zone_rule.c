/* POSIX TZ rules: text to rule, rule and year to instants.  Choosing which
 * instants matter is zone.c's.
 */
#include "calendar/zone_rule.h"

#include "calendar/civil.h"

struct reader {
  const char *p, *end;
};

static char peek(const struct reader *r)
{
  return r->p < r->end ? *r->p : '\0';
}

static bool take(struct reader *r, char c)
{
  if (peek(r) != c)
    return false;
  r->p++;
  return true;
}

static bool take_number(struct reader *r, int min, int max, int *out)
{
  const char *start = r->p;
  int n = 0;

  while (peek(r) >= '0' && peek(r) <= '9' && r->p - start < 4)
    n = n * 10 + (*r->p++ - '0');
  if (r->p == start || n < min || n > max)
    return false;
  *out = n;
  return true;
}

static bool is_letter(char c)
{
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The names of the two times are not used; they only have to be there. */
static bool take_name(struct reader *r)
{
  const char *start = r->p;

  if (take(r, '<')) {
    while (r->p < r->end && *r->p != '>')
      r->p++;
    return take(r, '>') && r->p - start > 2;
  }
  while (is_letter(peek(r)))
    r->p++;
  return r->p - start >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct reader *r, int hour_max, int *out_s)
{
  int sign = 1, h, m = 0, s = 0;

  if (take(r, '-'))
    sign = -1;
  else
    (void)take(r, '+'); /* says nothing */
  if (!take_number(r, 0, hour_max, &h))
    return false;
  if (take(r, ':') && (!take_number(r, 0, 59, &m) ||
                       (take(r, ':') && !take_number(r, 0, 59, &s))))
    return false;
  *out_s = sign * (h * 3600 + m * 60 + s);
  return true;
}

static bool take_day(struct reader *r, struct zone_day *out)
{
  out->time_s = 2 * 3600;
  out->month = out->week = 0;
  if (take(r, 'M')) {
    out->kind = DAY_OF_MONTH;
    if (!take_number(r, 1, 12, &out->month) || !take(r, '.') ||
        !take_number(r, 1, 5, &out->week) || !take(r, '.') ||
        !take_number(r, 0, 6, &out->day))
      return false;
  } else if (take(r, 'J')) {
    out->kind = DAY_JULIAN;
    if (!take_number(r, 1, 365, &out->day))
      return false;
  } else {
    out->kind = DAY_OF_YEAR;
    if (!take_number(r, 0, 365, &out->day))
      return false;
  }
  return !take(r, '/') || take_time(r, 167, &out->time_s);
}

bool zone_rule_parse(const char *text, size_t len, struct zone_rule *out)
{
  struct reader r = {text, text + len};
  struct zone_rule rule = {.has_summer = false};
  int west;

  if (!take_name(&r) || !take_time(&r, 24, &west))
    return false;
  rule.standard_s = -west;
  if (r.p < r.end) {
    rule.has_summer = true;
    rule.summer_s = rule.standard_s + 3600;
    if (!take_name(&r))
      return false;
    if (peek(&r) != ',') {
      if (!take_time(&r, 24, &west))
        return false;
      rule.summer_s = -west;
    }
    if (!take(&r, ',') || !take_day(&r, &rule.begin) || !take(&r, ',') ||
        !take_day(&r, &rule.end))
      return false;
  }
  if (r.p != r.end)
    return false;
  *out = rule;
  return true;
}

static int64_t day_find(const struct zone_day *d, int year)
{
  int64_t first;
  int length, day;

  if (d->kind == DAY_OF_YEAR)
    return civil_to_day(year, 1, 1) + d->day;
  if (d->kind == DAY_JULIAN) {
    bool after_february = d->day > 59;
    return civil_to_day(year, 1, 1) + d->day - 1 +
           (after_february && civil_month_length(year, 2) == 29);
  }
  first = civil_to_day(year, d->month, 1);
  length = civil_month_length(year, d->month);
  day = (d->day - civil_weekday(first) + 7) % 7 + 7 * (d->week - 1);
  while (day >= length)
    day -= 7;
  return first + day;
}

void zone_rule_year(const struct zone_rule *r, int year, int64_t *out_begin,
                    int64_t *out_end)
{
  *out_begin =
      day_find(&r->begin, year) * DAY_S + r->begin.time_s - r->standard_s;
  *out_end = day_find(&r->end, year) * DAY_S + r->end.time_s - r->summer_s;
}
