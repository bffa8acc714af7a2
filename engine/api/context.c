/* One table of keys.  Values are made when a policy asks for them, in the
 * context's own room; a policy that asks for more than fits is refused. */
#include "api/context.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "api/context_keys.h"
#include "secret/resource_policy.h"

/* ---- values ------------------------------------------------------------- */

static int full(const struct context *x, struct err *e)
{
  return err_set(e, ERR_LIMIT, "a policy asks for more about %s than fits",
                 x->name);
}

int context_add(struct context *x, const char *value, struct policy_values *out,
                struct err *e)
{
  if (x->n_values == CONTEXT_VALUES_MAX)
    return full(x, e);
  if (out->n == 0)
    out->values = &x->values[x->n_values];
  x->values[x->n_values++] = value;
  out->n++;
  return 1;
}

int context_add_text(struct context *x, struct policy_values *out,
                     struct err *e, const char *fmt, ...)
{
  char *at = x->text + x->text_len;
  size_t room = sizeof x->text - x->text_len;
  va_list ap;
  int n;

  va_start(ap, fmt);
  n = vsnprintf(at, room, fmt, ap);
  va_end(ap);
  if (n < 0 || (size_t)n >= room)
    return full(x, e);
  x->text_len += (size_t)n + 1;
  return context_add(x, at, out, e);
}

int context_add_json(struct context *x, const json_t *v,
                     struct policy_values *out, struct err *e)
{
  if (json_is_string(v))
    return context_add(x, json_string_value(v), out, e);
  if (json_is_boolean(v))
    return context_add(x, json_is_true(v) ? "true" : "false", out, e);
  if (json_is_integer(v))
    return context_add_text(x, out, e, "%" JSON_INTEGER_FORMAT,
                            json_integer_value(v));
  return 0;
}

static int add_time(struct context *x, int64_t us, struct policy_values *out,
                    struct err *e)
{
  time_t at = (time_t)(us / US_PER_S);
  char text[32];
  struct tm tm;

  if (gmtime_r(&at, &tm) == NULL ||
      strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    return err_set(e, ERR_INTERNAL, "no calendar time for a policy");
  return context_add_text(x, out, e, "%s", text);
}

/* ---- keys of the secret -------------------------------------------------- */

static const char *text_secret_id(const struct context *x)
{
  return x->row == NULL ? NULL : x->row->arn;
}

static const char *text_resource_account(const struct context *x)
{
  return x->row == NULL ? NULL : x->api->account;
}

static int key_resource_tag(struct context *x, const struct key *k,
                            const char *rest, struct policy_values *out,
                            struct err *e)
{
  int rc = 0;

  (void)k;
  if (x->row == NULL || !x->row->tagged)
    return 0;
  if (!x->has_tags) {
    x->tags = calloc(STORE_TAGS, sizeof *x->tags);
    rc = x->tags == NULL ? err_set(e, ERR_NOMEM, "no memory for tags")
                         : store_tag_list(x->api->store, x->row->id, x->tags,
                                          STORE_TAGS, &x->n_tags, e);
    x->has_tags = rc == 0;
  }
  for (size_t i = 0; rc == 0 && i < x->n_tags; i++)
    if (strcmp(x->tags[i].key, rest) == 0)
      rc = context_add(x, x->tags[i].value, out, e);
  return rc;
}

static int key_allow_rotation(struct context *x, const struct key *k,
                              const char *rest, struct policy_values *out,
                              struct err *e)
{
  struct rules_row rules;
  struct err inner = {0};
  int rc;

