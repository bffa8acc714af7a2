/* keyturn rotator check: the conformance kit of sdk/kit, for people. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/report.h"
#include "cli/table_out.h"
#include "kit/kit.h"

static enum color color_of(enum kit_outcome outcome)
{
  if (outcome == KIT_SKIP)
    return COLOR_DIM;
  return outcome == KIT_PASS ? COLOR_GOOD : COLOR_BAD;
}

/* A rule as it ends: some take as long as the deadline. */
static void say_rule(void *arg, enum kit_rule rule,
                     const struct kit_finding *finding)
{
  const struct cli *cli = arg;
  enum color color = color_of(finding->outcome);

  (void)fprintf(cli->out, "%s%s%s  %-15s  %s\n", color_on(cli, color),
                kit_outcome_name(finding->outcome), color_off(cli, color),
                kit_rule_name(rule), kit_rule_text(rule));
  if (finding->text[0] != '\0') {
    char text[KIT_TEXT_MAX];

    (void)snprintf(text, sizeof text, "%s", finding->text);
    text_tame(text);
    (void)fprintf(cli->out, "      %-15s  %s\n", "", text);
  }
  (void)fflush(cli->out); /* the next rule runs in a child */
}

static int say_json(const struct cli *cli, const struct kit_report *report,
                    struct err *e)
{
  CLEANUP_BUF struct buf text;

  buf_init(&text, 1 << 20, false);
  kit_report_json(report, &text);
  buf_putc(&text, '\n');
  if (buf_check(&text, e) != 0)
    return -ERR_NOMEM;
  return report_bytes(cli, text.data, text.len, e);
}

static void say_end(const struct cli *cli, const struct kit_report *report,
                    const char *file)
{
  size_t n[KIT_FAIL + 1] = {0};

  for (size_t i = 0; i < KIT_RULES; i++)
    n[report->findings[i].outcome]++;
  (void)fprintf(cli->out, "%s: %zu passed, %zu failed, %zu skipped\n",
                report->rotator, n[KIT_PASS], n[KIT_FAIL], n[KIT_SKIP]);
  if (report->unsettled)
    (void)fprintf(cli->out,
                  "Values that may be live on the target are in %s.kit\n",
                  file);
  if (!kit_passed(report))
    report_next(cli, "man keyturn-rotator, for what each rule demands");
}

int cmd_rotator_check(struct cli *cli, const struct args *args, struct err *e)
{
  const char *file = args_get(args, "secret");
  struct kit_options options = {.rotator = args_get(args, "rotator")};
  struct kit_report report;
  int64_t seconds;
  int rc = args_number(args, "deadline", 15, 1, 300, &seconds, e);

  if (rc != 0)
    return args_refuse(cli, args, "%s", e->text);
  if (file == NULL)
    return args_refuse(cli, args, "--secret FILE is missing");
  options.deadline_ms = seconds * 1000;
  if (!cli->json) {
    options.progress = say_rule;
    options.arg = cli;
  }
  rc = kit_run(args->words[0], file, &options, &report, e);
  if (rc == -ERR_NOT_FOUND) { /* main would look for a secret */
    (void)fprintf(cli->err, "keyturn rotator check: %s\n", e->text);
    return EXIT_NOT_FOUND;
  }
  if (rc != 0)
    return rc;
  if (cli->json)
    rc = say_json(cli, &report, e);
  else
    say_end(cli, &report, file);
  if (rc != 0)
    return rc;
  return kit_passed(&report) ? EXIT_OK : EXIT_FAILED;
}
