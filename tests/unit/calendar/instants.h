/* What the tests of schedules share: instants as text, and a schedule or a
 * window in one line. */
#ifndef CALENDAR_TEST_INSTANTS_H
#define CALENDAR_TEST_INSTANTS_H

#include "calendar/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "calendar/civil.h"

#define ARN "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf"

#define ANCHOR "2024-02-25 13:07"

static inline int64_t at(const char *text)
{
  struct tm tm = {0};
  const char *end = strptime(text, "%Y-%m-%d %H:%M", &tm);

  if (end == NULL || *end != '\0')
    fail_msg("not a time: %s", text);
  return timegm(&tm) * SECOND_US;
}

/* Instants as text, so that a failure can be read. */
static inline void show(int64_t us, char *out, size_t size)
{
  time_t t = us / SECOND_US;
  struct tm tm;

  assert_non_null(gmtime_r(&t, &tm));
  assert_true(strftime(out, size, "%Y-%m-%d %H:%M", &tm) > 0);
}

#define assert_window(w, start, end) check_window(w, start, end, __LINE__)

static inline void check_window(const struct window *w, const char *start,
                                const char *end, int line)
{
  char s[32], e[32];

  show(w->start_us, s, sizeof s);
  show(w->end_us, e, sizeof e);
  if (w->start_us != at(start) || w->end_us != at(end))
    fail_msg("line or case %d: %s to %s, not %s to %s", line, s, e, start, end);
}

static inline struct schedule *parse(const struct schedule_spec *spec)
{
  struct schedule *s = NULL;
  struct err e = {0};

  if (schedule_parse(spec, &s, &e) != 0)
    fail_msg("%s", e.text);
  return s;
}

static inline struct schedule *plain(const char *expression,
                                     const char *duration, const char *zone)
{
  return parse(&(struct schedule_spec){
      .expression = expression, .duration = duration, .zone = zone});
}

static inline struct window next(const struct schedule *s, const char *after,
                                 const char *anchor)
{
  struct window w = {0};
  struct err e = {0};

  if (schedule_next(s, at(after), at(anchor), &w, &e) != 0)
    fail_msg("after %s: %s", after, e.text);
  assert_true(w.occurrence_us <= w.start_us && w.start_us < w.end_us);
  assert_true(w.start_us > at(after));
  return w;
}

#endif
