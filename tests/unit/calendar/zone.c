/* Time zones: held against libc over every zone of the system, and against a
 * walk through the minutes; names and damaged files. */
#include "calendar/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "calendar/civil.h"
#include "calendar/zone_rule.h"

static uint64_t seed = 20240229;

static uint64_t draw(void)
{
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

static struct zone *zone(const char *name)
{
  struct zone *z = NULL;
  struct err e = {0};

  if (zone_open(NULL, name, &z, &e) != 0)
    fail_msg("%s: %s", name, e.text);
  return z;
}

/* The instant of a UTC date and time, by libc. */
static int64_t utc(int y, int mo, int d, int h, int mi, int s)
{
  struct tm tm = {.tm_year = y - 1900,
                  .tm_mon = mo - 1,
                  .tm_mday = d,
                  .tm_hour = h,
                  .tm_min = mi,
                  .tm_sec = s};

  return timegm(&tm);
}

static void civil_days_agree_with_libc(void **state)
{
  struct civil last = {0};

  (void)state;
  for (int64_t day = -100000; day < 200000; day += 1) {
    time_t t = day * 86400;
    struct tm tm;
    struct civil c;
    assert_non_null(gmtime_r(&t, &tm));
    civil_from_day(day, &c);
    assert_int_equal(c.year, tm.tm_year + 1900);
    assert_int_equal(c.month, tm.tm_mon + 1);
    assert_int_equal(c.day, tm.tm_mday);
    assert_int_equal(civil_weekday(day), tm.tm_wday);
    if (last.day > 0 && c.day == 1)
      assert_int_equal(civil_month_length(last.year, last.month), last.day);
    last = c;
    assert_int_equal(civil_to_day(c.year, c.month, c.day), day);
  }
  assert_int_equal(civil_to_day(2200, 1, 1), CIVIL_DAY_END);
}

static void check_against_libc(const char *name)
{
  struct zone *z = zone(name);

  assert_int_equal(setenv("TZ", name, 1), 0);
  tzset();
  for (int i = 0; i < 300; i++) {
    int64_t from = -2208988800, to = CIVIL_DAY_END * DAY_S;
    time_t t = from + (int64_t)(draw() % (uint64_t)(to - from));
    struct tm tm;
    assert_non_null(localtime_r(&t, &tm));
    if (zone_local(z, t) - t != tm.tm_gmtoff)
      fail_msg("%s at %lld: %lld, libc says %ld", name, (long long)t,
               (long long)(zone_local(z, t) - t), tm.tm_gmtoff);
  }
  zone_free(z);
}

static void every_zone_of_the_system_agrees_with_libc(void **state)
{
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;
  int count = 0;
  FILE *f = fopen(ZONE_FOLDER "/tzdata.zi", "r");

  (void)state;
  assert_non_null(f);
  /* "Z NAME offset ..." is a zone, "L TARGET NAME" another name for one. */
  while (getline(&line, &size, f) >= 0) {
    char name[128];
    if (sscanf(line, "Z %127s", name) == 1 ||
        sscanf(line, "L %*s %127s", name) == 1) {
      check_against_libc(name);
      count++;
    }
  }
  (void)fclose(f);
  assert_true(count > 400);
}

/* zone_instant() and zone_reached() by their definitions, minute by minute
 * around every change of the clock. */
static void check_walk(const char *name, int64_t from, int64_t to)
{
  struct zone *z = zone(name);

  for (int64_t t = from; t < to; t += 1800) {
    int64_t change = zone_local(z, t + 1800) - zone_local(z, t) - 1800;
    int64_t reached = INT64_MIN;
    if (change == 0)
      continue;
    for (int64_t w = t - 2 * DAY_S; w < t + 2 * DAY_S; w += 60) {
      int64_t shown = zone_local(z, w);
      bool is_new = shown > reached;
      /* Every minute that becomes shown or passed now is for this instant. */
      for (int64_t l = reached + 60; w > t - 2 * DAY_S && l <= shown; l += 60)
        assert_int_equal(zone_instant(z, l), w);
      reached = is_new ? shown : reached;
      if (w > t - DAY_S)
        /* the repeated seconds before a change back: a minute's last one */
        assert_in_range(zone_reached(z, w) - reached, 0, 59);
      assert_true(zone_day_end(z, w) > w);
    }
  }
  zone_free(z);
}

static void
a_local_time_is_the_first_instant_that_shows_it_or_later(void **state)
{
  static const char *const names[] = {
      "Europe/Berlin",     "America/New_York",  "Australia/Lord_Howe",
      "Europe/Dublin",     "Africa/Casablanca", "Pacific/Apia",
      "America/Sao_Paulo", "America/Havana",    "Antarctica/Troll",
      "Asia/Pyongyang",    "America/St_Johns"};

  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    check_walk(names[i], utc(2009, 1, 1, 0, 0, 0), utc(2014, 1, 1, 0, 0, 0));
    check_walk(names[i], utc(2100, 1, 1, 0, 0, 0), utc(2101, 1, 1, 0, 0, 0));
  }
}