  (void)k;
  (void)rest;
  if (x->row == NULL)
    return 0;
  rc = store_rules_get(x->api->store, x->row->id, &rules, &inner);
  if (rc == -ERR_NOT_FOUND || (rc == 0 && rules.rotator_arn[0] == '\0'))
    return 0;
  if (rc != 0)
    return err_set(e, inner.code, "%s", inner.text);
  return context_add_text(x, out, e, "%s", rules.rotator_arn);
}

/* ---- keys of a KMS key -----------------------------------------------------
 */

static const char *text_encryption_context(const struct context *x)
{
  return x->key_of;
}

static int key_via_service(struct context *x, const struct key *k,
                           const char *rest, struct policy_values *out,
                           struct err *e)
{
  (void)k;
  (void)rest;
  if (x->key_of == NULL)
    return 0;
  return context_add_text(x, out, e, "secretsmanager.%s.amazonaws.com",
                          x->region);
}

/* ---- keys of the caller and the connection --------------------------------
 */

/* Of a session AWS gives its role here. */
static const char *text_principal_arn(const struct context *x)
{
  return x->who->role_arn[0] != '\0' ? x->who->role_arn : x->who->arn;
}

static const char *text_account(const struct context *x)
{
  return x->who->account;
}

static const char *text_principal_type(const struct context *x)
{
  static const char *const types[] = {[PRINCIPAL_ROOT] = "Account",
                                      [PRINCIPAL_USER] = "User",
                                      [PRINCIPAL_SESSION] = "AssumedRole"};

  return types[x->who->kind];
}

static const char *text_user_id(const struct context *x)
{
  return x->who->id;
}

static const char *text_source_identity(const struct context *x)
{
  return x->who->source_identity[0] == '\0' ? NULL : x->who->source_identity;
}

static const char *text_user_name(const struct context *x)
{
  return x->who->kind == PRINCIPAL_USER ? x->who->name : NULL;
}

static const char *text_source_ip(const struct context *x)
{
  return x->http == NULL ? NULL : x->http->peer->address;
}

/* A Unix socket is as good as TLS: nobody is in between. */
static const char *text_secure(const struct context *x)
{
  const struct http_peer *peer = x->http == NULL ? NULL : x->http->peer;

  if (peer == NULL)
    return NULL;
  return peer->is_unix || peer->tls_version != NULL ? "true" : "false";
}

static const char *text_endpoint(const struct context *x)
{
  return x->http == NULL ? NULL : x->http->peer->endpoint;
}

static const char *text_user_agent(const struct context *x)
{
  return x->http == NULL ? NULL : http_header(x->http, "user-agent");
}

/* Of a replica its primary's. */
static const char *text_primary_region(const struct context *x)
{
  if (x->row == NULL)
    return NULL;
  return x->row->replica_id != 0 ? x->row->primary_region : x->row->region;
}

static const char *text_region(const struct context *x)
{
  return x->region;
}

static const char *text_false(const struct context *x)
{
  (void)x;
  return "false";
}

static int key_principal_tag(struct context *x, const struct key *k,
                             const char *rest, struct policy_values *out,
                             struct err *e)
{
  (void)k;
  for (size_t i = 0; i < x->who->n_tags; i++)
    if (strcasecmp(x->who->tags[i].key, rest) == 0)
      return context_add(x, x->who->tags[i].value, out, e);
  return 0;
}

static int key_issue_time(struct context *x, const struct key *k,
                          const char *rest, struct policy_values *out,
                          struct err *e)
{
  (void)k;
  (void)rest;
  return x->who->issued_us == 0 ? 0 : add_time(x, x->who->issued_us, out, e);
}

static int key_now(struct context *x, const struct key *k, const char *rest,
                   struct policy_values *out, struct err *e)
{
  (void)k;
  (void)rest;
  return add_time(x, x->now_us, out, e);
}

static int key_epoch(struct context *x, const struct key *k, const char *rest,
                     struct policy_values *out, struct err *e)
{
  (void)k;
  (void)rest;
  return context_add_text(x, out, e, "%" PRId64,
                          (int64_t)(x->now_us / US_PER_S));
}

/* ---- the table ----------------------------------------------------------- */

#define SM    "secretsmanager:"
#define WRITE " CreateSecret UpdateSecret "
#define COPY  " CreateSecret ReplicateSecretToRegions "

/* X(name, text, fn, member, operations) */
static const struct key keys[] = {
    {SM "SecretId", text_secret_id, NULL, NULL, NULL},
    {SM "SecretPrimaryRegion", text_primary_region, NULL, NULL, NULL},
    {SM "VersionId", NULL, key_member, "VersionId", " GetSecretValue "},
    {SM "VersionStage", NULL, key_version_stage, "VersionStage",
     " GetSecretValue UpdateSecretVersionStage "},
    {SM "Name", NULL, key_member, "Name", " CreateSecret "},
    {SM "Description", NULL, key_member, "Description", WRITE},
    {SM "KmsKeyId", NULL, key_member, "KmsKeyId", WRITE},
    {SM "KmsKeyArn", NULL, key_member, "KmsKeyId", WRITE},
    {SM "Type", NULL, key_member, "Type", WRITE},
    {SM "ExternalSecretRotationRoleArn", NULL, key_member,
     "ExternalSecretRotationRoleArn", " RotateSecret "},
    {SM "RecoveryWindowInDays", NULL, key_member, "RecoveryWindowInDays",
     " DeleteSecret "},
    {SM "ForceDeleteWithoutRecovery", NULL, key_flag,
     "ForceDeleteWithoutRecovery", " DeleteSecret "},
    {SM "BlockPublicPolicy", NULL, key_flag, "BlockPublicPolicy",
     " PutResourcePolicy "},
    {SM "RotationLambdaARN", NULL, key_member, "RotationLambdaARN",
     " RotateSecret "},
    {SM "ModifyRotationRules", NULL, key_is_given, "RotationRules",
     " RotateSecret "},
    {SM "RotateImmediately", NULL, key_rotate_immediately, "RotateImmediately",
     " RotateSecret "},
    {SM "AddReplicaRegions", NULL, key_replica_regions, "AddReplicaRegions",
     COPY},
    {SM "ForceOverwriteReplicaSecret", NULL, key_flag,
     "ForceOverwriteReplicaSecret", COPY},
    {SM "resource/AllowRotationLambdaArn", NULL, key_allow_rotation, NULL,
     NULL},
    {SM "ResourceTag/", NULL, key_resource_tag, NULL, NULL},
    {"aws:ResourceTag/", NULL, key_resource_tag, NULL, NULL},
    {"aws:RequestTag/", NULL, key_request_tag, NULL,
     " CreateSecret TagResource "},
    {"aws:TagKeys", NULL, key_tag_keys, NULL,
     " CreateSecret TagResource UntagResource "},
    {"aws:PrincipalArn", text_principal_arn, NULL, NULL, NULL},
    {"aws:PrincipalAccount", text_account, NULL, NULL, NULL},
    {"aws:ResourceAccount", text_resource_account, NULL, NULL, NULL},
    {"aws:PrincipalType", text_principal_type, NULL, NULL, NULL},
    {"aws:PrincipalTag/", NULL, key_principal_tag, NULL, NULL},
    {"aws:userid", text_user_id, NULL, NULL, NULL},
    {"aws:username", text_user_name, NULL, NULL, NULL},
    {"aws:SourceIdentity", text_source_identity, NULL, NULL, NULL},
    {"aws:TokenIssueTime", NULL, key_issue_time, NULL, NULL},
    {"aws:SourceIp", text_source_ip, NULL, NULL, NULL},
    {"aws:SecureTransport", text_secure, NULL, NULL, NULL},
    {"aws:SourceVpce", text_endpoint, NULL, NULL, NULL},
    {"aws:UserAgent", text_user_agent, NULL, NULL, NULL},
    {"aws:RequestedRegion", text_region, NULL, NULL, NULL},
    {"aws:CurrentTime", NULL, key_now, NULL, NULL},
    {"aws:EpochTime", NULL, key_epoch, NULL, NULL},
    {"kms:ViaService", NULL, key_via_service, NULL, NULL},
    {"kms:EncryptionContext:SecretARN", text_encryption_context, NULL, NULL,
     NULL},
    {"aws:ViaAWSService", text_false, NULL, NULL, NULL},
    {"aws:PrincipalIsAWSService", text_false, NULL, NULL, NULL},
};

static bool applies(const struct key *k, const char *op)
{
  char word[64];

  if (k->ops == NULL)
    return true;
  (void)snprintf(word, sizeof word, " %s ", op);
  return strstr(k->ops, word) != NULL;
}

/* *rest: what follows a prefix; of a whole name nothing does. */
static bool is_named(const struct key *k, const char *name, const char **rest)
{
  size_t len = strlen(k->name);

  if (strncasecmp(name, k->name, len) != 0)
    return false;
  *rest = name + len;
  return k->name[len - 1] == '/' || **rest == '\0';
}

static int key_find(struct context *x, const struct key *k, const char *rest,
                    struct policy_values *out, struct err *e)
{
  const char *text;

