/* keyturn iam policy put, show, list, delete, attach, detach, and keyturn
 * policy explain.  With --on a policy is one of a user, a group or a role; else
 * it is a managed one, which can be attached to many. */
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/iam_words.h"
#include "cli/report.h"
#include "cli/table_out.h"

/* Creates it, or gives it a new text where it is there. */
static int put_managed(struct cli *cli, const struct args *args, json_t *in,
                       struct err *e)
{
  CLEANUP_JSON json_t *reply = NULL;
  int rc = iam_text_set(in, "Description", args_get(args, "description"), e);

  if (rc == 0)
    rc = client_call(cli->client, "keyturn.UpdatePolicy", in, &reply, e);
  if (rc == -ERR_NO_ENTITY) {
    err_clear(e);
    rc = client_call(cli->client, "keyturn.CreatePolicy", in, &reply, e);
  }
  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, reply, e);
  (void)fprintf(cli->out, "Stored policy/%s\n", args->words[0]);
  report_next(cli, "keyturn iam policy attach %s WHO", args->words[0]);
  return 0;
}

int cmd_iam_policy_put(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = json_pack("{s:s}", "PolicyName", args->words[0]);
  const char *on = args_get(args, "on");
  int rc = iam_document_set(in, "PolicyDocument", args->words[1], e);

  if (rc == 0 && on != NULL && args_has(args, "description"))
    return args_refuse(cli, args, "--description is for managed policies");
  if (rc == 0 && on == NULL)
    return put_managed(cli, args, in, e);
  if (rc == 0)
    rc = iam_text_set(in, "Entity", on, e);
  return rc == 0 ? iam_call(cli, "keyturn.PutEntityPolicy", in, e,
                            "Stored %s: %s", on, args->words[0])
                 : rc;
}

int cmd_iam_policy_show(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = json_object(), *reply = NULL;
  const char *on = args_get(args, "on"), *text;
  int rc;

  if (on == NULL)
    (void)json_object_set_new(in, "Entity", iam_policy_of(args->words[0]));
  else
    (void)json_object_set_new(in, "Entity", json_string(on));
  rc = iam_text_set(in, "PolicyName", args->words[0], e);
  if (rc == 0)
    rc = client_call(cli->client,
                     on == NULL ? "keyturn.GetEntity"
                                : "keyturn.GetEntityPolicy",
                     in, &reply, e);
  if (rc != 0)
    return rc;
  text = json_str(reply, "PolicyDocument");
  if (cli->json)
    return report_json(cli, reply, e);
  (void)fprintf(cli->out, "%s\n", text == NULL ? "" : text);
  return 0;
}

/* The policies of one owner, inline and attached. */
static int list_on(struct cli *cli, const char *on, struct err *e)
{
  static const char *const headings[] = {"POLICY", "KIND", "ARN", NULL};
  static const char *const members[] = {"Policies", "AttachedPolicies"};
  CLEANUP_JSON json_t *in = json_pack("{s:s}", "Entity", on), *reply = NULL;
  struct table_out *t = NULL;
  const json_t *one;
  size_t j;
  int rc = client_call(cli->client, "keyturn.GetEntity", in, &reply, e);

  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, reply, e);
  rc = table_new(cli, headings, &t, e);
  for (size_t i = 0; rc == 0 && i < 2; i++)
    json_array_foreach (json_object_get(reply, members[i]), j, one) {
      table_line(t);
      table_cell(t, COLOR_NONE, json_str(one, "PolicyName"));
      table_cell(t, COLOR_NONE, i == 0 ? "own" : "attached");
      table_cell(t, COLOR_NONE, json_str(one, "ARN"));
    }
  if (rc == 0)
    rc = table_print(t, "No policies: nothing is allowed.", e);
  table_free(t);
  return rc;
}

int cmd_iam_policy_list(struct cli *cli, const struct args *args, struct err *e)
{
  const char *on = args_get(args, "on");

  return on == NULL ? cmd_iam_list(cli, args, e) : list_on(cli, on, e);
}

int cmd_iam_policy_delete(struct cli *cli, const struct args *args,
                          struct err *e)
{
  CLEANUP_JSON json_t *in = json_pack("{s:s}", "PolicyName", args->words[0]);
  const char *on = args_get(args, "on");

  if (on != NULL) {
    (void)json_object_set_new(in, "Entity", json_string(on));
    return iam_call(cli, "keyturn.DeleteEntityPolicy", in, e, "Deleted %s: %s",
                    on, args->words[0]);
  }
  return cmd_iam_delete(cli, args, e);
}