static void changes_of_the_clock_that_are_known(void **state)
{
  static const struct {
    const char *zone;
    int local[6], utc[6];
  } cases[] = {
      /* Skipped times: the first instant after the gap. */
      {"Europe/Berlin", {2024, 3, 31, 2, 0, 0}, {2024, 3, 31, 1, 0, 0}},
      {"Europe/Berlin", {2024, 3, 31, 2, 59, 0}, {2024, 3, 31, 1, 0, 0}},
      {"Europe/Berlin", {2024, 3, 31, 3, 0, 0}, {2024, 3, 31, 1, 0, 0}},
      {"America/New_York", {2024, 3, 10, 2, 30, 0}, {2024, 3, 10, 7, 0, 0}},
      {"Australia/Lord_Howe",
       {2024, 10, 6, 2, 15, 0},
       {2024, 10, 5, 15, 30, 0}},
      {"America/Sao_Paulo", {2018, 11, 4, 0, 0, 0}, {2018, 11, 4, 3, 0, 0}},
      {"Pacific/Apia", {2011, 12, 30, 3, 0, 0}, {2011, 12, 30, 10, 0, 0}},
      {"Pacific/Kwajalein", {1993, 8, 21, 12, 0, 0}, {1993, 8, 21, 12, 0, 0}},
      {"Africa/Monrovia", {1972, 1, 7, 0, 30, 0}, {1972, 1, 7, 0, 44, 30}},
      {"Europe/Dublin", {2030, 3, 31, 1, 30, 0}, {2030, 3, 31, 1, 0, 0}},
      /* Repeated times: the first coming. */
      {"Europe/Berlin", {2024, 10, 27, 2, 30, 0}, {2024, 10, 27, 0, 30, 0}},
      {"Europe/Berlin", {2024, 10, 27, 3, 0, 0}, {2024, 10, 27, 2, 0, 0}},
      {"America/New_York", {2024, 11, 3, 1, 30, 0}, {2024, 11, 3, 5, 30, 0}},
      {"Australia/Lord_Howe", {2024, 4, 7, 1, 45, 0}, {2024, 4, 6, 14, 45, 0}},
      {"America/Havana", {2024, 11, 3, 0, 0, 0}, {2024, 11, 3, 4, 0, 0}},
      /* By the footer alone. */
      {"Europe/Berlin", {2199, 7, 1, 12, 0, 0}, {2199, 7, 1, 10, 0, 0}},
      {"America/New_York", {2150, 1, 1, 0, 0, 0}, {2150, 1, 1, 5, 0, 0}},
      {"Australia/Lord_Howe", {2190, 1, 1, 11, 0, 0}, {2190, 1, 1, 0, 0, 0}},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct zone *z = zone(cases[i].zone);
    const int *l = cases[i].local, *u = cases[i].utc;
    int64_t got = zone_instant(z, utc(l[0], l[1], l[2], l[3], l[4], l[5]));
    int64_t want = utc(u[0], u[1], u[2], u[3], u[4], u[5]);
    if (got != want)
      fail_msg("case %zu, %s: %lld, not %lld", i, cases[i].zone, (long long)got,
               (long long)want);
    zone_free(z);
  }
}

static void a_day_ends_at_the_midnight_of_the_zone(void **state)
{
  struct zone *z = zone("Europe/Berlin");

  (void)state;
  assert_int_equal(zone_day_end(z, utc(2024, 3, 30, 23, 0, 0)),
                   utc(2024, 3, 31, 22, 0, 0)); /* a day of 23 hours */
  assert_int_equal(zone_day_end(z, utc(2024, 10, 26, 22, 0, 0)),
                   utc(2024, 10, 27, 23, 0, 0)); /* and of 25 */
  zone_free(z);
  /* Newfoundland went back from 00:01 to 23:01: the day that is shown again
   * ends again. */
  z = zone("America/St_Johns");
  assert_int_equal(zone_day_end(z, utc(2010, 11, 7, 2, 0, 0)),
                   utc(2010, 11, 7, 2, 30, 0));
  assert_int_equal(zone_day_end(z, utc(2010, 11, 7, 2, 41, 0)),
                   utc(2010, 11, 7, 3, 30, 0));
  zone_free(z);
}

