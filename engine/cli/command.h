/* The commands: one table says path, function, summary, usage, options and
 * examples.  Parsing, --help, `keyturn help --json` and the manual's test all
 * come from it.
 *
 * A command's function returns 0, a negative err_code (main prints the text
 * and maps it to an exit code) or a positive exit code of its own, for what
 * it has said already.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct client;

/* X(enum, number, meaning): what `keyturn help exit-codes` prints. */
#define EXIT_TABLE(X)                                                       \
  X(EXIT_OK, 0, "done")                                                     \
  X(EXIT_FAILED, 1, "the operation failed, or something needs a person")    \
  X(EXIT_USAGE, 2, "the command line is wrong; nothing was done")           \
  X(EXIT_UNREACHABLE, 3, "keyturnd cannot be reached")                      \
  X(EXIT_NOT_FOUND, 4, "there is no such secret, version, rotator or user") \
  X(EXIT_DENIED, 5, "keyturnd does not let you")

enum exit_code {
#define X(id, number, text) id = number,
  EXIT_TABLE(X)
#undef X
};

struct option_row {
  const char *name; /* without the dashes */
  const char *arg;  /* what the help calls its argument; NULL: a flag */
  const char *text; /* one line */
};

#define OPTIONS_MAX 24 /* rows of one command, those of all included */
#define GIVEN_MAX   64 /* options on one command line */

/* A parsed command line; borrows argv. */
struct args {
  const struct command *command;
  struct {
    const struct option_row *option;
    const char *value; /* NULL for a flag */
  } given[GIVEN_MAX];
  size_t n_given;
  char **words; /* what is no option */
  int n_words;
};

/* What every command works with. */
struct cli {
  struct client *client; /* NULL for a local command */
  FILE *out, *err;
  bool json, verbose;
  bool is_tty;   /* out is a terminal */
  bool is_color; /* … and wants colour */
  bool is_utf8;
};

typedef int command_fn(struct cli *cli, const struct args *args, struct err *e);

struct command {
  const char *path; /* "secret get" */
  command_fn *run;
  const char *summary;
  const char *usage;                /* what stands behind the path */
  const struct option_row *options; /* ended by a NULL name; may be NULL */
  const char *text;                 /* paragraphs of the help; may be NULL */
  const char *examples;             /* lines */
  int min_words, max_words;         /* max -1: any number */
  bool is_local;                    /* needs no daemon */
};

/* Each ended by a NULL path. */
extern const struct command commands[];
extern const struct command commands_iam[];
/* The n-th of all of them, from 0; NULL: there are no more. */
const struct command *command_at(size_t n);

#define OPTIONS_END  \
  {                  \
    NULL, NULL, NULL \
  }

/* What every command takes besides its own. */
extern const struct option_row global_options[];

/* The command whose path the first words are; *out_used: how many.  NULL:
 * none. */
const struct command *command_find(char **words, int n, int *out_used);
/* True when some path begins with this word. */
bool command_is_group(const char *word);

/* Takes the options out of argv[0..argc) (argv[0] is ignored); ERR_PARAMETER
 * says what is wrong.  A refused `--value WORD` is wiped, for it may be a
 * secret. */
int args_parse(const struct command *command, int argc, char **argv,
               struct args *out, struct err *e);
bool args_has(const struct args *a, const char *name);
/* The last one given, or NULL. */
const char *args_get(const struct args *a, const char *name);
/* A whole number within min and max; the fallback when it was not given. */
int args_number(const struct args *a, const char *name, int64_t fallback,
                int64_t min, int64_t max, int64_t *out, struct err *e);
/* Says what is wrong with the command line and where the help is; returns
 * EXIT_USAGE. */
int args_refuse(const struct cli *cli, const struct args *a, const char *fmt,
                ...) __attribute__((format(printf, 3, 4)));

/* What an error makes of the process. */
int command_exit_code(enum err_code code);

void command_help(const struct command *c, FILE *to);
/* The list of all commands, or of those in one group. */
void command_list(const char *group, FILE *to);
void command_exit_codes(FILE *to);
/* The whole table, as JSON. */
void command_dump(FILE *to);

