/* keyturn audit search: records as a table, or as they are. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/report.h"
#include "cli/table_out.h"

#define LIMIT_MOST 100000
#define PAGE_MOST  1000

/* ---- what is asked ------------------------------------------------------- */

/* "90m", "12h", "7d": so long ago. */
static bool ago_read(const char *text, int64_t *out_us)
{
  static const struct {
    char unit;
    int64_t s;
  } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
  char *end;
  long n = isdigit((unsigned char)text[0]) ? strtol(text, &end, 10) : -1;

  if (n < 0 || n > 1000000 || end[0] == '\0' || end[1] != '\0')
    return false;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (units[i].unit == end[0]) {
      *out_us = report_now_us() - n * units[i].s * US_PER_S;
      return true;
    }
  return false;
}

static bool time_read(const char *text, int64_t *out_us)
{
  static const char *const formats[] = {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ",
                                        "%Y-%m-%d"};

  if (ago_read(text, out_us))
    return true;
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    struct tm tm = {0};
    const char *end = strptime(text, formats[i], &tm);

    if (end != NULL && *end == '\0') {
      *out_us = (int64_t)timegm(&tm) * US_PER_S;
      return *out_us > 0;
    }
  }
  return false;
}

static int time_set(const struct args *args, const char *option,
                    const char *member, json_t *in, struct err *e)
{
  const char *text = args_get(args, option);
  int64_t us;

  if (text == NULL)
    return 0;
  if (!time_read(text, &us))
    return err_set(e, ERR_PARAMETER,
                   "--%s %.60s: expected a time, as 2026-11-24, "
                   "2026-11-24T12:00:00Z, 90m, 12h or 7d",
                   option, text);
  (void)json_object_set_new(in, member,
                            json_real((double)us / (double)US_PER_S));
  return 0;
}

static int query_make(const struct args *args, json_t *in, struct err *e)
{
  static const struct {
    const char *option, *member;
  } texts[] = {{"user", "User"},
               {"action", "Action"},
               {"secret", "Secret"},
               {"error", "Error"},
               {"ip", "SourceIp"}};
  int rc = time_set(args, "since", "Since", in, e);

  if (rc == 0)
    rc = time_set(args, "until", "Until", in, e);
  for (size_t i = 0; rc == 0 && i < sizeof texts / sizeof *texts; i++) {
    const char *text = args_get(args, texts[i].option);

    if (text != NULL &&
        json_object_set_new(in, texts[i].member, json_string(text)) != 0)
      rc =
          err_set(e, ERR_PARAMETER, "--%s must be UTF-8 text", texts[i].option);
  }
  return rc;
}

/* ---- what is found ------------------------------------------------------- */

struct found {
  json_t *list; /* the newest first */
  size_t limit;
};

/* 1 when there are enough. */
static int keep_one(void *arg, const json_t *one, struct err *e)
{
  struct found *f = arg;

  if (json_array_append(f->list, (json_t *)(uintptr_t)one) != 0)
    return err_set(e, ERR_NOMEM, "no memory for the records");
  return json_array_size(f->list) == f->limit ? 1 : 0;
}

/* The name in an ARN, without its suffix. */
static const char *short_name(const char *arn, char *out, size_t size)
{
  const char *name = arn == NULL ? NULL : strstr(arn, ":secret:");
  size_t n;

  if (name == NULL)
    return arn;
  name += strlen(":secret:");
  n = strlen(name);
  n = n > 7 ? n - 7 : n;
  (void)snprintf(out, size, "%.*s", (int)n, name);
  return out;
}

static const char *secret_of(const json_t *r, char *out, size_t size)
{
  const json_t *in = json_object_get(r, "requestParameters");
  const char *arn =
      json_str(json_array_get(json_object_get(r, "resources"), 0), "ARN");

  if (arn != NULL)
    return short_name(arn, out, size);
  return json_str(in, json_str(in, "secretId") != NULL ? "secretId" : "name");
}

static const char *who_of(const json_t *r)
{
  const json_t *who = json_object_get(r, "userIdentity");
  static const char *const members[] = {"arn", "invokedBy", "accessKeyId",
                                        "type"};

  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    if (json_str(who, members[i]) != NULL)
      return json_str(who, members[i]);
  return NULL;
}

static void cell(struct table_out *t, enum color color, const char *text)
{
  char tame[600];

  if (text != NULL) {
    (void)snprintf(tame, sizeof tame, "%s", text); /* cut */
    text_tame(tame);
    text = tame;
  }
  table_cell(t, color, text);
}

static void print_one(struct table_out *t, const json_t *r)
{
  const char *error = json_str(r, "errorCode");
  char name[600];

  table_line(t);
  cell(t, COLOR_NONE, json_str(r, "eventTime"));
  cell(t, COLOR_NONE, json_str(r, "eventName"));
  cell(t, COLOR_NONE, secret_of(r, name, sizeof name));
  cell(t, COLOR_NONE, who_of(r));
  cell(t, COLOR_DIM, json_str(r, "sourceIPAddress"));
  cell(t, error == NULL ? COLOR_GOOD : COLOR_BAD, error == NULL ? "ok" : error);
}

static int print_all(const struct cli *cli, const json_t *list, struct err *e)
{
  static const char *const headings[] = {"TIME", "ACTION", "SECRET", "WHO",
                                         "FROM", "RESULT", NULL};
  struct table_out *t = NULL;
  int rc = table_new(cli, headings, &t, e);

  for (size_t i = json_array_size(list); rc == 0 && i > 0; i--)
    print_one(t, json_array_get(list, i - 1));
  if (rc == 0)
    rc = table_print(t, "No record fits.", e);
  table_free(t);
  return rc;
}

int cmd_audit_search(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = json_object(), *list = json_array(), *all = NULL;
  struct found f = {.list = list};
  int64_t limit;
  int rc = args_number(args, "limit", 50, 1, LIMIT_MOST, &limit, e);

  if (rc == 0)
    rc = query_make(args, in, e);
  if (rc != 0)
    return args_refuse(cli, args, "%s", e->text);
  (void)json_object_set_new(
      in, "MaxResults", json_integer(limit < PAGE_MOST ? limit : PAGE_MOST));
  f.limit = (size_t)limit;
  rc = client_each(cli->client, "keyturn.SearchAudit", in, "Events", keep_one,
                   &f, e);
  if (rc < 0)
    return rc;
  if (!cli->json)
    return print_all(cli, list, e);
  all = json_pack("{s:O}", "Events", list);
  return report_json(cli, all, e);
}