static void utc_needs_no_files(void **state)
{
  static const char *const names[] = {NULL, "", "UTC", "Etc/UTC"};

  (void)state;
  for (size_t i = 0; i < 4; i++) {
    struct zone *z = NULL;
    assert_int_equal(zone_open("/nonexistent", names[i], &z, NULL), 0);
    assert_int_equal(zone_local(z, 86399), 86399);
    assert_int_equal(zone_instant(z, -5), -5);
    assert_int_equal(zone_reached(z, 77), 77);
    assert_int_equal(zone_day_end(z, 86399), 86400);
    assert_string_equal(zone_name(z),
                        names[i] && names[i][0] ? names[i] : "UTC");
    zone_free(z);
  }
}

static void names_that_are_not_zones_are_refused(void **state)
{
  static const char *const names[] = {"/etc/passwd",
                                      "../../../etc/passwd",
                                      "Europe/../Europe/Berlin",
                                      "Europe//Berlin",
                                      "Europe/",
                                      "/Europe/Berlin",
                                      "Europe/Berlln",
                                      "Europe",
                                      "tzdata.zi",
                                      "leapseconds",
                                      "Europe/Ber lin",
                                      "Europe\nBerlin",
                                      "right/Europe/Berlin",
                                      "./UTC",
                                      ".",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    struct zone *z = NULL;
    struct err e = {0};
    assert_int_equal(zone_open(NULL, names[i], &z, &e), -ERR_PARAMETER);
    assert_null(z);
    assert_true(e.text[0] != '\0' && strchr(e.text, '\n') == NULL);
  }
}

static void a_missing_folder_is_the_systems_fault(void **state)
{
  struct zone *z = NULL;
  struct err e = {0};

  (void)state;
  assert_int_equal(zone_open("/nonexistent", "Europe/Berlin", &z, &e),
                   -ERR_CONFIG);
  assert_non_null(strstr(e.text, "tzdata"));
}

/* Half of them in the headers, where they do most. */
static size_t bent_place(size_t size)
{
  bool is_early = draw() % 2 == 0;

  return draw() % (is_early ? 200 : size);
}

/* Two changes back, the second sooner than the first went back: an evening
 * that comes three times. */
static void changes_may_come_close_together(void **state)
{
  static const unsigned char block[] = {
      0,    0,    0,    0,    0, 0, 0x27, 0x10, /* 10000 */
      0,    0,    0,    0,    0, 0, 0x35, 0x20, /* 13600 */
      1,    2,                                  /* their types */
      0,    0,    0,    0,    0, 0,             /* 0 s */
      0xff, 0xff, 0xe3, 0xe0, 0, 0,             /* -7200 s */
      0xff, 0xff, 0xc7, 0xc0, 0, 0,             /* -14400 s */
      0,    '\n', '\n'};
  unsigned char data[88 + sizeof block] = {0};
  struct zone *z = NULL;
  int64_t reached = -20000;

  (void)state;
  memcpy(data, "TZif2", 5);
  memcpy(data + 44, "TZif2", 5);
  data[44 + 35] = 2;
  data[44 + 39] = 3;
  data[44 + 43] = 1;
  memcpy(data + 88, block, sizeof block);
  assert_int_equal(zone_parse("close", data, sizeof data, &z, NULL), 0);
  for (int64_t t = -10000; t < 40000; t++) {
    int64_t shown = t < 10000 ? t : t < 13600 ? t - 7200 : t - 14400;
    assert_int_equal(zone_local(z, t), shown);
    if (shown > reached)
      assert_int_equal(zone_instant(z, shown), t);
    reached = shown > reached ? shown : reached;
    assert_int_equal(zone_reached(z, t), reached);
  }
  zone_free(z);
}

/* A file of one change, from LMT to the rule of its footer. */
static size_t file_with_one_change(unsigned char *data, int64_t when)
{
  static const char footer[] = "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
  unsigned char *p = data;

  memset(data, 0, 256);
  memcpy(p, "TZif2", 5); /* the first block is empty */
  p += 44;
  memcpy(p, "TZif2", 5);
  p[35] = 1; /* times */
  p[39] = 2; /* types */
  p[43] = 4; /* letters */
  p += 44;
  for (int i = 0; i < 8; i++)
    *p++ = (unsigned char)((uint64_t)when >> (56 - 8 * i));
  *p++ = 1;
  p[3] = 7; /* seconds east: type 0 is 7, type 1 is 3600 */
  p[8] = 3600 >> 8;
  p[9] = 3600 & 255;
  p += 12 + 4;
  memcpy(p, footer, sizeof footer - 1);
  return (size_t)(p - data) + sizeof footer - 1;
}

static void a_footer_follows_a_change_in_any_age(void **state)
{
  static const int64_t ages[] = {
      -(INT64_C(1) << 59), -(INT64_C(1) << 56),   -1,
      1000000000,          CIVIL_DAY_END * DAY_S, INT64_C(1) << 59};
  int64_t summer = utc(2024, 7, 1, 0, 0, 0);

  (void)state;
  for (int i = 0; i < 6; i++) {
    unsigned char data[256];
    size_t size = file_with_one_change(data, ages[i]);
    struct zone *z = NULL;
    struct err e = {0};
    if (zone_parse("one", data, size, &z, &e) != 0)
      fail_msg("%s", e.text);
    assert_int_equal(zone_local(z, summer) - summer, i < 4 ? 7200 : 7);
    zone_free(z);
  }
}

