/* keyturn help. */
#include <string.h>

#include "cli/command.h"

int cmd_help(struct cli *cli, const struct args *args, struct err *e)
{
  const struct command *c;
  int used = 0;

  (void)e;
  if (cli->json) {
    command_dump(cli->out);
    return 0;
  }
  if (args->n_words == 0) {
    command_list(NULL, cli->out);
    return 0;
  }
  if (strcmp(args->words[0], "exit-codes") == 0) {
    command_exit_codes(cli->out);
    return 0;
  }
  c = command_find(args->words, args->n_words, &used);
  if (c != NULL)
    command_help(c, cli->out);
  else if (command_is_group(args->words[0]))
    command_list(args->words[0], cli->out);
  else
    return args_refuse(cli, args, "'%.80s' is no command", args->words[0]);
  return 0;
}
