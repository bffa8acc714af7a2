/* What our evaluator says: a case a line on stdin, an answer a line on stdout.
 *
 * A case: {action, resource, arns: […], account, owner, root, context: {key:
 * "…" or […]}, identity: […], resource_policy or trust, boundary, session};
 * policies are objects or missing.  An answer: Allowed, ExplicitlyDenied,
 * ImplicitlyDenied, or "error: " and what was wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "policy/policy.h"

enum { ARNS_MAX = 2, IDENTITY_MAX = 8, VALUES_MAX = 16 };

struct context {
  json_t *object;
  const char *values[VALUES_MAX];
};

static int key_find(void *ctx, const char *name, struct policy_values *out,
                    struct err *e)
{
  struct context *c = ctx;
  const char *key;
  json_t *value;

  json_object_foreach (c->object, key, value) {
    if (strcasecmp(key, name) != 0)
      continue;
    if (!json_is_array(value)) {
      c->values[0] = json_string_value(value);
      *out = (struct policy_values){c->values, 1};
      return 1;
    }
    if (json_array_size(value) > VALUES_MAX)
      return err_set(e, ERR_LIMIT, "%s has too many values", key);
    for (size_t i = 0; i < json_array_size(value); i++)
      c->values[i] = json_string_value(json_array_get(value, i));
    *out = (struct policy_values){c->values, json_array_size(value)};
    return 1;
  }
  return 0;
}

static int policy_of(const json_t *document, enum policy_kind kind,
                     struct policy **out, struct err *e)
{
  CLEANUP_FREE char *text = NULL;

  if (!json_is_object(document))
    return 0; /* there is none */
  text = json_dumps(document, JSON_COMPACT);
  if (text == NULL)
    return err_set(e, ERR_NOMEM, "no memory");
  return policy_parse(text, strlen(text), kind, out, e);
}

struct policies {
  struct policy *identity[IDENTITY_MAX];
  const struct policy *list[IDENTITY_MAX];
  struct policy *resource, *boundary, *session;
  struct policy_input in;
};

static void policies_release(struct policies *p)
{
  for (size_t i = 0; i < IDENTITY_MAX; i++)
    policy_free(p->identity[i]);
  policy_free(p->resource);
  policy_free(p->boundary);
  policy_free(p->session);
}

static int policies_read(const json_t *given, struct policies *p, struct err *e)
{
  const json_t *identity = json_object_get(given, "identity");
  const json_t *trust = json_object_get(given, "trust");
  int rc = trust != NULL ? policy_of(trust, POLICY_TRUST, &p->resource, e)
                         : policy_of(json_object_get(given, "resource_policy"),
                                     POLICY_RESOURCE, &p->resource, e);

  if (rc == 0)
    rc = policy_of(json_object_get(given, "boundary"), POLICY_BOUNDARY,
                   &p->boundary, e);
  if (rc == 0)
    rc = policy_of(json_object_get(given, "session"), POLICY_SESSION,
                   &p->session, e);
  for (size_t i = 0; rc == 0 && i < json_array_size(identity); i++) {
    if (i == IDENTITY_MAX)
      return err_set(e, ERR_LIMIT, "there are too many policies");
    rc = policy_of(json_array_get(identity, i), POLICY_IDENTITY,
                   &p->identity[i], e);
    p->list[i] = p->identity[i];
  }
  p->in = (struct policy_input){p->list, json_array_size(identity), p->resource,
                                p->boundary, p->session};
  return rc;
}

static int case_decide(const json_t *given, struct policy_decision *out,
                       struct err *e)
{
  struct context context = {.object = json_object_get(given, "context")};
  const json_t *list = json_object_get(given, "arns");
  const char *arns[ARNS_MAX] = {NULL};
  struct policies policies = {.resource = NULL};
  struct policy_request r = {
      .action = json_str(given, "action"),
      .resource = json_str(given, "resource"),
      .principal_arns = arns,
      .principal_account = json_str(given, "account"),
      .resource_account = json_str(given, "owner"),
      .is_root = json_bool(given, "root", false),
      .find_key = key_find,
      .find_ctx = &context,
  };
  int rc;

  for (; r.n_principal_arns < ARNS_MAX &&
         r.n_principal_arns < json_array_size(list);
       r.n_principal_arns++)
    arns[r.n_principal_arns] =
        json_string_value(json_array_get(list, r.n_principal_arns));
  rc = policies_read(given, &policies, e);
  if (rc == 0)
    rc = policy_evaluate(&r, &policies.in, out, e);
  policies_release(&policies);
  return rc;
}

int main(void)
{
  static const char *const answers[] = {
      [POLICY_ALLOWED] = "Allowed",
      [POLICY_DENIED] = "ExplicitlyDenied",
      [POLICY_NOT_ALLOWED] = "ImplicitlyDenied",
  };
  static const struct json_limits limits = {1 << 20, 32, 100000};
  char *line = NULL;
  size_t size = 0;
  ssize_t len;

  while ((len = getline(&line, &size, stdin)) > 0) {
    CLEANUP_JSON json_t *given = NULL;
    struct policy_decision d;
    struct err e = {0};
    int rc = json_read(line, (size_t)len, &limits, &given, &e);

    if (rc == 0)
      rc = case_decide(given, &d, &e);
    if (rc == 0)
      (void)puts(answers[d.effect]);
    else
      (void)printf("error: %s\n", e.text);
  }
  free(line);
  return fflush(stdout) == 0 ? 0 : 1;
}
