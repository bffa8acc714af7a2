/* The elements of a statement, and which of them may stand together in a
 * policy of each kind.
 */
#include "policy/statement.h"

#include <string.h>

#define SHOWN 80 /* characters of a value that an error shows */

enum element {
  ELEMENT_SID,
  ELEMENT_EFFECT,
  ELEMENT_PRINCIPAL,
  ELEMENT_NOT_PRINCIPAL,
  ELEMENT_ACTION,
  ELEMENT_NOT_ACTION,
  ELEMENT_RESOURCE,
  ELEMENT_NOT_RESOURCE,
  ELEMENT_CONDITION,
  ELEMENT_COUNT
};

static const char *const element_names[ELEMENT_COUNT] = {
    "Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
    "NotAction", "Resource", "NotResource", "Condition"};

#define refuse(e, ...) err_set((e), ERR_POLICY_SYNTAX, __VA_ARGS__)

static int no_memory(struct err *e)
{
  return err_set(e, ERR_NOMEM, "no memory for a policy");
}

static bool is_resource_kind(const struct policy *p)
{
  return p->kind == POLICY_RESOURCE || p->kind == POLICY_TRUST;
}

/* A value that is a string or a list of them. */
static size_t texts_count(const json_t *value)
{
  return json_is_array(value) ? json_array_size(value) : 1;
}

/* NULL: it is no string. */
static const char *texts_get(const json_t *value, size_t i)
{
  return json_string_value(json_is_array(value) ? json_array_get(value, i)
                                                : value);
}

static int sid_read(const json_t *value, struct policy *p,
                    struct statement *out, struct err *e)
{
  const char *sid = json_string_value(value);

  if (sid == NULL)
    return refuse(e, "Sid must be a string");
  if (!is_resource_kind(p) &&
      sid[strspn(sid, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                      "0123456789")] != '\0')
    return refuse(e, "Sid \"%.*s\" must be letters and digits only", SHOWN,
                  sid);
  if (*sid == '\0')
    return 0; /* as good as none: Terraform writes it into each statement */
  out->sid = arena_copy(&p->arena, sid, strlen(sid));
  return out->sid == NULL ? no_memory(e) : 0;
}

static int effect_read(const json_t *value, struct statement *out,
                       struct err *e)
{
  const char *effect = json_string_value(value);

  if (effect == NULL ||
      (strcmp(effect, "Allow") != 0 && strcmp(effect, "Deny") != 0))
    return refuse(e, "Effect must be \"Allow\" or \"Deny\"");
  out->deny = strcmp(effect, "Deny") == 0;
  return 0;
}

static int who_add(const char *family, const char *text, struct policy *p,
                   struct who *out, bool *out_principal, struct err *e)
{
  const char *copy = arena_copy(&p->arena, text, strlen(text));

  if (copy == NULL)
    return no_memory(e);
  if (who_read(family, copy, out))
    return 0;
  *out_principal = true;
  return refuse(e,
                "\"%.*s\" is no principal of the form %s; give \"*\", an "
                "account, or the ARN of a user, a role or a session",
                SHOWN, text, family);
}

static bool is_family(const char *name)
{
  return strcmp(name, "AWS") == 0 || strcmp(name, "Service") == 0 ||
         strcmp(name, "Federated") == 0 || strcmp(name, "CanonicalUser") == 0;
}

/* {"AWS": …, "Service": …} */
static int families_read(json_t *value, struct policy *p, struct who *list,
                         bool *out_principal, struct err *e)
{
  const char *family;
  json_t *texts;
  size_t n = 0;

  json_object_foreach (value, family, texts) {
    if (!is_family(family))
      return refuse(e,
                    "Principal has \"%.*s\"; it may have AWS, Service, "
                    "Federated and CanonicalUser",
                    SHOWN, family);
    for (size_t i = 0; i < texts_count(texts); i++) {
      const char *text = texts_get(texts, i);
      int rc = text == NULL
                   ? refuse(e,
                            "Principal's %s must be a string or a list of "
                            "strings",
                            family)
                   : who_add(family, text, p, &list[n++], out_principal, e);

      if (rc != 0)
        return rc;
    }
  }
  return 0;
}

static int principal_read(json_t *value, struct policy *p,
                          struct statement *out, bool *out_principal,
                          struct err *e)
{
  const char *text = json_string_value(value), *family;
  struct who *list;
  json_t *texts;
  size_t n = 1;

  if (!json_is_object(value) && (text == NULL || strcmp(text, "*") != 0))
    return refuse(e, "Principal must be \"*\" or an object such as "
                     "{\"AWS\": \"123456789012\"}");
  if (text == NULL) {
    n = 0;
    json_object_foreach (value, family, texts)
      n += texts_count(texts);
  }
  list = arena_take(&p->arena, n, sizeof *list);
  if (list == NULL)
    return no_memory(e);
  out->principal.list = list;
  out->principal.n = n;
  if (text != NULL)
    return who_add("AWS", text, p, list, out_principal, e);
  return families_read(value, p, list, out_principal, e);
}

/* "*", or a service's name, a colon and a name with wildcards. */
static bool is_action(const char *text)
{
  static const char letters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
  size_t service = strspn(text, letters);

  if (strcmp(text, "*") == 0)
    return true;
  if (service == 0 || text[service] != ':' || text[service + 1] == '\0')
    return false;
  text += service + 1;
  while (*text != '\0' &&
         (strchr(letters, *text) != NULL || strchr("*?", *text) != NULL))
    text++;
  return *text == '\0';
}

static int action_read(const char *text, struct policy *p, struct pattern *out,
                       struct err *e)
{
  if (!is_action(text))
    return refuse(e,
                  "\"%.*s\" is no action; give \"*\" or one such as "
                  "\"secretsmanager:Get*\"",
                  SHOWN, text);
  return pattern_compile(&p->arena, (struct slice){text, strlen(text)},
                         PATTERN_WILD | PATTERN_FOLD, out, e);
}

