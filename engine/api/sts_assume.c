/* AssumeRole: what it takes, whether he may, and the session that he gets.
 *
 * The role's trust policy must let the asker in, and within the account his
 * own policies, too, unless the trust policy names him: policy_evaluate knows.
 * A role that is not there is refused as one that he may not assume.
 */
#include "api/sts_assume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "iam/directory.h"

#define CHAIN_MAX_S 3600 /* of a session that assumes a role */

/* ---- may he? --------------------------------------------------------------
 */

/* Kept until the decision is made. */
static int one_value(struct asked *a, const char *value,
                     struct policy_values *out)
{
  if (value == NULL)
    return 0;
  if (a->n_values == STS_KEYS_MAX)
    return err_set(a->c->e, ERR_LIMIT, "more than %d conditions", STS_KEYS_MAX);
  a->values[a->n_values] = value;
  *out = (struct policy_values){&a->values[a->n_values++], 1};
  return 1;
}

static const char *tag_of(const struct tag *tags, size_t n, const char *key)
{
  for (size_t i = 0; i < n; i++)
    if (strcasecmp(tags[i].key, key) == 0)
      return tags[i].value;
  return NULL;
}

static int find_key(void *ctx, const char *name, struct policy_values *out,
                    struct err *e)
{
  struct asked *a = ctx;
  const struct session *s = &a->session;

  if (strcasecmp(name, "sts:ExternalId") == 0)
    return one_value(a, a->external_id, out);
  if (strcasecmp(name, "sts:RoleSessionName") == 0)
    return one_value(a, a->name, out);
  if (strcasecmp(name, "sts:SourceIdentity") == 0)
    return one_value(a, a->source_identity, out);
  if (strcasecmp(name, "sts:DurationSeconds") == 0)
    return one_value(a, a->duration, out);
  if (strncasecmp(name, "aws:RequestTag/", 15) == 0)
    return one_value(a, tag_of(s->tags, s->n_tags, name + 15), out);
  if (strcasecmp(name, "aws:TagKeys") == 0) {
    *out = (struct policy_values){a->tag_keys, s->n_tags};
    return s->n_tags > 0;
  }
  if (strncasecmp(name, "iam:ResourceTag/", 16) == 0 ||
      strncasecmp(name, "aws:ResourceTag/", 16) == 0) /* the role's */
    return one_value(a, tag_of(a->role_tags, a->n_role_tags, name + 16), out);
  return a->c->find_key(a->c->find_ctx, name, out, e);
}

static int denied(struct asked *a, const char *action)
{
  return err_set(a->c->e, ERR_ACCESS,
                 "User: %s is not authorized to perform: %s on resource: "
                 "%.300s",
                 a->c->who->arn, action, a->role_arn);
}

static int may(struct asked *a, const char *action, const struct policy *trust)
{
  const struct principal *who = a->c->who;
  const char *const arns[] = {who->arn, who->role_arn};
  const struct policy_request r = {
      .action = action,
      .resource = a->role.arn,
      .principal_arns = arns,
      .n_principal_arns = who->kind == PRINCIPAL_SESSION ? 2 : 1,
      .principal_account = who->account,
      .resource_account = a->c->api->account,
      .is_root = false, /* who is refused before */
      .find_key = find_key,
      .find_ctx = a,
  };
  const struct policy_input in = {
      .identity = who->identity,
      .n_identity = who->n_identity,
      .resource = trust,
      .boundary = who->boundary,
      .session = who->session,
  };
  struct policy_decision decision;
  struct err why = {0};
  int rc;

  a->n_values = 0;
  rc = policy_evaluate(&r, &in, &decision, &why);
  if (rc == 0 && decision.effect == POLICY_ALLOWED)
    return 0;
  if (rc != 0) /* a fault is a deny */
    log_error("authorization_fault", log_str("principal", who->arn),
              log_str("action", action), log_str("resource", a->role.arn),
              log_str("error", why.text), log_str("next", "denied"));
  return denied(a, action);
}

