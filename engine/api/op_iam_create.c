/* CreateUser, CreateGroup, CreateRole, CreatePolicy, UpdateRole, UpdatePolicy.
 */
#include <stdio.h>
#include <string.h>

#include "api/iam_input.h"
#include "api/iam_shape.h"
#include "api/ops.h"
#include "iam/access_key.h"

/* What there is besides name, path and tags. */
struct rest {
  const char *document, *description;
  struct tag tags[STORE_TAGS];
  size_t n_tags;
};

static int boundary_read(struct call *c, struct iam_entity *n)
{
  struct iam_entity policy;
  const char *text;
  int rc = call_str(c, "PermissionsBoundary", false, 1, 2048, &text);

  if (rc != 0 || text == NULL)
    return rc;
  rc = iam_named(c, text, KINDS(IAM_POLICY), &policy);
  if (rc == 0)
    n->boundary_id = policy.id;
  return rc;
}

static int description_read(struct call *c, struct iam_entity *n)
{
  const char *text;
  int rc = call_str(c, "Description", false, 0, IAM_TEXT_MAX - 1, &text);

  if (rc == 0 && text != NULL)
    (void)snprintf(n->description, sizeof n->description, "%s", text);
  return rc;
}

/* Role and policy have a document; user and role a boundary. */
static int rest_read(struct call *c, struct iam_entity *n, struct rest *rest)
{
  int rc = 0;

  if (n->kind != IAM_GROUP)
    rc = iam_tags(c, false, rest->tags, &rest->n_tags);
  if (rc == 0 && (KINDS(n->kind) & KINDS_PRINCIPAL))
    rc = boundary_read(c, n);
  if (rc == 0 && (n->kind == IAM_ROLE || n->kind == IAM_POLICY))
    rc = description_read(c, n);
  if (rc == 0 && n->kind == IAM_ROLE)
    rc = iam_document(c, "AssumeRolePolicyDocument", true, POLICY_TRUST,
                      IAM_TRUST_BYTES, &rest->document);
  if (rc == 0 && n->kind == IAM_ROLE)
    rc = call_int(c, "MaxSessionDuration", IAM_ROLE_SESSION_S,
                  IAM_ROLE_SESSION_S, IAM_MAX_SESSION_S, &n->max_session_s);
  if (rc == 0 && n->kind == IAM_POLICY)
    rc = iam_document(c, "PolicyDocument", true, POLICY_IDENTITY,
                      IAM_MANAGED_BYTES, &rest->document);
  return rc;
}

static int create(struct call *c, enum iam_kind kind, const char *member)
{
  struct rest rest = {0};
  struct iam_entity n = {
      .kind = kind, .created_us = c->now_us, .changed_us = c->now_us};
  const char *name, *path;
  int rc = iam_name(c, member, kind, &name);

  if (rc == 0)
    rc = iam_path(c, &path);
  if (rc != 0)
    return rc;
  (void)snprintf(n.name, sizeof n.name, "%s", name);
  (void)snprintf(n.path, sizeof n.path, "%s", path);
  (void)snprintf(n.arn, sizeof n.arn, "arn:aws:iam::%s:%s%s%s", c->api->account,
                 iam_kind_name(kind), path, name);
  entity_id_make(c->api->random, kind, n.entity_id);
  rc = rest_read(c, &n, &rest);
  if (rc == 0)
    rc = store_iam_insert(c->api->store, &n, rest.document, rest.tags,
                          rest.n_tags, &n.id, c->e);
  if (rc == 0)
    rc = store_iam_find(c->api->store, kind, name, &n, c->e);
  if (rc != 0)
    return rc;
  directory_changed(c->api->directory);
  iam_shape_begin(c, &n);
  buf_putc(c->out, '}');
  return 0;
}

int op_create_user(struct call *c)
{
  return create(c, IAM_USER, "UserName");
}

int op_create_group(struct call *c)
{
  return create(c, IAM_GROUP, "GroupName");
}

int op_create_role(struct call *c)
{
  return create(c, IAM_ROLE, "RoleName");
}

int op_create_policy(struct call *c)
{
  return create(c, IAM_POLICY, "PolicyName");
}

static int update(struct call *c, enum iam_kind kind, const char *member,
                  const char *document)
{
  struct iam_entity n;
  const char *name, *description;
  int64_t max_s;
  int rc = iam_name(c, member, kind, &name);

  if (rc == 0)
    rc = call_str(c, "Description", false, 0, IAM_TEXT_MAX - 1, &description);
  if (rc == 0)
    rc = call_int(c, "MaxSessionDuration", 0, IAM_ROLE_SESSION_S,
                  IAM_MAX_SESSION_S, &max_s);
  if (rc == 0)
    rc = store_iam_find(c->api->store, kind, name, &n, c->e);
  if (rc == 0)
    rc = store_iam_update(c->api->store, n.id, document, description, max_s,
                          c->now_us, c->e);
  return iam_done(c, rc);
}

int op_update_role(struct call *c)
{
  const char *document;
  int rc = iam_document(c, "AssumeRolePolicyDocument", false, POLICY_TRUST,
                        IAM_TRUST_BYTES, &document);

  return rc == 0 ? update(c, IAM_ROLE, "RoleName", document) : rc;
}

int op_update_policy(struct call *c)
{
  const char *document;
  int rc = iam_document(c, "PolicyDocument", false, POLICY_IDENTITY,
                        IAM_MANAGED_BYTES, &document);

  return rc == 0 ? update(c, IAM_POLICY, "PolicyName", document) : rc;
}