/* Where the sixth segment begins; the end when there are fewer. */
static const char *segments_skip(const char *text, int *out_colons)
{
  const char *at = text;

  for (*out_colons = 0; *out_colons < 5; (*out_colons)++) {
    const char *colon = strchr(at, ':');

    if (colon == NULL)
      return text + strlen(text);
    at = colon + 1;
  }
  return at;
}

static int resource_read(const char *text, struct policy *p,
                         struct pattern *out, struct err *e)
{
  unsigned variable = p->variables ? PATTERN_VARIABLE : 0;
  size_t len = strlen(text);
  const char *dollar = strstr(text, "${");
  int colons;
  const char *name = segments_skip(text, &colons);

  if (strcmp(text, "*") != 0 &&
      (strncmp(text, "arn:", 4) != 0 || (colons < 5 && text[len - 1] != '*')))
    return refuse(e, "\"%.*s\" is no resource; give \"*\" or an ARN", SHOWN,
                  text);
  if (variable != 0 && dollar != NULL && dollar < name)
    return refuse(e,
                  "\"%.*s\": variables may stand behind the fifth colon of an "
                  "ARN only",
                  SHOWN, text);
  return pattern_compile(&p->arena, (struct slice){text, len},
                         PATTERN_WILD | variable, out, e);
}

static int patterns_read(const json_t *value, const char *element,
                         struct policy *p, struct patterns *out, struct err *e)
{
  size_t n = texts_count(value);
  struct pattern *list = arena_take(&p->arena, n, sizeof *list);
  bool is_actions = strstr(element, "Action") != NULL;

  if (list == NULL)
    return no_memory(e);
  for (size_t i = 0; i < n; i++) {
    const char *text = texts_get(value, i);
    int rc;

    if (text == NULL)
      return refuse(e, "%s must be a string or a list of strings", element);
    rc = is_actions ? action_read(text, p, &list[i], e)
                    : resource_read(text, p, &list[i], e);
    if (rc != 0) {
      (void)err_wrap(e, "%s", element); /* the code stays */
      return rc;
    }
  }
  out->list = list;
  out->n = n;
  return 0;
}

static int element_find(const char *name, struct err *e)
{
  for (int i = 0; i < ELEMENT_COUNT; i++)
    if (strcmp(name, element_names[i]) == 0)
      return i;
  return refuse(e,
                "\"%.*s\" is no element of a statement; these are: Sid, "
                "Effect, Principal, NotPrincipal, Action, NotAction, Resource, "
                "NotResource, Condition",
                SHOWN, name);
}

static int element_read(enum element element, json_t *value, struct policy *p,
                        struct statement *out, bool *out_principal,
                        struct err *e)
{
  const char *name = element_names[element];

  switch (element) {
  case ELEMENT_SID:
    return sid_read(value, p, out, e);
  case ELEMENT_EFFECT:
    return effect_read(value, out, e);
  case ELEMENT_PRINCIPAL:
  case ELEMENT_NOT_PRINCIPAL:
    out->principal.present = true;
    out->principal.negated = element == ELEMENT_NOT_PRINCIPAL;
    return principal_read(value, p, out, out_principal, e);
  case ELEMENT_ACTION:
  case ELEMENT_NOT_ACTION:
    out->action.negated = element == ELEMENT_NOT_ACTION;
    return patterns_read(value, name, p, &out->action, e);
  case ELEMENT_RESOURCE:
  case ELEMENT_NOT_RESOURCE:
    out->resource.negated = element == ELEMENT_NOT_RESOURCE;
    return patterns_read(value, name, p, &out->resource, e);
  default:
    return conditions_read(value, p, out, e);
  }
}

/* `both` stand for one thing: at most one of them may, and when `wanted` one
 * must. */
static int pair_check(unsigned seen, enum element first, bool allowed,
                      bool wanted, struct err *e)
{
  unsigned both = seen >> first & 3;
  const char *name = element_names[first];

  if (both == 3)
    return refuse(e, "%s and Not%s exclude each other", name, name);
  if (both != 0 && !allowed)
    return refuse(e, "%s%s may not stand in a policy of this kind",
                  both == 2 ? "Not" : "", name);
  if (both == 0 && wanted)
    return refuse(e, "%s or Not%s is missing", name, name);
  return 0;
}

static int elements_check(unsigned seen, const struct policy *p, struct err *e)
{
  bool names = is_resource_kind(p), trust = p->kind == POLICY_TRUST;
  int rc = pair_check(seen, ELEMENT_PRINCIPAL, names, names, e);

  if (rc == 0 && (seen >> ELEMENT_EFFECT & 1) == 0)
    rc = refuse(e, "Effect is missing");
  if (rc == 0)
    rc = pair_check(seen, ELEMENT_ACTION, true, true, e);
  if (rc == 0)
    rc = pair_check(seen, ELEMENT_RESOURCE, !trust, !trust, e);
  return rc;
}

int statement_read(json_t *value, struct policy *p, struct statement *out,
                   bool *out_principal, struct err *e)
{
  const char *name;
  json_t *member;
  unsigned seen = 0;

  if (!json_is_object(value))
    return refuse(e, "a statement must be a JSON object");
  json_object_foreach (value, name, member) {
    int element = element_find(name, e), rc;

    if (element < 0)
      return element;
    seen |= 1U << element;
    rc = element_read((enum element)element, member, p, out, out_principal, e);
    if (rc != 0)
      return rc;
  }
  out->any_resource = p->kind == POLICY_TRUST;
  return elements_check(seen, p, e);
}
