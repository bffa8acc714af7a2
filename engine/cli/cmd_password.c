/* keyturn password: what GetRandomPassword draws. */
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/report.h"

static const struct {
  const char *option, *member;
} flags[] = {
    {"no-numbers", "ExcludeNumbers"},
    {"no-punctuation", "ExcludePunctuation"},
    {"no-uppercase", "ExcludeUppercase"},
    {"no-lowercase", "ExcludeLowercase"},
    {"space", "IncludeSpace"},
};

int cmd_password(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = json_object(), *reply = NULL;
  const char *exclude = args_get(args, "exclude"), *password;
  CLEANUP_SECRET struct secret line = {0};
  int64_t length;
  int rc = args_number(args, "length", 32, 1, 4096, &length, e);

  if (rc != 0)
    return args_refuse(cli, args, "%s", e->text);
  (void)json_object_set_new(in, "PasswordLength", json_integer(length));
  if (exclude != NULL)
    (void)json_object_set_new(in, "ExcludeCharacters", json_string(exclude));
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
    if (args_has(args, flags[i].option))
      (void)json_object_set_new(in, flags[i].member, json_true());
  rc = client_call(cli->client, "secretsmanager.GetRandomPassword", in, &reply,
                   e);
  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, reply, e);
  password = json_str(reply, "RandomPassword");
  if (password == NULL)
    return err_set(e, ERR_INTERNAL, "keyturnd sent no password");
  rc = secret_copy(password, strlen(password) + 1, &line, e);
  if (rc != 0)
    return rc;
  line.data[line.len - 1] = '\n';
  return report_bytes(cli, line.data, line.len, e);
}