  if (!applies(k, x->name))
    return 0;
  if (k->fn != NULL)
    return k->fn(x, k, rest, out, e);
  text = k->text(x);
  return text == NULL || text[0] == '\0' ? 0 : context_add(x, text, out, e);
}

static int find_given(struct context *x, const char *name,
                      struct policy_values *out, struct err *e)
{
  const char *key;
  json_t *value, *item;
  size_t i;

  json_object_foreach ((json_t *)(uintptr_t)x->given, key, value) {
    int rc = 1; /* an empty list is there, and empty */

    if (strcasecmp(key, name) != 0)
      continue;
    if (!json_is_array(value))
      return context_add_json(x, value, out, e);
    json_array_foreach (value, i, item)
      if (rc > 0)
        rc = context_add_json(x, item, out, e);
    return rc;
  }
  return 0;
}

int context_find(void *ctx, const char *name, struct policy_values *out,
                 struct err *e)
{
  struct context *x = ctx;
  const char *rest;
  int rc;

  *out = (struct policy_values){NULL, 0};
  rc = find_given(x, name, out, e);
  if (rc != 0)
    return rc;
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
    if (is_named(&keys[i], name, &rest))
      return key_find(x, &keys[i], rest, out, e);
  return 0;
}

void context_release(struct context *x)
{
  free(x->tags);
  x->tags = NULL;
  resource_policy_put(x->attached);
  x->attached = NULL;
}
