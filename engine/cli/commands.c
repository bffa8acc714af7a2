/* The table of commands and their options.  What --help, `keyturn help --json`
 * and keyturn(1) say is said here, once.
 */
#include "cli/command.h"

const struct option_row global_options[] = {
    {"help", NULL, "show the help of the command; also -h"},
    {"json", NULL, "print JSON, for programs"},
    {"socket", "PATH", "keyturnd's socket; default: $KEYTURN_SOCKET"},
    {"verbose", NULL, "with an error, its name in the API and request id"},
    OPTIONS_END,
};

static const struct option_row password_options[] = {
    {"length", "N", "how many characters, 1 to 4096; default: 32"},
    {"exclude", "CHARS", "characters that must not be in it"},
    {"no-numbers", NULL, "without digits"},
    {"no-punctuation", NULL, "without punctuation"},
    {"no-uppercase", NULL, "without capital letters"},
    {"no-lowercase", NULL, "without small letters"},
    {"space", NULL, "spaces are allowed"},
    OPTIONS_END,
};

static const struct option_row env_options[] = {
    {"for", "CLIENT", "cli, boto3, js, go, java, terraform or eso"},
    {"ca", "FILE", "your own authority, PEM; for java a trust store"},
    OPTIONS_END,
};

static const struct option_row create_options[] = {
    {"description", "TEXT", "what it is for"},
    {"tag", "KEY=VALUE", "a tag; may be given many times"},
    {"kms-key", "KEY", "the key's id, ARN or alias; default: the store's own"},
    {"value", "-", "read the value from standard input"},
    {"value-file", "FILE", "read the value from a file"},
    {"binary", NULL, "the value is bytes, not text"},
    {"no-value", NULL, "create it without a value"},
    OPTIONS_END,
};

static const struct option_row key_options[] = {
    {"description", "TEXT", "what it is for"},
    OPTIONS_END,
};

static const struct option_row get_options[] = {
    {"field", "NAME", "only this member of a JSON value"},
    {"version-stage", "LABEL", "default: AWSCURRENT"},
    {"version-id", "ID", "this version"},
    OPTIONS_END,
};

static const struct option_row put_options[] = {
    {"value", "-", "read the value from standard input"},
    {"value-file", "FILE", "read the value from a file"},
    {"binary", NULL, "the value is bytes, not text"},
    OPTIONS_END,
};

static const struct option_row list_options[] = {
    {"prefix", "TEXT", "only names that begin so"},
    {"deleted", NULL, "those that wait to be deleted, too"},
    OPTIONS_END,
};

static const struct option_row versions_options[] = {
    {"all", NULL, "versions without a label, too"},
    OPTIONS_END,
};

static const struct option_row delete_options[] = {
    {"days", "N", "keep it restorable so long, 7 to 30; default: 30"},
    {"force", NULL, "delete it now and for ever"},
    {"yes", NULL, "with --force: do not ask"},
    OPTIONS_END,
};

static const struct option_row rotations_options[] = {
    {"state", "STATE", "idle, waiting, running, retiring, failed, stuck"},
    {"late", NULL, "those that are due and past their window"},
    {"paused", NULL, "those that are paused"},
    {"prefix", "TEXT", "only names that begin so"},
    OPTIONS_END,
};

static const struct option_row now_options[] = {
    {"wait", NULL, "wait for the end and print the result"},
    {"watch", NULL, "show the steps while they run"},
    {"all", NULL, "every secret that has a rotation"},
    {"failed", NULL, "every secret whose last rotation failed"},
    {"prefix", "TEXT", "with --all or --failed: only names that begin so"},
    {"parallel", "N", "how many at once, 1 to 64; default: 8"},
    {"timeout", "SECONDS", "stop waiting then; the rotations go on"},
    {"yes", NULL, "with --all or --failed: do not ask"},
    OPTIONS_END,
};

