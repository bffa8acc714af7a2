/* Expressions: what is taken, what is refused and in which words, and when
 * known expressions fire (UTC). */
#include "calendar/expression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "calendar/civil.h"
#include "calendar/occurrence.h"

static const struct {
  const char *text, *error; /* NULL: taken */
} plain[] = {
    {"rate(1 day)", NULL},
    {"rate(10 days)", NULL},
    {"rate(1000 days)", NULL},
    {"rate(1 hour)", NULL},
    {"rate(4 hours)", NULL},
    {"rate(15 minutes)", NULL},
    {"rate(1 minute)", NULL},
    {"rate( 10  days )", NULL},
    {"rate(1 days)", "rate(1 days): the unit of 1 is \"day\""},
    {"rate(2 day)", "rate(2 day): the unit of 2 is \"days\""},
    {"rate(0 days)", "rate(0 days): the number of days is not in 1-1000"},
    {"rate(1001 days)", "rate(1001 days): the number of days is not in 1-1000"},
    {"rate(99999999999999999999 hours)",
     "rate(99999999999999999999 hours): the number of hours is not in "
     "1-24000"},
    {"rate(-1 days)", "rate(-1 days): not of the form rate(N unit), such as "
                      "rate(4 hours) or rate(10 days)"},
    {"rate(5 weeks)", "rate(5 weeks): the unit \"weeks\" is none of minute, "
                      "minutes, hour, hours, day, days"},
    {"rate(5)", "rate(5): not of the form rate(N unit), such as rate(4 hours) "
                "or rate(10 days)"},
    {"rate(5days)", "rate(5days): not of the form rate(N unit), such as "
                    "rate(4 hours) or rate(10 days)"},
    {"rate()", "rate(): not of the form rate(N unit), such as rate(4 hours) "
               "or rate(10 days)"},
    {"rate(", "rate(: a schedule expression is rate(...) or cron(...)"},
    {"cron(", "cron(: a schedule expression is rate(...) or cron(...)"},
    {")", "): a schedule expression is rate(...) or cron(...)"},
    {"daily", "daily: a schedule expression is rate(...) or cron(...)"},
    {"at(2026-01-01)",
     "at(2026-01-01): a schedule expression is rate(...) or cron(...)"},
    {"", "the schedule expression is empty"},
    {"rate(1\nday)",
     "the schedule expression has a character (number 7) that is none of 0-9 "
     "A-Z a-z ( ) # ? * - / , and space"},
    {"cron(0 0 * * ? *)", NULL},
    {"cron(  0   0 * *  ? * )", NULL},
    {"cron(0/15 * * * ? *)", NULL},
    {"cron(*/5 8-17 ? * MON-FRI 2026-2030/2)", NULL},
    {"cron(0 4/12 * * ? *)", NULL},
    {"cron(0 0 ? jan,Jul tue#2 *)", NULL},
    {"cron(0 0 L * ? *)", NULL},
    {"cron(0 0 LW * ? *)", NULL},
    {"cron(0 0 1,15W,L * ? *)", NULL},
    {"cron(0 0 ? * L *)", NULL},
    {"cron(0 0 ? * 6L *)", NULL},
    {"cron(0 0 ? * FRIL *)", NULL},
    {"cron(0 0 29 2 ? *)", NULL},
    {"cron(61 * * * ? *)",
     "cron(61 * * * ? *): minute field: 61 is not in 0-59"},
    {"cron(0 24 * * ? *)", "cron(0 24 * * ? *): hour field: 24 is not in 0-23"},
    {"cron(0 1-24 * * ? *)",
     "cron(0 1-24 * * ? *): hour field: 24 is not in 0-23"},
    {"cron(0 0 0 * ? *)",
     "cron(0 0 0 * ? *): day-of-month field: 0 is not in 1-31"},
    {"cron(0 0 32 * ? *)",
     "cron(0 0 32 * ? *): day-of-month field: 32 is not in 1-31"},
    {"cron(0 0 1 13 ? *)",
     "cron(0 0 1 13 ? *): month field: 13 is not in 1-12 or JAN-DEC"},
    {"cron(0 0 ? * 8 *)",
     "cron(0 0 ? * 8 *): day-of-week field: 8 is not in 1-7 or SUN-SAT"},
    {"cron(0 0 ? * 0 *)",
     "cron(0 0 ? * 0 *): day-of-week field: 0 is not in 1-7 or SUN-SAT"},
    {"cron(0 0 * * ? 1969)",
     "cron(0 0 * * ? 1969): year field: 1969 is not in 1970-2199"},
    {"cron(0 0 * * ? 2200)",
     "cron(0 0 * * ? 2200): year field: 2200 is not in 1970-2199"},
    {"cron(0 0 * * ? 20260)",
     "cron(0 0 * * ? 20260): year field: 20260 is not in 1970-2199"},
    {"cron(0 0 * * *)",
     "cron(0 0 * * *): there are 5 fields, not the six: minutes hours "
     "day-of-month month day-of-week year"},
    {"cron()", "cron(): there are 0 fields, not the six: minutes hours "
               "day-of-month month day-of-week year"},
    {"cron(0 0 * * ? * *)",
     "cron(0 0 * * ? * *): there are 7 fields, not the six: minutes hours "
     "day-of-month month day-of-week year"},
    {"cron(0 0 * * * *)",
     "cron(0 0 * * * *): of day-of-month and day-of-week, exactly one must "
     "be ?"},
    {"cron(0 0 ? * ? *)",
     "cron(0 0 ? * ? *): of day-of-month and day-of-week, exactly one must "
     "be ?"},
    {"cron(0 0 1 * 2 *)",
     "cron(0 0 1 * 2 *): of day-of-month and day-of-week, exactly one must "
     "be ?"},
    {"cron(0 22-4 * * ? *)",
     "cron(0 22-4 * * ? *): hour field: 22-4: a range goes from low to high"},
    {"cron(0 */0 * * ? *)",
     "cron(0 */0 * * ? *): hour field: */0: the step after / is not in 1-23"},
    {"cron(0 0/24 * * ? *)",
     "cron(0 0/24 * * ? *): hour field: 0/24: the step after / is not in "
     "1-23"},
    {"cron(0 1,,2 * * ? *)",
     "cron(0 1,,2 * * ? *): hour field: there is nothing before or after a "
     "comma"},
    {"cron(0 1, * * ? *)",
     "cron(0 1, * * ? *): hour field: there is nothing before or after a "
     "comma"},
    {"cron(0 L * * ? *)",
     "cron(0 L * * ? *): hour field: \"L\" is not understood; allowed are "
     "0-23 and , - * /"},
    {"cron(? 0 * * ? *)",
     "cron(? 0 * * ? *): minute field: \"?\" is not understood; allowed are "
     "0-59 and , - * /"},
    {"cron(0 0 L-3 * ? *)",
     "cron(0 0 L-3 * ? *): day-of-month field: \"L-3\" is not understood; "
     "allowed are 1-31 and , - * ? / L W"},
    {"cron(0 0 1,? * ? *)",
     "cron(0 0 1,? * ? *): day-of-month field: \"?\" is not understood; "
     "allowed are 1-31 and , - * ? / L W"},
    {"cron(0 0 1-5W * ? *)",
     "cron(0 0 1-5W * ? *): day-of-month field: \"1-5W\" is not understood; "
     "allowed are 1-31 and , - * ? / L W"},
    {"cron(0 0 ? * 6#6 *)",
     "cron(0 0 ? * 6#6 *): day-of-week field: 6#6: the number after # is not "
     "in 1-5"},
    {"cron(0 0 ? * 6#0 *)",
     "cron(0 0 ? * 6#0 *): day-of-week field: 6#0: the number after # is not "
     "in 1-5"},
    {"cron(0 0 ? * 3#1,6#3 *)",
     "cron(0 0 ? * 3#1,6#3 *): day-of-week field: 3#1,6#3: # stands alone, "
     "not in a list"},
    {"cron(0 0 ? * MONDAY *)",
     "cron(0 0 ? * MONDAY *): day-of-week field: \"MONDAY\" is not "
     "understood; allowed are 1-7 or SUN-SAT and , - * ? / L #"},
    {"cron(0 0 30 2 ? *)", "cron(0 0 30 2 ? *): this date never comes"},
    {"cron(0 0 31 4,6,9,11 ? *)",
     "cron(0 0 31 4,6,9,11 ? *): this date never comes"},
    {"cron(0 0 31W 4 ? *)", "cron(0 0 31W 4 ? *): this date never comes"},
    {"cron(0 0 29 2 ? 2023)", "cron(0 0 29 2 ? 2023): this date never comes"},
    {"cron(0 0 29 2 ? 2100)", "cron(0 0 29 2 ? 2100): this date never comes"},
    {"cron(0 0 ? 2 1#5 2021)", "cron(0 0 ? 2 1#5 2021): this date never comes"},
};