static int may_all(struct asked *a)
{
  CLEANUP_FREE char *text = NULL;
  struct policy *trust;
  int rc = store_iam_document(a->c->api->store, a->role.id, &text, a->c->e);

  if (rc == 0)
    rc = policy_parse(text, strlen(text), POLICY_TRUST, &trust, a->c->e);
  if (rc != 0) /* it was parsed before it was stored */
    return err_set(a->c->e, ERR_CORRUPT, "the trust policy of %s", a->role.arn);
  rc = may(a, "sts:AssumeRole", trust);
  if (rc == 0 && a->session.n_tags > 0)
    rc = may(a, "sts:TagSession", trust);
  if (rc == 0 && a->source_identity != NULL)
    rc = may(a, "sts:SetSourceIdentity", trust);
  policy_free(trust);
  return rc;
}

static int find_role(struct asked *a)
{
  const char *slash = strrchr(a->role_arn, '/');
  int rc = slash == NULL ? -ERR_NO_ENTITY
                         : store_iam_find(a->c->api->store, IAM_ROLE, slash + 1,
                                          &a->role, a->c->e);

  if (rc == -ERR_NO_ENTITY ||
      (rc == 0 && strcmp(a->role.arn, a->role_arn) != 0))
    return denied(a, "sts:AssumeRole");
  if (rc == 0)
    rc = store_iam_tag_list(a->c->api->store, a->role.id, a->role_tags,
                            STORE_TAGS, &a->n_role_tags, a->c->e);
  return rc;
}

/* ---- the session ----------------------------------------------------------
 */

/* PolicyArns, by their ids. */
static int take_policies(struct asked *a)
{
  struct session *s = &a->session;
  struct iam_entity policy;
  const char *arn, *slash;
  int rc;

  for (unsigned n = 1;
       (arn = form_member(a->in, "PolicyArns", n, "arn")) != NULL; n++) {
    if (s->n_policy_ids == SESSION_POLICIES_MAX)
      return sts_refuse(a->c, arn, "policyArns",
                        "have length less than or equal to 10");
    slash = strrchr(arn, '/');
    rc = slash == NULL ? -ERR_NO_ENTITY
                       : store_iam_find(a->c->api->store, IAM_POLICY, slash + 1,
                                        &policy, a->c->e);
    if (rc != 0 && rc != -ERR_NO_ENTITY)
      return rc;
    if (rc != 0 || strcmp(policy.arn, arn) != 0)
      return err_set(a->c->e, ERR_NO_ENTITY, "Policy %.300s was not found.",
                     arn);
    memcpy(s->policy_ids[s->n_policy_ids++], policy.entity_id, IAM_ID_MAX);
  }
  return 0;
}

static int take_policy(struct asked *a)
{
  struct policy *parsed;
  int rc;

  if (a->policy == NULL)
    return 0;
  rc = policy_parse(a->policy, strlen(a->policy), POLICY_SESSION, &parsed,
                    a->c->e);
  if (rc != 0)
    return rc;
  policy_free(parsed);
  a->session.policy = strdup(a->policy);
  return a->session.policy == NULL
             ? err_set(a->c->e, ERR_NOMEM, "out of memory")
             : 0;
}

static int check_duration(struct asked *a)
{
  if (a->c->who->kind == PRINCIPAL_SESSION && a->duration_s > CHAIN_MAX_S)
    return err_set(a->c->e, ERR_VALIDATION,
                   "The requested DurationSeconds exceeds the 1 hour session "
                   "limit for roles assumed by role chaining");
  if (a->duration_s > a->role.max_session_s)
    return err_set(a->c->e, ERR_VALIDATION,
                   "The requested DurationSeconds exceeds the "
                   "MaxSessionDuration set for this role.");
  return 0;
}

