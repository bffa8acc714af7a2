/* keyturn iam group add and remove, iam tag, iam untag, iam boundary. */
#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/iam_words.h"
#include "cli/report.h"

/* GROUP USER...: one call each; those before a failure are done. */
static int each_user(struct cli *cli, const struct args *args,
                     const char *target, const char *done, struct err *e)
{
  int rc = 0;

  for (int i = 1; rc == 0 && i < args->n_words; i++) {
    CLEANUP_JSON json_t *in = json_pack(
        "{s:s, s:s}", "GroupName", args->words[0], "UserName", args->words[i]);

    rc = iam_call(cli, target, in, e, "%s: %s %s", args->words[0], done,
                  args->words[i]);
  }
  return rc;
}

int cmd_iam_group_add(struct cli *cli, const struct args *args, struct err *e)
{
  return each_user(cli, args, "keyturn.AddUserToGroup", "now has", e);
}

int cmd_iam_group_remove(struct cli *cli, const struct args *args,
                         struct err *e)
{
  return each_user(cli, args, "keyturn.RemoveUserFromGroup", "no longer has",
                   e);
}

int cmd_iam_tag(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in =
      json_pack("{s:s, s:[]}", "Entity", args->words[0], "Tags");

  for (int i = 1; i < args->n_words; i++)
    if (json_array_append_new(json_object_get(in, "Tags"),
                              iam_tag_of(args->words[i])) != 0)
      return args_refuse(cli, args, "a tag is KEY=VALUE");
  return iam_call(cli, "keyturn.TagEntity", in, e, "Tagged %s", args->words[0]);
}

int cmd_iam_untag(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in =
      json_pack("{s:s, s:[]}", "Entity", args->words[0], "TagKeys");

  for (int i = 1; i < args->n_words; i++)
    (void)json_array_append_new(json_object_get(in, "TagKeys"),
                                json_string(args->words[i]));
  return iam_call(cli, "keyturn.UntagEntity", in, e, "Untagged %s",
                  args->words[0]);
}

int cmd_iam_boundary_put(struct cli *cli, const struct args *args,
                         struct err *e)
{
  CLEANUP_JSON json_t *in = json_pack("{s:s}", "Entity", args->words[0]);

  (void)json_object_set_new(in, "Policy", iam_policy_of(args->words[1]));
  return iam_call(cli, "keyturn.PutPermissionsBoundary", in, e,
                  "%s may do no more than %s allows", args->words[0],
                  args->words[1]);
}

int cmd_iam_boundary_delete(struct cli *cli, const struct args *args,
                            struct err *e)
{
  CLEANUP_JSON json_t *in = json_pack("{s:s}", "Entity", args->words[0]);

  return iam_call(cli, "keyturn.DeletePermissionsBoundary", in, e,
                  "%s has no boundary any more", args->words[0]);
}