static void expressions_are_taken_or_refused_in_words(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
    struct expression x;
    struct err e = {0};
    int rc = expression_parse(plain[i].text, false, &x, &e);
    if (plain[i].error == NULL) {
      if (rc != 0)
        fail_msg("%s was refused: %s", plain[i].text, e.text);
      continue;
    }
    if (rc == 0)
      fail_msg("%s was taken", plain[i].text);
    assert_int_equal(rc, -ERR_PARAMETER);
    assert_string_equal(e.text, plain[i].error);
  }
}

static void aws_strict_takes_what_secrets_manager_takes(void **state)
{
  /* The examples of the User Guide among them. */
  static const char *const good[] = {
      "rate(4 hours)",          "rate(1 day)",
      "rate(10 days)",          "cron(0 8/8 * * ? *)",
      "cron(0 2/10 * * ? *)",   "cron(0 4/12 * * ? *)",
      "cron(0 16 L * ? *)",     "cron(0 0 ? * SUN#1 *)",
      "cron(0 8 1/7 * ? *)",    "cron(0 10 ? * 6L *)",
      "cron(0 0 1 JAN,JUL ? *)"};
  static const char *const bad[] = {
      "rate(30 minutes)",         "rate(1 hour)",         "rate(3 hours)",
      "cron(30 4 * * ? *)",       "cron(0,30 4 * * ? *)", "cron(* 4 * * ? *)",
      "cron(0 4 * * ? 2026)",     "cron(0 4 15W * ? *)",  "cron(0 4 LW * ? *)",
      "cron(0 4 * * ? 1970-2199)"};
  struct expression x;
  struct err e = {0};

  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    if (expression_parse(good[i], true, &x, &e) != 0)
      fail_msg("refused: %s", e.text);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (expression_parse(bad[i], true, &x, &e) != -ERR_PARAMETER)
      fail_msg("taken: %s", bad[i]);
    if (expression_parse(bad[i], false, &x, &e) != 0)
      fail_msg("not ours: %s", bad[i]);
  }
}

