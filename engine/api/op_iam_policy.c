/* PutEntityPolicy, GetEntityPolicy, DeleteEntityPolicy, AttachEntityPolicy,
 * DetachEntityPolicy, PutPermissionsBoundary, DeletePermissionsBoundary: what
 * hangs on a user, a group or a role. */
#include <stdlib.h>

#include "api/iam_input.h"
#include "api/ops.h"
#include "base/cleanup.h"

/* What all inline policies of one may have. */
static const size_t inline_bytes[] = {
    [IAM_USER] = 2048,
    [IAM_GROUP] = 5120,
    [IAM_ROLE] = 10240,
};

int op_put_entity_policy(struct call *c)
{
  struct iam_entity owner;
  const char *name, *document;
  int rc = iam_policy_name(c, &name);

  if (rc == 0)
    rc = iam_document(c, "PolicyDocument", true, POLICY_IDENTITY,
                      POLICY_TEXT_MAX, &document);
  if (rc == 0)
    rc = iam_member(c, "Entity", KINDS_IDENTITY, &owner);
  if (rc == 0)
    rc = store_iam_inline_put(c->api->store, &owner, name, document,
                              inline_bytes[owner.kind], c->e);
  return iam_done(c, rc);
}

int op_get_entity_policy(struct call *c)
{
  CLEANUP_FREE char *text = NULL;
  struct iam_entity owner;
  const char *name;
  int rc = iam_policy_name(c, &name);

  if (rc == 0)
    rc = iam_member(c, "Entity", KINDS_IDENTITY, &owner);
  if (rc == 0)
    rc = store_iam_inline_get(c->api->store, &owner, name, &text, c->e);
  if (rc != 0)
    return rc;
  buf_putc(c->out, '{');
  buf_json_str(c->out, "PolicyName", name);
  buf_json_str(c->out, "PolicyDocument", text);
  buf_putc(c->out, '}');
  return 0;
}

int op_delete_entity_policy(struct call *c)
{
  struct iam_entity owner;
  const char *name;
  int rc = iam_policy_name(c, &name);

  if (rc == 0)
    rc = iam_member(c, "Entity", KINDS_IDENTITY, &owner);
  if (rc == 0)
    rc = store_iam_inline_remove(c->api->store, &owner, name, c->e);
  return iam_done(c, rc);
}

/* Entity and Policy ("policy/NAME" or an ARN). */
static int pair_read(struct call *c, unsigned kinds, struct iam_entity *owner,
                     struct iam_entity *policy)
{
  int rc = iam_member(c, "Policy", KINDS(IAM_POLICY), policy);

  return rc == 0 ? iam_member(c, "Entity", kinds, owner) : rc;
}

int op_attach_entity_policy(struct call *c)
{
  struct iam_entity owner, policy;
  int rc = pair_read(c, KINDS_IDENTITY, &owner, &policy);

  if (rc == 0)
    rc = store_iam_attach(c->api->store, &owner, policy.id, c->e);
  return iam_done(c, rc);
}

int op_detach_entity_policy(struct call *c)
{
  struct iam_entity owner, policy;
  int rc = pair_read(c, KINDS_IDENTITY, &owner, &policy);

  if (rc == 0)
    rc = store_iam_detach(c->api->store, &owner, &policy, c->e);
  return iam_done(c, rc);
}

int op_put_permissions_boundary(struct call *c)
{
  struct iam_entity owner, policy;
  int rc = pair_read(c, KINDS_PRINCIPAL, &owner, &policy);

  if (rc == 0)
    rc = store_iam_boundary(c->api->store, owner.id, policy.id, c->e);
  return iam_done(c, rc);
}

int op_delete_permissions_boundary(struct call *c)
{
  struct iam_entity owner;
  int rc = iam_member(c, "Entity", KINDS_PRINCIPAL, &owner);

  if (rc == 0)
    rc = store_iam_boundary(c->api->store, owner.id, 0, c->e);
  return iam_done(c, rc);
}
