/* Entities with all that hangs on them. */
#include "api/iam_shape.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static void entity_name(struct call *c, const struct iam_entity *n)
{
  char text[IAM_NAME_MAX + 16];
  int len =
      snprintf(text, sizeof text, "%s/%s", iam_kind_name(n->kind), n->name);

  buf_json_string(c->out, text, (size_t)len);
}

void iam_shape_begin(struct call *c, const struct iam_entity *n)
{
  buf_putc(c->out, '{');
  buf_json_key(c->out, "Entity");
  entity_name(c, n);
  buf_json_str(c->out, "Name", n->name);
  buf_json_str(c->out, "Path", n->path);
  buf_json_str(c->out, "ARN", n->arn);
  buf_json_str(c->out, "Id", n->entity_id);
  if (n->description[0] != '\0')
    buf_json_str(c->out, "Description", n->description);
  if (n->kind == IAM_ROLE)
    buf_json_int(c->out, "MaxSessionDuration", n->max_session_s);
  if (n->boundary[0] != '\0')
    buf_json_str(c->out, "PermissionsBoundary", n->boundary);
  buf_json_time(c->out, "CreatedDate", n->created_us);
  buf_json_time(c->out, "LastChangedDate", n->changed_us);
}

static int tags_write(struct call *c, const struct iam_entity *n)
{
  struct tag tags[STORE_TAGS];
  size_t count = 0;
  int rc =
      store_iam_tag_list(c->api->store, n->id, tags, STORE_TAGS, &count, c->e);

  buf_json_key(c->out, "Tags");
  buf_putc(c->out, '[');
  for (size_t i = 0; i < count; i++) {
    buf_puts(c->out, i > 0 ? ",{" : "{");
    buf_json_str(c->out, "Key", tags[i].key);
    buf_json_str(c->out, "Value", tags[i].value);
    buf_putc(c->out, '}');
  }
  buf_putc(c->out, ']');
  return rc;
}

/* A list of "user/NAME". */
static void entities_write(struct call *c, const char *key,
                           const struct iam_entity *list, size_t n)
{
  buf_json_key(c->out, key);
  buf_putc(c->out, '[');
  for (size_t i = 0; i < n; i++) {
    if (i > 0)
      buf_putc(c->out, ',');
    entity_name(c, &list[i]);
  }
  buf_putc(c->out, ']');
}

static int members_write(struct call *c, const struct iam_entity *n)
{
  CLEANUP_FREE struct iam_entity *list = NULL;
  size_t count = 0;
  int rc = store_iam_members(c->api->store, n, &list, &count, c->e);

  if (rc == 0)
    entities_write(c, n->kind == IAM_USER ? "Groups" : "Users", list, count);
  return rc;
}

static int attached_to_write(struct call *c, const struct iam_entity *n)
{
  CLEANUP_FREE struct iam_entity *list = NULL;
  size_t count = 0;
  int rc = store_iam_attached_to(c->api->store, n->id, &list, &count, c->e);

  if (rc == 0)
    entities_write(c, "AttachedTo", list, count);
  return rc;
}

static void documents_write(struct call *c, const char *key, bool managed,
                            const struct iam_documents *all)
{
  bool first = true;

  buf_json_key(c->out, key);
  buf_putc(c->out, '[');
  for (size_t i = 0; i < all->n; i++) {
    const struct iam_document *d = &all->list[i];

    if ((d->arn[0] != '\0') != managed)
      continue;
    buf_puts(c->out, first ? "{" : ",{");
    first = false;
    buf_json_str(c->out, "PolicyName", d->name);
    if (managed)
      buf_json_str(c->out, "ARN", d->arn);
    buf_json_str(c->out, "PolicyDocument", d->text);
    buf_putc(c->out, '}');
  }
  buf_putc(c->out, ']');
}

static int policies_write(struct call *c, const struct iam_entity *n)
{
  struct iam_documents all = {0};
  int rc = store_iam_policies(c->api->store, n->id, &all, c->e);

  if (rc == 0) {
    documents_write(c, "Policies", false, &all);
    documents_write(c, "AttachedPolicies", true, &all);
  }
  iam_documents_release(&all);
  return rc;
}

static int document_write(struct call *c, const struct iam_entity *n,
                          const char *key)
{
  CLEANUP_FREE char *text = NULL;
  int rc = store_iam_document(c->api->store, n->id, &text, c->e);

  if (rc == 0)
    buf_json_str(c->out, key, text);
  return rc;
}

int iam_shape_more(struct call *c, const struct iam_entity *n)
{
  int rc = n->kind == IAM_GROUP ? 0 : tags_write(c, n);

  if (rc == 0 && (n->kind == IAM_USER || n->kind == IAM_GROUP))
    rc = members_write(c, n);
  if (rc == 0 && n->kind != IAM_POLICY)
    rc = policies_write(c, n);
  if (rc == 0 && n->kind == IAM_ROLE)
    rc = document_write(c, n, "AssumeRolePolicyDocument");
  if (rc == 0 && n->kind == IAM_POLICY)
    rc = document_write(c, n, "PolicyDocument");
  if (rc == 0 && n->kind == IAM_POLICY)
    rc = attached_to_write(c, n);
  return rc;
}

void iam_shape_key(struct call *c, const struct iam_entity *user,
                   const struct iam_key *key)
{
  buf_putc(c->out, '{');
  buf_json_str(c->out, "UserName", user->name);
  buf_json_str(c->out, "AccessKeyId", key->access_key_id);
  buf_json_str(c->out, "Status", key->active ? "Active" : "Inactive");
  buf_json_time(c->out, "CreatedDate", key->created_us);
  buf_json_time(c->out, "LastUsedDate", key->used_us);
}
