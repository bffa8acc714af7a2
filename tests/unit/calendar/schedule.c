/* Schedules: windows, refusals, jitter, days and words.  Blackouts and catching
 * up are in blackout.c. */
#include "instants.h"

static void windows_open_and_close_as_documented(void **state)
{
  static const struct {
    const char *expression, *duration, *zone, *after, *start, *end;
  } cases[] = {
      /* Defaults: an hour in hours, else to the end of the day. */
      {"rate(4 hours)", NULL, NULL, "2024-05-01 00:00", "2024-05-01 04:00",
       "2024-05-01 05:00"},
      {"rate(10 days)", NULL, NULL, "2024-02-25 13:07", "2024-03-06 00:00",
       "2024-03-07 00:00"},
      {"cron(0 4/12 * * ? *)", NULL, NULL, "2024-05-01 04:00",
       "2024-05-01 16:00", "2024-05-01 17:00"},
      {"cron(0 16 * * ? *)", NULL, NULL, "2024-05-01 04:00", "2024-05-01 16:00",
       "2024-05-02 00:00"},
      {"cron(30 23,2 * * ? *)", NULL, NULL, "2024-05-01 04:00",
       "2024-05-01 23:30", "2024-05-02 00:00"},
      {"rate(5 minutes)", NULL, NULL, "2024-02-25 13:07", "2024-02-25 13:12",
       "2024-02-25 13:17"},
      {"cron(0/20 * * * ? *)", NULL, NULL, "2024-05-01 04:00",
       "2024-05-01 04:20", "2024-05-01 04:40"},
      /* Durations. */
      {"rate(4 hours)", "4h", NULL, "2024-05-01 00:00", "2024-05-01 04:00",
       "2024-05-01 08:00"},
      {"rate(10 hours)", "10h", NULL, "2024-05-01 04:00", "2024-05-01 14:00",
       "2024-05-02 00:00"},
      {"rate(10 days)", "24h", NULL, "2024-02-25 13:07", "2024-03-06 00:00",
       "2024-03-07 00:00"},
      {"cron(0 22 * * ? *)", "2h", NULL, "2024-05-01 04:00", "2024-05-01 22:00",
       "2024-05-02 00:00"},
      {"cron(0 22 * * ? *)", "90m", NULL, "2024-05-01 04:00",
       "2024-05-01 22:00", "2024-05-01 23:30"},
      /* Zones. */
      {"cron(0 3 * * ? *)", "2h", "Europe/Berlin", "2024-07-01 12:00",
       "2024-07-02 01:00", "2024-07-02 03:00"},
      {"cron(0 3 * * ? *)", "2h", "Europe/Berlin", "2024-01-01 12:00",
       "2024-01-02 02:00", "2024-01-02 04:00"},
      {"rate(10 days)", NULL, "America/New_York", "2024-02-25 13:07",
       "2024-03-06 05:00", "2024-03-07 05:00"},
      {"rate(1 day)", NULL, "Pacific/Auckland", "2024-02-25 13:07",
       "2024-02-26 11:00", "2024-02-27 11:00"},
      /* The clock goes on: 02:30 is skipped, and the day has 23 hours. */
      {"cron(30 2 * * ? *)", "1h", "Europe/Berlin", "2024-03-30 12:00",
       "2024-03-31 01:00", "2024-03-31 02:00"},
      {"cron(0 0 * * ? *)", "24h", "Europe/Berlin", "2024-03-30 12:00",
       "2024-03-30 23:00", "2024-03-31 22:00"},
      {"cron(0 2,3 * * ? *)", "1h", "Europe/Berlin", "2024-03-31 01:00",
       "2024-04-01 00:00", "2024-04-01 01:00"},
      {"cron(15 2 * * ? *)", "1h", "Australia/Lord_Howe", "2024-10-05 12:00",
       "2024-10-05 15:30", "2024-10-05 16:30"},
      /* The clock goes back: 02:30 once, the first; the day has 25 hours. */
      {"cron(30 2 * * ? *)", "1h", "Europe/Berlin", "2024-10-26 12:00",
       "2024-10-27 00:30", "2024-10-27 01:30"},
      {"cron(30 2 * * ? *)", "1h", "Europe/Berlin", "2024-10-27 00:30",
       "2024-10-28 01:30", "2024-10-28 02:30"},
      {"cron(0 0 * * ? *)", NULL, "Europe/Berlin", "2024-10-26 12:00",
       "2024-10-26 22:00", "2024-10-27 23:00"},
      {"cron(30 1 * * ? *)", "1h", "America/New_York", "2024-11-02 12:00",
       "2024-11-03 05:30", "2024-11-03 06:30"},
      {"cron(45 1 * * ? *)", "1h", "Australia/Lord_Howe", "2024-04-06 12:00",
       "2024-04-06 14:45", "2024-04-06 15:45"},
      /* 30 December 2011 did not happen in Samoa. */
      {"cron(0 3 * * ? *)", NULL, "Pacific/Apia", "2011-12-29 14:00",
       "2011-12-30 10:00", "2011-12-30 13:00"},
      {"cron(0 3 * * ? *)", NULL, "Pacific/Apia", "2011-12-30 10:00",
       "2011-12-30 13:00", "2011-12-31 10:00"},
      /* Midnight was skipped in Sao Paulo. */
      {"cron(0 0 * * ? *)", NULL, "America/Sao_Paulo", "2018-11-03 12:00",
       "2018-11-04 03:00", "2018-11-05 02:00"},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct schedule *s =
        plain(cases[i].expression, cases[i].duration, cases[i].zone);
    struct window w = next(s, cases[i].after, ANCHOR);
    check_window(&w, cases[i].start, cases[i].end, (int)i);
    assert_int_equal(w.occurrence_us, w.start_us);
    schedule_free(s);
  }
}

