/* keyturn schedule next: when an expression, or a secret's schedule, fires. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/report.h"
#include "cli/table_out.h"

/* "2027-01-31T12:00:00Z" or seconds since 1970. */
static int time_parse(const char *text, int64_t *out_s)
{
  struct tm tm = {0};
  char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

  if (end != NULL && *end == '\0') {
    *out_s = (int64_t)timegm(&tm);
    return 0;
  }
  errno = 0;
  *out_s = strtoll(text, &end, 10);
  return errno != 0 || end == text || *end != '\0' || *out_s < 0
             ? -ERR_PARAMETER
             : 0;
}

static int set_text(json_t *in, const char *key, const char *text,
                    struct err *e)
{
  if (text == NULL || json_object_set_new(in, key, json_string(text)) == 0)
    return 0;
  return err_set(e, ERR_PARAMETER, "%s is not UTF-8 text", key);
}

/* An expression has parentheses, a secret's name cannot have them. */
static int what(json_t *in, const struct args *a, struct err *e)
{
  const char *zone = args_get(a, "zone"), *hours = args_get(a, "duration");
  json_t *rules;
  int rc;

  if (strchr(a->words[0], '(') == NULL) {
    if (zone != NULL || hours != NULL)
      return err_set(e, ERR_PARAMETER,
                     "--zone and --duration go with an expression; %s has "
                     "its own",
                     a->words[0]);
    return set_text(in, "SecretId", a->words[0], e);
  }
  rules = json_object();
  rc = set_text(rules, "ScheduleExpression", a->words[0], e);
  if (rc == 0)
    rc = set_text(rules, "TimeZone", zone, e);
  if (rc == 0)
    rc = set_text(rules, "Duration", hours, e);
  (void)json_object_set_new(in, "RotationRules", rules);
  return rc;
}

static int request(json_t *in, const struct args *a, struct err *e)
{
  const char *from = args_get(a, "from");
  int64_t count, from_s;
  int rc = args_number(a, "count", 5, 1, 100, &count, e);

  if (rc == 0 && from != NULL) {
    if (time_parse(from, &from_s) != 0)
      return err_set(e, ERR_PARAMETER,
                     "--from takes a time as 2027-01-31T12:00:00Z, or "
                     "seconds since 1970");
    (void)json_object_set_new(in, "From", json_integer(from_s));
  }
  if (rc == 0)
    (void)json_object_set_new(in, "Count", json_integer(count));
  return rc == 0 ? what(in, a, e) : rc;
}

/* Times in a zone: the process has one zone, and it is set back. */
static void in_zone(const char *zone)
{
  if (zone == NULL)
    (void)unsetenv("TZ");
  else
    (void)setenv("TZ", zone, 1); /* out of memory: the local zone is shown */
  tzset();
}

struct line {
  char there[FORMAT_MAX], day[8], here[FORMAT_MAX], far[FORMAT_MAX],
      end[FORMAT_MAX];
};

static void line_make(const json_t *one, const char *zone, const char *local,
                      struct line *out)
{
  int64_t at_us = client_time(one, "StartDate");
  int64_t end_us = client_time(one, "EndDate");
  time_t t = (time_t)(at_us / US_PER_S);
  struct tm tm;

  in_zone(zone);
  format_time(at_us, out->there, sizeof out->there);
  format_time(end_us, out->end, sizeof out->end);
  if (localtime_r(&t, &tm) == NULL ||
      strftime(out->day, sizeof out->day, "%a", &tm) == 0)
    out->day[0] = '\0';
  in_zone(local);
  format_time(at_us, out->here, sizeof out->here);
  format_relative(report_now_us(), at_us, out->far, sizeof out->far);
}

static int print_all(const struct cli *cli, const json_t *reply, struct err *e)
{
  static const char *const headings[] = {"DAY",        "AT",   "WINDOW ENDS",
                                         "LOCAL TIME", "WHEN", NULL};
  const char *zone = json_str(reply, "TimeZone"), *tz = getenv("TZ");
  const char *words = json_str(reply, "Description");
  char local[256]; /* setenv moves what getenv gave */
  struct table_out *t = NULL;
  const json_t *one;
  size_t i;
  int rc = table_new(cli, headings, &t, e);

  if (rc != 0)
    return rc;
  (void)snprintf(local, sizeof local, "%s", tz == NULL ? "" : tz);
  report_fact(cli, "Schedule:", "%s", words == NULL ? "-" : words);
  report_fact(cli, "Time zone:", "%s", zone == NULL ? "UTC" : zone);
  json_array_foreach (json_object_get(reply, "Occurrences"), i, one) {
    struct line l;

    line_make(one, zone == NULL ? "UTC" : zone, tz == NULL ? NULL : local, &l);
    table_line(t);
    table_cell(t, COLOR_NONE, l.day);
    table_cell(t, COLOR_NONE, l.there);
    table_cell(t, COLOR_NONE, l.end);
    table_cell(t, COLOR_DIM, l.here);
    table_cell(t, COLOR_NONE, l.far);
  }
  rc = table_print(t, "It never fires again.", e);
  table_free(t);
  return rc;
}

int cmd_schedule_next(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = json_object(), *reply = NULL;
  int rc = request(in, args, e);

  if (rc != 0)
    return args_refuse(cli, args, "%s", e->text);
  rc = client_call(cli->client, "keyturn.PreviewSchedule", in, &reply, e);
  if (rc != 0)
    return rc;
  return cli->json ? report_json(cli, reply, e) : print_all(cli, reply, e);
}