static void an_expression_has_at_most_256_bytes(void **state)
{
  char text[EXPRESSION_MAX + 2];
  struct expression x;
  struct err e = {0};
  size_t fill = EXPRESSION_MAX - strlen("cron(0 0 * * ? *)");

  (void)state;
  memset(text, ' ', sizeof text);
  memcpy(text, "cron(", 5);
  memcpy(text + 5 + fill, "0 0 * * ? *)", 13);
  assert_int_equal(strlen(text), EXPRESSION_MAX);
  assert_int_equal(expression_parse(text, true, &x, &e), 0);
  text[5 + fill] = ' ';
  memcpy(text + 6 + fill, "0 0 * * ? *)", 13);
  assert_int_equal(expression_parse(text, true, &x, &e), -ERR_PARAMETER);
  assert_non_null(strstr(e.text, "longer than 256"));
}

/* Any bytes: refused or taken, and never read too far (the text is on the heap
 * to its exact length, for the sanitizer). */
static void bent_expressions_harm_nothing(void **state)
{
  static const char *const seeds[] = {
      "cron(0 4/12 1,15W,L JAN-MAR ? 2026-2030/2)",
      "cron(*/5 8-17 ? 1,2 MON#2 *)", "cron(0 0 ? * 6L *)", "rate(12 hours)"};
  static const char letters[] = "0123456789LW#?*-/,() JANSUNcrate\x01\xff";
  uint64_t r = 7;
  int taken = 0;

  (void)state;
  for (int i = 0; i < 200000; i++) {
    const char *from = seeds[i % 4];
    CLEANUP_FREE char *text = strdup(from);
    struct expression x;
    struct err e = {0};
    assert_non_null(text);
    for (int k = 0; k <= i % 5; k++) {
      r = r * 6364136223846793005u + 1442695040888963407u;
      text[(r >> 33) % strlen(from)] =
          letters[(r >> 20) % (sizeof letters - 1)];
    }
    if (expression_parse(text, i % 2 == 0, &x, &e) == 0)
      taken++;
    else
      assert_int_equal(e.code, ERR_PARAMETER);
  }
  assert_true(taken > 100);
}

static void durations(void **state)
{
  static const struct {
    const char *text;
    int64_t plain_m, strict_m; /* minutes; 0: refused */
  } cases[] = {{"1h", 60, 60},
               {"24h", 1440, 1440},
               {"03h", 180, 180},
               {"25h", 0, 0},
               {"0h", 0, 0},
               {"90m", 90, 0},
               {"1440m", 1440, 0},
               {"1441m", 0, 0},
               {"", 0, 0},
               {"h", 0, 0},
               {"3", 0, 0},
               {"3H", 0, 0},
               {"3 h", 0, 0},
               {"-3h", 0, 0},
               {"3hh", 0, 0},
               {"1d", 0, 0},
               {"003h", 180, 0},
               {"3s", 0, 0},
               {"99999999999999999999h", 0, 0}};

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (int strict = 0; strict < 2; strict++) {
      int64_t want = strict ? cases[i].strict_m : cases[i].plain_m, us = -1;
      int rc = duration_parse(cases[i].text, strict, &us, NULL);
      if ((rc == 0) != (want > 0) || (rc == 0 && us != want * 60000000))
        fail_msg("%s (strict %d)", cases[i].text, strict);
    }
  }
}

