/* Blackouts and catching up: known cases, and random ones against a walk
 * through the minutes. */
#include "instants.h"

static void blackouts_move_the_start_or_the_window(void **state)
{
  const struct blackout_spec list[] = {
      /* Covers the opening of 1 May, all of the 2nd and 3rd. */
      {.start_us = at("2024-05-01 02:30"), .end_us = at("2024-05-01 03:30")},
      {.start_us = at("2024-05-02 00:00"), .end_us = at("2024-05-04 00:00")},
      /* In the middle of the 4th: the opening is free. */
      {.start_us = at("2024-05-04 04:00"), .end_us = at("2024-05-04 04:30")},
      /* Two that touch: 03:00 to 04:15 on the 5th. */
      {.start_us = at("2024-05-05 03:45"), .end_us = at("2024-05-05 04:15")},
      {.start_us = at("2024-05-05 02:00"), .end_us = at("2024-05-05 03:45")},
      /* To the very end of the window of the 6th. */
      {.start_us = at("2024-05-06 02:00"), .end_us = at("2024-05-06 05:00")}};
  struct schedule *s =
      parse(&(struct schedule_spec){.expression = "cron(0 3 * * ? *)",
                                    .duration = "2h",
                                    .blackouts = list,
                                    .blackout_count = 6});
  struct window w = next(s, "2024-04-30 12:00", ANCHOR);

  (void)state;
  assert_window(&w, "2024-05-01 03:30", "2024-05-01 05:00");
  assert_int_equal(w.occurrence_us, at("2024-05-01 03:00"));
  /* While it is held back, it is still to come. */
  w = next(s, "2024-05-01 03:10", ANCHOR);
  assert_window(&w, "2024-05-01 03:30", "2024-05-01 05:00");
  w = next(s, "2024-05-01 03:30", ANCHOR);
  assert_window(&w, "2024-05-04 03:00", "2024-05-04 05:00");
  w = next(s, "2024-05-04 03:00", ANCHOR);
  assert_window(&w, "2024-05-05 04:15", "2024-05-05 05:00");
  /* A blackout in mid-window does not bring the same window again. */
  w = next(s, "2024-05-04 04:10", ANCHOR);
  assert_window(&w, "2024-05-05 04:15", "2024-05-05 05:00");
  w = next(s, "2024-05-05 04:15", ANCHOR);
  assert_window(&w, "2024-05-07 03:00", "2024-05-07 05:00");
  assert_true(schedule_is_permitted(s, at("2024-05-01 02:29")));
  assert_false(schedule_is_permitted(s, at("2024-05-01 02:30")));
  assert_true(schedule_is_permitted(s, at("2024-05-01 03:30")));
  schedule_free(s);
}

static void recurring_blackouts_follow_the_zone(void **state)
{
  /* No rotation from Friday 18:00 to Monday 06:00 in Berlin. */
  const struct blackout_spec weekend = {.expression = "cron(0 18 ? * FRI *)",
                                        .duration = "60h"};
  struct schedule *s =
      parse(&(struct schedule_spec){.expression = "cron(0 5 * * ? *)",
                                    .duration = "2h",
                                    .zone = "Europe/Berlin",
                                    .blackouts = &weekend,
                                    .blackout_count = 1});
  struct window w = next(s, "2024-07-05 12:00", ANCHOR); /* a Friday */

  (void)state;
  assert_window(&w, "2024-07-08 04:00", "2024-07-08 05:00"); /* 06:00 there */
  assert_int_equal(w.occurrence_us, at("2024-07-08 03:00"));
  w = next(s, "2024-07-08 04:00", ANCHOR);
  assert_window(&w, "2024-07-09 03:00", "2024-07-09 05:00");
  assert_false(schedule_is_permitted(s, at("2024-07-06 12:00")));
  assert_true(schedule_is_permitted(s, at("2024-07-05 15:59")));
  assert_false(schedule_is_permitted(s, at("2024-07-05 16:00")));
  schedule_free(s);
}

static void blackouts_can_leave_nothing(void **state)
{
  static const struct blackout_spec covers[] = {
      {.start_us = 0, .end_us = INT64_MAX},
      {.expression = "cron(* * * * ? *)", .duration = "1h"},
      {.expression = "cron(0 0 * * ? *)", .duration = "25h"},
      {.expression = "cron(0 2 * * ? *)", .duration = "4h"}};

  (void)state;
  for (int i = 0; i < 4; i++) {
    struct schedule *s =
        parse(&(struct schedule_spec){.expression = "cron(0 3 * * ? *)",
                                      .duration = "1h",
                                      .blackouts = &covers[i],
                                      .blackout_count = 1});
    struct window w;
    struct err e = {0};
    assert_int_equal(schedule_next(s, at(ANCHOR), 0, &w, &e), -ERR_NOT_FOUND);
    assert_string_equal(e.text, "the blackouts leave no window to start in");
    assert_int_equal(schedule_resume(s, 0, at(ANCHOR), 0, &w, &e),
                     -ERR_NOT_FOUND);
    schedule_free(s);
  }
}

