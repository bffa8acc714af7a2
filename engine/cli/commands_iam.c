/* The table of commands on users, groups, roles, policies and access keys.
 */
#include "cli/command.h"

static const struct option_row user_options[] = {
    {"path", "PATH", "in the ARN, as /team/web/; default: /"},
    {"tag", "KEY=VALUE", "a tag; may be given many times"},
    {"boundary", "POLICY", "a managed policy that bounds what he may"},
    OPTIONS_END,
};

static const struct option_row group_options[] = {
    {"path", "PATH", "in the ARN, as /team/web/; default: /"},
    OPTIONS_END,
};

static const struct option_row role_options[] = {
    {"trust", "FILE", "the policy that says who may assume it"},
    {"max-session", "SECONDS", "3600 to 43200; default: 3600"},
    {"description", "TEXT", "what it is for"},
    {"path", "PATH", "in the ARN, as /team/web/; default: /"},
    {"tag", "KEY=VALUE", "a tag; may be given many times"},
    {"boundary", "POLICY", "a managed policy that bounds what it may"},
    OPTIONS_END,
};

static const struct option_row role_update_options[] = {
    {"trust", "FILE", "the policy that says who may assume it"},
    {"max-session", "SECONDS", "3600 to 43200"},
    {"description", "TEXT", "what it is for"},
    OPTIONS_END,
};

static const struct option_row delete_options[] = {
    {"force", NULL, "with all that hangs on it; asks"},
    {"yes", NULL, "with --force: do not ask"},
    OPTIONS_END,
};

static const struct option_row key_options[] = {
    {"output", "FILE", "a new file for it, mode 0600; then none is printed"},
    OPTIONS_END,
};

static const struct option_row on_options[] = {
    {"on", "WHO", "one of this user/NAME, group/NAME or role/NAME"},
    OPTIONS_END,
};

static const struct option_row put_options[] = {
    {"on", "WHO", "one of this user/NAME, group/NAME or role/NAME"},
    {"description", "TEXT", "what a managed policy is for"},
    OPTIONS_END,
};

static const struct option_row policy_delete_options[] = {
    {"on", "WHO", "one of this user/NAME, group/NAME or role/NAME"},
    {"force", NULL, "with all that hangs on it; asks"},
    {"yes", NULL, "with --force: do not ask"},
    OPTIONS_END,
};

static const struct option_row explain_options[] = {
    {"as", "WHO", "for whom"},
    {"resource", "ARN", "about this, where it is no secret"},
    {"context", "KEY=VALUE", "a condition key; may be given many times"},
    OPTIONS_END,
};