static const struct option_row history_options[] = {
    {"limit", "N", "how many attempts at most, the newest; default: 20"},
    {"job", "ID", "only those of one rotation"},
    {"failed", NULL, "only those that failed"},
    OPTIONS_END,
};

static const struct option_row next_options[] = {
    {"zone", "NAME", "an IANA time zone, as Europe/Berlin; default: UTC"},
    {"duration", "HOURS", "the window's length, as 3h"},
    {"count", "N", "how many, 1 to 100; default: 5"},
    {"from", "TIME", "as 2027-01-31T12:00:00Z or seconds; default: now"},
    OPTIONS_END,
};

static const struct option_row apply_options[] = {
    {"dry-run", NULL, "show what would change; change nothing"},
    {"values-dir", "DIR", "where the files of values are; default: the plan's"},
    {"set-values", NULL, "store the values of secrets that exist, too"},
    OPTIONS_END,
};

static const struct option_row check_options[] = {
    {"secret", "FILE", "the secret's value; gets the new one"},
    {"rotator", "NAME", "which one of the plugin's"},
    {"deadline", "SECONDS", "of one step, 1 to 300; default: 15"},
    OPTIONS_END,
};

static const struct option_row search_options[] = {
    {"since", "TIME", "as 2026-11-24, 2026-11-24T12:00:00Z, 12h or 7d ago"},
    {"until", "TIME", "the same; before it"},
    {"user", "WHO", "a name, an ARN, an access key id"},
    {"action", "NAME", "as GetSecretValue or RotationFailed"},
    {"secret", "NAME", "a name or an ARN"},
    {"error", "NAME", "as AccessDeniedException; any: every failure"},
    {"ip", "ADDRESS", "what the source begins with"},
    {"limit", "N", "how many at most, the newest; default: 50"},
    OPTIONS_END,
};

static const struct option_row verify_options[] = {
    {"public-key", "FILE", "with FOLDER; default: the one in it"},
    {"partial", NULL, "with FOLDER: its oldest files were moved away"},
    OPTIONS_END,
};

static const struct option_row usage_options[] = {
    {"month", "YYYY-MM", "default: this one (UTC)"},
    OPTIONS_END,
};

#define FROM_WHERE                                                          \
  "The value is asked for at the terminal, twice and not shown, or comes\n" \
  "from standard input (--value -) or a file (--value-file FILE).  It is\n" \
  "never taken from the command line, which everybody on the machine can\n" \
  "read.  One newline at its end is dropped, unless it is --binary."