static void specs_that_make_no_schedule(void **state)
{
  static const struct blackout_spec
      backwards = {.start_us = 5, .end_us = 5},
      no_length = {.expression = "cron(0 0 * * ? *)"},
      rate = {.expression = "rate(1 day)", .duration = "1h"},
      broken = {.expression = "cron(0 99 * * ? *)", .duration = "1h"},
      too_long = {.expression = "cron(0 0 * * ? *)", .duration = "32d"};
  static const struct {
    struct schedule_spec spec;
    const char *error;
  } cases[] = {
      {{0}, "a schedule needs AutomaticallyAfterDays or a ScheduleExpression"},
      {{.expression = "rate(1 day)", .has_days = true, .days = 1},
       "You cannot specify both rotation frequency and schedule expression "
       "together."},
      {{.has_days = true}, "AutomaticallyAfterDays: 0 is not in 1-1000"},
      {{.expression = "rate(4 hours)", .duration = "5h"},
       "Duration 5h: the window would reach into the next window or the next "
       "day; this schedule has room for 4h"},
      {{.expression = "cron(0 22 * * ? *)", .duration = "3h"},
       "Duration 3h: the window would reach into the next window or the next "
       "day; this schedule has room for 2h"},
      {{.expression = "cron(0 4/12 * * ? *)", .duration = "9h"},
       "Duration 9h: the window would reach into the next window or the next "
       "day; this schedule has room for 8h"},
      {{.expression = "cron(0/20 * * * ? *)", .duration = "21m"},
       "Duration 21m: the window would reach into the next window or the next "
       "day; this schedule has room for 20m"},
      {{.expression = "rate(5 minutes)", .duration = "1h"},
       "Duration 1h: the window would reach into the next window or the next "
       "day; this schedule has room for 5m"},
      {{.expression = "rate(1 day)", .duration = "25h"},
       "Duration: a rotation window is 1h to 24h, or 1m to 1440m"},
      {{.expression = "rate(1 day)", .duration = "90m", .aws_strict = true},
       "Duration: a rotation window is 1h to 24h"},
      {{.expression = "rate(1 day)", .zone = "Mars/Olympus"},
       "there is no time zone \"Mars/Olympus\" in /usr/share/zoneinfo"},
      {{.has_days = true,
        .days = 1,
        .blackouts = &backwards,
        .blackout_count = 1},
       "a blackout is a start and a later end, or an expression and a "
       "duration"},
      {{.has_days = true,
        .days = 1,
        .blackouts = &no_length,
        .blackout_count = 1},
       "a recurring blackout needs a duration, such as 8h"},
      {{.has_days = true, .days = 1, .blackouts = &rate, .blackout_count = 1},
       "blackout: rate(1 day): only cron(...) says when a blackout begins"},
      {{.has_days = true, .days = 1, .blackouts = &broken, .blackout_count = 1},
       "blackout: cron(0 99 * * ? *): hour field: 99 is not in 0-23"},
      {{.has_days = true,
        .days = 1,
        .blackouts = &too_long,
        .blackout_count = 1},
       "blackout: the duration of a blackout is at most 31 days, such as 90m, "
       "8h or 2d"},
      {{.has_days = true,
        .days = 1,
        .blackouts = &backwards,
        .blackout_count = 33},
       "a schedule has at most 32 blackouts"},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct schedule *s = NULL;
    struct err e = {0};
    int rc = schedule_parse(&cases[i].spec, &s, &e);
    assert_string_equal(e.text, cases[i].error);
    assert_int_equal(rc, -ERR_PARAMETER);
    assert_null(s);
  }
  schedule_free(NULL);
}

