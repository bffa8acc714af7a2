/* keyturn usage: what a month was used for, and what it would have cost. */
#include <inttypes.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/report.h"
#include "cli/table_out.h"

static double number(const json_t *r, const char *member)
{
  return json_number_value(json_object_get(r, member));
}

static int print_calls(const struct cli *cli, const json_t *r, struct err *e)
{
  static const char *const headings[] = {"PRINCIPAL", "ACTION", "CALLS", NULL};
  const json_t *one;
  struct table_out *t = NULL;
  char text[24];
  size_t i;
  int rc = table_new(cli, headings, &t, e);

  if (rc != 0)
    return rc;
  json_array_foreach (json_object_get(r, "Calls"), i, one) {
    (void)snprintf(text, sizeof text, "%" PRId64, json_int(one, "Calls", 0));
    table_line(t);
    table_cell(t, COLOR_NONE, json_str(one, "Principal"));
    table_cell(t, COLOR_NONE, json_str(one, "Action"));
    table_cell(t, COLOR_NONE, text);
  }
  rc = table_print(t, "Nothing was called.", e);
  table_free(t);
  return rc;
}

int cmd_usage(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = json_object(), *r = NULL;
  const char *month = args_get(args, "month");
  int rc;

  if (month != NULL &&
      json_object_set_new(in, "Month", json_string(month)) != 0)
    return args_refuse(cli, args, "--month: expected a month, as 2026-11");
  rc = client_call(cli->client, "keyturn.GetUsage", in, &r, e);
  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, r, e);
  rc = print_calls(cli, r, e);
  if (rc != 0)
    return rc;
  (void)fputc('\n', cli->out);
  report_fact(cli, "Month:", "%s", json_str(r, "Month"));
  report_fact(cli, "Secrets:", "%.4f secret-months, at AWS $%.4f",
              number(r, "SecretMonths"), number(r, "SecretsPrice"));
  report_fact(cli, "Calls:", "%" PRId64 " of Secrets Manager, at AWS $%.4f",
              json_int(r, "BilledCalls", 0), number(r, "CallsPrice"));
  report_fact(cli, "At AWS:", "$%.2f", number(r, "Price"));
  return 0;
}
