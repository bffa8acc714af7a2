/* keyturn rotation list, show: which rotations there are and how they fare. */
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/hint.h"
#include "cli/report.h"
#include "cli/stepper.h"
#include "cli/table_out.h"

static const char *const states[] = {"idle",     "waiting", "running",
                                     "retiring", "failed",  "stuck"};

struct listing {
  const struct args *args;
  struct table_out *table;
  struct report_list json;
  bool is_json;
  int64_t now_us;
  char worst[520]; /* the first name that needs a person */
};

static bool state_is_wanted(const struct args *a, const json_t *r)
{
  for (size_t i = 0; i < a->n_given; i++)
    if (strcmp(a->given[i].option->name, "state") == 0 &&
        hint_state_is(r, a->given[i].value))
      return true;
  return false;
}

static bool is_wanted(const struct args *a, const json_t *r)
{
  const char *prefix = args_get(a, "prefix");
  const char *name = json_str(r, "Name");

  if (name == NULL ||
      (prefix != NULL && strncmp(name, prefix, strlen(prefix)) != 0))
    return false;
  if (!args_has(a, "state") && !args_has(a, "late") && !args_has(a, "paused"))
    return true;
  return state_is_wanted(a, r) ||
         (args_has(a, "late") && json_bool(r, "Late", false)) ||
         (args_has(a, "paused") && json_bool(r, "Paused", false));
}

/* One word for it all: what a person has to know first. */
static const char *state_word(const json_t *r, enum color *out_color)
{
  const char *state = json_str(r, "State");

  *out_color = COLOR_BAD;
  if (state == NULL)
    state = "idle";
  if (hint_needs_person(r))
    return state;
  *out_color = COLOR_WARN;
  if (strcmp(state, "idle") != 0 && strcmp(state, "retiring") != 0)
    return state;
  if (!json_bool(r, "RotationEnabled", false))
    return "off";
  if (json_bool(r, "Paused", false))
    return "paused";
  if (json_bool(r, "Late", false))
    return "late";
  *out_color = COLOR_NONE;
  return state;
}

static void cell_when(struct listing *l, const json_t *r, const char *key)
{
  char text[FORMAT_MAX];

  format_when(l->now_us, client_time(r, key), text, sizeof text);
  table_cell(l->table, COLOR_NONE, text);
}

static int list_one(void *arg, const json_t *r, struct err *e)
{
  struct listing *l = arg;
  const char *word;
  char text[1400];
  enum color c;

  (void)e;
  if (!is_wanted(l->args, r))
    return 0;
  if (l->is_json) {
    report_list_add(&l->json, r);
    return 0;
  }
  if (l->worst[0] == '\0' && hint_needs_person(r))
    (void)snprintf(l->worst, sizeof l->worst, "%s", json_str(r, "Name"));
  word = state_word(r, &c);
  hint_problem(r, text, sizeof text);
  table_line(l->table);
  table_cell(l->table, COLOR_NONE, json_str(r, "Name"));
  table_cell(l->table, c, word);
  table_cell(l->table, COLOR_NONE, json_str(r, "Rotator"));
  table_cell(l->table, COLOR_NONE, json_str(r, "Schedule"));
  cell_when(l, r, "LastRotatedDate");
  cell_when(l, r, "NextRotationDate");
  table_cell(l->table, COLOR_NONE, text);
  return 0;
}

static bool is_state(const char *text)
{
  for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
    if (strcmp(states[i], text) == 0)
      return true;
  return false;
}

static int print_list(const struct cli *cli, struct listing *l, struct err *e)
{
  bool is_all = l->args->n_given == 0;
  int rc = table_print(l->table,
                       is_all ? "No rotations.  Next: keyturn apply FILE"
                              : "No such rotations.",
                       e);

  if (rc == 0 && l->worst[0] != '\0')
    report_next(cli, "keyturn rotation show %s", l->worst);
  return rc;
}

