/* ExplainPolicy: which statement of which policy decides. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/authorize.h"
#include "api/ops.h"
#include "iam/directory.h"

static const char *const effects[] = {
    [POLICY_ALLOWED] = "allowed",
    [POLICY_DENIED] = "denied",
    [POLICY_NOT_ALLOWED] = "not allowed",
};

static const char *const kinds[] = {
    [POLICY_IDENTITY] = "identity", [POLICY_RESOURCE] = "resource",
    [POLICY_BOUNDARY] = "boundary", [POLICY_SESSION] = "session",
    [POLICY_TRUST] = "trust",
};

#define ACTION_MAX 128

/* Of which all actions are known; those of KMS and STS are not in the table. */
static bool is_ours(const char *action)
{
  return strncasecmp(action, "secretsmanager:", 15) == 0 ||
         strncasecmp(action, "keyturn:", 8) == 0;
}

/* The action, with its service before it. */
static int action_read(struct call *c, char out[ACTION_MAX])
{
  const char *text;
  int rc = call_str(c, "Action", true, 1, 100, &text);

  if (rc != 0)
    return rc;
  (void)snprintf(out, ACTION_MAX, "%s%s",
                 strchr(text, ':') == NULL ? "secretsmanager:" : "", text);
  if (strchr(out, ':')[1] == '\0' || out[0] == ':' ||
      strpbrk(out, "*?") != NULL)
    return err_set(c->e, ERR_PARAMETER,
                   "Action is '%s'; write one action, as "
                   "secretsmanager:GetSecretValue.",
                   text);
  /* A slip of the pen would be answered as if it were asked for ever. */
  if (is_ours(out) && !op_has_action(out))
    return err_set(c->e, ERR_PARAMETER,
                   "There is no action '%s'; write one as it stands in "
                   "policies, as secretsmanager:GetSecretValue.",
                   out);
  return 0;
}

static void write_answer(struct call *c, const struct principal *as,
                         const char *action, const char *resource,
                         const struct explanation *x)
{
  const struct policy_decision d = {
      .effect = x->effect, .kind = x->kind, .statement = x->statement};
  char reason[POLICY_REASON_MAX];

  policy_reason(&d, action, reason);
  buf_putc(c->out, '{');
  buf_json_str(c->out, "Effect", effects[x->effect]);
  buf_json_str(c->out, "As", as->arn);
  buf_json_str(c->out, "Action", action);
  buf_json_str(c->out, "Resource", resource);
  if (as->kind != PRINCIPAL_ROOT || x->statement >= 0)
    buf_json_str(c->out, "PolicyType", kinds[x->kind]);
  if (x->policy[0] != '\0' && x->statement >= 0)
    buf_json_str(c->out, "Policy", x->policy);
  if (x->statement >= 0)
    buf_json_int(c->out, "Statement", x->statement + 1);
  if (x->sid[0] != '\0')
    buf_json_str(c->out, "Sid", x->sid);
  if (reason[0] != '\0')
    buf_json_str(c->out, "Reason", reason);
  buf_putc(c->out, '}');
}

static int context_check(struct call *c, const json_t **out)
{
  *out = json_object_get(c->in, "Context");
  if (*out != NULL && !json_is_object(*out))
    return err_set(c->e, ERR_SERIALIZATION,
                   "Context must be an object of condition keys");
  return 0;
}

int op_explain_policy(struct call *c)
{
  const struct principal *as;
  const json_t *context = NULL;
  const char *name, *resource = NULL;
  char action[ACTION_MAX];
  struct explanation x;
  int rc = call_str(c, "As", true, 1, 2048, &name);

  if (rc == 0)
    rc = action_read(c, action);
  if (rc == 0)
    rc = call_str(c, "Resource", false, 1, 2048, &resource);
  if (rc == 0)
    rc = context_check(c, &context);
  if (rc == 0 && resource != NULL && c->spelled != NULL)
    rc = err_set(c->e, ERR_PARAMETER, "SecretId or Resource, not both.");
  if (rc == 0)
    rc = directory_find_named(c->api->directory, name, &as, c->e);
  if (rc != 0)
    return rc;
  if (resource == NULL)
    resource = c->resource;
  rc = authorize_explain(c, as, action, resource,
                         c->has_secret ? &c->secret : NULL, context, &x, c->e);
  if (rc == 0)
    write_answer(c, as, action, resource, &x);
  principal_put(as);
  return rc;
}
