/* Secrets and answers from a person or a file: never from the command line.
 */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include "base/json.h"
#include "base/secret.h"
#include "cli/command.h"

/* The secret that the options --value and --value-file name; without them it
 * is asked for, twice, without echo, at the terminal.  One newline at the end
 * is dropped unless `is_binary`.  *out: released by secret_release. */
int prompt_value(const struct args *a, bool is_binary, struct secret *out,
                 struct err *e);
/* A whole file; "-" is standard input.  ERR_IO names it. */
int prompt_read_file(const char *path, struct secret *out, struct err *e);
/* Asks at the terminal; false without one. */
bool prompt_yes(const char *question);

/* SecretString, or SecretBinary in base64, into a request. */
int prompt_set_value(json_t *in, const struct secret *value, bool is_binary,
                     struct err *e);

#endif
