/* keyturn rotation now: starts rotations, and stays with them if asked to. */
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/client.h"
#include "cli/hint.h"
#include "cli/prompt.h"
#include "cli/report.h"
#include "cli/watch.h"

struct choice {
  struct runs *runs;
  const char *prefix;
  bool failed_only;
};

static bool is_failed(const json_t *r)
{
  const char *state = json_str(r, "State");

  return state != NULL &&
         (strcmp(state, "failed") == 0 || strcmp(state, "stuck") == 0);
}

/* What was switched off is left off: it was named by nobody. */
static int choose_one(void *arg, const json_t *r, struct err *e)
{
  struct choice *c = arg;
  const char *name = json_str(r, "Name");

  if (name == NULL || !json_bool(r, "RotationEnabled", false) ||
      (c->failed_only && !is_failed(r)) ||
      (c->prefix != NULL && strncmp(name, c->prefix, strlen(c->prefix)) != 0))
    return 0;
  return runs_add(c->runs, name, e);
}

static int choose(struct cli *cli, const struct args *args, struct runs *runs,
                  struct err *e)
{
  struct choice c = {.runs = runs,
                     .prefix = args_get(args, "prefix"),
                     .failed_only = !args_has(args, "all")};
  CLEANUP_JSON json_t *in = NULL;
  int rc = 0;

  for (int i = 0; rc == 0 && i < args->n_words; i++)
    rc = runs_add(runs, args->words[i], e);
  if (rc != 0 || args->n_words > 0)
    return rc;
  in = json_object();
  return client_each(cli->client, "keyturn.ListRotations", in, "Rotations",
                     choose_one, &c, e);
}

static int options_refuse(const struct cli *cli, const struct args *a)
{
  bool is_many = args_has(a, "all") || args_has(a, "failed");

  if (args_has(a, "all") && args_has(a, "failed"))
    return args_refuse(cli, a, "--all or --failed, not both");
  if (is_many == (a->n_words > 0))
    return args_refuse(cli, a, "give names, or --all, or --failed");
  if (args_has(a, "prefix") && !is_many)
    return args_refuse(cli, a, "--prefix goes with --all or --failed");
  if (args_has(a, "timeout") && !args_has(a, "wait") && !args_has(a, "watch"))
    return args_refuse(cli, a, "--timeout goes with --wait or --watch");
  for (int i = 1; i < a->n_words; i++)
    for (int j = 0; j < i; j++)
      if (strcmp(a->words[i], a->words[j]) == 0)
        return args_refuse(cli, a, "%s is given twice", a->words[i]);
  return 0;
}

static bool may_rotate(const struct args *a, size_t n)
{
  char question[80];

  if (a->n_words > 0 || args_has(a, "yes"))
    return true;
  (void)snprintf(question, sizeof question, "Rotate %zu secrets now?", n);
  return prompt_yes(question);
}

/* Starts them and leaves. */
static int start_all(struct cli *cli, struct runs *runs, struct err *e)
{
  for (size_t i = 0; i < runs->n; i++) {
    struct run *run = &runs->list[i];
    int rc = watch_start(cli, run);

    if (rc == -ERR_UNREACHABLE) {
      *e = run->err;
      return rc;
    }
    if (cli->json)
      continue;
    if (rc != 0)
      watch_result(cli, run);
    else
      (void)fprintf(cli->out, "Started the rotation of %s, version %s\n",
                    run->name, run->token);
  }
  if (runs->list[0].state == RUN_ACTIVE)
    report_next(cli, "keyturn rotation show %s", runs->list[0].name);
  return 0;
}

static int verdict(const struct runs *runs)
{
  for (size_t i = 0; i < runs->n; i++)
    if (runs->list[i].state == RUN_BAD)
      return runs->n == 1 ? command_exit_code(runs->list[i].err.code)
                          : EXIT_FAILED;
  return EXIT_OK;
}

/* What the failure means; with many, how to see them. */
static void say_next(const struct cli *cli, const struct runs *runs)
{
  const struct run *bad = NULL;
  size_t n = 0;

  for (size_t i = 0; i < runs->n; i++)
    if (runs->list[i].state == RUN_BAD) {
      bad = &runs->list[i];
      n++;
    }
  if (n > 1)
    report_next(cli, "keyturn rotation list --state failed --state stuck");
  else if (n == 1 && bad->rotation != NULL && bad->err.code == 0)
    hint_print(cli, bad->rotation);
  else if (n == 1 && bad->err.code == ERR_NOT_FOUND)
    report_next(cli, "keyturn rotation list");
  else if (n == 1)
    report_next(cli, "keyturn rotation show %s", bad->name);
}

static int rotate(struct cli *cli, const struct args *args, struct runs *runs,
                  const struct watch_options *o, struct err *e)
{
  bool stays = args_has(args, "wait") || args_has(args, "watch");
  int rc = stays ? watch_all(cli, runs, o, e) : start_all(cli, runs, e);

  if (rc == -ERR_UNREACHABLE)
    return rc;
  if (cli->json) {
    struct err ignored = {0};
    int json_rc = watch_json(cli, runs, &ignored);

    return rc != 0 ? rc : json_rc != 0 ? json_rc : verdict(runs);
  }
  if (rc == 0)
    say_next(cli, runs);
  return rc != 0 ? rc : verdict(runs);
}

int cmd_rotation_now(struct cli *cli, const struct args *args, struct err *e)
{
  struct watch_options o = {.mode = args_has(args, "watch") ? WATCH_LIVE
                                                            : WATCH_SILENT};
  struct runs runs = {0};
  int64_t parallel, timeout_s;
  int rc = options_refuse(cli, args);

  if (rc != 0)
    return rc;
  rc = args_number(args, "parallel", 8, 1, 64, &parallel, e);
  if (rc == 0)
    rc = args_number(args, "timeout", 0, 1, 7 * 86400, &timeout_s, e);
  if (rc != 0)
    return args_refuse(cli, args, "%s", e->text);
  o.parallel = (size_t)parallel;
  o.timeout_us = timeout_s * US_PER_S;
  rc = choose(cli, args, &runs, e);
  if (rc == 0 && runs.n == 0 && !cli->json)
    (void)fprintf(cli->out, "Nothing to rotate.\n");
  else if (rc == 0 && runs.n == 0)
    rc = watch_json(cli, &runs, e);
  else if (rc == 0 && !may_rotate(args, runs.n))
    rc = args_refuse(cli, args, "nothing was rotated; --yes asks nothing");
  else if (rc == 0)
    rc = rotate(cli, args, &runs, &o, e);
  runs_free(&runs);
  return rc;
}