const struct command commands[] = {
    {"status", cmd_status, "is it healthy, what failed, what is next", "", NULL,
     "Exits 1 when the engine does not run.  Rotations that failed do not\n"
     "make the daemon unhealthy; they are counted, and named by\n"
     "keyturn rotation list --state failed.",
     "keyturn status\nkeyturn status --json", 0, 0, false},
    {"secret create", cmd_secret_create, "make a new secret", "NAME",
     create_options, FROM_WHERE,
     "keyturn secret create prod/app --value-file app.json\n"
     "keyturn secret create prod/api-key --tag team=web",
     1, 1, false},
    {"secret get", cmd_secret_get, "print a secret's value", "NAME",
     get_options, "Text is printed with a newline, a binary value as it is.",
     "keyturn secret get prod/app\n"
     "keyturn secret get prod/app --field password\n"
     "keyturn secret get prod/app --version-stage AWSPREVIOUS",
     1, 1, false},
    {"secret put", cmd_secret_put, "store a new value of a secret", "NAME",
     put_options,
     FROM_WHERE "\n\nThe target is not told: to change the credential there, "
                "too, rotate it\n(keyturn rotation now NAME).",
     "keyturn secret put prod/app --value-file app.json\n"
     "pass show app | keyturn secret put prod/app --value -",
     1, 1, false},
    {"secret list", cmd_secret_list, "list the secrets", "", list_options, NULL,
     "keyturn secret list\nkeyturn secret list --prefix prod/", 0, 0, false},
    {"secret describe", cmd_secret_describe, "show all but the value", "NAME",
     NULL, NULL, "keyturn secret describe prod/app", 1, 1, false},
    {"secret versions", cmd_secret_versions, "list a secret's versions", "NAME",
     versions_options, NULL,
     "keyturn secret versions prod/app\n"
     "keyturn secret versions prod/app --all",
     1, 1, false},
    {"secret delete", cmd_secret_delete, "delete a secret, after some days",
     "NAME", delete_options,
     "Until then it can be restored.  --force asks, and cannot be undone.",
     "keyturn secret delete old/app --days 7\n"
     "keyturn secret delete old/app --force --yes",
     1, 1, false},
    {"secret restore", cmd_secret_restore, "keep a deleted secret", "NAME",
     NULL, NULL, "keyturn secret restore old/app", 1, 1, false},
    {"rotation list", cmd_rotation_list,
     "list the rotations: when, how, what failed", "", rotations_options,
     "--state may be given many times.  With several of --state, --late and\n"
     "--paused, those that fit any are shown.",
     "keyturn rotation list\n"
     "keyturn rotation list --state failed --state stuck --late",
     0, 0, false},
    {"rotation show", cmd_rotation_show,
     "show a secret's rotation and its last run", "NAME", NULL,
     "The steps of the last rotation, what went wrong and what to do next.",
     "keyturn rotation show prod/app", 1, 1, false},
    {"rotation now", cmd_rotation_now, "rotate now",
     "NAME... | --all | --failed", now_options,
     "Without --wait and --watch it is only started.  A rotation that was\n"
     "cancelled is switched on again.  Exits 1 when one of them failed.",
     "keyturn rotation now prod/app --watch\n"
     "keyturn rotation now --failed --wait",
     0, -1, false},
    {"rotation check", cmd_rotation_check, "can it rotate?  Changes nothing",
     "NAME", NULL,
     "The rotator logs in and looks at rights and policies.  Exits 1 when\n"
     "it found that a rotation would fail.",
     "keyturn rotation check prod/app", 1, 1, false},
    {"rotation history", cmd_rotation_history,
     "list the attempts at steps, newest last", "[NAME]", history_options, NULL,
     "keyturn rotation history prod/app --limit 40\n"
     "keyturn rotation history --failed",
     0, 1, false},
    {"rotation pause", cmd_rotation_pause,
     "no scheduled rotations until resumed", "NAME...", NULL,
     "A rotation that runs goes on; keyturn rotation now still rotates.",
     "keyturn rotation pause prod/app", 1, -1, false},
    {"rotation resume", cmd_rotation_resume, "end a pause", "NAME...", NULL,
     NULL, "keyturn rotation resume prod/app", 1, -1, false},
    {"rotation cancel", cmd_rotation_cancel,
     "switch rotation off, and stop one that runs", "NAME", NULL,
     "The schedule is kept and sleeps; keyturn rotation now switches it on\n"
     "again.  To stop only the rotation that runs: keyturn rotation abort.",
     "keyturn rotation cancel prod/app", 1, 1, false},
    {"rotation abort", cmd_rotation_abort,
     "stop the rotation that runs, and undo it", "NAME", NULL,
     "What was changed at the target is put back.  The schedule goes on.",
     "keyturn rotation abort prod/app", 1, 1, false},
    {"schedule next", cmd_schedule_next, "when a schedule fires",
     "EXPRESSION|NAME", next_options,
     "An expression is cron(minute hour day month weekday year) or\n"
     "rate(N days); a name is that of a secret, whose own zone and window\n"
     "are used.  Times are shown in the schedule's zone.",
     "keyturn schedule next 'cron(0 3 ? * MON-FRI *)' --zone Europe/Berlin\n"
     "keyturn schedule next prod/app --count 10",
     1, 1, false},
    {"apply", cmd_apply, "make secrets and rotations as plans say",
     "FILE|DIR...", apply_options,
     "Of a folder all *.json are plans.  All are read and checked before\n"
     "anything is changed; what is wrong is told with file and line.\n"
     "Applying a plan again changes nothing.  A value is stored when its\n"
     "secret has none; --set-values stores it where it differs.  What a plan\n"
     "does not name is left alone.  Plans are described in keyturn-plan(5).",
     "keyturn apply --dry-run schedules/postgres-alternating-nightly.json\n"
     "keyturn apply --values-dir /etc/keyturn/values plan.json",
     1, -1, false},
    {"kms-key create", cmd_kms_key_create,
     "make a key that secrets can be encrypted by", "[ALIAS]", key_options,
     "A secret names its key by id, ARN or alias (alias/NAME; the prefix may\n"
     "be left out here).  Those that name none are under the default key.\n"
     "Keys are stored under the root key and are never deleted.",
     "keyturn kms-key create payments --description 'the payments team'", 0, 1,
     false},
    {"kms-key list", cmd_kms_key_list, "list the keys", "", NULL, NULL,
     "keyturn kms-key list", 0, 0, false},
    {"rotator list", cmd_rotator_list, "list the rotators that are loaded", "",
     NULL, "Plugins that were refused are listed with the reason.",
     "keyturn rotator list", 0, 0, false},
    {"rotator check", cmd_rotator_check, "prove a plugin right",
     "PLUGIN --secret FILE", check_options,
     "Rotates the credential in FILE for real, twice, against its real\n"
     "target, and on the way repeats, kills and starves the steps.  FILE\n"
     "(mode 0600) gets the new value.  Exits 1 when a rule failed.",
     "keyturn rotator check build/dovecot.so --secret secret.json", 1, 1, true},
    {"audit search", cmd_audit_search, "who did what: search the audit trail",
     "", search_options,
     "Printed oldest first.  With --json: the records, as CloudTrail has them.",
     "keyturn audit search --secret prod/app --since 7d\n"
     "keyturn audit search --error any --since 1h",
     0, 0, false},
    {"audit verify", cmd_audit_verify, "is the audit trail what was written?",
     "[FOLDER]", verify_options,
     "Finds records that were changed, removed, moved, doubled or cut off, "
     "and\n"
     "exits 1 with a line for each.  Without FOLDER keyturnd looks, who knows\n"
     "where its trail ends.  With FOLDER (the trail, or a copy) no daemon is\n"
     "asked: everything up to the last signed digest is proven, and what "
     "comes\n"
     "after it is said.  Whoever can write a folder can replace the key in "
     "it:\n"
     "--public-key names a copy that he cannot.",
     "keyturn audit verify\n"
     "keyturn audit verify /backup/audit --public-key keyturn.pem",
     0, 1, false},
    {"usage", cmd_usage, "what a month was used for, and its price at AWS", "",
     usage_options,
     "Calls by principal and action.  The price is AWS's list price: $0.40 a\n"
     "secret and month (by the hour), $0.05 for 10,000 calls.",
     "keyturn usage\nkeyturn usage --month 2026-11 --json", 0, 0, false},
    {"password", cmd_password, "draw a random password", "", password_options,
     NULL, "keyturn password --length 40 --no-punctuation", 0, 0, false},
    {"env", cmd_env, "print what an AWS client must be told", "URL",
     env_options,
     "URL is where keyturnd listens for it.  Without --for: what most of them\n"
     "read.  --ca is needed when the authority of keyturnd's certificate is\n"
     "your own.  keyturn-clients(7) has the clients one by one.",
     "keyturn env https://keyturn.example:8443 > keyturn.env\n"
     "keyturn env https://keyturn.example:8443 --for terraform",
     1, 1, false},
    {"help", cmd_help, "explain a command", "[COMMAND | exit-codes]", NULL,
     "With --json: all commands, options and exit codes.",
     "keyturn help rotation now\nkeyturn help exit-codes", 0, 3, true},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, false},
};
