/* Words of the command line into members of requests. */
#include "cli/iam_words.h"

#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/prompt.h"
#include "cli/report.h"

struct kind_word iam_kind_of(const struct args *a)
{
  const char *at = strchr(a->command->path, ' ') + 1;
  struct kind_word k;

  (void)snprintf(k.text, sizeof k.text, "%.*s", (int)strcspn(at, " "), at);
  return k;
}

json_t *iam_entity_of(const struct args *a, const char *name)
{
  return json_sprintf("%s/%s", iam_kind_of(a).text, name);
}

json_t *iam_policy_of(const char *name)
{
  if (strncmp(name, "arn:", 4) == 0 || strncmp(name, "policy/", 7) == 0)
    return json_string(name);
  return json_sprintf("policy/%s", name);
}

json_t *iam_tag_of(const char *text)
{
  const char *equals = strchr(text, '=');

  if (equals == NULL)
    return NULL;
  return json_pack("{s:o, s:s}", "Key",
                   json_stringn(text, (size_t)(equals - text)), "Value",
                   equals + 1);
}

int iam_tags_set(json_t *in, const struct args *a, struct err *e)
{
  json_t *tags = json_array();
  int rc = 0;

  for (size_t i = 0; rc == 0 && i < a->n_given; i++)
    if (strcmp(a->given[i].option->name, "tag") == 0 &&
        json_array_append_new(tags, iam_tag_of(a->given[i].value)) != 0)
      rc = err_set(e, ERR_PARAMETER, "--tag takes KEY=VALUE");
  if (rc != 0 || json_array_size(tags) == 0) {
    json_decref(tags);
    return rc;
  }
  return json_object_set_new(in, "Tags", tags) == 0
             ? 0
             : err_set(e, ERR_NOMEM, "no memory for tags");
}

int iam_document_set(json_t *in, const char *member, const char *path,
                     struct err *e)
{
  CLEANUP_SECRET struct secret text = {0};
  int rc = prompt_read_file(path, &text, e);

  if (rc != 0)
    return rc;
  if (json_object_set_new(in, member,
                          json_stringn((const char *)text.data, text.len)) != 0)
    return err_set(e, ERR_PARAMETER, "%s is not UTF-8 text", path);
  return 0;
}

int iam_text_set(json_t *in, const char *member, const char *text,
                 struct err *e)
{
  if (text == NULL || json_object_set_new(in, member, json_string(text)) == 0)
    return 0;
  return err_set(e, ERR_PARAMETER, "%s is not UTF-8 text", member);
}

int iam_call(struct cli *cli, const char *target, const json_t *in,
             struct err *e, const char *done, ...)
{
  CLEANUP_JSON json_t *reply = NULL;
  va_list ap;
  int rc = client_call(cli->client, target, in, &reply, e);

  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, reply, e);
  va_start(ap, done);
  (void)vfprintf(cli->out, done, ap);
  va_end(ap);
  (void)fprintf(cli->out, "\n");
  return 0;
}

int iam_entity_get(struct client *c, const char *kind, const char *name,
                   json_t **out, struct err *e)
{
  CLEANUP_JSON json_t *in =
      json_pack("{s:o}", "Entity", json_sprintf("%s/%s", kind, name));
  int rc = client_call(c, "keyturn.GetEntity", in, out, e);

  if (rc != -ERR_NO_ENTITY)
    return rc;
  err_clear(e);
  *out = NULL;
  return 0;
}