static void damaged_files_are_refused_and_harm_nothing(void **state)
{
  static unsigned char data[ZONE_FILE_MAX], bent[ZONE_FILE_MAX];
  FILE *f = fopen(ZONE_FOLDER "/Europe/Berlin", "r");
  size_t size;
  int refused = 0;

  (void)state;
  assert_non_null(f);
  size = fread(data, 1, sizeof data, f);
  (void)fclose(f);
  for (size_t n = 0; n < size; n++) {
    struct zone *z = NULL;
    /* Exactly n bytes, so that the sanitizer sees a step too far. */
    CLEANUP_FREE unsigned char *cut = malloc(n > 0 ? n : 1);
    memcpy(cut, data, n);
    assert_int_not_equal(zone_parse("cut", cut, n, &z, NULL), 0);
    assert_null(z);
  }
  for (int i = 0; i < 20000; i++) {
    struct zone *z = NULL;
    memcpy(bent, data, size);
    for (int k = 0; k < 3; k++)
      bent[bent_place(size)] = (unsigned char)draw();
    if (zone_parse("bent", bent, size, &z, NULL) != 0) {
      refused++;
      continue;
    }
    for (int k = 0; k < 10; k++) {
      int64_t t = (int64_t)(draw() % 7258118400);
      (void)zone_instant(z, zone_local(z, t));
      (void)zone_reached(z, t);
      (void)zone_day_end(z, t);
    }
    zone_free(z);
  }
  assert_true(refused > 1000);
}

static void posix_rules_are_read_to_the_letter(void **state)
{
  static const char *const good[] = {"UTC0",
                                     "CET-1CEST,M3.5.0,M10.5.0/3",
                                     "<-03>3",
                                     "IST-1GMT0,M10.5.0,M3.5.0/1",
                                     "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
                                     "EST5EDT,0/0,J365/25",
                                     "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
                                     "AAA1:02:03BBB,J1,J365"};
  static const char *const bad[] = {"",
                                    "CE-1",
                                    "CET",
                                    "CET-1CEST",
                                    "CET-1CEST,M3.5.0",
                                    "CET25",
                                    "CET-1CEST,M13.5.0,M10.5.0",
                                    "CET-1CEST,M3.6.0,M10.5.0",
                                    "CET-1CEST,M3.5.7,M10.5.0",
                                    "CET-1CEST,J0,J3",
                                    "CET-1CEST,366,3",
                                    "CET-1CEST,M3.5.0,M10.5.0/168",
                                    "<>3",
                                    "<CET-1",
                                    "CET-1 ",
                                    "CET-1CEST,M3.5.0,M10.5.0,",
                                    "CET-1:60"};
  struct zone_rule r;
  int64_t begin, end;

  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    if (!zone_rule_parse(good[i], strlen(good[i]), &r))
      fail_msg("refused: %s", good[i]);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    if (zone_rule_parse(bad[i], strlen(bad[i]), &r))
      fail_msg("taken: %s", bad[i]);
  assert_true(zone_rule_parse("AAA0BBB,J60,59", 14, &r));
  zone_rule_year(&r, 2024, &begin, &end); /* J60 is 1 March in every year */
  assert_int_equal(begin, utc(2024, 3, 1, 2, 0, 0));
  assert_int_equal(end, utc(2024, 2, 29, 1, 0, 0));
  zone_rule_year(&r, 2023, &begin, &end);
  assert_int_equal(begin, utc(2023, 3, 1, 2, 0, 0));
  assert_int_equal(end, utc(2023, 3, 1, 1, 0, 0));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(civil_days_agree_with_libc),
      cmocka_unit_test(every_zone_of_the_system_agrees_with_libc),
      cmocka_unit_test(
          a_local_time_is_the_first_instant_that_shows_it_or_later),
      cmocka_unit_test(changes_of_the_clock_that_are_known),
      cmocka_unit_test(a_day_ends_at_the_midnight_of_the_zone),
      cmocka_unit_test(utc_needs_no_files),
      cmocka_unit_test(names_that_are_not_zones_are_refused),
      cmocka_unit_test(a_missing_folder_is_the_systems_fault),
      cmocka_unit_test(changes_may_come_close_together),
      cmocka_unit_test(a_footer_follows_a_change_in_any_age),
      cmocka_unit_test(damaged_files_are_refused_and_harm_nothing),
      cmocka_unit_test(posix_rules_are_read_to_the_letter),
  };

  return cmocka_run_group_tests_name("calendar/zone", tests, NULL, NULL);
}
