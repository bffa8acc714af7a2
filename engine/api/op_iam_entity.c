/* GetEntity, ListEntities, DeleteEntity, TagEntity, UntagEntity,
 * AddUserToGroup, RemoveUserFromGroup. */
#include <stdlib.h>
#include <string.h>

#include "api/iam_input.h"
#include "api/iam_shape.h"
#include "api/ops.h"
#include "api/page.h"
#include "base/cleanup.h"

#define PAGE 100

int op_get_entity(struct call *c)
{
  struct iam_entity n;
  int rc = iam_member(c, "Entity", KINDS_ANY, &n);

  if (rc != 0)
    return rc;
  iam_shape_begin(c, &n);
  rc = iam_shape_more(c, &n);
  buf_putc(c->out, '}');
  return rc;
}

static int kind_read(struct call *c, enum iam_kind *out)
{
  const char *text;
  int rc = call_str(c, "Kind", true, 1, 16, &text);

  if (rc != 0)
    return rc;
  for (int k = IAM_USER; k <= IAM_POLICY; k++)
    if (strcmp(text, iam_kind_name((enum iam_kind)k)) == 0) {
      *out = (enum iam_kind)k;
      return 0;
    }
  return err_set(c->e, ERR_PARAMETER,
                 "Kind is '%.16s'; it must be user, group, role or policy.",
                 text);
}

int op_list_entities(struct call *c)
{
  CLEANUP_FREE struct iam_entity *list = NULL;
  const struct secret_place *after;
  struct secret_place place = {0};
  enum iam_kind kind;
  int64_t max;
  size_t n = 0;
  int rc = kind_read(c, &kind);

  if (rc == 0)
    rc = call_int(c, "MaxResults", PAGE, 1, PAGE, &max);
  if (rc == 0)
    rc = page_after(c, &place, &after);
  if (rc == 0)
    rc = store_iam_list(c->api->store, kind, place.id, (size_t)max, &list, &n,
                        c->e);
  if (rc != 0)
    return rc;
  buf_puts(c->out, "{\"Entities\":[");
  for (size_t i = 0; i < n; i++) {
    if (i > 0)
      buf_putc(c->out, ',');
    iam_shape_begin(c, &list[i]);
    buf_putc(c->out, '}');
  }
  buf_putc(c->out, ']');
  if (n == (size_t)max) {
    place = (struct secret_place){.id = list[n - 1].id};
    rc = page_put_next(c, &place);
  }
  buf_putc(c->out, '}');
  return rc;
}

int op_delete_entity(struct call *c)
{
  struct iam_entity n;
  bool force;
  int rc = call_bool(c, "Force", false, &force);

  if (rc == 0)
    rc = iam_member(c, "Entity", KINDS_ANY, &n);
  if (rc == 0)
    rc = store_iam_delete(c->api->store, n.id, force, c->e);
  return iam_done(c, rc);
}

#define KINDS_TAGGED (KINDS_PRINCIPAL | KINDS(IAM_POLICY))

int op_tag_entity(struct call *c)
{
  struct tag tags[STORE_TAGS];
  struct iam_entity n;
  size_t n_tags = 0;
  int rc = iam_tags(c, true, tags, &n_tags);

  if (rc == 0)
    rc = iam_member(c, "Entity", KINDS_TAGGED, &n);
  if (rc == 0)
    rc = store_iam_tag_put(c->api->store, n.id, tags, n_tags, c->e);
  return iam_done(c, rc);
}

int op_untag_entity(struct call *c)
{
  const json_t *list = json_object_get(c->in, "TagKeys"), *one;
  const char *keys[STORE_TAGS];
  struct iam_entity n;
  size_t i, n_keys = json_array_size(list);
  int rc;

  if (n_keys == 0 || n_keys > STORE_TAGS)
    return err_set(c->e, ERR_VALIDATION, "TagKeys must have 1 to %d items.",
                   STORE_TAGS);
  json_array_foreach (list, i, one) {
    keys[i] = json_string_value(one);
    if (keys[i] == NULL)
      return err_set(c->e, ERR_SERIALIZATION, "TagKeys must be texts");
  }
  rc = iam_member(c, "Entity", KINDS_TAGGED, &n);
  if (rc == 0)
    rc = store_iam_tag_remove(c->api->store, n.id, keys, n_keys, c->e);
  return iam_done(c, rc);
}

/* UserName and GroupName. */
static int pair_read(struct call *c, struct iam_entity *user,
                     struct iam_entity *group)
{
  const char *name;
  int rc = iam_name(c, "GroupName", IAM_GROUP, &name);

  if (rc == 0)
    rc = store_iam_find(c->api->store, IAM_GROUP, name, group, c->e);
  if (rc == 0)
    rc = iam_name(c, "UserName", IAM_USER, &name);
  return rc == 0 ? store_iam_find(c->api->store, IAM_USER, name, user, c->e)
                 : rc;
}

int op_add_user_to_group(struct call *c)
{
  struct iam_entity user, group;
  int rc = pair_read(c, &user, &group);

  if (rc == 0)
    rc = store_iam_join(c->api->store, group.id, user.id, c->e);
  return iam_done(c, rc);
}

int op_remove_user_from_group(struct call *c)
{
  struct iam_entity user, group;
  int rc = pair_read(c, &user, &group);

  if (rc == 0)
    rc = store_iam_leave(c->api->store, &group, &user, c->e);
  return iam_done(c, rc);
}