static int attach(struct cli *cli, const struct args *args, const char *target,
                  const char *done, struct err *e)
{
  CLEANUP_JSON json_t *in = json_pack("{s:s}", "Entity", args->words[1]);

  (void)json_object_set_new(in, "Policy", iam_policy_of(args->words[0]));
  return iam_call(cli, target, in, e, "%s %s %s", args->words[1], done,
                  args->words[0]);
}

int cmd_iam_policy_attach(struct cli *cli, const struct args *args,
                          struct err *e)
{
  return attach(cli, args, "keyturn.AttachEntityPolicy", "now has", e);
}

int cmd_iam_policy_detach(struct cli *cli, const struct args *args,
                          struct err *e)
{
  return attach(cli, args, "keyturn.DetachEntityPolicy", "no longer has", e);
}

/* ---- explain --------------------------------------------------------------
 */

static int context_set(json_t *in, const struct args *a, struct err *e)
{
  json_t *context = json_object();

  for (size_t i = 0; i < a->n_given; i++) {
    const char *text = a->given[i].value;
    const char *equals = text == NULL ? NULL : strchr(text, '=');
    json_t *list;

    if (strcmp(a->given[i].option->name, "context") != 0)
      continue;
    if (equals == NULL) {
      json_decref(context);
      return err_set(e, ERR_PARAMETER, "--context takes KEY=VALUE");
    }
    list = json_object_getn(context, text, (size_t)(equals - text));
    if (list == NULL) {
      list = json_array();
      (void)json_object_setn_new(context, text, (size_t)(equals - text), list);
    }
    (void)json_array_append_new(list, json_string(equals + 1));
  }
  return json_object_set_new(in, "Context", context) == 0
             ? 0
             : err_set(e, ERR_NOMEM, "no memory for the context");
}

static void say_why(const struct cli *cli, const json_t *r)
{
  const char *effect = json_str(r, "Effect"), *policy = json_str(r, "Policy");
  const char *type = json_str(r, "PolicyType"), *sid = json_str(r, "Sid");
  int64_t statement = json_int(r, "Statement", 0);
  enum color color =
      effect != NULL && strcmp(effect, "allowed") == 0 ? COLOR_GOOD : COLOR_BAD;

  (void)fprintf(cli->out, "%s%s%s\n", color_on(cli, color),
                effect == NULL ? "" : effect, color_off(cli, color));
  report_fact(cli, "Who:", "%s", json_str(r, "As"));
  report_fact(cli, "Action:", "%s", json_str(r, "Action"));
  report_fact(cli, "Resource:", "%s", json_str(r, "Resource"));
  if (statement != 0)
    report_fact(cli, "By:", "statement %lld%s%s%s of the %s policy%s%s",
                (long long)statement, sid == NULL ? "" : " (",
                sid == NULL ? "" : sid, sid == NULL ? "" : ")",
                type == NULL ? "" : type, policy == NULL ? "" : " ",
                policy == NULL ? "" : policy);
  if (json_str(r, "Reason") != NULL)
    report_fact(cli, "Why:", "%s", json_str(r, "Reason"));
}

/* A name alone is a user's. */
static json_t *who_of(const char *as)
{
  if (strchr(as, '/') != NULL || strchr(as, ':') != NULL ||
      strcmp(as, "root") == 0)
    return json_string(as);
  return json_sprintf("user/%s", as);
}

int cmd_policy_explain(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = json_pack("{s:s}", "Action", args->words[0]);
  CLEANUP_JSON json_t *reply = NULL;
  const char *as = args_get(args, "as"), *effect;
  int rc = 0;

  if (as == NULL)
    return args_refuse(cli, args, "--as WHO says for whom");
  (void)json_object_set_new(in, "As", who_of(as));
  if (rc == 0 && args->n_words > 1)
    rc = iam_text_set(in, "SecretId", args->words[1], e);
  if (rc == 0)
    rc = iam_text_set(in, "Resource", args_get(args, "resource"), e);
  if (rc == 0)
    rc = context_set(in, args, e);
  if (rc == -ERR_PARAMETER)
    return args_refuse(cli, args, "%s", e->text);
  if (rc == 0)
    rc = client_call(cli->client, "keyturn.ExplainPolicy", in, &reply, e);
  if (rc != 0)
    return rc;
  if (cli->json)
    rc = report_json(cli, reply, e);
  else
    say_why(cli, reply);
  effect = json_str(reply, "Effect");
  return rc == 0 && (effect == NULL || strcmp(effect, "allowed") != 0)
             ? EXIT_FAILED
             : rc;
}