static int session_fill(struct asked *a)
{
  struct session *s = &a->session;
  int rc = check_duration(a);

  if (rc == 0)
    rc = take_policies(a);
  if (rc == 0)
    rc = take_policy(a);
  if (rc == 0)
    rc = access_key_make(a->c->api->random, ACCESS_KEY_SESSION,
                         s->access_key_id, &s->key, a->c->e);
  if (rc != 0)
    return rc;
  (void)snprintf(s->role_id, sizeof s->role_id, "%s", a->role.entity_id);
  (void)snprintf(s->name, sizeof s->name, "%s", a->name);
  if (a->source_identity != NULL)
    (void)snprintf(s->source_identity, sizeof s->source_identity, "%s",
                   a->source_identity);
  s->issued_us = a->c->now_us;
  s->expires_us = a->c->now_us + a->duration_s * US_PER_S;
  return 0;
}

static void write_time(struct buf *out, const char *tag, int64_t us)
{
  time_t s = (time_t)(us / US_PER_S);
  char text[32];
  struct tm tm;

  (void)gmtime_r(&s, &tm);
  (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
  sts_xml(out, tag, text);
}

static void answer(struct asked *a, const struct principal *as,
                   const struct secret *token)
{
  struct buf *out = a->c->out;
  const struct session *s = &a->session;

  buf_puts(out, "<AssumedRoleUser>");
  sts_xml(out, "AssumedRoleId", as->id);
  sts_xml(out, "Arn", as->arn);
  buf_puts(out, "</AssumedRoleUser><Credentials>");
  sts_xml(out, "AccessKeyId", s->access_key_id);
  sts_xml(out, "SecretAccessKey", (const char *)s->key.data);
  sts_xml(out, "SessionToken", (const char *)token->data);
  write_time(out, "Expiration", s->expires_us);
  buf_puts(out, "</Credentials>");
  if (s->source_identity[0] != '\0')
    sts_xml(out, "SourceIdentity", s->source_identity);
  if (s->policy != NULL || s->n_policy_ids > 0 || s->n_tags > 0)
    buf_printf(out, "<PackedPolicySize>%zu</PackedPolicySize>",
               (token->len * 100 + SESSION_TOKEN_MAX - 1) / SESSION_TOKEN_MAX);
}

/* A token is tried before it is handed out: policies that are fine each may be
 * too much together. */
static int issue(struct asked *a)
{
  CLEANUP_SECRET struct secret token = {0}, key = {0};
  const struct api *api = a->c->api;
  const struct principal *as;
  int rc =
      session_seal(api->keyring, api->store_id, &a->session, &token, a->c->e);

  if (rc == 0)
    rc = directory_find(api->directory, a->session.access_key_id,
                        (const char *)token.data, &key, &as, a->c->e);
  if (rc != 0)
    return rc;
  answer(a, as, &token);
  principal_put(as);
  return 0;
}

static int run(struct asked *a)
{
  struct sts_call *c = a->c;
  int rc = sts_asked_read(a);

  if (rc != 0)
    return rc;
  if (c->who->kind == PRINCIPAL_ROOT)
    return err_set(c->e, ERR_ACCESS,
                   "Roles may not be assumed by root accounts.");
  /* What a session was said to be, it stays, in the next one, too. */
  if (a->source_identity == NULL && c->who->source_identity[0] != '\0')
    a->source_identity = c->who->source_identity;
  if (c->who->source_identity[0] != '\0' &&
      strcmp(a->source_identity, c->who->source_identity) != 0)
    return denied(a, "sts:SetSourceIdentity");
  rc = find_role(a);
  if (rc == 0)
    rc = may_all(a);
  if (rc == 0)
    rc = session_fill(a);
  return rc == 0 ? issue(a) : rc;
}

int sts_assume_role(struct sts_call *c, const struct form *in)
{
  struct asked *a = calloc(1, sizeof *a);
  int rc;

  if (a == NULL)
    return err_set(c->e, ERR_NOMEM, "out of memory");
  a->c = c;
  a->in = in;
  rc = run(a);
  session_release(&a->session);
  free(a);
  return rc;
}
