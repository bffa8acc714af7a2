/* Users, groups, roles and policies of a plan, compared with those that are
 * there.
 *
 * What is found is kept as the calls that make it so, in their order: what has
 * to go first, for each list has its limit.  Of a member that the plan does
 * not have nothing is touched.
 */
#include <string.h>

#include "base/cleanup.h"
#include "cli/change.h"
#include "cli/iam_words.h"

/* What differs between the kinds. */
static const struct entity_kind {
  const char *kind, *name_member, *create, *update;
  const char *document, *document_member; /* in the plan; in the API */
} entity_kinds[] = {
    {"user", "UserName", "keyturn.CreateUser", NULL, NULL, NULL},
    {"group", "GroupName", "keyturn.CreateGroup", NULL, NULL, NULL},
    {"role", "RoleName", "keyturn.CreateRole", "keyturn.UpdateRole", "trust",
     "AssumeRolePolicyDocument"},
    {"policy", "PolicyName", "keyturn.CreatePolicy", "keyturn.UpdatePolicy",
     "document", "PolicyDocument"},
};

static const struct entity_kind *kind_of(const struct change *ch)
{
  size_t i = 0;

  while (strcmp(entity_kinds[i].kind, ch->item->list->kind) != 0)
    i++; /* plan_lists has no other */
  return &entity_kinds[i];
}

/* Takes `in`. */
static void add_call(struct change *ch, const char *target, json_t *in)
{
  (void)json_array_append_new(
      ch->calls, json_pack("{s:s, s:o}", "target", target, "in", in));
}

static json_t *entity_in(const struct change *ch)
{
  return json_pack("{s:o}", "Entity",
                   json_sprintf("%s/%s", ch->item->list->kind, ch->item->name));
}

/* One more member; takes `value`. */
static json_t *with(json_t *in, const char *member, json_t *value)
{
  (void)json_object_set_new(in, member, value);
  return in;
}

static void line(struct change *ch, const char *what, const char *name,
                 const char *from, const char *to)
{
  CLEANUP_JSON json_t *a = from == NULL ? NULL : json_string(from);
  CLEANUP_JSON json_t *b = to == NULL ? NULL : json_string(to);
  char text[200];

  (void)snprintf(text, sizeof text, "%s%s%.128s", what, name == NULL ? "" : " ",
                 name == NULL ? "" : name);
  change_add_line(ch, text, a, b);
}

/* ---- documents ------------------------------------------------------------
 */

static int into_buf(const char *text, size_t n, void *arg)
{
  buf_put(arg, text, n);
  return 0;
}

static json_t *text_of(const json_t *document)
{
  CLEANUP_BUF struct buf b;

  buf_init(&b, 65536, true);
  if (json_dump_callback(document, into_buf, &b, JSON_COMPACT) != 0 || b.failed)
    return NULL;
  return json_stringn(b.data, b.len);
}

/* Order of members and blanks do not matter. */
static bool says(const char *text, const json_t *document)
{
  CLEANUP_JSON json_t *there = NULL;

  return text != NULL &&
         json_read(text, strlen(text), &json_limits_file, &there, NULL) == 0 &&
         json_equal(there, document);
}

static const json_t *named(const json_t *list, const char *name)
{
  const json_t *one;
  size_t i;

  json_array_foreach (list, i, one)
    if (json_str(one, "PolicyName") != NULL &&
        strcmp(json_str(one, "PolicyName"), name) == 0)
      return one;
  return NULL;
}

static void compare_inline(struct change *ch, const json_t *there)
{
  json_t *planned = json_object_get(ch->item->json, "policies"), *document;
  const json_t *list = json_object_get(there, "Policies"), *one;
  const char *name;
  size_t i;

  if (planned == NULL)
    return;
  json_array_foreach (list, i, one) {
    name = json_str(one, "PolicyName");
    if (json_object_get(planned, name) != NULL)
      continue;
    add_call(ch, "keyturn.DeleteEntityPolicy",
             with(entity_in(ch), "PolicyName", json_string(name)));
    line(ch, "policy", name, "there", NULL);
  }
  json_object_foreach (planned, name, document) {
    one = named(list, name);
    if (says(json_str(one, "PolicyDocument"), document))
      continue;
    add_call(ch, "keyturn.PutEntityPolicy",
             with(with(entity_in(ch), "PolicyName", json_string(name)),
                  "PolicyDocument", text_of(document)));
    line(ch, "policy", name, one == NULL ? NULL : "another", "as planned");
  }
}