int cmd_help(struct cli *cli, const struct args *args, struct err *e);
int cmd_status(struct cli *cli, const struct args *args, struct err *e);
int cmd_env(struct cli *cli, const struct args *args, struct err *e);
int cmd_audit_search(struct cli *cli, const struct args *args, struct err *e);
int cmd_audit_verify(struct cli *cli, const struct args *args, struct err *e);
int cmd_usage(struct cli *cli, const struct args *args, struct err *e);
int cmd_password(struct cli *cli, const struct args *args, struct err *e);
int cmd_secret_create(struct cli *cli, const struct args *args, struct err *e);
int cmd_secret_get(struct cli *cli, const struct args *args, struct err *e);
int cmd_secret_put(struct cli *cli, const struct args *args, struct err *e);
int cmd_secret_list(struct cli *cli, const struct args *args, struct err *e);
int cmd_secret_describe(struct cli *cli, const struct args *args,
                        struct err *e);
int cmd_secret_versions(struct cli *cli, const struct args *args,
                        struct err *e);
int cmd_secret_delete(struct cli *cli, const struct args *args, struct err *e);
int cmd_secret_restore(struct cli *cli, const struct args *args, struct err *e);
int cmd_rotation_list(struct cli *cli, const struct args *args, struct err *e);
int cmd_rotation_show(struct cli *cli, const struct args *args, struct err *e);
int cmd_rotation_now(struct cli *cli, const struct args *args, struct err *e);
int cmd_rotation_check(struct cli *cli, const struct args *args, struct err *e);
int cmd_rotation_history(struct cli *cli, const struct args *args,
                         struct err *e);
int cmd_rotation_pause(struct cli *cli, const struct args *args, struct err *e);
int cmd_rotation_resume(struct cli *cli, const struct args *args,
                        struct err *e);
int cmd_rotation_cancel(struct cli *cli, const struct args *args,
                        struct err *e);
int cmd_rotation_abort(struct cli *cli, const struct args *args, struct err *e);
int cmd_schedule_next(struct cli *cli, const struct args *args, struct err *e);
int cmd_apply(struct cli *cli, const struct args *args, struct err *e);
int cmd_iam_boundary_delete(struct cli *cli, const struct args *args,
                            struct err *e);
int cmd_iam_boundary_put(struct cli *cli, const struct args *args,
                         struct err *e);
int cmd_iam_create(struct cli *cli, const struct args *args, struct err *e);
int cmd_iam_delete(struct cli *cli, const struct args *args, struct err *e);
int cmd_iam_group_add(struct cli *cli, const struct args *args, struct err *e);
int cmd_iam_group_remove(struct cli *cli, const struct args *args,
                         struct err *e);
int cmd_iam_key_activate(struct cli *cli, const struct args *args,
                         struct err *e);
int cmd_iam_key_create(struct cli *cli, const struct args *args, struct err *e);
int cmd_iam_key_deactivate(struct cli *cli, const struct args *args,
                           struct err *e);
int cmd_iam_key_delete(struct cli *cli, const struct args *args, struct err *e);
int cmd_iam_key_list(struct cli *cli, const struct args *args, struct err *e);
int cmd_iam_list(struct cli *cli, const struct args *args, struct err *e);
int cmd_iam_policy_attach(struct cli *cli, const struct args *args,
                          struct err *e);
int cmd_iam_policy_delete(struct cli *cli, const struct args *args,
                          struct err *e);
int cmd_iam_policy_detach(struct cli *cli, const struct args *args,
                          struct err *e);
int cmd_iam_policy_list(struct cli *cli, const struct args *args,
                        struct err *e);
int cmd_iam_policy_put(struct cli *cli, const struct args *args, struct err *e);
int cmd_iam_policy_show(struct cli *cli, const struct args *args,
                        struct err *e);
int cmd_iam_show(struct cli *cli, const struct args *args, struct err *e);
int cmd_iam_tag(struct cli *cli, const struct args *args, struct err *e);
int cmd_iam_untag(struct cli *cli, const struct args *args, struct err *e);
int cmd_iam_update(struct cli *cli, const struct args *args, struct err *e);
int cmd_policy_explain(struct cli *cli, const struct args *args, struct err *e);
int cmd_kms_key_create(struct cli *cli, const struct args *args, struct err *e);
int cmd_kms_key_list(struct cli *cli, const struct args *args, struct err *e);
int cmd_rotator_list(struct cli *cli, const struct args *args, struct err *e);
int cmd_rotator_check(struct cli *cli, const struct args *args, struct err *e);

#endif