const struct command commands_iam[] = {
    {"iam user create", cmd_iam_create, "make a new user", "NAME", user_options,
     "He may do nothing until a policy allows it, and needs an access key to\n"
     "sign requests with.",
     "keyturn iam user create app\n"
     "keyturn iam user create anna --path /people/ --tag team=web",
     1, 1, false},
    {"iam user list", cmd_iam_list, "list the users", "", NULL, NULL,
     "keyturn iam user list", 0, 0, false},
    {"iam user show", cmd_iam_show,
     "show a user, with groups, policies and keys", "NAME", NULL, NULL,
     "keyturn iam user show app", 1, 1, false},
    {"iam user delete", cmd_iam_delete, "delete a user", "NAME", delete_options,
     "Refused while he has keys, groups or policies, unless --force takes\n"
     "them along.",
     "keyturn iam user delete app --force", 1, 1, false},
    {"iam group create", cmd_iam_create, "make a new group", "NAME",
     group_options, "What its policies allow, all its users may.",
     "keyturn iam group create readers", 1, 1, false},
    {"iam group list", cmd_iam_list, "list the groups", "", NULL, NULL,
     "keyturn iam group list", 0, 0, false},
    {"iam group show", cmd_iam_show, "show a group, its users and policies",
     "NAME", NULL, NULL, "keyturn iam group show readers", 1, 1, false},
    {"iam group add", cmd_iam_group_add, "put users into a group",
     "GROUP USER...", NULL, "A user may be in 10 groups.",
     "keyturn iam group add readers app anna", 2, -1, false},
    {"iam group remove", cmd_iam_group_remove, "take users out of a group",
     "GROUP USER...", NULL, NULL, "keyturn iam group remove readers anna", 2,
     -1, false},
    {"iam group delete", cmd_iam_delete, "delete a group", "NAME",
     delete_options,
     "Refused while it has users or policies, unless --force takes them\n"
     "along.",
     "keyturn iam group delete readers", 1, 1, false},
    {"iam key create", cmd_iam_key_create, "make an access key of a user",
     "USER", key_options,
     "Prints two export lines for a shell, or JSON.  The secret access key\n"
     "is shown this once.  A user may have 2 keys: make the new one, change\n"
     "what uses the old one, then deactivate and delete that.",
     "keyturn iam key create app\n"
     "keyturn iam key create app --output app.env\n"
     "keyturn iam key create app --json",
     1, 1, false},
    {"iam key list", cmd_iam_key_list, "list a user's access keys", "USER",
     NULL, NULL, "keyturn iam key list app", 1, 1, false},
    {"iam key deactivate", cmd_iam_key_deactivate,
     "refuse an access key from now on", "USER KEY-ID", NULL, NULL,
     "keyturn iam key deactivate app AKIAIOSFODNN7EXAMPLE", 2, 2, false},
    {"iam key activate", cmd_iam_key_activate, "take an access key again",
     "USER KEY-ID", NULL, NULL,
     "keyturn iam key activate app AKIAIOSFODNN7EXAMPLE", 2, 2, false},
    {"iam key delete", cmd_iam_key_delete, "delete an access key for ever",
     "USER KEY-ID", NULL, NULL,
     "keyturn iam key delete app AKIAIOSFODNN7EXAMPLE", 2, 2, false},
    {"iam policy put", cmd_iam_policy_put, "store a policy", "NAME FILE",
     put_options,
     "FILE has the policy in AWS's language; - is standard input.  Without\n"
     "--on it is a managed policy, which is created or replaced, and which\n"
     "can be attached to many; with --on it is one of that user, group or\n"
     "role.",
     "keyturn iam policy put read-web read-web.json\n"
     "keyturn iam policy put own own.json --on user/app",
     2, 2, false},
    {"iam policy show", cmd_iam_policy_show, "print a policy", "NAME",
     on_options, NULL,
     "keyturn iam policy show read-web\n"
     "keyturn iam policy show own --on user/app",
     1, 1, false},
    {"iam policy list", cmd_iam_policy_list, "list the policies", "",
     on_options,
     "Without --on the managed ones; with it those that somebody has.",
     "keyturn iam policy list\n"
     "keyturn iam policy list --on user/app",
     0, 0, false},
    {"iam policy delete", cmd_iam_policy_delete, "delete a policy", "NAME",
     policy_delete_options,
     "A managed policy that is attached is refused, unless --force detaches\n"
     "it.  A boundary that is in use is always refused.",
     "keyturn iam policy delete read-web\n"
     "keyturn iam policy delete own --on user/app",
     1, 1, false},
    {"iam policy attach", cmd_iam_policy_attach,
     "give a managed policy to somebody", "POLICY WHO", NULL,
     "WHO is user/NAME, group/NAME or role/NAME.",
     "keyturn iam policy attach read-web group/readers", 2, 2, false},
    {"iam policy detach", cmd_iam_policy_detach,
     "take a managed policy from somebody", "POLICY WHO", NULL, NULL,
     "keyturn iam policy detach read-web group/readers", 2, 2, false},
    {"iam boundary put", cmd_iam_boundary_put,
     "bound what a user or a role may", "WHO POLICY", NULL,
     "WHO (user/NAME or role/NAME) may then do what his policies allow and\n"
     "this managed one, too: it gives nothing by itself.",
     "keyturn iam boundary put user/app read-web", 2, 2, false},
    {"iam boundary delete", cmd_iam_boundary_delete, "end a boundary", "WHO",
     NULL, NULL, "keyturn iam boundary delete user/app", 1, 1, false},
    {"iam role create", cmd_iam_create, "make a new role", "NAME --trust FILE",
     role_options,
     "A role has no keys: whom its trust policy lets in gets a session of it\n"
     "for some time, by sts assume-role.",
     "keyturn iam role create deploy --trust trust.json --max-session 7200", 1,
     1, false},
    {"iam role list", cmd_iam_list, "list the roles", "", NULL, NULL,
     "keyturn iam role list", 0, 0, false},
    {"iam role show", cmd_iam_show, "show a role and who may assume it", "NAME",
     NULL, NULL, "keyturn iam role show deploy", 1, 1, false},
    {"iam role update", cmd_iam_update, "change a role", "NAME",
     role_update_options,
     "What is not given stays.  Sessions that there are go on.",
     "keyturn iam role update deploy --trust trust.json", 1, 1, false},
    {"iam role delete", cmd_iam_delete, "delete a role, and end its sessions",
     "NAME", delete_options,
     "Refused while it has policies, unless --force takes them along.",
     "keyturn iam role delete deploy --force --yes", 1, 1, false},
    {"iam tag", cmd_iam_tag, "tag a user, a role or a policy",
     "WHO KEY=VALUE...", NULL,
     "Policies see a user's and a role's tags as aws:PrincipalTag/KEY.",
     "keyturn iam tag user/app team=web stage=prod", 2, -1, false},
    {"iam untag", cmd_iam_untag, "take tags away", "WHO KEY...", NULL, NULL,
     "keyturn iam untag user/app stage", 2, -1, false},
    {"policy explain", cmd_policy_explain,
     "who may do what, and by which policy", "--as WHO ACTION [NAME]",
     explain_options,
     "WHO is a user's NAME, role/NAME, root, or an ARN; ACTION is\n"
     "GetSecretValue or any other, with its service before it where that is\n"
     "not secretsmanager.  Names the statement that decided.  Exits 1 when it\n"
     "is not allowed.",
     "keyturn policy explain --as user/app GetSecretValue prod/app\n"
     "keyturn policy explain --as role/ci ListSecrets --context "
     "aws:SourceIp=::1",
     1, 2, false},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, false},
};
