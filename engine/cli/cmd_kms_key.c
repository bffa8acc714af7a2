/* keyturn kms-key create, list: the keys that secrets are encrypted by. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/report.h"
#include "cli/table_out.h"

#define ALIAS "alias/"

/* Where the API wants alias/NAME, NAME alone is understood, too. */
static int alias_set(json_t *in, const char *name)
{
  bool has_prefix = strncmp(name, ALIAS, strlen(ALIAS)) == 0;

  return json_object_set_new(
      in, "Alias", json_sprintf("%s%s", has_prefix ? "" : ALIAS, name));
}

static int print_new(const struct cli *cli, const json_t *key)
{
  const char *id = json_str(key, "KeyId"), *arn = json_str(key, "ARN");
  const char *alias = json_str(key, "Alias");

  report_fact(cli, "Key:", "%s", id == NULL ? "" : id);
  report_fact(cli, "ARN:", "%s", arn == NULL ? "" : arn);
  if (alias != NULL)
    report_fact(cli, "Alias:", "%s", alias);
  report_next(cli, "keyturn secret create NAME --kms-key %s",
              alias != NULL ? alias
              : id == NULL  ? ""
                            : id);
  return 0;
}

int cmd_kms_key_create(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = json_object(), *reply = NULL;
  const char *description = args_get(args, "description");
  int rc = in == NULL ? -1 : 0;

  if (rc == 0 && args->n_words > 0)
    rc = alias_set(in, args->words[0]);
  if (rc == 0 && description != NULL)
    rc = json_object_set_new(in, "Description", json_string(description));
  if (rc != 0)
    return err_set(e, ERR_NOMEM, "no memory, or a text that is not UTF-8");
  rc = client_call(cli->client, "keyturn.CreateKey", in, &reply, e);
  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, reply, e);
  return print_new(cli, json_object_get(reply, "Key"));
}

static void add(struct table_out *t, const json_t *key)
{
  bool is_default = json_bool(key, "Default", false);
  char made[FORMAT_MAX];

  format_time(client_time(key, "CreatedDate"), made, sizeof made);
  table_line(t);
  table_cell(t, COLOR_NONE, json_str(key, "KeyId"));
  table_cell(t, COLOR_NONE,
             is_default ? "alias/aws/secretsmanager" : json_str(key, "Alias"));
  table_cell(t, is_default ? COLOR_GOOD : COLOR_NONE,
             is_default ? "yes" : NULL);
  table_cell(t, COLOR_NONE, made);
  table_cell(t, COLOR_NONE, json_str(key, "Description"));
}

int cmd_kms_key_list(struct cli *cli, const struct args *args, struct err *e)
{
  static const char *const headings[] = {"KEY",     "ALIAS",       "DEFAULT",
                                         "CREATED", "DESCRIPTION", NULL};
  CLEANUP_JSON json_t *reply = NULL;
  struct table_out *t = NULL;
  const json_t *one;
  size_t i;
  int rc = client_call(cli->client, "keyturn.ListKeys", NULL, &reply, e);

  (void)args;
  if (rc == 0 && cli->json)
    return report_json(cli, reply, e);
  if (rc == 0)
    rc = table_new(cli, headings, &t, e);
  if (rc != 0)
    return rc;
  json_array_foreach (json_object_get(reply, "Keys"), i, one)
    add(t, one);
  rc = table_print(t, "No keys.", e);
  table_free(t);
  return rc;
}
