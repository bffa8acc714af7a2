/* keyturn iam user, group, role: create, list, show, update, delete.  One
 * function serves all three: the command's path says which. */
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/iam_words.h"
#include "cli/prompt.h"
#include "cli/report.h"
#include "cli/table_out.h"

/* ---- create and update ----------------------------------------------------
 */

/* What options say; those that a kind lacks are not in its table. */
static int options_set(json_t *in, const struct args *a, struct err *e)
{
  const char *trust = args_get(a, "trust"), *boundary = args_get(a, "boundary");
  int64_t max_s;
  int rc = iam_text_set(in, "Path", args_get(a, "path"), e);

  if (rc == 0)
    rc = iam_text_set(in, "Description", args_get(a, "description"), e);
  if (rc == 0 && boundary != NULL)
    (void)json_object_set_new(in, "PermissionsBoundary",
                              iam_policy_of(boundary));
  if (rc == 0)
    rc = iam_tags_set(in, a, e);
  if (rc == 0 && trust != NULL)
    rc = iam_document_set(in, "AssumeRolePolicyDocument", trust, e);
  if (rc == 0)
    rc = args_number(a, "max-session", 0, 3600, 43200, &max_s, e);
  if (rc == 0 && max_s != 0)
    (void)json_object_set_new(in, "MaxSessionDuration", json_integer(max_s));
  return rc;
}

static const struct kind_ops {
  const char *kind, *create, *update, *name_member;
} kind_ops[] = {
    {"user", "keyturn.CreateUser", NULL, "UserName"},
    {"group", "keyturn.CreateGroup", NULL, "GroupName"},
    {"role", "keyturn.CreateRole", "keyturn.UpdateRole", "RoleName"},
};

static const struct kind_ops *ops_of(const struct args *a)
{
  struct kind_word kind = iam_kind_of(a);
  size_t i = 0;

  while (strcmp(kind_ops[i].kind, kind.text) != 0)
    i++; /* the table of commands has no other */
  return &kind_ops[i];
}

static void say_what_next(const struct cli *cli, const char *kind,
                          const char *name)
{
  if (strcmp(kind, "user") == 0)
    report_next(cli, "keyturn iam key create %s", name);
  else if (strcmp(kind, "group") == 0)
    report_next(cli, "keyturn iam group add %s USER", name);
  else
    report_next(cli, "keyturn iam policy put NAME FILE --on role/%s", name);
}

int cmd_iam_create(struct cli *cli, const struct args *args, struct err *e)
{
  const struct kind_ops *ops = ops_of(args);
  CLEANUP_JSON json_t *in = json_object(), *reply = NULL;
  int rc = iam_text_set(in, ops->name_member, args->words[0], e);

  if (rc == 0)
    rc = options_set(in, args, e);
  if (rc == 0 && strcmp(ops->kind, "role") == 0 && !args_has(args, "trust"))
    rc = err_set(e, ERR_PARAMETER, "--trust FILE says who may assume it");
  if (rc == -ERR_PARAMETER)
    return args_refuse(cli, args, "%s", e->text);
  if (rc == 0)
    rc = client_call(cli->client, ops->create, in, &reply, e);
  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, reply, e);
  (void)fprintf(cli->out, "Created %s\n", json_str(reply, "ARN"));
  say_what_next(cli, ops->kind, json_str(reply, "Name"));
  return 0;
}

int cmd_iam_update(struct cli *cli, const struct args *args, struct err *e)
{
  const struct kind_ops *ops = ops_of(args);
  CLEANUP_JSON json_t *in = json_object();
  int rc = iam_text_set(in, ops->name_member, args->words[0], e);

  if (rc == 0)
    rc = options_set(in, args, e);
  if (rc == 0 && json_object_size(in) == 1)
    rc = err_set(e, ERR_PARAMETER, "nothing to change was given");
  if (rc == -ERR_PARAMETER)
    return args_refuse(cli, args, "%s", e->text);
  return rc == 0 ? iam_call(cli, ops->update, in, e, "Updated %s/%s", ops->kind,
                            args->words[0])
                 : rc;
}

/* ---- list -----------------------------------------------------------------
 */

struct listing {
  struct table_out *table;
  struct report_list json;
  bool is_json;
};

static int list_one(void *arg, const json_t *one, struct err *e)
{
  struct listing *l = arg;
  char made[FORMAT_MAX];

  (void)e;
  if (l->is_json) {
    report_list_add(&l->json, one);
    return 0;
  }
  format_time(client_time(one, "CreatedDate"), made, sizeof made);
  table_line(l->table);
  table_cell(l->table, COLOR_NONE, json_str(one, "Name"));
  table_cell(l->table, COLOR_NONE, json_str(one, "ARN"));
  table_cell(l->table, COLOR_NONE, made);
  table_cell(l->table, COLOR_NONE, json_str(one, "Description"));
  return 0;
}