static struct window resume(const struct schedule *s, const char *due,
                            const char *now, const char *anchor)
{
  struct window w = {0};
  struct err e = {0};

  if (schedule_resume(s, at(due), at(now), at(anchor), &w, &e) != 0)
    fail_msg("%s", e.text);
  assert_true(w.occurrence_us <= w.start_us && w.start_us < w.end_us);
  assert_true(w.start_us >= at(now) && w.start_us >= at(due));
  return w;
}

static void one_catch_up_stands_for_all_that_was_missed(void **state)
{
  struct schedule *s = plain("cron(0 3 ? * SUN *)", "2h", NULL);
  struct window w;

  (void)state;
  /* Not missed yet: the due window itself. */
  w = resume(s, "2024-05-05 03:00", "2024-05-04 00:00", ANCHOR);
  assert_window(&w, "2024-05-05 03:00", "2024-05-05 05:00");
  /* Down at 03:00, back at 04:10: at once. */
  w = resume(s, "2024-05-05 03:00", "2024-05-05 04:10", ANCHOR);
  assert_window(&w, "2024-05-05 04:10", "2024-05-05 05:00");
  assert_int_equal(w.occurrence_us, at("2024-05-05 03:00"));
  /* Back when it has closed: in the next. */
  w = resume(s, "2024-05-05 03:00", "2024-05-05 05:00", ANCHOR);
  assert_window(&w, "2024-05-12 03:00", "2024-05-12 05:00");
  /* Three missed, back inside a fourth: at once, in that one. */
  w = resume(s, "2024-05-05 03:00", "2024-05-26 03:30", ANCHOR);
  assert_window(&w, "2024-05-26 03:30", "2024-05-26 05:00");
  /* A due time inside the window (jitter) still means this window. */
  w = resume(s, "2024-05-05 03:40", "2024-05-05 03:10", ANCHOR);
  assert_window(&w, "2024-05-05 03:40", "2024-05-05 05:00");
  schedule_free(s);
}

static void an_overdue_schedule_in_days_takes_the_next_midnight(void **state)
{
  struct schedule *s = parse(
      &(struct schedule_spec){.has_days = true, .days = 30, .duration = "2h"});
  struct window w = next(s, ANCHOR, ANCHOR);

  (void)state;
  assert_window(&w, "2024-03-26 00:00", "2024-03-26 02:00");
  w = resume(s, "2024-03-26 00:00", "2024-03-20 00:00", ANCHOR);
  assert_window(&w, "2024-03-26 00:00", "2024-03-26 02:00");
  w = resume(s, "2024-03-26 00:00", "2024-03-26 01:30", ANCHOR);
  assert_window(&w, "2024-03-26 01:30", "2024-03-26 02:00");
  w = resume(s, "2024-03-26 00:00", "2024-03-26 02:00", ANCHOR);
  assert_window(&w, "2024-03-27 00:00", "2024-03-27 02:00");
  schedule_free(s);
}

static void catching_up_respects_blackouts(void **state)
{
  const struct blackout_spec freeze = {.start_us = at("2024-05-05 04:00"),
                                       .end_us = at("2024-05-12 04:30")};
  struct schedule *s =
      parse(&(struct schedule_spec){.expression = "cron(0 3 ? * SUN *)",
                                    .duration = "2h",
                                    .blackouts = &freeze,
                                    .blackout_count = 1});
  struct window w = resume(s, "2024-05-05 03:00", "2024-05-05 04:10", ANCHOR);

  (void)state;
  assert_window(&w, "2024-05-12 04:30", "2024-05-12 05:00");
  schedule_free(s);
}

static void a_start_is_never_in_a_blackout(void **state)
{
  const struct blackout_spec middle = {.start_us = at("2024-05-01 03:10"),
                                       .end_us = at("2024-05-01 04:00")};
  const struct blackout_spec rest = {.start_us = at("2024-05-01 03:10"),
                                     .end_us = at("2024-05-01 06:00")};

  (void)state;
  for (int k = 0; k < 2; k++) {
    struct schedule *s =
        parse(&(struct schedule_spec){.expression = "cron(0 3 * * ? *)",
                                      .duration = "2h",
                                      .blackouts = k == 0 ? &middle : &rest,
                                      .blackout_count = 1});
    struct window w = next(s, "2024-05-01 00:00", ANCHOR);
    int moved = 0;
    for (int i = 0; i < 500; i++) {
      char arn[128];
      int64_t start;
      (void)snprintf(arn, sizeof arn, "%s%d", ARN, i);
      start = schedule_start(s, &w, arn, 2 * HOUR_S * SECOND_US);
      assert_true(start >= w.start_us && start < w.end_us);
      assert_true(schedule_is_permitted(s, start));
      moved += start == (k == 0 ? middle.end_us : w.start_us);
    }
    assert_true(moved > 50);
    schedule_free(s);
  }
}

/* The next window and the catch-up, by looking at every minute. */
#define RAW_MAX 4096

struct raw {
  struct window windows[RAW_MAX];
  size_t count;
};