static void days_are_1_to_1000(void **state)
{
  struct expression x;
  struct err e = {0};

  (void)state;
  assert_int_equal(expression_from_days(1, &x, &e), 0);
  assert_int_equal(expression_from_days(1000, &x, &e), 0);
  assert_int_equal(x.every, 1000);
  assert_int_equal(expression_from_days(0, &x, &e), -ERR_PARAMETER);
  assert_int_equal(expression_from_days(1001, &x, &e), -ERR_PARAMETER);
  assert_string_equal(e.text, "AutomaticallyAfterDays: 1001 is not in 1-1000");
  assert_int_equal(expression_from_days(INT64_MIN, &x, &e), -ERR_PARAMETER);
}

static int64_t at(const char *text)
{
  struct tm tm = {0};
  const char *end = strptime(text, "%Y-%m-%d %H:%M", &tm);

  assert_true(end != NULL && *end == '\0');
  return timegm(&tm) * SECOND_US;
}

/* After the first time, the expression fires at the others, in order. */
static void known_expressions_fire_when_they_should(void **state)
{
  static const struct {
    const char *text, *after, *fires[5];
  } cases[] = {
      {"cron(0 4/12 * * ? *)",
       "2024-05-01 04:00",
       {"2024-05-01 16:00", "2024-05-02 04:00", "2024-05-02 16:00"}},
      {"cron(0 2/10 * * ? *)",
       "2024-05-01 00:00",
       {"2024-05-01 02:00", "2024-05-01 12:00", "2024-05-01 22:00",
        "2024-05-02 02:00"}},
      {"cron(0 0 29 2 ? *)",
       "2095-01-01 00:00",
       {"2096-02-29 00:00", "2104-02-29 00:00"}}, /* 2100 has none */
      {"cron(0 0 31 * ? *)",
       "2024-01-31 00:00",
       {"2024-03-31 00:00", "2024-05-31 00:00", "2024-07-31 00:00",
        "2024-08-31 00:00", "2024-10-31 00:00"}},
      {"cron(0 16 L * ? *)",
       "2024-01-01 00:00",
       {"2024-01-31 16:00", "2024-02-29 16:00", "2024-03-31 16:00",
        "2024-04-30 16:00"}},
      {"cron(0 16 L 2 ? *)",
       "2024-03-01 00:00",
       {"2025-02-28 16:00", "2026-02-28 16:00"}},
      {"cron(0 9 LW * ? *)",
       "2024-03-01 00:00",
       {"2024-03-29 09:00", "2024-04-30 09:00", "2024-05-31 09:00",
        "2024-06-28 09:00"}},
      {"cron(0 9 1W * ? *)", /* 1 June 2024 is a Saturday, 1 Sept a Sunday */
       "2024-05-02 00:00",
       {"2024-06-03 09:00", "2024-07-01 09:00", "2024-08-01 09:00",
        "2024-09-02 09:00"}},
      {"cron(0 9 15W * ? *)", /* 15 June 2024 Saturday, 15 Sept Sunday */
       "2024-06-01 00:00",
       {"2024-06-14 09:00", "2024-07-15 09:00", "2024-08-15 09:00",
        "2024-09-16 09:00"}},
      {"cron(0 9 31W * ? *)", /* 31 March 2024 Sunday; April has none */
       "2024-03-01 00:00",
       {"2024-03-29 09:00", "2024-05-31 09:00", "2024-07-31 09:00",
        "2024-08-30 09:00"}},
      {"cron(0 0 ? * SUN#1 *)",
       "2024-08-01 00:00",
       {"2024-08-04 00:00", "2024-09-01 00:00", "2024-10-06 00:00"}},
      {"cron(0 0 ? * 6#5 *)", /* fifth Fridays */
       "2024-01-01 00:00",
       {"2024-03-29 00:00", "2024-05-31 00:00", "2024-08-30 00:00",
        "2024-11-29 00:00"}},
      {"cron(0 0 ? * 6L *)",
       "2024-01-01 00:00",
       {"2024-01-26 00:00", "2024-02-23 00:00", "2024-03-29 00:00"}},
      {"cron(0 0 ? * L *)", /* Saturdays */
       "2024-01-01 00:00",
       {"2024-01-06 00:00", "2024-01-13 00:00"}},
      {"cron(15 10 ? 1 MON-FRI 2026-2030/2)",
       "2024-01-01 00:00",
       {"2026-01-01 10:15", "2026-01-02 10:15", "2026-01-05 10:15"}},
      {"cron(0 0 1 1 ? 2198,2199)",
       "2024-01-01 00:00",
       {"2198-01-01 00:00", "2199-01-01 00:00", "never"}},
      {"cron(59 23 31 12 ? *)",
       "2199-01-01 00:00",
       {"2199-12-31 23:59", "never"}},
      {"cron(0 0 1 1 ? 1970)", "1970-01-01 00:00", {"never"}},
      {"cron(0 8 1/7 * ? *)",
       "2024-02-20 00:00",
       {"2024-02-22 08:00", "2024-02-29 08:00", "2024-03-01 08:00"}},
      /* 2024-05-01 00:00 is 476256 hours after the grid began. */
      {"rate(10 hours)",
       "2024-05-01 00:00",
       {"2024-05-01 04:00", "2024-05-01 14:00", "2024-05-02 00:00",
        "2024-05-02 10:00"}},
      {"rate(4 hours)",
       "2024-05-01 19:59",
       {"2024-05-01 20:00", "2024-05-02 00:00", "2024-05-02 04:00"}},
      /* The anchor of these is 2024-02-25 13:07. */
      {"rate(10 days)",
       "2024-02-25 13:07",
       {"2024-03-06 00:00", "2024-03-16 00:00"}},
      {"rate(1 day)", "2024-02-01 00:00", {"2024-02-26 00:00"}},
      {"rate(10 days)", "2024-03-06 00:00", {"2024-03-16 00:00"}},
      {"rate(90 minutes)",
       "2024-02-25 13:07",
       {"2024-02-25 14:37", "2024-02-25 16:07"}},
      {"rate(90 minutes)", "2024-02-26 00:00", {"2024-02-26 01:07"}},
  };
  struct zone *z = NULL;

  (void)state;
  assert_int_equal(zone_open(NULL, "UTC", &z, NULL), 0);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct expression x;
    struct err e = {0};
    int64_t after = at(cases[i].after), anchor = at("2024-02-25 13:07");
    if (expression_parse(cases[i].text, false, &x, &e) != 0)
      fail_msg("%s", e.text);
    for (int k = 0; k < 5 && cases[i].fires[k] != NULL; k++) {
      int64_t got = -1;
      bool found = occurrence_next(&x, z, after, anchor, &got);
      if (strcmp(cases[i].fires[k], "never") == 0) {
        assert_false(found);
      } else if (!found || got != at(cases[i].fires[k])) {
        time_t t = got / SECOND_US;
        fail_msg("%s: not %s but %s", cases[i].text, cases[i].fires[k],
                 found ? asctime(gmtime(&t)) : "never");
      }
      after = got;
    }
  }
  zone_free(z);
}

