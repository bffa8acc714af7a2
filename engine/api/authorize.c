/* Gathers what is attached where, asks policy_evaluate, and says no in AWS's
 * words. */
#include "api/authorize.h"

#include <stdio.h>
#include <string.h>

#include "api/authenticate.h"
#include "api/context.h"
#include "api/ops.h"
#include "base/log.h"
#include "secret/key.h"
#include "secret/name.h"
#include "secret/resource_policy.h"

static void context_init(struct context *x, const struct call *c,
                         const struct secret_row *row)
{
  /* Not all of it: the room for values need not be empty. */
  x->api = c->api;
  x->who = c->caller->who;
  x->http = c->http;
  x->region = c->caller->region;
  x->now_us = c->now_us;
  x->name = c->op->name;
  x->in = c->in;
  x->row = row;
  x->given = NULL;
  x->n_values = x->text_len = x->n_tags = 0;
  x->tags = NULL;
  x->has_tags = false;
  x->attached = NULL;
  x->key_of = NULL;
}

static void question_init(struct question *q, struct context *x,
                          const char *action, const char *resource)
{
  const struct principal *who = x->who;

  q->arns[0] = who->arn;
  q->arns[1] = who->role_arn;
  q->request = (struct policy_request){
      .action = action,
      .resource = resource,
      .principal_arns = q->arns,
      .n_principal_arns = who->role_arn[0] == '\0' ? 1 : 2,
      .principal_account = who->account,
      .resource_account = x->api->account,
      .is_root = who->kind == PRINCIPAL_ROOT,
      .find_key = context_find,
      .find_ctx = x,
  };
  q->policies = (struct policy_input){
      .identity = who->identity,
      .n_identity = who->n_identity,
      .boundary = who->boundary,
      .session = who->session,
  };
}

void authorize_question(struct call *c, struct context *x, struct question *q)
{
  context_init(x, c, c->has_secret ? &c->secret : NULL);
  question_init(q, x, c->op->action, c->resource);
}

static int decide(struct context *x, const char *action, const char *resource,
                  struct policy_decision *out, struct err *e)
{
  struct question q;
  int rc = 0;

  question_init(&q, x, action, resource);
  if (x->row != NULL)
    rc = resource_policy_get(x->api->policies, x->row, &x->attached, e);
  if (rc == 0 && x->attached != NULL)
    q.policies.resource = x->attached->policy;
  return rc != 0 ? rc : policy_evaluate(&q.request, &q.policies, out, e);
}

/* `shown`: what the client called it; more would tell him what is there. */
static int refuse(struct call *c, const char *action, const char *shown,
                  const struct policy_decision *d)
{
  char reason[POLICY_REASON_MAX];

  policy_reason(d, action, reason);
  return err_set(c->e, ERR_ACCESS,
                 "User: %s is not authorized to perform: %s on resource: "
                 "%.600s %s",
                 c->caller->who->arn, action, shown, reason);
}

static int ask(struct call *c, struct context *x, const char *action,
               const char *resource, const char *shown)
{
  struct policy_decision d;
  struct err why = {0};
  int rc = decide(x, action, resource, &d, &why);

  context_release(x);
  if (rc == 0 && d.effect == POLICY_ALLOWED)
    return 0;
  if (rc == 0)
    return refuse(c, action, shown, &d);
  log_error("authorization_fault", log_str("principal", c->caller->who->arn),
            log_str("action", action), log_str("resource", resource),
            log_str("error", why.text), log_str("next", "denied"));
  return err_set(c->e, ERR_ACCESS,
                 "User: %s is not authorized to perform: %s on resource: "
                 "%.600s",
                 c->caller->who->arn, action, shown);
}

/* What a request does besides what its operation's name says.  Source: the
 * service model's "Required permissions". */
static const struct {
  const char *op, *member, *action;
} besides[] = {
    {"BatchGetSecretValue", "Filters", "secretsmanager:ListSecrets"},
    {"CreateSecret", "Tags", "secretsmanager:TagResource"},
    {"CreateSecret", "AddReplicaRegions",
     "secretsmanager:ReplicateSecretToRegions"},
    {"ValidateResourcePolicy", "ResourcePolicy",
     "secretsmanager:PutResourcePolicy"},
};

/* What is null counts as absent, as operations take it. */
static bool is_given(const struct call *c, const char *member)
{
  const json_t *v = json_object_get(c->in, member);

  return v != NULL && !json_is_null(v);
}

static int authorize_action(struct call *c, const char *action)
{
  struct context x;

  context_init(&x, c, c->has_secret ? &c->secret : NULL);
  x.name = strchr(action, ':') + 1;
  return ask(c, &x, action, c->resource,
             c->spelled != NULL ? c->spelled : c->resource);
}

int authorize(struct call *c)
{
  int rc = authorize_action(c, c->op->action);

  for (size_t i = 0; rc == 0 && i < sizeof besides / sizeof besides[0]; i++)
    if (strcmp(besides[i].op, c->op->name) == 0 &&
        is_given(c, besides[i].member))
      rc = authorize_action(c, besides[i].action);
  return rc;
}

int authorize_secret(struct call *c, const char *action, const char *spelled,
                     const struct secret_row *row)
{
  char likely[STORE_ARN_MAX];
  struct context x;

  if (row == NULL)
    name_to_likely_arn(c->region, c->api->account, spelled, likely);
  context_init(&x, c, row);
  x.name = strchr(action, ':') + 1;
  x.in = NULL;
  return ask(c, &x, action, row == NULL ? likely : row->arn, spelled);
}

/* What the context holds is about to go. */
static void explain(const struct context *x, const struct policy_decision *d,
                    struct explanation *out)
{
  memset(out, 0, sizeof *out);
  out->effect = d->effect;
  out->kind = d->kind;
  out->statement = d->statement;
  if (d->sid != NULL)
    (void)snprintf(out->sid, sizeof out->sid, "%s", d->sid); /* cut */
  if (d->kind == POLICY_IDENTITY && d->policy < x->who->n_identity)
    (void)snprintf(out->policy, sizeof out->policy, "%s",
                   x->who->identity_names[d->policy]);
}

int authorize_key(struct call *c, const char *action,
                  const struct secret_row *row, const char *key_id)
{
  const struct key_place at = {row->region[0] != '\0' ? row->region : c->region,
                               c->api->account};
  char arn[KEY_ARN_MAX];
  struct context x;

  if (strcmp(key_id, keyring_default(c->api->keyring)) == 0)
    return 0;
  key_arn(&at, key_id, arn);
  context_init(&x, c, NULL); /* the secret's own policy says nothing of keys */
  x.name = strchr(action, ':') + 1;
  x.key_of = row->arn;
  if (ask(c, &x, action, arn, arn) == 0)
    return 0;
  return err_set(c->e, ERR_ACCESS, "Access to KMS is not allowed");
}

int authorize_explain(struct call *c, const struct principal *as,
                      const char *action, const char *resource,
                      const struct secret_row *row, const json_t *context,
                      struct explanation *out, struct err *e)
{
  const char *name = strchr(action, ':');
  struct policy_decision d;
  struct context x;
  int rc;

  context_init(&x, c, row);
  x.who = as;
  x.http = NULL;
  x.name = name == NULL ? action : name + 1;
  x.in = NULL;
  x.given = context;
  rc = decide(&x, action, resource, &d, e);
  if (rc == 0)
    explain(&x, &d, out);
  context_release(&x);
  return rc;
}