static void the_years_end(void **state)
{
  struct schedule *s = plain("cron(0 0 1 1 ? 2020)", NULL, NULL);
  struct window w;
  struct err e = {0};

  (void)state;
  assert_int_equal(schedule_next(s, at("2020-01-01 00:00"), 0, &w, &e),
                   -ERR_NOT_FOUND);
  assert_string_equal(e.text, "the schedule has no further window");
  assert_int_equal(schedule_next(s, INT64_MAX, INT64_MAX, &w, &e),
                   -ERR_NOT_FOUND);
  assert_int_equal(schedule_next(s, INT64_MIN, INT64_MIN, &w, &e), 0);
  assert_window(&w, "2020-01-01 00:00", "2020-01-02 00:00");
  schedule_free(s);
}

static void windows_never_overlap_nor_cross_a_day(void **state)
{
  static const char *const texts[][2] = {
      {"rate(1 hour)", NULL},          {"rate(10 hours)", "10h"},
      {"rate(7 minutes)", "7m"},       {"cron(0/30 * * * ? *)", "30m"},
      {"cron(0 0,2,3 * * ? *)", NULL}, {"cron(30 2 * * ? *)", NULL},
      {"rate(1 day)", "24h"}};
  static const char *const zones[] = {"Europe/Berlin", "America/New_York",
                                      "Australia/Lord_Howe", "Pacific/Apia",
                                      "America/Havana"};

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    for (size_t k = 0; k < 5; k++) {
      struct schedule *s = plain(texts[i][0], texts[i][1], zones[k]);
      struct zone *z = NULL;
      struct window w, v;
      int64_t stop = at("2011-04-15 00:00");
      assert_int_equal(zone_open(NULL, zones[k], &z, NULL), 0);
      w = next(s, "2011-03-05 00:00", "2011-01-01 00:07");
      for (; w.start_us < stop; w = v) {
        char mid[32];
        assert_int_equal(
            schedule_next(s, w.start_us, at("2011-01-01 00:07"), &v, NULL), 0);
        show(w.start_us, mid, sizeof mid);
        if (w.end_us > v.start_us)
          fail_msg("%s %s: overlap at %s", texts[i][0], zones[k], mid);
        if (w.end_us > zone_day_end(z, w.start_us / SECOND_US) * SECOND_US)
          fail_msg("%s %s: over midnight at %s", texts[i][0], zones[k], mid);
      }
      zone_free(z);
      schedule_free(s);
    }
  }
}

static void jitter_is_fixed_spread_and_inside(void **state)
{
  struct window w = {.start_us = 1000 * HOUR_S * SECOND_US,
                     .end_us = 1002 * HOUR_S * SECOND_US,
                     .occurrence_us = 1000 * HOUR_S * SECOND_US};
  const int64_t hour = HOUR_S * SECOND_US;
  int64_t first = window_jitter(&w, ARN, hour);
  int buckets[12] = {0};
  struct window later = w;

  (void)state;
  /* The same on every engine, so its value is part of the contract. */
  assert_int_equal(first, window_jitter(&w, ARN, hour));
  assert_int_equal(first - w.start_us, INT64_C(2391026599));
  assert_int_equal(window_jitter(&w, ARN, 0), w.start_us);
  assert_int_equal(window_jitter(&w, ARN, -5), w.start_us);
  later.occurrence_us += 24 * hour;
  assert_int_not_equal(window_jitter(&later, ARN, hour), first);
  for (int i = 0; i < 12000; i++) {
    char arn[128];
    int64_t off;
    (void)snprintf(arn, sizeof arn, "%s%d", ARN, i);
    off = window_jitter(&w, arn, hour) - w.start_us;
    assert_in_range(off, 0, hour - 1);
    buckets[off / (hour / 12)]++;
    /* A spread longer than the window ends with it. */
    off = window_jitter(&w, arn, 100 * hour) - w.start_us;
    assert_in_range(off, 0, 2 * hour - 1);
  }
  for (int i = 0; i < 12; i++)
    assert_in_range(buckets[i], 850, 1150);
}

static void describe_gives_days_as_aws(void **state)
{
  static const struct {
    const char *text;
    int64_t days;
  } cases[] = {{"rate(10 hours)", 1},        {"rate(25 hours)", 2},
               {"rate(24 hours)", 1},        {"rate(30 minutes)", 1},
               {"rate(10 days)", 10},        {"cron(0 4 * * ? *)", 1},
               {"cron(0 4/6 * * ? *)", 1},   {"cron(0 0 ? * SUN *)", 7},
               {"cron(0 0 1 * ? *)", 31},    {"cron(0 0 1 1 ? *)", 365},
               {"cron(0 0 29 2 ? *)", 1000}, {"cron(0 0 1 1 ? 2020)", 1000}};
  struct schedule *s;

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    s = plain(cases[i].text, NULL, NULL);
    if (schedule_days(s, at("2024-04-30 12:00")) != cases[i].days)
      fail_msg("%s: %lld", cases[i].text,
               (long long)schedule_days(s, at("2024-04-30 12:00")));
    schedule_free(s);
  }
}

