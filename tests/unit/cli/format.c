/* Times and durations for people. */
#include "cli/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

#define MIN  (60 * US_PER_S)
#define HOUR (60 * MIN)
#define NOW  (INT64_C(1795586400) * US_PER_S) /* 2026-11-25 06:00 UTC */

static void says(int64_t us, const char *text)
{
  char out[FORMAT_MAX];

  format_duration(us, out, sizeof out);
  assert_string_equal(out, text);
}

static void durations_have_two_units_at_most(void **state)
{
  (void)state;
  says(-5, "0 us");
  says(0, "0 us");
  says(999, "999 us");
  says(12345, "12 ms");
  says(1400 * US_PER_MS, "1.4 s");
  says(12 * US_PER_S, "12 s");
  says(123 * US_PER_S, "2 min 3 s");
  says(3 * HOUR, "3 h");
  says(3 * HOUR + 5 * MIN, "3 h 5 min");
  says(12 * HOUR + 5 * MIN, "12 h");
  says(US_PER_DAY, "1 day");
  says(2 * US_PER_DAY + HOUR, "2 days 1 h");
  says(30 * US_PER_DAY, "30 days");
}

static void nothing_reads_sixty_seconds(void **state)
{
  char out[FORMAT_MAX];

  (void)state;
  for (int64_t ms = 0; ms < 200000; ms += 7) {
    format_duration(ms * US_PER_MS, out, sizeof out);
    assert_null(strstr(out, "60 s"));
    assert_null(strstr(out, "10.0 s"));
    assert_null(strstr(out, "1000 ms"));
    format_relative(NOW, NOW + ms * US_PER_MS, out, sizeof out);
    assert_null(strstr(out, "60 s"));
    assert_null(strstr(out, "60 min"));
  }
}

static void is_away(int64_t us, const char *text)
{
  char out[FORMAT_MAX];

  format_relative(NOW, NOW + us, out, sizeof out);
  assert_string_equal(out, text);
}

static void distances_are_told_in_one_unit(void **state)
{
  (void)state;
  is_away(0, "now");
  is_away(US_PER_MS, "now");
  is_away(-US_PER_MS, "now");
  is_away(2 * US_PER_S, "in 2 s");
  is_away(-90 * US_PER_S, "1 min ago");
  is_away(3 * HOUR, "in 3 h");
  /* The moment after a schedule was set it still says "in 3 h". */
  is_away(3 * HOUR - 2 * US_PER_S, "in 3 h");
  is_away(US_PER_DAY, "in 1 day");
  is_away(-5 * US_PER_DAY, "5 days ago");
  is_away(400 * US_PER_DAY, "in 1 year");
  is_away(800 * US_PER_DAY, "in 2 years");
}

static void times_are_local(void **state)
{
  char out[FORMAT_MAX];

  (void)state;
  assert_int_equal(setenv("TZ", "Europe/Berlin", 1), 0);
  tzset();
  format_time(NOW, out, sizeof out);
  assert_string_equal(out, "2026-11-25 07:00:00");
  format_zone(NOW, out, sizeof out);
  assert_string_equal(out, "CET");
  format_when(NOW, NOW + 3 * HOUR, out, sizeof out);
  assert_string_equal(out, "2026-11-25 10:00 (in 3 h)");
  format_time(0, out, sizeof out);
  assert_string_equal(out, "-");
  format_when(NOW, 0, out, sizeof out);
  assert_string_equal(out, "-");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(durations_have_two_units_at_most),
      cmocka_unit_test(nothing_reads_sixty_seconds),
      cmocka_unit_test(distances_are_told_in_one_unit),
      cmocka_unit_test(times_are_local),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
