/* keyturn status: healthy or not, at one glance. */
#include <inttypes.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/report.h"
#include "cli/table_out.h"

static void say_problems(const struct cli *cli, const json_t *s)
{
  const json_t *one;
  size_t i;

  json_array_foreach (json_object_get(s, "Problems"), i, one) {
    const char *plugin = json_str(one, "Plugin");
    const char *text = json_str(one, "Message");

    report_fact(cli, "Bad plugin:", "%s: %s", plugin == NULL ? "" : plugin,
                text == NULL ? "" : text);
  }
}

/* What a person has to look at, in order of how much it hurts. */
static void say_next(const struct cli *cli, const json_t *s)
{
  if (!json_bool(s, "EngineRunning", false))
    report_next(cli, "journalctl -u keyturnd -e");
  else if (json_int(s, "Stuck", 0) > 0)
    report_next(cli, "keyturn rotation list --state stuck");
  else if (json_int(s, "Failed", 0) > 0)
    report_next(cli, "keyturn rotation list --state failed");
  else if (json_int(s, "Late", 0) > 0)
    report_next(cli, "keyturn rotation list --late");
  else if (json_array_size(json_object_get(s, "Problems")) > 0)
    report_next(cli, "keyturn rotator list");
  else if (json_int(s, "Secrets", 0) == 0)
    report_next(cli, "keyturn secret create NAME, or keyturn apply FILE");
  else
    report_next(cli, "keyturn rotation list");
}

static void say_counts(const struct cli *cli, const json_t *s)
{
  int64_t failed = json_int(s, "Failed", 0), stuck = json_int(s, "Stuck", 0);
  int64_t late = json_int(s, "Late", 0);
  enum color c = stuck > 0 || failed > 0 ? COLOR_BAD
                 : late > 0              ? COLOR_WARN
                                         : COLOR_NONE;

  report_fact(cli, "Secrets:",
              "%" PRId64 ", %" PRId64 " scheduled, %" PRId64 " paused, %" PRId64
              " to be deleted",
              json_int(s, "Secrets", 0), json_int(s, "Scheduled", 0),
              json_int(s, "Paused", 0), json_int(s, "Deleted", 0));
  (void)fprintf(cli->out,
                "%s%-15s%s %" PRId64 " running, %s%" PRId64 " failed, %" PRId64
                " stuck, %" PRId64 " late%s\n",
                color_on(cli, COLOR_DIM),
                "Rotations:", color_off(cli, COLOR_DIM),
                json_int(s, "Running", 0), color_on(cli, c), failed, stuck,
                late, color_off(cli, c));
}

static void say_status(const struct cli *cli, const json_t *s, bool healthy)
{
  int64_t now_us = report_now_us();
  enum color c = healthy ? COLOR_GOOD : COLOR_BAD;
  char text[FORMAT_MAX];

  format_relative(now_us, client_time(s, "StartedDate"), text, sizeof text);
  (void)fprintf(cli->out, "%s%s%s: keyturnd %s, started %s%s\n",
                color_on(cli, c), healthy ? "healthy" : "NOT HEALTHY",
                color_off(cli, c), json_str(s, "Version"), text,
                json_bool(s, "Dev", false)
                    ? "; development mode: keep nothing real in it"
                    : "");
  if (!healthy)
    report_fact(cli, "Engine:", "does not run, so nothing rotates");
  say_counts(cli, s);
  format_when(now_us, client_time(s, "NextRotationDate"), text, sizeof text);
  report_fact(cli, "Next rotation:", "%s", text);
  report_fact(cli, "Rotators:", "%" PRId64, json_int(s, "Rotators", 0));
  say_problems(cli, s);
}

int cmd_status(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *s = NULL;
  bool healthy;
  int rc = client_call(cli->client, "keyturn.Status", NULL, &s, e);

  (void)args;
  if (rc != 0)
    return rc;
  healthy = json_bool(s, "EngineRunning", false);
  if (cli->json)
    rc = report_json(cli, s, e);
  else {
    say_status(cli, s, healthy);
    say_next(cli, s);
  }
  return rc != 0 ? rc : healthy ? EXIT_OK : EXIT_FAILED;
}