static void schedules_are_told_in_words(void **state)
{
  static const struct {
    const char *text, *duration, *zone, *words;
  } cases[] = {
      {"cron(0 3 * * ? *)", "2h", "Europe/Berlin",
       "every day at 03:00 Europe/Berlin, window 2 h"},
      {"cron(0 3 ? * * *)", NULL, NULL,
       "every day at 03:00 UTC, window to the end of the day"},
      {"rate(1 day)", NULL, NULL,
       "every day at 00:00 UTC, window to the end of the day"},
      {"rate(30 days)", "4h", "Asia/Tokyo",
       "every 30 days at 00:00 Asia/Tokyo, window 4 h"},
      {"rate(4 hours)", NULL, NULL, "every 4 hours from 00:00 UTC, window 1 h"},
      {"rate(15 minutes)", NULL, NULL, "every 15 minutes, window 15 min"},
      {"rate(2 minutes)", "1m", NULL, "every 2 minutes, window 1 min"},
      {"cron(0 4/12 * * ? *)", NULL, NULL,
       "every day at 04:00 and 16:00 UTC, window 1 h"},
      {"cron(0 1,2,3 * * ? *)", NULL, NULL,
       "every day at 01:00, 02:00 and 03:00 UTC, window 1 h"},
      {"cron(5 * * * ? *)", NULL, NULL,
       "every day at minute 05 of every hour UTC, window 1 h"},
      {"cron(0/15 8-17 ? * MON-FRI *)", "15m", NULL,
       "every Monday to Friday at minutes 00, 15, 30 and 45 of hours 08 to 17 "
       "UTC, window 15 min"},
      {"cron(* 3 * * ? *)", "1m", NULL,
       "every day, every minute of hour 03 UTC, window 1 min"},
      {"cron(0 3 ? * SAT,SUN *)", "1h", NULL,
       "every Sunday and Saturday at 03:00 UTC, window 1 h"},
      {"cron(0 3 ? * MON,TUE *)", "1h", NULL,
       "every Monday and Tuesday at 03:00 UTC, window 1 h"},
      {"cron(0 3 1,15 * ? *)", "1h", NULL,
       "on days 1 and 15 of the month at 03:00 UTC, window 1 h"},
      {"cron(0 3 1 JAN,JUL ? *)", "1h", NULL,
       "on day 1 of January and July at 03:00 UTC, window 1 h"},
      {"cron(0 3 * 12 ? *)", "1h", NULL,
       "every day in December at 03:00 UTC, window 1 h"},
      {"cron(0 3 L * ? *)", "1h", NULL,
       "on the last day of the month at 03:00 UTC, window 1 h"},
      {"cron(0 3 15W,LW * ? *)", "1h", NULL,
       "on the weekday nearest day 15 and on the last weekday of the month at "
       "03:00 UTC, window 1 h"},
      {"cron(0 3 ? * 6L *)", "1h", NULL,
       "on the last Friday of the month at 03:00 UTC, window 1 h"},
      {"cron(0 3 ? * 6#3 2026-2028)", "1h", NULL,
       "on the third Friday of the month in 2026 to 2028 at 03:00 UTC, window "
       "1 h"},
  };
  const struct blackout_spec freeze = {.start_us = 1, .end_us = 2};
  char words[SCHEDULE_TEXT_MAX], cut[10];
  struct schedule *s;

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    s = plain(cases[i].text, cases[i].duration, cases[i].zone);
    schedule_describe(s, words, sizeof words);
    assert_string_equal(words, cases[i].words);
    schedule_free(s);
  }
  s = parse(&(struct schedule_spec){
      .has_days = true, .days = 7, .blackouts = &freeze, .blackout_count = 1});
  schedule_describe(s, words, sizeof words);
  assert_string_equal(words, "every 7 days at 00:00 UTC, window to the end of "
                             "the day, 1 blackout");
  assert_string_equal(schedule_zone(s), "UTC");
  schedule_describe(s, cut, sizeof cut);
  assert_string_equal(cut, "every 7 d");
  schedule_free(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(windows_open_and_close_as_documented),
      cmocka_unit_test(specs_that_make_no_schedule),
      cmocka_unit_test(the_years_end),
      cmocka_unit_test(windows_never_overlap_nor_cross_a_day),
      cmocka_unit_test(jitter_is_fixed_spread_and_inside),
      cmocka_unit_test(describe_gives_days_as_aws),
      cmocka_unit_test(schedules_are_told_in_words),
  };

  return cmocka_run_group_tests_name("calendar/schedule", tests, NULL, NULL);
}
