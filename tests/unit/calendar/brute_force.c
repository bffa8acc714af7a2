/* The engine against an evaluator that is slow and plainly right: it walks the
 * minutes, with libc's calendar and libc's zones, and compares each with
 * plain arrays.  The expressions are random; the arrays are filled beside the
 * text, so that no parser of ours is trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "calendar/civil.h"
#include "calendar/occurrence.h"

#define EXPRESSIONS      4000
#define ZONE_EXPRESSIONS 40
#define DAYS_WALKED      400

static uint64_t seed = 88172645463325252u;

static int draw(int below)
{
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (int)((seed >> 16) % (uint64_t)below);
}

/* What an expression means, one flag a value, as its writer intends it. */
struct meaning {
  char text[512];
  bool minute[60], hour[24], day[32], month[13], weekday[8], year[2200];
  bool last_day, last_weekday_of_month, near[32];
  bool last[8]; /* nL */
  int nth;      /* of the one weekday that is set */
  bool by_weekday;
};

static const char *const months[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
static const char *const weekdays[] = {"SUN", "MON", "TUE", "WED",
                                       "THU", "FRI", "SAT"};

static void put(struct meaning *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct meaning *m, const char *fmt, ...)
{
  size_t len = strlen(m->text);
  va_list ap;

  va_start(ap, fmt);
  (void)vsnprintf(m->text + len, sizeof m->text - len, fmt, ap);
  va_end(ap);
}

static void put_value(struct meaning *m, int v, const char *const *names)
{
  if (names != NULL && draw(2) == 0)
    put(m, "%s", names[v - 1]);
  else
    put(m, "%d", v);
}

/* One of: all, all/n, v, v-w, v/n, v-w/n; written and marked. */
static void put_item(struct meaning *m, bool *flags, int min, int max,
                     const char *const *names)
{
  int form = draw(8), from = min, to = max, step = 1;

  if (form >= 2)
    from = min + draw(max - min + 1);
  if (form == 3 || form == 5)
    to = from + draw(max - from + 1);
  else if (form > 5 || form == 2)
    to = from; /* a single value is the commonest */
  if (form == 1 || form == 4 || form == 5)
    step = 1 + draw(max - min < 7 ? 3 : 12);
  if (form < 2)
    put(m, "*");
  else
    put_value(m, from, names);
  if (form == 3 || form == 5) {
    put(m, "-");
    put_value(m, to, names);
  }
  if (form == 1 || form == 4 || form == 5)
    put(m, "/%d", step);
  for (int v = from; v <= to; v += step)
    flags[v] = true;
}

static void put_field(struct meaning *m, bool *flags, int min, int max,
                      const char *const *names)
{
  int items = draw(3) == 0 ? 2 + draw(3) : 1;

  for (int i = 0; i < items; i++) {
    if (i > 0)
      put(m, ",");
    put_item(m, flags, min, max, names);
  }
}

static void put_days(struct meaning *m)
{
  int items = 1 + draw(3), v;

  if (draw(2) == 0) {
    put_field(m, m->day, 1, 31, NULL);
    return;
  }
  for (int i = 0; i < items; i++) {
    put(m, "%s", i > 0 ? "," : "");
    switch (draw(4)) {
    case 0:
      put(m, "L");
      m->last_day = true;
      break;
    case 1:
      put(m, "LW");
      m->last_weekday_of_month = true;
      break;
    case 2:
      v = 1 + draw(31);
      put(m, "%dW", v);
      m->near[v] = true;
      break;
    default:
      put_item(m, m->day, 1, 31, NULL);
    }
  }
}

static void put_weekdays(struct meaning *m)
{
  int v = 1 + draw(7);

  switch (draw(5)) {
  case 0:
    put_value(m, v, weekdays);
    m->nth = 1 + draw(5);
    put(m, "#%d", m->nth);
    m->weekday[v] = true;
    break;
  case 1:
    put_value(m, v, weekdays);
    put(m, "L");
    m->last[v] = true;
    if (draw(2) == 0)
      break;
    put(m, ",");
    put_item(m, m->weekday, 1, 7, weekdays);
    break;
  case 2:
    put(m, "L");
    m->weekday[7] = true;
    break;
  default:
    put_field(m, m->weekday, 1, 7, weekdays);
  }
}

static void meaning_draw(struct meaning *m, int near_year)
{
  memset(m, 0, sizeof *m);
  put(m, "cron(");
  put_field(m, m->minute, 0, 59, NULL);
  put(m, " ");
  put_field(m, m->hour, 0, 23, NULL);
  put(m, " ");
  m->by_weekday = draw(2) == 0;
  if (m->by_weekday)
    put(m, "?");
  else
    put_days(m);
  put(m, " ");
  put_field(m, m->month, 1, 12, months);
  put(m, " ");
  if (m->by_weekday)
    put_weekdays(m);
  else
    put(m, "?");
  if (draw(4) == 0) {
    int from = near_year - draw(3), to = near_year + draw(3);
    from = from < 1970 ? 1970 : from;
    to = to > 2199 ? 2199 : to;
    put(m, " %d-%d)", from, to);
    for (int y = from; y <= to; y++)
      m->year[y] = true;
  } else {
    put(m, " *)");
    memset(m->year, 1, sizeof m->year);
  }
}

/* A day as libc's calendar has it, and the length of its month. */
struct day {
  int year, month, day, weekday; /* weekday 1 is Sunday */
  int length;
};

static struct day day_of(time_t t)
{
  struct tm tm, last;
  struct day d;

  assert_non_null(gmtime_r(&t, &tm));
  last = (struct tm){.tm_year = tm.tm_year, .tm_mon = tm.tm_mon + 1};
  (void)timegm(&last); /* day 0 of next month: normalised to this one's last */
  d = (struct day){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_wday + 1,
                   last.tm_mday};
  return d;
}

static bool is_weekday(const struct day *d, int day)
{
  int w = (d->weekday - 1 + (day - d->day) % 7 + 7) % 7; /* 0 is Sunday */

  return w != 0 && w != 6;
}

/* The weekday nearest `day`: try it, then one day off, then two. */
static int nearest(const struct day *d, int day)
{
  static const int tries[] = {0, -1, 1, -2, 2};

  for (int i = 0; i < 5; i++) {
    int n = day + tries[i];
    if (n >= 1 && n <= d->length && is_weekday(d, n))
      return n;
  }
  fail();
  return 0;
}

static bool day_matches(const struct meaning *m, const struct day *d)
{
  if (!m->year[d->year] || !m->month[d->month])
    return false;
  if (m->by_weekday) {
    if (m->last[d->weekday] && d->day + 7 > d->length)
      return true;
    return m->weekday[d->weekday] &&
           (m->nth == 0 || (d->day + 6) / 7 == m->nth);
  }
  if (m->day[d->day] || (m->last_day && d->day == d->length))
    return true;
  for (int v = 1; v <= d->length; v++)
    if (m->near[v] && nearest(d, v) == d->day)
      return true;
  if (!m->last_weekday_of_month || !is_weekday(d, d->day))
    return false;
  for (int v = d->day + 1; v <= d->length; v++)
    if (is_weekday(d, v))
      return false;
  return true;
}

static bool minute_matches(const struct meaning *m, const struct day *d,
                           int minute)
{
  return m->hour[minute / 60] && m->minute[minute % 60] && day_matches(m, d);
}

static void expect(const struct meaning *m, const struct zone *z,
                   const struct expression *x, int64_t *after, int64_t fires)
{
  int64_t got = -1;
  bool found = occurrence_next(x, z, *after * SECOND_US, 0, &got);

  if (!found || got != fires * SECOND_US)
    fail_msg("%s after %lld %s: %lld, not %lld", m->text, (long long)*after,
             zone_name(z), found ? (long long)(got / SECOND_US) : -1LL,
             (long long)fires);
  *after = fires;
}

static void random_expressions_in_utc(void **state)
{
  struct zone *z = NULL;
  int parsed = 0, fired = 0;

  (void)state;
  assert_int_equal(zone_open(NULL, NULL, &z, NULL), 0);
  for (int i = 0; i < EXPRESSIONS; i++) {
    static struct meaning m;
    struct expression x;
    struct err e = {0};
    int64_t first = draw((int)CIVIL_DAY_END - DAYS_WALKED), after, got;
    int hits = 0, rc;
    meaning_draw(&m, day_of(first * DAY_S).year);
    rc = expression_parse(m.text, false, &x, &e);
    if (rc != 0 && strstr(e.text, "this date never comes") == NULL)
      fail_msg("%s", e.text);
    parsed += rc == 0;
    after = first * DAY_S - 1;
    /* Up to 50 firings of each; days that do not match are walked whole. */
    for (int64_t n = first; n < first + DAYS_WALKED && hits < 50; n++) {
      struct day d = day_of(n * DAY_S);
      bool any = day_matches(&m, &d);
      for (int minute = 0; any && minute < 1440 && hits < 50; minute++) {
        if (!minute_matches(&m, &d, minute))
          continue;
        if (rc != 0)
          fail_msg("%s comes", m.text);
        expect(&m, z, &x, &after, n * DAY_S + minute * MINUTE_S);
        hits++;
      }
    }
    fired += hits;
    if (rc == 0 && hits < 50 &&
        occurrence_next(&x, z, after * SECOND_US, 0, &got) &&
        got < (first + DAYS_WALKED) * DAY_S * SECOND_US)
      fail_msg("%s fires at %lld, and should not", m.text,
               (long long)(got / SECOND_US));
  }
  zone_free(z);
  assert_true(parsed > EXPRESSIONS * 9 / 10);
  assert_true(fired > EXPRESSIONS * 10);
}

/* Walks real time.  What fires at an instant is every local minute that the
 * clock shows or passes there for the first time. */
static void walk_zone(const char *name, int64_t from, int days)
{
  struct zone *z = NULL;
  static struct meaning m;
  struct expression x;
  int64_t after = from - 60, reached = -1, got;
  long offset = 0;
  bool is_changed = false;

  assert_int_equal(zone_open(NULL, name, &z, NULL), 0);
  do
    meaning_draw(&m, day_of(from).year);
  while (expression_parse(m.text, false, &x, NULL) != 0);
  for (int64_t t = from - DAY_S; t < from + days * DAY_S; t += 60) {
    struct tm tm;
    int64_t shown;
    bool fires = false;
    assert_non_null(localtime_r(&t, &tm));
    is_changed = is_changed || (reached >= 0 && tm.tm_gmtoff != offset);
    offset = tm.tm_gmtoff;
    shown = timegm(&tm) / 60;
    for (int64_t l = reached + 1; reached >= 0 && l <= shown; l++) {
      struct day d = day_of(l * 60);
      fires = fires || minute_matches(&m, &d, (int)(l % 1440));
    }
    reached = shown > reached ? shown : reached;
    if (fires && t >= from)
      expect(&m, z, &x, &after, t);
  }
  assert_true(is_changed); /* or the walk proves nothing of the kind */
  if (occurrence_next(&x, z, after * SECOND_US, 0, &got) &&
      got < (from + days * DAY_S) * SECOND_US)
    fail_msg("%s fires at %lld %s, and should not", m.text,
             (long long)(got / SECOND_US), name);
  zone_free(z);
}

static void random_expressions_where_the_clock_changes(void **state)
{
  static const struct {
    const char *zone;
    int64_t from[3]; /* three days before a change */
  } places[] = {
      {"Europe/Berlin", {1711587600, 1729731600, 5264182800}},
      {"America/New_York", {1709794800, 1730354400, 4076593200}},
      {"Australia/Lord_Howe", {1712156400, 1727881200, 4110188400}},
      {"Europe/Dublin", {1711587600, 1729731600, 1743000000}},
      {"Africa/Casablanca", {1710032400, 1713006000, 1740016800}},
      {"America/Havana", {1709787600, 1730350800, 1741237200}},
      {"Pacific/Apia", {1325066400, 1325152800, 1333188000}},
      {"Pacific/Kwajalein", {745761600, 745804800, 745848000}},
      {"Asia/Pyongyang", {1439305200, 1525100400, 1525186800}},
      {"Antarctica/Troll", {1711587600, 1729731600, 1743000000}},
  };

  (void)state;
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    assert_int_equal(setenv("TZ", places[i].zone, 1), 0);
    tzset();
    for (int k = 0; k < 3; k++)
      for (int n = 0; n < ZONE_EXPRESSIONS; n++)
        walk_zone(places[i].zone, places[i].from[k] / 60 * 60, 6);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_expressions_in_utc),
      cmocka_unit_test(random_expressions_where_the_clock_changes),
  };

  return cmocka_run_group_tests_name("calendar/brute force", tests, NULL, NULL);
}