/* ---- lists of names -------------------------------------------------------
 */

static bool has_text(const json_t *list, const char *text)
{
  const json_t *one;
  size_t i;

  json_array_foreach (list, i, one)
    if (strcmp(json_string_value(one), text) == 0)
      return true;
  return false;
}

/* The last word of an ARN, or of "group/NAME". */
static const char *last_word(const char *text)
{
  const char *slash = text == NULL ? NULL : strrchr(text, '/');

  return slash == NULL ? text : slash + 1;
}

static json_t *group_in(const struct change *ch, const char *group)
{
  return json_pack("{s:s, s:s}", "UserName", ch->item->name, "GroupName",
                   group);
}

static json_t *policy_in(const struct change *ch, const char *policy)
{
  return with(entity_in(ch), "Policy", iam_policy_of(policy));
}

static const struct name_list {
  const char *member, *what;
  const char *add, *remove;
  json_t *(*in)(const struct change *ch, const char *name);
} name_lists[] = {
    {"groups", "group", "keyturn.AddUserToGroup", "keyturn.RemoveUserFromGroup",
     group_in},
    {"attached", "attached", "keyturn.AttachEntityPolicy",
     "keyturn.DetachEntityPolicy", policy_in},
};

/* `there`: plain names. */
static void compare_names(struct change *ch, const struct name_list *l,
                          const json_t *there)
{
  const json_t *planned = json_object_get(ch->item->json, l->member), *one;
  size_t i;

  if (planned == NULL)
    return;
  json_array_foreach (there, i, one)
    if (!has_text(planned, json_string_value(one))) {
      add_call(ch, l->remove, l->in(ch, json_string_value(one)));
      line(ch, l->what, json_string_value(one), "there", NULL);
    }
  json_array_foreach (planned, i, one)
    if (!has_text(there, json_string_value(one))) {
      add_call(ch, l->add, l->in(ch, json_string_value(one)));
      line(ch, l->what, json_string_value(one), NULL, "as planned");
    }
}

/* Groups ("group/NAME") and AttachedPolicies (objects) as plain names. */
static json_t *names_there(const json_t *list)
{
  json_t *names = json_array();
  const json_t *one;
  size_t i;

  json_array_foreach (list, i, one) {
    const char *text = json_is_string(one) ? json_string_value(one)
                                           : json_str(one, "PolicyName");

    if (text != NULL)
      (void)json_array_append_new(names, json_string(last_word(text)));
  }
  return names;
}

static void compare_lists(struct change *ch, const json_t *there)
{
  CLEANUP_JSON json_t *groups = names_there(json_object_get(there, "Groups"));
  CLEANUP_JSON json_t *attached =
      names_there(json_object_get(there, "AttachedPolicies"));

  compare_names(ch, &name_lists[0], groups);
  compare_names(ch, &name_lists[1], attached);
}

/* ---- single members -------------------------------------------------------
 */

/* What CreateX and UpdateX take: set in `in`, and told, where it differs. */
static void compare_members(struct change *ch, const json_t *there, json_t *in)
{
  const struct entity_kind *k = kind_of(ch);
  const json_t *plan = ch->item->json;
  const char *a = json_str(there, "Description"),
             *b = json_str(plan, "description");
  int64_t max_s = json_int(plan, "maxSessionSeconds", 0);
  const json_t *document =
      k->document == NULL ? NULL : json_object_get(plan, k->document);

  if (b != NULL && strcmp(a == NULL ? "" : a, b) != 0) {
    (void)with(in, "Description", json_string(b));
    line(ch, "description", NULL, a, b);
  }
  if (max_s != 0 && max_s != json_int(there, "MaxSessionDuration", 0)) {
    (void)with(in, "MaxSessionDuration", json_integer(max_s));
    change_add_line(ch, "maxSession",
                    json_object_get(there, "MaxSessionDuration"),
                    json_object_get(plan, "maxSessionSeconds"));
  }
  if (document != NULL &&
      !says(json_str(there, k->document_member), document)) {
    (void)with(in, k->document_member, text_of(document));
    line(ch, k->document, NULL, there == NULL ? NULL : "another", "as planned");
  }
}

