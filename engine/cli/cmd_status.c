/* keyturn status: healthy or not, at one glance. */
#include <inttypes.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/hint.h"
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

/* Names, so that one glance is enough; no more than a glance costs. */
#define SHOWN_MOST  5
#define LOOKED_MOST 1000

struct glance {
  const struct cli *cli;
  size_t n_shown, n_looked;
};

static int show_one(void *arg, const json_t *r, struct err *e)
{
  struct glance *g = arg;
  const char *name = json_str(r, "Name");
  bool is_late = json_bool(r, "Late", false);
  char text[1400];

  (void)e;
  if (name != NULL && (is_late || hint_needs_person(r))) {
    hint_problem(r, text, sizeof text);
    report_fact(g->cli,
                hint_state_is(r, "stuck")    ? "  stuck:"
                : hint_state_is(r, "failed") ? "  failed:"
                                             : "  late:",
                "%s%s%s", name, text[0] == '\0' ? "" : "  ", text);
    g->n_shown++;
  }
  g->n_looked++;
  return g->n_shown == SHOWN_MOST || g->n_looked == LOOKED_MOST ? 1 : 0;
}

static int say_bad(struct cli *cli, const json_t *s, struct err *e)
{
  CLEANUP_JSON json_t *in = json_object();
  struct glance g = {.cli = cli};
  int rc = 0;

  if (json_int(s, "Failed", 0) + json_int(s, "Stuck", 0) +
          json_int(s, "Late", 0) >
      0)
    rc = client_each(cli->client, "keyturn.ListRotations", in, "Rotations",
                     show_one, &g, e);
  return rc < 0 ? rc : 0;
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

static int say_status(struct cli *cli, const json_t *s, bool healthy,
                      struct err *e)
{
  int64_t now_us = report_now_us();
  enum color c = healthy ? COLOR_GOOD : COLOR_BAD;
  char text[FORMAT_MAX];
  int rc;

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
  rc = say_bad(cli, s, e);
  if (rc != 0)
    return rc;
  format_when(now_us, client_time(s, "NextRotationDate"), text, sizeof text);
  report_fact(cli, "Next rotation:", "%s", text);
  report_fact(cli, "Rotators:", "%" PRId64, json_int(s, "Rotators", 0));
  say_problems(cli, s);
  return 0;
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
    rc = say_status(cli, s, healthy, e);
    if (rc == 0)
      say_next(cli, s);
  }
  return rc != 0 ? rc : healthy ? EXIT_OK : EXIT_FAILED;
}
