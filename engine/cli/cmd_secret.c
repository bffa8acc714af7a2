/* keyturn secret list, describe, versions, delete, restore. */
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/prompt.h"
#include "cli/report.h"
#include "cli/table_out.h"

/* The last word of a rotator's ARN. */
static const char *rotator_of(const json_t *secret)
{
  const char *arn = json_str(secret, "RotationLambdaARN");
  const char *colon = arn == NULL ? NULL : strrchr(arn, ':');

  return colon == NULL ? arn : colon + 1;
}

struct listing {
  struct table_out *table;
  struct report_list json;
  bool is_json;
  int64_t now_us;
};

static void cell_when(struct listing *l, const json_t *of, const char *key)
{
  char text[FORMAT_MAX];

  format_when(l->now_us, client_time(of, key), text, sizeof text);
  table_cell(l->table, COLOR_NONE, text);
}

static int list_one(void *arg, const json_t *one, struct err *e)
{
  struct listing *l = arg;
  bool is_deleted = client_time(one, "DeletedDate") != 0;
  bool is_off = !json_bool(one, "RotationEnabled", false);

  (void)e;
  if (l->is_json) {
    report_list_add(&l->json, one);
    return 0;
  }
  table_line(l->table);
  table_cell(l->table, COLOR_NONE, json_str(one, "Name"));
  if (is_deleted)
    table_cell(l->table, COLOR_WARN, "to be deleted");
  else
    table_cell(l->table, is_off ? COLOR_DIM : COLOR_NONE,
               is_off ? NULL : rotator_of(one));
  cell_when(l, one, "LastRotatedDate");
  cell_when(l, one, "NextRotationDate");
  cell_when(l, one, "LastChangedDate");
  return 0;
}

int cmd_secret_list(struct cli *cli, const struct args *args, struct err *e)
{
  static const char *const headings[] = {"NAME",           "ROTATOR", "ROTATED",
                                         "ROTATES BEFORE", "CHANGED", NULL};
  struct listing l = {.is_json = cli->json, .now_us = report_now_us()};
  CLEANUP_JSON json_t *in = json_object();
  const char *prefix = args_get(args, "prefix");
  int rc = table_new(cli, headings, &l.table, e);

  if (prefix != NULL)
    (void)json_object_set_new(
        in, "Filters",
        json_pack("[{s:s, s:[s]}]", "Key", "name", "Values", prefix));
  if (args_has(args, "deleted"))
    (void)json_object_set_new(in, "IncludePlannedDeletion", json_true());
  if (rc == 0 && cli->json)
    report_list_begin(&l.json, cli, "SecretList");
  if (rc == 0)
    rc = client_each(cli->client, "secretsmanager.ListSecrets", in,
                     "SecretList", list_one, &l, e);
  if (rc == 0 && cli->json)
    report_list_end(&l.json);
  else if (rc == 0)
    rc = table_print(l.table, "No secrets.  Next: keyturn secret create NAME",
                     e);
  table_free(l.table);
  return rc;
}

static void fact_when(const struct cli *cli, const char *label,
                      const json_t *of, const char *key)
{
  int64_t at_us = client_time(of, key);
  char text[FORMAT_MAX];

  if (at_us == 0)
    return;
  format_when(report_now_us(), at_us, text, sizeof text);
  report_fact(cli, label, "%s", text);
}

static void say_tags(const struct cli *cli, const json_t *tags)
{
  const json_t *tag;
  size_t i;

  json_array_foreach (tags, i, tag)
    report_fact(cli, i == 0 ? "Tags:" : "", "%s=%s", json_str(tag, "Key"),
                json_str(tag, "Value"));
}

/* "AWSCURRENT, mine" */
static void stages_text(const json_t *stages, char *out, size_t size)
{
  const json_t *one;
  size_t i, n = 0;

  out[0] = '\0';
  json_array_foreach (stages, i, one) {
    int more = snprintf(out + n, size - n, "%s%s", i == 0 ? "" : ", ",
                        json_string_value(one));

    n += more > 0 ? (size_t)more : 0;
    if (n >= size)
      return;
  }
}