static void raw_collect(struct raw *r, const char *expression,
                        const char *duration, const char *zone, int64_t from,
                        int64_t to)
{
  struct schedule *s = plain(expression, duration, zone);
  struct window w;

  r->count = 0;
  while (schedule_next(s, from, 0, &w, NULL) == 0 && w.start_us < to) {
    assert_true(r->count < RAW_MAX);
    r->windows[r->count++] = w;
    from = w.start_us;
  }
  schedule_free(s);
}

/* One blackout as a list of spans. */
static bool raw_covers(const struct raw *r, int64_t length_us, int64_t at_us)
{
  for (size_t i = 0; i < r->count; i++)
    if (r->windows[i].start_us <= at_us &&
        at_us < r->windows[i].start_us + length_us)
      return true;
  return false;
}

static uint64_t seed = 1234567;

static int draw(int below)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (int)((seed >> 33) % (uint64_t)below);
}

static void random_blackouts_agree_with_a_walk(void **state)
{
  static const char *const texts[][2] = {{"cron(0 3 * * ? *)", "2h"},
                                         {"cron(0 0/4 * * ? *)", NULL},
                                         {"cron(30 22 ? * MON-FRI *)", NULL},
                                         {"rate(6 hours)", "6h"}};
  static const struct {
    const char *expression, *duration;
    int minutes;
  } rests[] = {{"cron(0 18 ? * FRI *)", "60h", 3600},
               {"cron(30 2 * * ? *)", "45m", 45},
               {"cron(0/30 8-17 ? * MON-FRI *)", "30m", 30},
               {"cron(0 0 1,15 * ? *)", "2d", 2880}};
  static const char *const zones[] = {"UTC", "Europe/Berlin",
                                      "America/New_York"};
  const int64_t minute = MINUTE_S * SECOND_US, day = DAY_S * SECOND_US;
  static struct raw windows, recurring;

  (void)state;
  for (int round = 0; round < 150; round++) {
    const char *const *text = texts[draw(4)];
    const char *zone = zones[draw(3)];
    int rest = draw(4), absolutes = draw(4);
    /* From 2024-03-01 on, so that clocks change in some of them. */
    int64_t from = at("2024-03-01 00:00") + draw(250) * day,
            to = from + 12 * day;
    struct blackout_spec list[5] = {{.expression = rests[rest].expression,
                                     .duration = rests[rest].duration}};
    struct schedule *s;
    for (int i = 1; i <= absolutes; i++) {
      list[i].start_us = from + draw(12 * 1440) * minute;
      list[i].end_us = list[i].start_us + (1 + draw(2000)) * minute;
    }
    s = parse(&(struct schedule_spec){.expression = text[0],
                                      .duration = text[1],
                                      .zone = zone,
                                      .blackouts = list,
                                      .blackout_count = 1 + (size_t)absolutes});
    raw_collect(&windows, text[0], text[1], zone, from - 2 * day,
                to + 10 * day);
    raw_collect(&recurring, rests[rest].expression, NULL, zone, from - 40 * day,
                to + 10 * day);
    for (int k = 0; k < 20; k++) {
      int64_t now = from + draw(12 * 1440) * minute, next_us = 0, resume_us = 0;
      struct window w;
      for (size_t i = 0; i < windows.count && !(next_us && resume_us); i++) {
        int64_t m = windows.windows[i].start_us, first = 0;
        for (; m < windows.windows[i].end_us; m += minute) {
          bool is_covered =
              raw_covers(&recurring, rests[rest].minutes * minute, m);
          for (int b = 1; b <= absolutes; b++)
            is_covered =
                is_covered || (list[b].start_us <= m && m < list[b].end_us);
          if (is_covered)
            continue;
          first = first == 0 ? m : first;
          if (resume_us == 0 && m >= now)
            resume_us = m;
        }
        if (next_us == 0 && first > now)
          next_us = first;
      }
      assert_true(next_us > 0 && resume_us > 0);
      assert_int_equal(schedule_next(s, now, 0, &w, NULL), 0);
      if (w.start_us != next_us)
        fail_msg("round %d: next after %lld is %lld, not %lld", round,
                 (long long)now, (long long)w.start_us, (long long)next_us);
      assert_int_equal(schedule_resume(s, now - 3 * day, now, 0, &w, NULL), 0);
      if (w.start_us != resume_us)
        fail_msg("round %d: resume at %lld is %lld, not %lld", round,
                 (long long)now, (long long)w.start_us, (long long)resume_us);
    }
    schedule_free(s);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blackouts_move_the_start_or_the_window),
      cmocka_unit_test(recurring_blackouts_follow_the_zone),
      cmocka_unit_test(blackouts_can_leave_nothing),
      cmocka_unit_test(one_catch_up_stands_for_all_that_was_missed),
      cmocka_unit_test(an_overdue_schedule_in_days_takes_the_next_midnight),
      cmocka_unit_test(catching_up_respects_blackouts),
      cmocka_unit_test(a_start_is_never_in_a_blackout),
      cmocka_unit_test(random_blackouts_agree_with_a_walk),
  };

  return cmocka_run_group_tests_name("calendar/blackout", tests, NULL, NULL);
}