int cmd_iam_list(struct cli *cli, const struct args *args, struct err *e)
{
  static const char *const headings[] = {"NAME", "ARN", "CREATED",
                                         "DESCRIPTION", NULL};
  struct kind_word kind = iam_kind_of(args);
  struct listing l = {.is_json = cli->json};
  CLEANUP_JSON json_t *in = json_pack("{s:s}", "Kind", kind.text);
  char none[80];
  int rc = table_new(cli, headings, &l.table, e);

  (void)snprintf(none, sizeof none, "None.  Next: keyturn iam %s %s NAME",
                 kind.text,
                 strcmp(kind.text, "policy") == 0 ? "put" : "create");
  if (rc == 0 && cli->json)
    report_list_begin(&l.json, cli, "Entities");
  if (rc == 0)
    rc = client_each(cli->client, "keyturn.ListEntities", in, "Entities",
                     list_one, &l, e);
  if (rc == 0 && cli->json)
    report_list_end(&l.json);
  else if (rc == 0)
    rc = table_print(l.table, none, e);
  table_free(l.table);
  return rc;
}

/* ---- show -----------------------------------------------------------------
 */

static void fact_text(const struct cli *cli, const char *label,
                      const json_t *of, const char *key)
{
  if (json_str(of, key) != NULL)
    report_fact(cli, label, "%s", json_str(of, key));
}

/* One line for each of a list of texts, or of objects with that member. */
static void facts(const struct cli *cli, const char *label, const json_t *list,
                  const char *member)
{
  const json_t *one;
  size_t i;

  json_array_foreach (list, i, one)
    report_fact(cli, i == 0 ? label : "", "%s",
                member == NULL ? json_string_value(one)
                               : json_str(one, member));
}

static void fact_tags(const struct cli *cli, const json_t *tags)
{
  const json_t *one;
  size_t i;

  json_array_foreach (tags, i, one)
    report_fact(cli, i == 0 ? "Tags:" : "", "%s=%s", json_str(one, "Key"),
                json_str(one, "Value"));
}

static int fact_keys(const struct cli *cli, const char *user, struct err *e)
{
  CLEANUP_JSON json_t *in = json_pack("{s:s}", "UserName", user);
  CLEANUP_JSON json_t *reply = NULL;
  const json_t *one;
  size_t i;
  int rc = client_call(cli->client, "keyturn.ListAccessKeys", in, &reply, e);

  if (rc != 0)
    return rc;
  json_array_foreach (json_object_get(reply, "AccessKeys"), i, one)
    report_fact(cli, i == 0 ? "Access keys:" : "", "%s  %s",
                json_str(one, "AccessKeyId"), json_str(one, "Status"));
  return 0;
}

static void show(const struct cli *cli, const json_t *n)
{
  char text[FORMAT_MAX];

  fact_text(cli, "Name:", n, "Name");
  fact_text(cli, "ARN:", n, "ARN");
  fact_text(cli, "Id:", n, "Id");
  fact_text(cli, "Description:", n, "Description");
  format_when(report_now_us(), client_time(n, "CreatedDate"), text,
              sizeof text);
  report_fact(cli, "Created:", "%s", text);
  if (json_int(n, "MaxSessionDuration", 0) != 0)
    report_fact(cli, "Longest session:", "%lld s",
                (long long)json_int(n, "MaxSessionDuration", 0));
  fact_tags(cli, json_object_get(n, "Tags"));
  facts(cli, "Groups:", json_object_get(n, "Groups"), NULL);
  facts(cli, "Users:", json_object_get(n, "Users"), NULL);
  facts(cli, "Own policies:", json_object_get(n, "Policies"), "PolicyName");
  facts(cli, "Attached:", json_object_get(n, "AttachedPolicies"), "ARN");
  facts(cli, "Attached to:", json_object_get(n, "AttachedTo"), NULL);
  fact_text(cli, "Boundary:", n, "PermissionsBoundary");
}

int cmd_iam_show(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = json_object(), *reply = NULL;
  const char *trust;
  int rc;

  (void)json_object_set_new(in, "Entity", iam_entity_of(args, args->words[0]));
  rc = client_call(cli->client, "keyturn.GetEntity", in, &reply, e);
  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, reply, e);
  show(cli, reply);
  if (strcmp(iam_kind_of(args).text, "user") == 0)
    return fact_keys(cli, args->words[0], e);
  trust = json_str(reply, "AssumeRolePolicyDocument");
  if (trust != NULL)
    (void)fprintf(cli->out, "\nWho may assume it:\n%s\n", trust);
  return 0;
}

/* ---- delete ---------------------------------------------------------------
 */

int cmd_iam_delete(struct cli *cli, const struct args *args, struct err *e)
{
  struct kind_word kind = iam_kind_of(args);
  CLEANUP_JSON json_t *in = json_object();
  bool force = args_has(args, "force");
  char question[240];

  (void)json_object_set_new(in, "Entity", iam_entity_of(args, args->words[0]));
  (void)snprintf(question, sizeof question,
                 "Delete %s %.128s with all that hangs on it?", kind.text,
                 args->words[0]);
  if (force && !args_has(args, "yes") && !prompt_yes(question))
    return args_refuse(cli, args, "not deleted; --force --yes asks nothing");
  if (force)
    (void)json_object_set_new(in, "Force", json_true());
  return iam_call(cli, "keyturn.DeleteEntity", in, e, "Deleted %s/%s",
                  kind.text, args->words[0]);
}