static void compare_boundary(struct change *ch, const json_t *there, json_t *in)
{
  const json_t *planned = json_object_get(ch->item->json, "boundary");
  const char *to = json_string_value(planned),
             *from = last_word(json_str(there, "PermissionsBoundary"));

  if (planned == NULL || (to == NULL && from == NULL) ||
      (to != NULL && from != NULL && strcmp(to, from) == 0))
    return;
  line(ch, "boundary", NULL, from, to);
  if (to == NULL)
    add_call(ch, "keyturn.DeletePermissionsBoundary", entity_in(ch));
  else if (there == NULL)
    (void)with(in, "PermissionsBoundary", iam_policy_of(to));
  else
    add_call(ch, "keyturn.PutPermissionsBoundary", policy_in(ch, to));
}

static void compare_tags(struct change *ch, const json_t *there)
{
  json_t *planned = json_object_get(ch->item->json, "tags"), *to;
  const json_t *list = json_object_get(there, "Tags"), *one;
  json_t *put = json_array(), *remove = json_array();
  const char *key;
  size_t i;

  json_array_foreach (list, i, one) {
    key = json_str(one, "Key");
    to = json_object_get(planned, key);
    if (planned != NULL && to == NULL) {
      (void)json_array_append_new(remove, json_string(key));
      line(ch, "tag", key, json_str(one, "Value"), NULL);
    }
  }
  json_object_foreach (planned, key, to) {
    const char *from = NULL;

    json_array_foreach (list, i, one)
      if (strcmp(json_str(one, "Key"), key) == 0)
        from = json_str(one, "Value");
    if (from != NULL && strcmp(from, json_string_value(to)) == 0)
      continue;
    (void)json_array_append_new(
        put, json_pack("{s:s, s:O}", "Key", key, "Value", to));
    line(ch, "tag", key, from, json_string_value(to));
  }
  if (json_array_size(remove) > 0)
    add_call(ch, "keyturn.UntagEntity", with(entity_in(ch), "TagKeys", remove));
  else
    json_decref(remove);
  if (json_array_size(put) > 0)
    add_call(ch, "keyturn.TagEntity", with(entity_in(ch), "Tags", put));
  else
    json_decref(put);
}

/* ---- all ------------------------------------------------------------------
 */

static void compare(struct plan *p, struct change *ch, const json_t *there)
{
  const struct entity_kind *k = kind_of(ch);
  const char *path = json_str(ch->item->json, "path");
  json_t *in = json_pack("{s:s}", k->name_member, ch->item->name);

  if (path != NULL && there == NULL)
    (void)with(in, "Path", json_string(path));
  else if (path != NULL && strcmp(path, json_str(there, "Path")) != 0)
    plan_fault(p, ch->item, "/path",
               "expected %s: the path of what is there cannot change",
               json_str(there, "Path"));
  compare_members(ch, there, in);
  compare_boundary(ch, there, in);
  if (there == NULL) /* before all that hangs on it */
    (void)json_array_insert_new(
        ch->calls, 0, json_pack("{s:s, s:O}", "target", k->create, "in", in));
  else if (json_object_size(in) > 1)
    add_call(ch, k->update, json_incref(in));
  json_decref(in);
  compare_tags(ch, there);
  compare_inline(ch, there);
  compare_lists(ch, there);
}

int change_find_entity(struct plan *p, const struct plan_item *s,
                       struct client *c, struct change *out, struct err *e)
{
  CLEANUP_JSON json_t *there = NULL;
  int rc = iam_entity_get(c, s->list->kind, s->name, &there, e);

  *out = (struct change){.item = s, .is_new = there == NULL};
  if (rc != 0)
    return rc;
  out->calls = json_array();
  out->lines = json_array();
  compare(p, out, there);
  return 0;
}

int change_apply_entity(struct change *change, struct client *c, struct err *e)
{
  const json_t *one;
  size_t i;

  json_array_foreach (change->calls, i, one) {
    CLEANUP_JSON json_t *reply = NULL;
    int rc = client_call(c, json_str(one, "target"), json_object_get(one, "in"),
                         &reply, e);

    if (rc != 0)
      return rc;
    change->n_done++;
  }
  return 0;
}
