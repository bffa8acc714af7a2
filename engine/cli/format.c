/* Times and durations for people. */
#include "cli/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

#define US_PER_MIN  (60 * US_PER_S)
#define US_PER_HOUR (60 * US_PER_MIN)

/* "2 h 5 min": the second unit only where it says something. */
static void two_units(int64_t us, int64_t big, const char *big_name,
                      int64_t small, const char *small_name, char *out,
                      size_t size)
{
  int64_t n = us / big, rest = us % big / small;

  if (rest == 0 || n >= 10)
    (void)snprintf(out, size, "%" PRId64 " %s", n, big_name);
  else
    (void)snprintf(out, size, "%" PRId64 " %s %" PRId64 " %s", n, big_name,
                   rest, small_name);
}

void format_duration(int64_t us, char *out, size_t size)
{
  if (us < 0)
    us = 0;
  if (us < US_PER_MS)
    (void)snprintf(out, size, "%" PRId64 " us", us);
  else if (us < US_PER_S)
    (void)snprintf(out, size, "%" PRId64 " ms", (int64_t)(us / US_PER_MS));
  else if (us < 10 * US_PER_S)
    (void)snprintf(out, size, "%d.%d s", (int)(us / US_PER_S),
                   (int)(us % US_PER_S * 10 / US_PER_S)); /* never 10.0 s */
  else if (us < US_PER_MIN)
    (void)snprintf(out, size, "%" PRId64 " s", (int64_t)(us / US_PER_S));
  else if (us < US_PER_HOUR)
    two_units(us, US_PER_MIN, "min", US_PER_S, "s", out, size);
  else if (us < US_PER_DAY)
    two_units(us, US_PER_HOUR, "h", US_PER_MIN, "min", out, size);
  else
    two_units(us, US_PER_DAY, us < 2 * US_PER_DAY ? "day" : "days", US_PER_HOUR,
              "h", out, size);
}

/* One unit is enough to know how far away something is. */
static void one_unit(int64_t us, char *out, size_t size)
{
  static const struct {
    int64_t us;
    const char *one, *many;
  } units[] = {
      {365 * US_PER_DAY, "year", "years"},
      {US_PER_DAY, "day", "days"},
      {US_PER_HOUR, "h", "h"},
      {US_PER_MIN, "min", "min"},
      {US_PER_S, "s", "s"},
  };
  size_t i = 0;

  while (i + 1 < sizeof units / sizeof units[0] &&
         us + units[i].us / 60 < units[i].us)
    i++;
  us = (us + units[i].us / 60) / units[i].us; /* 59.5 min is 1 h */
  (void)snprintf(out, size, "%" PRId64 " %s", us,
                 us == 1 ? units[i].one : units[i].many);
}

void format_relative(int64_t now_us, int64_t at_us, char *out, size_t size)
{
  char text[FORMAT_MAX / 2];
  int64_t far = at_us > now_us ? at_us - now_us : now_us - at_us;

  if (far < US_PER_S) {
    (void)snprintf(out, size, "now");
    return;
  }
  one_unit(far, text, sizeof text);
  if (at_us > now_us)
    (void)snprintf(out, size, "in %s", text);
  else
    (void)snprintf(out, size, "%s ago", text);
}

static void local(int64_t at_us, const char *pattern, char *out, size_t size)
{
  time_t t = (time_t)(at_us / US_PER_S);
  struct tm tm;
  size_t n;

  if (at_us == 0 || localtime_r(&t, &tm) == NULL) {
    (void)snprintf(out, size, "-");
    return;
  }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  n = strftime(out, size, pattern, &tm); /* the patterns are below */
#pragma GCC diagnostic pop
  if (n == 0)
    out[0] = '\0';
}

void format_time(int64_t at_us, char *out, size_t size)
{
  local(at_us, "%Y-%m-%d %H:%M:%S", out, size);
}

void format_zone(int64_t at_us, char *out, size_t size)
{
  local(at_us, "%Z", out, size);
}

void format_when(int64_t now_us, int64_t at_us, char *out, size_t size)
{
  char at[FORMAT_MAX / 2], far[FORMAT_MAX / 2];

  if (at_us == 0) {
    (void)snprintf(out, size, "-");
    return;
  }
  local(at_us, "%Y-%m-%d %H:%M", at, sizeof at);
  format_relative(now_us, at_us, far, sizeof far);
  (void)snprintf(out, size, "%s (%s)", at, far);
}
