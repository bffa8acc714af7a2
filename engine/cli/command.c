/* Finding a command, taking options, printing help: all from the table. */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/secret.h"

#define OPTION_VAL 1 /* what getopt_long says for all of ours */

const struct command *command_at(size_t n)
{
  static const struct command *const tables[] = {commands, commands_iam, NULL};

  for (int i = 0; tables[i] != NULL; i++)
    for (const struct command *c = tables[i]; c->path != NULL; c++)
      if (n-- == 0)
        return c;
  return NULL;
}

/* How many of the words make the path, 0 when they do not. */
static int path_length(const char *path, char **words, int n)
{
  for (int i = 0; i < n; i++) {
    size_t len = strcspn(path, " ");

    if (strlen(words[i]) != len || strncmp(path, words[i], len) != 0)
      return 0;
    if (path[len] == '\0')
      return i + 1;
    path += len + 1;
  }
  return 0;
}

const struct command *command_find(char **words, int n, int *out_used)
{
  const struct command *c;

  for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
    int used = path_length(c->path, words, n);

    if (used > 0) {
      *out_used = used;
      return c;
    }
  }
  return NULL;
}

bool command_is_group(const char *word)
{
  const struct command *c;
  size_t len = strlen(word);

  for (size_t i = 0; (c = command_at(i)) != NULL; i++)
    if (strncmp(c->path, word, len) == 0 && c->path[len] == ' ')
      return true;
  return false;
}

/* The command's own options, then everybody's. */
static size_t gather(const struct command *c, const struct option_row **rows)
{
  size_t n = 0;

  for (const struct option_row *o = c->options; o != NULL && o->name != NULL;
       o++)
    rows[n++] = o;
  for (const struct option_row *o = global_options; o->name != NULL; o++)
    rows[n++] = o;
  return n;
}

/* What stands on a command line is in the process table and in the shell's
 * history: a secret must not come that way. */
static int value_refused(char *value, struct err *e)
{
  secret_wipe(value, strlen(value));
  return err_set(e, ERR_PARAMETER,
                 "a secret on the command line can be read by everyone on this "
                 "machine, and stays in the shell's history; write --value - "
                 "for standard input, --value-file FILE, or neither to be "
                 "asked");
}

static int take(struct args *a, const struct option_row *option, char *value,
                struct err *e)
{
  if (a->n_given == GIVEN_MAX)
    return err_set(e, ERR_PARAMETER, "more than %d options", GIVEN_MAX);
  if (strcmp(option->name, "value") == 0 && strcmp(value, "-") != 0)
    return value_refused(value, e);
  a->given[a->n_given].option = option;
  a->given[a->n_given].value = value;
  a->n_given++;
  return 0;
}

/* Only the name is shown: "--passwrod=…" and "-p…" may hold a secret. */
static int option_refused(int c, const char *word, struct err *e)
{
  int len = (int)strcspn(word, "=");

  if (c == ':')
    return err_set(e, ERR_PARAMETER, "%s needs an argument", word);
  if (optopt == 0)
    return err_set(e, ERR_PARAMETER, "%.*s is no option of it", len, word);
  if (optopt == OPTION_VAL)
    return err_set(e, ERR_PARAMETER, "%.*s takes no argument", len, word);
  return err_set(e, ERR_PARAMETER, "-%c is no option of it", optopt);
}

static int parse_all(struct args *a, int argc, char **argv,
                     const struct option_row **rows,
                     const struct option *options, struct err *e)
{
  int index = 0, c, rc;

  optind = 0; /* glibc: start over */
  opterr = 0;
  while ((c = getopt_long(argc, argv, ":h", options, &index)) != -1) {
    if (c == '?' || c == ':')
      return option_refused(c, argv[optind - 1], e);
    /* -h is the first that everybody has. */
    rc = take(a, c == 'h' ? &global_options[0] : rows[index], optarg, e);
    if (rc != 0)
      return rc;
  }
  a->words = argv + optind;
  a->n_words = argc - optind;
  return 0;
}

int args_parse(const struct command *command, int argc, char **argv,
               struct args *out, struct err *e)
{
  const struct option_row *rows[OPTIONS_MAX];
  struct option options[OPTIONS_MAX + 1] = {0};
  size_t n = gather(command, rows);
  int rc;

  for (size_t i = 0; i < n; i++) {
    options[i].name = rows[i]->name;
    options[i].has_arg = rows[i]->arg != NULL;
    options[i].val = OPTION_VAL;
  }
  memset(out, 0, sizeof *out);
  out->command = command;
  rc = parse_all(out, argc, argv, rows, options, e);
  if (rc != 0 || args_has(out, "help"))
    return rc;
  if (out->n_words < command->min_words)
    return err_set(e, ERR_PARAMETER, "something is missing: %s",
                   command->usage);
  if (command->max_words >= 0 && out->n_words > command->max_words)
    /* Not shown: it may be a secret. */
    return err_set(e, ERR_PARAMETER, "too many words: it takes %s",
                   command->usage[0] == '\0' ? "none" : command->usage);
  return 0;
}

const char *args_get(const struct args *a, const char *name)
{
  for (size_t i = a->n_given; i > 0; i--)
    if (strcmp(a->given[i - 1].option->name, name) == 0)
      return a->given[i - 1].value;
  return NULL;
}

bool args_has(const struct args *a, const char *name)
{
  for (size_t i = 0; i < a->n_given; i++)
    if (strcmp(a->given[i].option->name, name) == 0)
      return true;
  return false;
}

