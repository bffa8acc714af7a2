/* keyturn rotation check, pause, resume, cancel, abort. */
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/hint.h"
#include "cli/report.h"
#include "cli/table_out.h"

static void say_lines(const struct cli *cli, const json_t *lines)
{
  const json_t *one;
  size_t i;

  json_array_foreach (lines, i, one) {
    const char *level = json_str(one, "Level"), *text = json_str(one, "Text");
    bool is_warning = level != NULL && strcmp(level, "warn") == 0;

    if (text != NULL &&
        (level == NULL || strcmp(level, "debug") != 0 || cli->verbose))
      report_fact(cli, is_warning ? "  warning:" : "  found:", "%s", text);
  }
}

static void say_check(const struct cli *cli, const char *name,
                      const json_t *found, bool is_good)
{
  const char *class = json_str(found, "Class"), *code = json_str(found, "Code");
  const char *text = json_str(found, "Message");
  enum color c = is_good ? COLOR_GOOD : COLOR_BAD;
  char took[FORMAT_MAX], line[1400];

  format_duration(json_int(found, "DurationMs", 0) * 1000, took, sizeof took);
  if (is_good)
    (void)snprintf(line, sizeof line, "%s can rotate (looked for %s)%s%s", name,
                   took, text == NULL ? "" : ": ", text == NULL ? "" : text);
  else
    (void)snprintf(line, sizeof line, "%s cannot rotate: %s%s%s%s%s", name,
                   class == NULL ? "" : class, code == NULL ? "" : " ",
                   code == NULL ? "" : code, text == NULL ? "" : ": ",
                   text == NULL ? "" : text);
  text_tame(line);
  (void)fprintf(cli->out, "%s%s%s\n", color_on(cli, c), line,
                color_off(cli, c));
}

int cmd_rotation_check(struct cli *cli, const struct args *args, struct err *e)
{
  const char *name = args->words[0], *class;
  CLEANUP_JSON json_t *found = NULL;
  bool is_good;
  int rc =
      client_call_secret(cli->client, "keyturn.CheckRotation", name, &found, e);

  if (rc != 0)
    return rc;
  class = json_str(found, "Class");
  is_good = class != NULL && strcmp(class, "OK") == 0;
  if (cli->json)
    rc = report_json(cli, found, e);
  else {
    say_check(cli, name, found, is_good);
    say_lines(cli, json_object_get(found, "Lines"));
    if (!is_good)
      report_aside(cli, hint_class(class));
    if (is_good)
      report_next(cli, "keyturn rotation now %s --watch", name);
    else
      report_next(cli, "put it right, then keyturn rotation check %s", name);
  }
  return rc != 0 ? rc : is_good ? EXIT_OK : EXIT_FAILED;
}

/* Each name in turn; what was done before an error stays done and said. */
static int each_word(struct cli *cli, const struct args *args,
                     const char *target, const char *done, struct err *e)
{
  CLEANUP_JSON json_t *list = json_array();
  CLEANUP_JSON json_t *all = json_pack("{s:O}", "Rotations", list);
  int rc = 0;

  for (int i = 0; rc == 0 && i < args->n_words; i++) {
    CLEANUP_JSON json_t *reply = NULL;
    char text[FORMAT_MAX];

    rc = client_call_secret(cli->client, target, args->words[i], &reply, e);
    if (rc != 0) {
      (void)err_wrap(e, "%s", args->words[i]);
      break;
    }
    (void)json_array_append(list, reply);
    if (cli->json)
      continue;
    (void)fprintf(cli->out, "%s %s", done, json_str(reply, "Name"));
    format_when(report_now_us(), client_time(reply, "NextRotationDate"), text,
                sizeof text);
    if (client_time(reply, "NextRotationDate") != 0)
      (void)fprintf(cli->out, "; next rotation %s", text);
    (void)fprintf(cli->out, "\n");
  }
  if (cli->json && json_array_size(list) > 0) {
    struct err ignored = {0};
    int json_rc = report_json(cli, all, rc == 0 ? e : &ignored);

    return rc != 0 ? rc : json_rc;
  }
  return rc;
}

int cmd_rotation_pause(struct cli *cli, const struct args *args, struct err *e)
{
  int rc = each_word(cli, args, "keyturn.PauseRotation", "Paused", e);

  if (rc == 0)
    report_next(cli, "keyturn rotation resume %s", args->words[0]);
  return rc;
}

int cmd_rotation_resume(struct cli *cli, const struct args *args, struct err *e)
{
  return each_word(cli, args, "keyturn.ResumeRotation", "Resumed", e);
}

/* "DONE NAME". */
static int stop(struct cli *cli, const struct args *args, const char *target,
                const char *done, struct err *e)
{
  CLEANUP_JSON json_t *reply = NULL;
  int rc = client_call_secret(cli->client, target, args->words[0], &reply, e);

  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, reply, e);
  (void)fprintf(cli->out, "%s %s\n", done, json_str(reply, "Name"));
  report_next(cli, "keyturn rotation show %s", args->words[0]);
  return 0;
}

int cmd_rotation_cancel(struct cli *cli, const struct args *args, struct err *e)
{
  return stop(cli, args, "secretsmanager.CancelRotateSecret",
              "Switched off the rotation of", e);
}

int cmd_rotation_abort(struct cli *cli, const struct args *args, struct err *e)
{
  return stop(cli, args, "keyturn.AbortRotation",
              "Told to stop and undo: the rotation of", e);
}