static void any_instant_may_be_asked_for(void **state)
{
  static const char *const texts[] = {"cron(0 0 * * ? *)", "rate(1 day)",
                                      "rate(7 hours)", "rate(1 minute)"};
  static const int64_t instants[] = {INT64_MIN,
                                     INT64_MIN / 2,
                                     -1,
                                     0,
                                     1,
                                     CIVIL_DAY_END * DAY_S * SECOND_US - 1,
                                     INT64_MAX / 2,
                                     INT64_MAX};
  struct zone *z = NULL;

  (void)state;
  assert_int_equal(zone_open(NULL, "Pacific/Kiritimati", &z, NULL), 0);
  for (int i = 0; i < 4; i++)
    for (int a = 0; a < 8; a++)
      for (int b = 0; b < 8; b++) {
        struct expression x;
        int64_t got;
        assert_int_equal(expression_parse(texts[i], false, &x, NULL), 0);
        if (occurrence_next(&x, z, instants[a], instants[b], &got))
          assert_true(got > instants[a]);
      }
  zone_free(z);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(expressions_are_taken_or_refused_in_words),
      cmocka_unit_test(aws_strict_takes_what_secrets_manager_takes),
      cmocka_unit_test(an_expression_has_at_most_256_bytes),
      cmocka_unit_test(bent_expressions_harm_nothing),
      cmocka_unit_test(durations),
      cmocka_unit_test(days_are_1_to_1000),
      cmocka_unit_test(known_expressions_fire_when_they_should),
      cmocka_unit_test(any_instant_may_be_asked_for),
  };

  return cmocka_run_group_tests_name("calendar/expression", tests, NULL, NULL);
}
