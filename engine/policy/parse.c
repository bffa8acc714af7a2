/* A document to a policy.  Every refusal names the statement, counted from 1,
 * the element, and what may stand there; nothing that is not understood is
 * passed over.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/statement.h"

/* Deep enough for any policy, and for each value to be an element of one. */
static const struct json_limits limits = {
    .bytes = POLICY_TEXT_MAX * 4, .depth = 8, .values = POLICY_TEXT_MAX};

static size_t characters_count(const char *text, size_t len)
{
  size_t n = 0;

  for (size_t i = 0; i < len; i++)
    n += ((unsigned char)text[i] & 0xc0) != 0x80;
  return n;
}

static int document_read(const char *text, size_t len, json_t **out,
                         struct err *e)
{
  int rc;

  if (characters_count(text, len) > POLICY_TEXT_MAX)
    return err_set(e, ERR_POLICY_SYNTAX,
                   "the policy has more than %d characters", POLICY_TEXT_MAX);
  rc = json_read(text, len, &limits, out, e);
  if (rc == -(int)ERR_SERIALIZATION && e != NULL)
    e->code = ERR_POLICY_SYNTAX;
  return rc == -(int)ERR_SERIALIZATION ? -(int)ERR_POLICY_SYNTAX : rc;
}

static int version_read(const json_t *value, struct policy *p, struct err *e)
{
  const char *version = json_string_value(value);

  if (version == NULL || (strcmp(version, "2012-10-17") != 0 &&
                          strcmp(version, "2008-10-17") != 0))
    return err_set(e, ERR_POLICY_SYNTAX,
                   "Version must be \"2012-10-17\" or \"2008-10-17\"");
  p->variables = strcmp(version, "2012-10-17") == 0;
  return 0;
}

static int id_read(const json_t *value, const struct policy *p, struct err *e)
{
  if (p->kind != POLICY_RESOURCE && p->kind != POLICY_TRUST)
    return err_set(e, ERR_POLICY_SYNTAX,
                   "Id may stand in the policy of a resource only");
  if (!json_is_string(value))
    return err_set(e, ERR_POLICY_SYNTAX, "Id must be a string");
  return 0;
}

/* All but Statement, which needs to know Version. */
static int head_read(json_t *document, struct policy *p, struct err *e)
{
  const char *name;
  json_t *value;

  if (!json_is_object(document))
    return err_set(e, ERR_POLICY_SYNTAX, "the policy must be a JSON object");
  json_object_foreach (document, name, value) {
    int rc = 0;

    if (strcmp(name, "Version") == 0)
      rc = version_read(value, p, e);
    else if (strcmp(name, "Id") == 0)
      rc = id_read(value, p, e);
    else if (strcmp(name, "Statement") != 0)
      rc = err_set(e, ERR_POLICY_SYNTAX,
                   "\"%.80s\" is no element of a policy; these are: Version, "
                   "Id, Statement",
                   name);
    if (rc != 0)
      return rc;
  }
  return 0;
}

static bool sid_is_used(const struct statement *list, size_t n)
{
  for (size_t i = 0; i < n && list[n].sid != NULL; i++)
    if (list[i].sid != NULL && strcmp(list[i].sid, list[n].sid) == 0)
      return true;
  return false;
}

static int statements_read(json_t *value, struct policy *p, bool *out_principal,
                           struct err *e)
{
  size_t n = json_is_array(value) ? json_array_size(value) : 1;
  struct statement *list = arena_take(&p->arena, n, sizeof *list);

  if (list == NULL)
    return err_set(e, ERR_NOMEM, "no memory for a policy");
  for (size_t i = 0; i < n; i++) {
    json_t *one = json_is_array(value) ? json_array_get(value, i) : value;
    int rc = statement_read(one, p, &list[i], out_principal, e);

    if (rc == 0 && sid_is_used(list, i))
      rc = err_set(e, ERR_POLICY_SYNTAX, "Sid \"%.80s\" is used twice",
                   list[i].sid);
    if (rc != 0) {
      (void)err_wrap(e, "statement %zu", i + 1); /* the code stays */
      return rc;
    }
  }
  p->statements = list;
  p->n = n;
  return 0;
}

int document_parse(const char *text, size_t len, enum policy_kind kind,
                   struct policy **out, bool *out_principal, struct err *e)
{
  CLEANUP_JSON json_t *document = NULL;
  json_t *statement;
  struct policy *p;
  int rc = document_read(text, len, &document, e);

  if (rc != 0)
    return rc;
  p = calloc(1, sizeof *p);
  if (p == NULL)
    return err_set(e, ERR_NOMEM, "no memory for a policy");
  p->kind = kind;
  rc = head_read(document, p, e);
  statement = json_object_get(document, "Statement");
  if (rc == 0 && !json_is_array(statement) && !json_is_object(statement))
    rc = err_set(e, ERR_POLICY_SYNTAX,
                 "the policy needs a Statement: an object, or a list of them");
  if (rc == 0)
    rc = statements_read(statement, p, out_principal, e);
  if (rc != 0) {
    policy_free(p);
    return rc;
  }
  *out = p;
  return 0;
}

int policy_parse(const char *text, size_t len, enum policy_kind kind,
                 struct policy **out, struct err *e)
{
  bool principal; /* no matter here */

  return document_parse(text, len, kind, out, &principal, e);
}

void policy_free(struct policy *p)
{
  if (p == NULL)
    return;
  arena_release(&p->arena);
  free(p);
}
