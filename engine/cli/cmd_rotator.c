/* keyturn rotator list: what is loaded, and what was refused and why. */
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/report.h"
#include "cli/table_out.h"

static void add_good(struct table_out *t, const json_t *r)
{
  table_line(t);
  table_cell(t, COLOR_NONE, json_str(r, "Name"));
  table_cell(t, COLOR_NONE, json_str(r, "Version"));
  table_cell(t, json_bool(r, "Overlap", false) ? COLOR_GOOD : COLOR_NONE,
             json_bool(r, "Overlap", false) ? "none" : "short");
  table_cell(t, COLOR_NONE, json_str(r, "Plugin"));
  table_cell(t, COLOR_NONE, json_str(r, "Summary"));
}

static int print_all(const struct cli *cli, const json_t *reply, struct err *e)
{
  static const char *const headings[] = {"NAME",   "VERSION", "GAP",
                                         "PLUGIN", "SUMMARY", NULL};
  const json_t *problems = json_object_get(reply, "Problems"), *one;
  struct table_out *t = NULL;
  size_t i;
  int rc = table_new(cli, headings, &t, e);

  if (rc != 0)
    return rc;
  json_array_foreach (json_object_get(reply, "Rotators"), i, one)
    add_good(t, one);
  rc = table_print(t,
                   "No rotators are loaded: look at plugin_dir in "
                   "keyturnd's settings.",
                   e);
  table_free(t);
  json_array_foreach (problems, i, one) {
    const char *plugin = json_str(one, "Plugin");
    const char *text = json_str(one, "Message");

    report_fact(cli, "Refused:", "%s: %s", plugin == NULL ? "" : plugin,
                text == NULL ? "" : text);
  }
  return rc;
}

int cmd_rotator_list(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *reply = NULL;
  int rc = client_call(cli->client, "keyturn.ListRotators", NULL, &reply, e);

  (void)args;
  if (rc != 0)
    return rc;
  return cli->json ? report_json(cli, reply, e) : print_all(cli, reply, e);
}
