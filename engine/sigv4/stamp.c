/* Reads and writes the basic format of ISO 8601. */
#include "sigv4/stamp.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static bool has_form(const char *text)
{
  static const char form[] = "ddddddddTddddddZ";

  if (strlen(text) != STAMP_LEN)
    return false;
  for (size_t i = 0; i < STAMP_LEN; i++)
    if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
      return false;
  return true;
}

static int digits(const char *text, int n)
{
  int value = 0;

  for (int i = 0; i < n; i++)
    value = value * 10 + (text[i] - '0');
  return value;
}

/* timegm would make March of the 30th of February. */
static bool is_time(const struct tm *tm)
{
  static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year = tm->tm_year + 1900;
  bool leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

  return tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 &&
         tm->tm_mday <= days[tm->tm_mon] &&
         (leaps || tm->tm_mon != 1 || tm->tm_mday <= 28) && tm->tm_hour < 24 &&
         tm->tm_min < 60 && tm->tm_sec < 60;
}

int stamp_parse(const char *text, int64_t *out_us, struct err *e)
{
  struct tm tm = {0};

  if (has_form(text)) {
    tm.tm_year = digits(text, 4) - 1900;
    tm.tm_mon = digits(text + 4, 2) - 1;
    tm.tm_mday = digits(text + 6, 2);
    tm.tm_hour = digits(text + 9, 2);
    tm.tm_min = digits(text + 11, 2);
    tm.tm_sec = digits(text + 13, 2);
    if (is_time(&tm)) {
      *out_us = (int64_t)timegm(&tm) * US_PER_S;
      return 0;
    }
  }
  return err_set(e, ERR_AUTH_INCOMPLETE,
                 "Date must be in ISO-8601 'basic format', e.g. "
                 "20150830T123600Z, in the X-Amz-Date header.");
}

void stamp_format(int64_t us, char out[STAMP_LEN + 1])
{
  time_t s = (time_t)(us / US_PER_S - (us % US_PER_S < 0));
  struct tm tm = {0};
  char text[80];

  (void)gmtime_r(&s, &tm); /* fails past the years of an int only */
  (void)snprintf(text, sizeof text, "%04d%02d%02dT%02d%02d%02dZ",
                 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                 tm.tm_min, tm.tm_sec);
  memcpy(out, text, STAMP_LEN);
  out[STAMP_LEN] = '\0';
}
