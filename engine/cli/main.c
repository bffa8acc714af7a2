/* keyturn: from the command line to a command's function and an exit code. */
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/command.h"

static const char *socket_path(const struct args *a)
{
  const char *path = args_get(a, "socket");

  if (path == NULL)
    path = getenv("KEYTURN_SOCKET");
  return path == NULL || path[0] == '\0' ? CLIENT_SOCKET : path;
}

static const char *next_step(enum err_code code)
{
  switch (code) {
  case ERR_UNREACHABLE:
    return "systemctl status keyturnd";
  case ERR_NOT_FOUND:
    return "keyturn secret list";
  default:
    return NULL;
  }
}

static int failed(const struct cli *cli, const struct args *a, int rc,
                  const struct err *e)
{
  const char *next = next_step((enum err_code) - rc);

  (void)fflush(cli->out);
  /* The API does not say what it cannot find. */
  if (rc == -ERR_NOT_FOUND && a->n_words == 1)
    (void)fprintf(cli->err, "keyturn %s %.512s: ", a->command->path,
                  a->words[0]);
  else
    (void)fprintf(cli->err, "keyturn %s: ", a->command->path);
  (void)fprintf(cli->err, "%s\n",
                e->text[0] == '\0' ? err_name((enum err_code) - rc) : e->text);
  if (cli->verbose && cli->client != NULL && cli->client->request_id[0] != '\0')
    (void)fprintf(cli->err, "%s, request id %s\n", cli->client->fault,
                  cli->client->request_id);
  if (next != NULL)
    (void)fprintf(cli->err, "Next: %s\n", next);
  return command_exit_code((enum err_code) - rc);
}

static int run(struct cli *cli, const struct args *a)
{
  struct err e = {0};
  int rc = 0;

  if (cli->client != NULL)
    rc = client_init(cli->client, socket_path(a), &e);
  if (rc == 0)
    rc = a->command->run(cli, a, &e);
  if (rc < 0)
    rc = failed(cli, a, rc, &e);
  if (cli->client != NULL)
    client_release(cli->client);
  if ((fflush(cli->out) != 0 || ferror(cli->out)) && rc == 0) {
    (void)fprintf(cli->err, "keyturn %s: cannot write to standard output\n",
                  a->command->path);
    rc = EXIT_FAILED;
  }
  return rc;
}

static void cli_init(struct cli *cli, const struct args *a)
{
  const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

  cli->json = args_has(a, "json");
  cli->verbose = args_has(a, "verbose");
  cli->is_tty =
      isatty(STDOUT_FILENO) == 1 && term != NULL && strcmp(term, "dumb") != 0;
  cli->is_color =
      cli->is_tty && !cli->json && (no_color == NULL || no_color[0] == '\0');
  cli->is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static int unknown(char **words, int n)
{
  if (n > 1 && command_is_group(words[0]) &&
      (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0)) {
    command_list(words[0], stdout);
    return EXIT_OK;
  }
  if (command_is_group(words[0])) {
    (void)fprintf(stderr, "keyturn %s: %s\n", words[0],
                  n > 1 ? "there is no such command here" : "what of it?");
    command_list(words[0], stderr);
    return EXIT_USAGE;
  }
  (void)fprintf(stderr, "keyturn: '%.80s' is no command\nNext: keyturn help\n",
                words[0]);
  return EXIT_USAGE;
}

/* Where the first word of the command is: options that stand before it are
 * everybody's, and only --socket has an argument. */
static int first_word(int argc, char **argv)
{
  int i = 1;

  while (i < argc && argv[i][0] == '-')
    i += strcmp(argv[i], "--socket") == 0 ? 2 : 1;
  return i;
}

static int usage(FILE *to, int rc)
{
  (void)fprintf(to,
                "keyturn %s - secrets that rotate\n\n"
                "Usage: keyturn COMMAND [OPTIONS]\n\n",
                KEYTURN_VERSION);
  command_list(NULL, to);
  (void)fprintf(to, "\nNext: keyturn COMMAND --help, keyturn help "
                    "exit-codes, man keyturn\n");
  return rc;
}

int main(int argc, char **argv)
{
  struct cli cli = {.out = stdout, .err = stderr};
  const struct command *command;
  struct client client = {0};
  struct args args;
  struct err e = {0};
  int at, used = 0;

  (void)setlocale(LC_ALL, ""); /* a missing locale is C */
  at = first_word(argc, argv);
  if (argc == 2 && strcmp(argv[1], "--version") == 0)
    return printf("keyturn %s\n", KEYTURN_VERSION) < 0 ? EXIT_FAILED : EXIT_OK;
  if (at >= argc)
    return argc == 2 && strcmp(argv[1], "--help") == 0
               ? usage(stdout, EXIT_OK)
               : usage(stderr, EXIT_USAGE);
  command = command_find(argv + at, argc - at, &used);
  if (command == NULL)
    return unknown(argv + at, argc - at);
  /* The path's words go; options before them stay. */
  memmove(argv + at, argv + at + used,
          (size_t)(argc - at - used + 1) * sizeof *argv);
  if (args_parse(command, argc - used, argv, &args, &e) != 0)
    return args_refuse(&cli, &(struct args){.command = command}, "%s", e.text);
  if (args_has(&args, "help")) {
    command_help(command, stdout);
    return EXIT_OK;
  }
  cli_init(&cli, &args);
  if (!command->is_local)
    cli.client = &client;
  return run(&cli, &args);
}