int cmd_secret_describe(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *s = NULL;
  json_t *stages;
  const char *version;
  int rc = client_call_secret(cli->client, "secretsmanager.DescribeSecret",
                              args->words[0], &s, e);

  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, s, e);
  report_fact(cli, "Name:", "%s", json_str(s, "Name"));
  report_fact(cli, "ARN:", "%s", json_str(s, "ARN"));
  if (json_str(s, "Description") != NULL)
    report_fact(cli, "Description:", "%s", json_str(s, "Description"));
  say_tags(cli, json_object_get(s, "Tags"));
  if (rotator_of(s) != NULL)
    report_fact(cli, "Rotator:", "%s%s", rotator_of(s),
                json_bool(s, "RotationEnabled", false) ? "" : " (off)");
  fact_when(cli, "Rotated:", s, "LastRotatedDate");
  fact_when(cli, "Rotates before:", s, "NextRotationDate");
  fact_when(cli, "Changed:", s, "LastChangedDate");
  fact_when(cli, "Last read:", s, "LastAccessedDate");
  fact_when(cli, "Created:", s, "CreatedDate");
  fact_when(cli, "Deleted:", s, "DeletedDate");
  json_object_foreach (json_object_get(s, "VersionIdsToStages"), version,
                       stages) {
    char text[512];

    stages_text(stages, text, sizeof text);
    report_fact(cli, "Version:", "%s  %s", version, text);
  }
  if (client_time(s, "DeletedDate") != 0)
    report_next(cli, "keyturn secret restore %s", json_str(s, "Name"));
  else if (rotator_of(s) != NULL)
    report_next(cli, "keyturn rotation show %s", json_str(s, "Name"));
  return 0;
}

static int version_one(void *arg, const json_t *one, struct err *e)
{
  struct listing *l = arg;
  char text[512];

  (void)e;
  if (l->is_json) {
    report_list_add(&l->json, one);
    return 0;
  }
  stages_text(json_object_get(one, "VersionStages"), text, sizeof text);
  table_line(l->table);
  table_cell(l->table, COLOR_NONE, json_str(one, "VersionId"));
  table_cell(l->table,
             strstr(text, "AWSCURRENT") != NULL ? COLOR_GOOD : COLOR_NONE,
             text);
  cell_when(l, one, "CreatedDate");
  cell_when(l, one, "LastAccessedDate");
  return 0;
}

int cmd_secret_versions(struct cli *cli, const struct args *args, struct err *e)
{
  static const char *const headings[] = {"VERSION", "STAGES", "CREATED",
                                         "LAST READ", NULL};
  struct listing l = {.is_json = cli->json, .now_us = report_now_us()};
  CLEANUP_JSON json_t *in =
      json_pack("{s:s, s:b}", "SecretId", args->words[0], "IncludeDeprecated",
                args_has(args, "all"));
  int rc = table_new(cli, headings, &l.table, e);

  if (rc == 0 && cli->json)
    report_list_begin(&l.json, cli, "Versions");
  if (rc == 0)
    rc = client_each(cli->client, "secretsmanager.ListSecretVersionIds", in,
                     "Versions", version_one, &l, e);
  if (rc == 0 && cli->json)
    report_list_end(&l.json);
  else if (rc == 0)
    rc = table_print(l.table, "It has no value yet.", e);
  table_free(l.table);
  return rc;
}

static bool may_force(const struct args *a)
{
  char question[640];

  if (args_has(a, "yes"))
    return true;
  (void)snprintf(question, sizeof question,
                 "Delete %.512s for ever, with all its versions?", a->words[0]);
  return prompt_yes(question);
}

int cmd_secret_delete(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = json_pack("{s:s}", "SecretId", args->words[0]);
  CLEANUP_JSON json_t *reply = NULL;
  bool force = args_has(args, "force");
  char text[FORMAT_MAX];
  int64_t days;
  int rc = args_number(args, "days", 30, 7, 30, &days, e);

  if (rc == 0 && force && args_has(args, "days"))
    rc = err_set(e, ERR_PARAMETER, "--days or --force, not both");
  if (rc != 0)
    return args_refuse(cli, args, "%s", e->text);
  if (force && !may_force(args))
    return args_refuse(cli, args, "not deleted; --force --yes asks nothing");
  if (force)
    (void)json_object_set_new(in, "ForceDeleteWithoutRecovery", json_true());
  else
    (void)json_object_set_new(in, "RecoveryWindowInDays", json_integer(days));
  rc = client_call(cli->client, "secretsmanager.DeleteSecret", in, &reply, e);
  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, reply, e);
  if (force) {
    (void)fprintf(cli->out, "Deleted %s for ever\n", json_str(reply, "Name"));
    return 0;
  }
  format_when(report_now_us(), client_time(reply, "DeletionDate"), text,
              sizeof text);
  (void)fprintf(cli->out, "%s will be deleted %s\n", json_str(reply, "Name"),
                text);
  report_next(cli, "keyturn secret restore %s, to keep it",
              json_str(reply, "Name"));
  return 0;
}

int cmd_secret_restore(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *reply = NULL;
  int rc = client_call_secret(cli->client, "secretsmanager.RestoreSecret",
                              args->words[0], &reply, e);

  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, reply, e);
  (void)fprintf(cli->out, "Restored %s\n", json_str(reply, "Name"));
  return 0;
}