int cmd_rotation_list(struct cli *cli, const struct args *args, struct err *e)
{
  static const char *const headings[] = {"NAME",     "STATE",   "ROTATOR",
                                         "SCHEDULE", "ROTATED", "NEXT",
                                         "PROBLEM",  NULL};
  struct listing l = {
      .args = args, .is_json = cli->json, .now_us = report_now_us()};
  CLEANUP_JSON json_t *in = json_object();
  int rc;

  for (size_t i = 0; i < args->n_given; i++)
    if (strcmp(args->given[i].option->name, "state") == 0 &&
        !is_state(args->given[i].value))
      return args_refuse(cli, args,
                         "--state takes idle, waiting, running, retiring, "
                         "failed or stuck");
  rc = table_new(cli, headings, &l.table, e);
  if (rc == 0)
    report_list_begin(&l.json, cli, "Rotations");
  if (rc == 0)
    rc = client_each(cli->client, "keyturn.ListRotations", in, "Rotations",
                     list_one, &l, e);
  if (rc == 0 && cli->json)
    report_list_end(&l.json);
  else if (rc == 0)
    rc = print_list(cli, &l, e);
  table_free(l.table);
  return rc;
}

static void say_when(const struct cli *cli, const char *label, const json_t *r,
                     const char *key)
{
  int64_t at_us = client_time(r, key);
  char text[FORMAT_MAX];

  if (at_us == 0)
    return;
  format_when(report_now_us(), at_us, text, sizeof text);
  report_fact(cli, label, "%s", text);
}

static void say_schedule(const struct cli *cli, const json_t *r)
{
  const json_t *rules = json_object_get(r, "RotationRules");
  const char *expression = json_str(rules, "ScheduleExpression");
  const char *zone = json_str(rules, "TimeZone");
  const char *words = json_str(r, "Schedule");

  report_fact(cli, "Schedule:", "%s%s%s%s%s%s%s", words == NULL ? "-" : words,
              expression == NULL ? "" : "; ",
              expression == NULL ? "" : expression,
              expression == NULL || zone == NULL ? "" : ", ",
              expression == NULL || zone == NULL ? "" : zone,
              json_bool(r, "RotationEnabled", false) ? "" : "; switched off",
              json_bool(r, "Paused", false) ? "; paused" : "");
}

static void say_state(const struct cli *cli, const json_t *r)
{
  enum color c;
  const char *word = state_word(r, &c);

  (void)fprintf(cli->out, "%s%-15s%s %s%s%s%s\n", color_on(cli, COLOR_DIM),
                "State:", color_off(cli, COLOR_DIM), color_on(cli, c), word,
                color_off(cli, c),
                json_bool(r, "Late", false) && strcmp(word, "late") != 0
                    ? ", and late"
                    : "");
}

/* "scheduled, succeeded, 2026-11-24 03:00 (2 h ago)" and its steps. */
static void say_job(const struct cli *cli, const json_t *r)
{
  const json_t *job = json_object_get(r, "Job");
  const char *outcome = json_str(job, "Outcome"), *kind = json_str(job, "Kind");
  char text[FORMAT_MAX];

  if (outcome == NULL || kind == NULL) {
    report_fact(cli, "Last rotation:", "none yet");
    return;
  }
  format_when(report_now_us(), client_time(job, "CreatedDate"), text,
              sizeof text);
  report_fact(cli, "Last rotation:", "%s, %s, %s", kind,
              strcmp(outcome, "active") == 0 ? "under way" : outcome, text);
  report_fact(cli, "New version:", "%s", json_str(job, "VersionId"));
  (void)stepper_print(cli, r, report_now_us(), 2, 0);
}

int cmd_rotation_show(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *r = NULL;
  int rc = client_call_secret(cli->client, "keyturn.DescribeRotation",
                              args->words[0], &r, e);

  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, r, e);
  report_fact(cli, "Name:", "%s", json_str(r, "Name"));
  report_fact(cli, "Rotator:", "%s", json_str(r, "Rotator"));
  say_schedule(cli, r);
  say_state(cli, r);
  say_when(cli, "Rotated:", r, "LastRotatedDate");
  say_when(cli, "Next:", r, "NextRotationDate");
  say_when(cli, "Window ends:", r, "WindowEndDate");
  say_job(cli, r);
  hint_print(cli, r);
  return 0;
}