int args_number(const struct args *a, const char *name, int64_t fallback,
                int64_t min, int64_t max, int64_t *out, struct err *e)
{
  const char *text = args_get(a, name);
  char *end;
  int64_t n;

  if (text == NULL) {
    *out = fallback;
    return 0;
  }
  errno = 0;
  n = strtoll(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || n < min || n > max)
    return err_set(e, ERR_PARAMETER,
                   "--%s takes a whole number from %" PRId64 " to %" PRId64,
                   name, min, max);
  *out = n;
  return 0;
}

int args_refuse(const struct cli *cli, const struct args *a, const char *fmt,
                ...)
{
  va_list ap;

  (void)fprintf(cli->err, "keyturn %s: ", a->command->path);
  va_start(ap, fmt);
  (void)vfprintf(cli->err, fmt, ap);
  va_end(ap);
  (void)fprintf(cli->err, "\nNext: keyturn %s --help\n", a->command->path);
  return EXIT_USAGE;
}

int command_exit_code(enum err_code code)
{
  switch (code) {
  case ERR_UNREACHABLE:
    return EXIT_UNREACHABLE;
  case ERR_NOT_FOUND:
  case ERR_NO_ENTITY:
    return EXIT_NOT_FOUND;
  case ERR_ACCESS:
    return EXIT_DENIED;
  default:
    return EXIT_FAILED;
  }
}

static void help_options(const struct option_row *rows, const char *title,
                         FILE *to)
{
  if (rows == NULL || rows->name == NULL)
    return;
  (void)fprintf(to, "\n%s:\n", title);
  for (const struct option_row *o = rows; o->name != NULL; o++) {
    char left[64];

    (void)snprintf(left, sizeof left, "--%s%s%s", o->name,
                   o->arg == NULL ? "" : " ", o->arg == NULL ? "" : o->arg);
    (void)fprintf(to, "  %-24s %s\n", left, o->text);
  }
}

/* Each line of the text, two spaces further in. */
static void help_lines(const char *text, FILE *to)
{
  while (*text != '\0') {
    size_t len = strcspn(text, "\n");

    (void)fprintf(to, "  %.*s\n", (int)len, text);
    text += len + (text[len] == '\n');
  }
}

void command_help(const struct command *c, FILE *to)
{
  (void)fprintf(to, "keyturn %s - %s\n\nUsage: keyturn %s%s%s\n", c->path,
                c->summary, c->path, c->usage[0] == '\0' ? "" : " ", c->usage);
  if (c->text != NULL)
    (void)fprintf(to, "\n%s\n", c->text);
  help_options(c->options, "Options", to);
  help_options(global_options, "Options of every command", to);
  (void)fprintf(to, "\nExamples:\n");
  help_lines(c->examples, to);
}

static bool is_in_group(const struct command *c, const char *group)
{
  size_t len = group == NULL ? 0 : strlen(group);

  return group == NULL ||
         (strncmp(c->path, group, len) == 0 && c->path[len] == ' ');
}

void command_list(const char *group, FILE *to)
{
  const struct command *c;
  int width = 0;

  for (size_t i = 0; (c = command_at(i)) != NULL; i++)
    if (is_in_group(c, group) && (int)strlen(c->path) > width)
      width = (int)strlen(c->path);
  for (size_t i = 0; (c = command_at(i)) != NULL; i++)
    if (is_in_group(c, group))
      (void)fprintf(to, "  keyturn %-*s  %s\n", width, c->path, c->summary);
}

void command_exit_codes(FILE *to)
{
  static const struct {
    int number;
    const char *text;
  } rows[] = {
#define X(id, number, text) {number, text},
      EXIT_TABLE(X)
#undef X
  };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    (void)fprintf(to, "  %d  %s\n", rows[i].number, rows[i].text);
}

static void dump_options(const struct option_row *rows, struct buf *b)
{
  buf_json_key(b, "options");
  buf_putc(b, '[');
  for (const struct option_row *o = rows; o != NULL && o->name != NULL; o++) {
    buf_puts(b, o == rows ? "{" : ",{");
    buf_json_str(b, "name", o->name);
    buf_json_str(b, "argument", o->arg);
    buf_json_str(b, "text", o->text);
    buf_putc(b, '}');
  }
  buf_putc(b, ']');
}

void command_dump(FILE *to)
{
  const struct command *c;
  struct buf b;

  buf_init(&b, 1 << 20, false);
  buf_puts(&b, "{\"commands\":[");
  for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
    buf_puts(&b, i == 0 ? "{" : ",{");
    buf_json_str(&b, "path", c->path);
    buf_json_str(&b, "summary", c->summary);
    buf_json_str(&b, "usage", c->usage);
    buf_json_str(&b, "text", c->text);
    buf_json_str(&b, "examples", c->examples);
    dump_options(c->options, &b);
    buf_putc(&b, '}');
  }
  buf_puts(&b, "],\"everywhere\":{");
  dump_options(global_options, &b);
  buf_puts(&b, "},\"exit_codes\":[");
#define X(id, number, text)                 \
  buf_puts(&b, (number) == 0 ? "{" : ",{"); \
  buf_json_int(&b, "code", number);         \
  buf_json_str(&b, "text", text);           \
  buf_putc(&b, '}');
  EXIT_TABLE(X)
#undef X
  buf_puts(&b, "]}\n");
  if (buf_check(&b, NULL) == 0)
    (void)fputs(b.data, to);
  buf_release(&b);
}
