/* rate(...), cron(...) and durations: text to numbers.  The six fields of a
 * cron expression are cron_parse.c's; what the numbers mean in a zone is
 * schedule.c's.
 */
#include "calendar/expression.h"

#include <stdlib.h>
#include <string.h>

#include "calendar/civil.h"

#define RATE_FORM "rate(N unit), such as rate(4 hours) or rate(10 days)"

static const struct unit {
  const char *one, *many;
  enum expression_kind kind;
  int64_t max;
} units[] = {
    {"day", "days", RATE_DAYS, DAYS_MAX},
    {"hour", "hours", RATE_HOURS, DAYS_MAX * 24},
    {"minute", "minutes", RATE_MINUTES, DAYS_MAX * 24 * 60},
};

/* Only what AWS's own pattern lets through, so that the text can be shown. */
static int expression_check(const char *text, size_t *out_len, struct err *e)
{
  size_t len = strnlen(text, EXPRESSION_MAX + 1);
  size_t fine = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ()#?*-/, ");

  if (len == 0)
    return err_set(e, ERR_PARAMETER, "the schedule expression is empty");
  if (len > EXPRESSION_MAX)
    return err_set(e, ERR_PARAMETER,
                   "the schedule expression is longer than %d characters",
                   EXPRESSION_MAX);
  if (fine < len)
    return err_set(e, ERR_PARAMETER,
                   "the schedule expression has a character (number %zu) that "
                   "is none of 0-9 A-Z a-z ( ) # ? * - / , and space",
                   fine + 1);
  *out_len = len;
  return 0;
}

/* A number of at most seven digits, then spaces; false when there is none. */
static bool take_number(const char **p, int64_t *out)
{
  size_t digits = strspn(*p, "0123456789");

  if (digits == 0)
    return false;
  *out = digits > 7 ? INT64_MAX : strtoll(*p, NULL, 10);
  *p += digits;
  return true;
}

static const struct unit *take_unit(const char *p, size_t len, bool *plural)
{
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
    const struct unit *u = &units[i];
    *plural = len == strlen(u->many) && strncmp(p, u->many, len) == 0;
    if (*plural || (len == strlen(u->one) && strncmp(p, u->one, len) == 0))
      return u;
  }
  return NULL;
}

static int rate_check(const char *text, const struct unit *u, bool plural,
                      int64_t n, bool aws_strict, struct err *e)
{
  if (n < 1 || n > u->max)
    return err_set(e, ERR_PARAMETER, "%s: the number of %s is not in 1-%lld",
                   text, u->many, (long long)u->max);
  if (plural != (n != 1))
    return err_set(e, ERR_PARAMETER, "%s: the unit of %lld is \"%s\"", text,
                   (long long)n, n == 1 ? u->one : u->many);
  if (aws_strict && u->kind == RATE_MINUTES)
    return err_set(e, ERR_PARAMETER,
                   "%s: Secrets Manager takes hours and days only", text);
  if (aws_strict && u->kind == RATE_HOURS && n < RATE_HOURS_MIN)
    return err_set(e, ERR_PARAMETER,
                   "%s: Secrets Manager rotates every %d hours at most", text,
                   RATE_HOURS_MIN);
  return 0;
}

/* `inner` is what stands between the brackets. */
static int rate_parse(const char *text, const char *inner, size_t len,
                      bool aws_strict, struct expression *out, struct err *e)
{
  const char *p = inner, *end = inner + len;
  const struct unit *u;
  int64_t n;
  bool plural;
  int rc;

  while (p < end && *p == ' ')
    p++;
  while (end > p && end[-1] == ' ')
    end--;
  if (!take_number(&p, &n) || p >= end || *p != ' ')
    return err_set(e, ERR_PARAMETER, "%s: not of the form %s", text, RATE_FORM);
  while (p < end && *p == ' ')
    p++;
  u = take_unit(p, (size_t)(end - p), &plural);
  if (u == NULL)
    return err_set(e, ERR_PARAMETER,
                   "%s: the unit \"%.*s\" is none of %shour, hours, day, days",
                   text, (int)(end - p), p,
                   aws_strict ? "" : "minute, minutes, ");
  rc = rate_check(text, u, plural, n, aws_strict, e);
  if (rc == 0)
    *out = (struct expression){.kind = u->kind, .every = n};
  return rc;
}

int expression_parse(const char *text, bool aws_strict, struct expression *out,
                     struct err *e)
{
  size_t len;
  int rc = expression_check(text, &len, e);

  if (rc != 0)
    return rc;
  if (strncmp(text, "rate(", 5) == 0 && text[len - 1] == ')')
    return rate_parse(text, text + 5, len - 6, aws_strict, out, e);
  if (strncmp(text, "cron(", 5) == 0 && text[len - 1] == ')') {
    struct expression x = {.kind = CRON};
    rc = cron_parse(text, text + 5, len - 6, aws_strict, &x.cron, e);
    if (rc == 0)
      *out = x;
    return rc;
  }
  return err_set(e, ERR_PARAMETER,
                 "%s: a schedule expression is rate(...) or cron(...)", text);
}

int expression_from_days(int64_t days, struct expression *out, struct err *e)
{
  if (days < 1 || days > DAYS_MAX)
    return err_set(e, ERR_PARAMETER,
                   "AutomaticallyAfterDays: %lld is not in 1-%d",
                   (long long)days, DAYS_MAX);
  *out = (struct expression){.kind = RATE_DAYS, .every = days};
  return 0;
}

/* "90m" to microseconds; 0 when it is not a duration up to `max_s`. */
static int64_t duration_read(const char *text, const char *letters,
                             int64_t max_s)
{
  const char *p = text;
  int64_t n, unit_s;

  if (!take_number(&p, &n) || *p == '\0' || p[1] != '\0' ||
      strchr(letters, *p) == NULL)
    return 0;
  unit_s = *p == 'm' ? MINUTE_S : *p == 'h' ? HOUR_S : DAY_S;
  return n > max_s / unit_s ? 0 : n * unit_s * SECOND_US;
}

int duration_parse(const char *text, bool aws_strict, int64_t *out_us,
                   struct err *e)
{
  /* AWS's model: two or three characters, [0-9]+h. */
  bool is_short = strnlen(text, 4) <= 3;
  int64_t us = aws_strict && !is_short
                   ? 0
                   : duration_read(text, aws_strict ? "h" : "hm",
                                   DURATION_H_MAX * HOUR_S);

  if (us == 0)
    return err_set(e, ERR_PARAMETER,
                   "Duration: a rotation window is 1h to %dh%s", DURATION_H_MAX,
                   aws_strict ? "" : ", or 1m to 1440m");
  *out_us = us;
  return 0;
}

int duration_parse_long(const char *text, int64_t *out_us, struct err *e)
{
  int64_t us = duration_read(text, "mhd", 31 * DAY_S);

  if (us == 0)
    return err_set(e, ERR_PARAMETER,
                   "the duration of a blackout is at most 31 days, such as "
                   "90m, 8h or 2d");
  *out_us = us;
  return 0;
}
