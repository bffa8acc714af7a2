/* keyturn secret create, get, put: the commands that handle values. */
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/prompt.h"
#include "cli/report.h"

static int set_text(json_t *in, const char *key, const char *text,
                    struct err *e)
{
  if (text == NULL || json_object_set_new(in, key, json_string(text)) == 0)
    return 0;
  return err_set(e, ERR_PARAMETER, "%s is not UTF-8 text", key);
}

/* --tag KEY=VALUE, as often as it is given. */
static int set_tags(json_t *in, const struct args *a, struct err *e)
{
  json_t *tags = json_array();

  for (size_t i = 0; i < a->n_given; i++) {
    const char *text = a->given[i].value;
    const char *equals = text == NULL ? NULL : strchr(text, '=');

    if (strcmp(a->given[i].option->name, "tag") != 0)
      continue;
    if (equals == NULL) {
      json_decref(tags);
      return err_set(e, ERR_PARAMETER, "--tag takes KEY=VALUE");
    }
    (void)json_array_append_new(
        tags, json_pack("{s:o, s:s}", "Key",
                        json_stringn(text, (size_t)(equals - text)), "Value",
                        equals + 1));
  }
  if (json_array_size(tags) == 0) {
    json_decref(tags);
    return 0;
  }
  return json_object_set_new(in, "Tags", tags) == 0
             ? 0
             : err_set(e, ERR_NOMEM, "no memory for tags");
}

/* Text that has to be quoted to be typed is rare: names cannot hold it. */
static int say_stored(const struct cli *cli, const char *what,
                      const json_t *reply, struct err *e)
{
  const char *name = json_str(reply, "Name");
  const char *version = json_str(reply, "VersionId");

  if (cli->json)
    return report_json(cli, reply, e);
  (void)fprintf(cli->out, "%s %s%s%s\n", what, name,
                version == NULL ? ", without a value" : ", version ",
                version == NULL ? "" : version);
  if (version == NULL)
    report_next(cli, "keyturn secret put %s", name);
  else
    report_next(cli, "keyturn secret get %s", name);
  return 0;
}

int cmd_secret_create(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_SECRET struct secret value = {0};
  CLEANUP_JSON json_t *in = json_object(), *reply = NULL;
  bool is_binary = args_has(args, "binary");
  int rc = set_text(in, "Name", args->words[0], e);

  if (rc == 0)
    rc = set_text(in, "Description", args_get(args, "description"), e);
  if (rc == 0)
    rc = set_text(in, "KmsKeyId", args_get(args, "kms-key"), e);
  if (rc == 0)
    rc = set_tags(in, args, e);
  if (rc == 0 && !args_has(args, "no-value"))
    rc = prompt_value(args, is_binary, &value, e);
  if (rc == 0 && value.data != NULL)
    rc = prompt_set_value(in, &value, is_binary, e);
  if (rc == -ERR_PARAMETER)
    return args_refuse(cli, args, "%s", e->text);
  client_token(in);
  if (rc == 0)
    rc = client_call(cli->client, "secretsmanager.CreateSecret", in, &reply, e);
  return rc == 0 ? say_stored(cli, "Created", reply, e) : rc;
}

int cmd_secret_put(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_SECRET struct secret value = {0};
  CLEANUP_JSON json_t *in = json_object(), *reply = NULL;
  bool is_binary = args_has(args, "binary");
  int rc = set_text(in, "SecretId", args->words[0], e);

  if (rc == 0)
    rc = prompt_value(args, is_binary, &value, e);
  if (rc == 0)
    rc = prompt_set_value(in, &value, is_binary, e);
  if (rc == -ERR_PARAMETER)
    return args_refuse(cli, args, "%s", e->text);
  client_token(in);
  if (rc == 0)
    rc = client_call(cli->client, "secretsmanager.PutSecretValue", in, &reply,
                     e);
  return rc == 0 ? say_stored(cli, "Stored a value of", reply, e) : rc;
}

/* A text and a newline, without a copy outside of secret memory. */
static int print_text(const struct cli *cli, const char *text, size_t len,
                      struct err *e)
{
  int rc = report_bytes(cli, text, len, e);

  return rc == 0 ? report_bytes(cli, "\n", 1, e) : rc;
}

static int dump_into(const char *text, size_t n, void *arg)
{
  struct buf *b = arg;

  buf_put(b, text, n);
  return b->failed ? -1 : 0;
}

static int print_field(const struct cli *cli, const char *text,
                       const char *field, struct err *e)
{
  CLEANUP_JSON json_t *value = NULL;
  CLEANUP_BUF struct buf b;
  const json_t *one;

  buf_init(&b, SECRET_VALUE_MAX * 2, true);
  if (json_read(text, strlen(text), &json_limits_request, &value, e) != 0 ||
      !json_is_object(value))
    return err_set(e, ERR_REQUEST,
                   "the value is no JSON object, so it has no field %s", field);
  one = json_object_get(value, field);
  if (one == NULL)
    return err_set(e, ERR_NOT_FOUND, "the value has no field %s", field);
  if (json_is_string(one))
    return print_text(cli, json_string_value(one), json_string_length(one), e);
  if (json_dump_callback(one, dump_into, &b, JSON_ENCODE_ANY | JSON_COMPACT) !=
      0)
    return err_set(e, ERR_NOMEM, "no memory to print the field");
  return print_text(cli, b.data, b.len, e);
}

static int print_value(const struct cli *cli, const json_t *reply,
                       const char *field, struct err *e)
{
  const char *text = json_str(reply, "SecretString");
  const char *binary = json_str(reply, "SecretBinary");
  CLEANUP_SECRET struct secret bytes = {0};
  int rc;

  if (text != NULL && field != NULL)
    return print_field(cli, text, field, e);
  if (text != NULL)
    return print_text(cli, text, strlen(text), e);
  if (binary == NULL)
    return err_set(e, ERR_INTERNAL, "keyturnd sent no value");
  if (field != NULL)
    return err_set(e, ERR_REQUEST, "the value is binary, so it has no fields");
  rc = base64_decode(binary, strlen(binary), &bytes, e);
  return rc == 0 ? report_bytes(cli, bytes.data, bytes.len, e) : rc;
}

int cmd_secret_get(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = json_object(), *reply = NULL;
  int rc = set_text(in, "SecretId", args->words[0], e);

  if (rc == 0)
    rc = set_text(in, "VersionStage", args_get(args, "version-stage"), e);
  if (rc == 0)
    rc = set_text(in, "VersionId", args_get(args, "version-id"), e);
  if (rc == 0)
    rc = client_call(cli->client, "secretsmanager.GetSecretValue", in, &reply,
                     e);
  if (rc != 0)
    return rc;
  return cli->json ? report_json(cli, reply, e)
                   : print_value(cli, reply, args_get(args, "field"), e);
}
