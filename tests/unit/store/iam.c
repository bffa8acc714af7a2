/* Users, groups, roles, policies and keys: found, limited, deleted. */
#include "temp_store.h"

#include "store/iam.h"

#define ALLOW "{\"Version\":\"2012-10-17\",\"Statement\":[]}"

static struct iam_entity entity(enum iam_kind kind, const char *name)
{
  static int serial;
  struct iam_entity n = {.kind = kind, .created_us = NOW, .changed_us = NOW};

  (void)snprintf(n.name, sizeof n.name, "%s", name);
  (void)snprintf(n.path, sizeof n.path, "/");
  (void)snprintf(n.entity_id, sizeof n.entity_id, "AIDA%017d", ++serial);
  (void)snprintf(n.arn, sizeof n.arn, "arn:aws:iam::123456789012:%s/%s",
                 iam_kind_name(kind), name);
  return n;
}

/* Makes one and reads it back. */
static struct iam_entity made(struct temp *t, enum iam_kind kind,
                              const char *name)
{
  struct iam_entity n = entity(kind, name);
  int64_t id;

  OK(store_iam_insert(t->s, &n, ALLOW, NULL, 0, &id, e_));
  OK(store_iam_find(t->s, kind, name, &n, e_));
  assert_int_equal(n.id, id);
  return n;
}

static struct iam_key key_of(const struct iam_entity *user, const char *id)
{
  struct iam_key k = {.user_id = user->id, .active = true, .created_us = NOW};

  (void)snprintf(k.access_key_id, sizeof k.access_key_id, "%s", id);
  memcpy(k.sealed, "sealed", 6);
  k.sealed_len = 6;
  return k;
}

static void names_differ_by_more_than_case(void **state)
{
  struct temp *t = *state;
  struct iam_entity user = made(t, IAM_USER, "App"), n;
  int64_t id;

  assert_string_equal(user.arn, "arn:aws:iam::123456789012:user/App");
  assert_string_equal(user.path, "/");
  assert_int_equal(user.created_us, NOW);
  n = entity(IAM_USER, "aPP");
  FAILS(ERR_ENTITY_EXISTS, "User with name aPP already exists.",
        store_iam_insert(t->s, &n, NULL, NULL, 0, &id, e_));
  FAILS(ERR_NO_ENTITY, "The user with name app cannot be found.",
        store_iam_find(t->s, IAM_USER, "app", &n, e_));
  (void)made(t, IAM_GROUP, "app"); /* a name is a kind's */
  (void)made(t, IAM_POLICY, "app");
  n = entity(IAM_POLICY, "app");
  FAILS(ERR_ENTITY_EXISTS, "A policy called app already exists. Duplicate",
        store_iam_insert(t->s, &n, ALLOW, NULL, 0, &id, e_));
}

static void a_list_has_one_kind_in_order(void **state)
{
  struct temp *t = *state;
  struct iam_entity *list;
  size_t n;

  (void)made(t, IAM_USER, "b");
  (void)made(t, IAM_ROLE, "x");
  (void)made(t, IAM_USER, "a");
  OK(store_iam_list(t->s, IAM_USER, 0, 10, &list, &n, e_));
  assert_int_equal(n, 2);
  assert_string_equal(list[0].name, "b");
  assert_string_equal(list[1].name, "a");
  n = (size_t)list[0].id;
  free(list);
  OK(store_iam_list(t->s, IAM_USER, (int64_t)n, 10, &list, &n, e_));
  assert_int_equal(n, 1);
  free(list);
}

static void a_user_has_two_keys(void **state)
{
  struct temp *t = *state;
  struct iam_entity user = made(t, IAM_USER, "app"),
                    other = made(t, IAM_USER, "other");
  struct iam_key k = key_of(&user, "AKIA1"), keys[IAM_KEYS], got;
  size_t n;

  OK(store_iam_key_insert(t->s, &k, e_));
  k = key_of(&user, "AKIA2");
  OK(store_iam_key_insert(t->s, &k, e_));
  k = key_of(&user, "AKIA3");
  FAILS(ERR_LIMIT, "Cannot exceed quota for AccessKeysPerUser: 2",
        store_iam_key_insert(t->s, &k, e_));
  OK(store_iam_key_list(t->s, user.id, keys, &n, e_));
  assert_int_equal(n, 2);
  assert_string_equal(keys[1].access_key_id, "AKIA2");
  OK(store_iam_key_find(t->s, "AKIA1", &got, e_));
  assert_true(got.active);
  assert_int_equal(got.user_id, user.id);
  assert_int_equal(got.sealed_len, 6);
  FAILS(ERR_NO_ENTITY, "The Access Key with id AKIA1 cannot be found.",
        store_iam_key_activate(t->s, other.id, "AKIA1", false, e_));
  OK(store_iam_key_activate(t->s, user.id, "AKIA1", false, e_));
  OK(store_iam_key_find(t->s, "AKIA1", &got, e_));
  assert_false(got.active);
  FAILS(ERR_NO_ENTITY, "AKIA2",
        store_iam_key_remove(t->s, other.id, "AKIA2", e_));
  OK(store_iam_key_remove(t->s, user.id, "AKIA2", e_));
  FAILS(ERR_NO_ENTITY, "AKIA2", store_iam_key_find(t->s, "AKIA2", &got, e_));
}

static void a_key_remembers_its_last_day(void **state)
{
  struct temp *t = *state;
  struct iam_entity user = made(t, IAM_USER, "app");
  struct iam_key k = key_of(&user, "AKIA1");

  OK(store_iam_key_insert(t->s, &k, e_));
  OK(store_iam_key_touch(t->s, "AKIA1", 2 * DAY, e_));
  OK(store_iam_key_touch(t->s, "AKIA1", DAY, e_));
  OK(store_iam_key_find(t->s, "AKIA1", &k, e_));
  assert_int_equal(k.used_us, 2 * DAY);
}

static void a_user_is_in_ten_groups_at_most(void **state)
{
  struct temp *t = *state;
  struct iam_entity user = made(t, IAM_USER, "app"), group, *list;
  char name[16];
  size_t n;

  for (int i = 0; i < IAM_GROUPS; i++) {
    (void)snprintf(name, sizeof name, "g%d", i);
    group = made(t, IAM_GROUP, name);
    OK(store_iam_join(t->s, group.id, user.id, e_));
    OK(store_iam_join(t->s, group.id, user.id, e_));
  }
  OK(store_iam_members(t->s, &user, &list, &n, e_));
  assert_int_equal(n, IAM_GROUPS);
  free(list);
  group = made(t, IAM_GROUP, "more");
  FAILS(ERR_LIMIT, "Cannot exceed quota for GroupsPerUser: 10",
        store_iam_join(t->s, group.id, user.id, e_));
  FAILS(ERR_NO_ENTITY, "User app not in group more",
        store_iam_leave(t->s, &group, &user, e_));
  OK(store_iam_find(t->s, IAM_GROUP, "g0", &group, e_));
  OK(store_iam_leave(t->s, &group, &user, e_));
  OK(store_iam_members(t->s, &group, &list, &n, e_));
  assert_int_equal(n, 0);
  free(list);
}

static void inline_policies_share_their_limit_blanks_not_counted(void **state)
{
  struct temp *t = *state;
  struct iam_entity user = made(t, IAM_USER, "app");
  char *text;

  OK(store_iam_inline_put(t->s, &user, "a", "12345", 10, e_));
  OK(store_iam_inline_put(t->s, &user, "b", " 1\n2 3\t45 ", 10, e_));
  FAILS(ERR_LIMIT, "Maximum policy size of 10 bytes exceeded for user app",
        store_iam_inline_put(t->s, &user, "c", "1", 10, e_));
  FAILS(ERR_LIMIT, "",
        store_iam_inline_put(t->s, &user, "a", "123456", 10, e_));
  OK(store_iam_inline_put(t->s, &user, "a", "1234", 10, e_));
  OK(store_iam_inline_get(t->s, &user, "a", &text, e_));
  assert_string_equal(text, "1234");
  free(text);
  OK(store_iam_inline_remove(t->s, &user, "a", e_));
  FAILS(ERR_NO_ENTITY, "The user policy with name a cannot be found.",
        store_iam_inline_get(t->s, &user, "a", &text, e_));
  FAILS(ERR_NO_ENTITY, "", store_iam_inline_remove(t->s, &user, "a", e_));
}

static void ten_managed_policies_are_attached_at_most(void **state)
{
  struct temp *t = *state;
  struct iam_entity role = made(t, IAM_ROLE, "r"), policy, *owners;
  struct iam_documents list;
  char name[16];
  size_t n;

  for (int i = 0; i <= IAM_ATTACHED; i++) {
    (void)snprintf(name, sizeof name, "p%d", i);
    policy = made(t, IAM_POLICY, name);
    if (i == IAM_ATTACHED)
      FAILS(ERR_LIMIT, "Cannot exceed quota for PoliciesPerRole: 10",
            store_iam_attach(t->s, &role, policy.id, e_));
    else
      OK(store_iam_attach(t->s, &role, policy.id, e_));
  }
  FAILS(ERR_NO_ENTITY, "policy/p10 was not found.",
        store_iam_detach(t->s, &role, &policy, e_));
  OK(store_iam_policies(t->s, role.id, &list, e_));
  assert_int_equal(list.n, IAM_ATTACHED);
  assert_string_equal(list.list[0].name, "p0");
  assert_string_equal(list.list[0].arn, "arn:aws:iam::123456789012:policy/p0");
  iam_documents_release(&list);
  OK(store_iam_find(t->s, IAM_POLICY, "p0", &policy, e_));
  OK(store_iam_attached_to(t->s, policy.id, &owners, &n, e_));
  assert_int_equal(n, 1);
  assert_string_equal(owners[0].name, "r");
  free(owners);
}

static void what_is_in_use_is_not_deleted(void **state)
{
  struct temp *t = *state;
  struct iam_entity user = made(t, IAM_USER, "app"),
                    group = made(t, IAM_GROUP, "g"),
                    policy = made(t, IAM_POLICY, "p"),
                    fence = made(t, IAM_POLICY, "fence"), got;
  struct iam_key k = key_of(&user, "AKIA1");

  OK(store_iam_key_insert(t->s, &k, e_));
  FAILS(ERR_DELETE_CONFLICT, "must delete access keys first.",
        store_iam_delete(t->s, user.id, false, e_));
  OK(store_iam_key_remove(t->s, user.id, "AKIA1", e_));
  OK(store_iam_join(t->s, group.id, user.id, e_));
  FAILS(ERR_DELETE_CONFLICT, "must remove user from all groups first.",
        store_iam_delete(t->s, user.id, false, e_));
  FAILS(ERR_DELETE_CONFLICT, "must remove users from group first.",
        store_iam_delete(t->s, group.id, false, e_));
  OK(store_iam_leave(t->s, &group, &user, e_));
  OK(store_iam_inline_put(t->s, &user, "i", ALLOW, 2048, e_));
  FAILS(ERR_DELETE_CONFLICT, "must delete policies first.",
        store_iam_delete(t->s, user.id, false, e_));
  OK(store_iam_inline_remove(t->s, &user, "i", e_));
  OK(store_iam_attach(t->s, &user, policy.id, e_));
  FAILS(ERR_DELETE_CONFLICT, "must detach all policies first.",
        store_iam_delete(t->s, user.id, false, e_));
  FAILS(ERR_DELETE_CONFLICT, "Cannot delete a policy attached to entities.",
        store_iam_delete(t->s, policy.id, false, e_));
  OK(store_iam_boundary(t->s, user.id, fence.id, e_));
  FAILS(ERR_DELETE_CONFLICT, "permissions boundary of entities.",
        store_iam_delete(t->s, fence.id, false, e_));
  FAILS(ERR_DELETE_CONFLICT, "permissions boundary of entities.",
        store_iam_delete(t->s, fence.id, true, e_));
  OK(store_iam_delete(t->s, policy.id, true, e_));
  OK(store_iam_key_insert(t->s, &k, e_));
  OK(store_iam_delete(t->s, user.id, true, e_));
  FAILS(ERR_NO_ENTITY, "", store_iam_key_find(t->s, "AKIA1", &k, e_));
  FAILS(ERR_NO_ENTITY, "meanwhile", store_iam_delete(t->s, user.id, true, e_));
  OK(store_iam_delete(t->s, fence.id, false, e_));
  FAILS(ERR_NO_ENTITY, "", store_iam_find(t->s, IAM_POLICY, "p", &got, e_));
}

static void rights_have_all_that_decides(void **state)
{
  static const char *const names[] = {
      "user/app: own",
      "user/app: policy/shared",
      "group/g: of-group",
      "group/g: policy/ops",
  };
  struct temp *t = *state;
  struct iam_entity user = made(t, IAM_USER, "app"),
                    group = made(t, IAM_GROUP, "g"),
                    shared = made(t, IAM_POLICY, "shared"),
                    ops = made(t, IAM_POLICY, "ops"),
                    fence = made(t, IAM_POLICY, "fence");
  struct tag tag = {"team", "web"};
  struct iam_rights r;

  OK(store_iam_rights(t->s, user.id, &r, e_));
  assert_int_equal(r.identity.n, 0);
  assert_null(r.boundary);
  iam_rights_release(&r);
  OK(store_iam_join(t->s, group.id, user.id, e_));
  OK(store_iam_inline_put(t->s, &user, "own", "U", 2048, e_));
  OK(store_iam_inline_put(t->s, &group, "of-group", "G", 2048, e_));
  OK(store_iam_attach(t->s, &user, shared.id, e_));
  OK(store_iam_attach(t->s, &group, ops.id, e_));
  OK(store_iam_update(t->s, fence.id, "B", NULL, 0, NOW, e_));
  OK(store_iam_boundary(t->s, user.id, fence.id, e_));
  OK(store_iam_tag_put(t->s, user.id, &tag, 1, e_));
  OK(store_iam_rights(t->s, user.id, &r, e_));
  assert_int_equal(r.identity.n, 4);
  for (size_t i = 0; i < 4; i++)
    assert_string_equal(r.identity.list[i].name, names[i]);
  assert_string_equal(r.identity.list[0].text, "U");
  assert_string_equal(r.identity.list[1].text, ALLOW);
  assert_string_equal(r.boundary, "B");
  assert_string_equal(r.entity.boundary, fence.arn);
  assert_int_equal(r.n_tags, 1);
  assert_string_equal(r.tags[0].value, "web");
  iam_rights_release(&r);
  OK(store_iam_boundary(t->s, user.id, 0, e_));
  OK(store_iam_rights(t->s, user.id, &r, e_));
  assert_null(r.boundary);
  iam_rights_release(&r);
  FAILS(ERR_NO_ENTITY, "", store_iam_rights(t->s, 999, &r, e_));
}

static void an_update_leaves_what_it_does_not_name(void **state)
{
  struct temp *t = *state;
  struct iam_entity role = made(t, IAM_ROLE, "r"), got;
  char *text;

  OK(store_iam_update(t->s, role.id, NULL, "for tests", 7200, NOW + 1, e_));
  OK(store_iam_document(t->s, role.id, &text, e_));
  assert_string_equal(text, ALLOW);
  free(text);
  OK(store_iam_update(t->s, role.id, "T", NULL, 0, NOW + 2, e_));
  OK(store_iam_by_entity_id(t->s, role.entity_id, &got, e_));
  assert_string_equal(got.description, "for tests");
  assert_int_equal(got.max_session_s, 7200);
  assert_int_equal(got.changed_us, NOW + 2);
  OK(store_iam_document(t->s, role.id, &text, e_));
  assert_string_equal(text, "T");
  free(text);
  FAILS(ERR_NO_ENTITY, "", store_iam_update(t->s, 999, "T", NULL, 0, NOW, e_));
}

static void tag_keys_differ_by_more_than_case(void **state)
{
  struct temp *t = *state;
  struct iam_entity user = made(t, IAM_USER, "app");
  struct tag tags[] = {{"Team", "a"}, {"x", "y"}, {"team", "b"}}, got[3];
  size_t n;

  OK(store_iam_tag_put(t->s, user.id, tags, 3, e_));
  OK(store_iam_tag_list(t->s, user.id, got, 3, &n, e_));
  assert_int_equal(n, 2);
  assert_string_equal(got[1].key, "team");
  assert_string_equal(got[1].value, "b");
}

static void fifty_tags_at_most(void **state)
{
  static const char *const gone[] = {"k0", "none"};
  struct temp *t = *state;
  struct iam_entity user = made(t, IAM_USER, "app");
  struct tag tags[STORE_TAGS + 1], got[STORE_TAGS];
  size_t n;

  for (int i = 0; i <= STORE_TAGS; i++) {
    (void)snprintf(tags[i].key, sizeof tags[i].key, "k%d", i);
    (void)snprintf(tags[i].value, sizeof tags[i].value, "v");
  }
  FAILS(ERR_LIMIT, "50",
        store_iam_tag_put(t->s, user.id, tags, STORE_TAGS + 1, e_));
  OK(store_iam_tag_put(t->s, user.id, tags, STORE_TAGS, e_));
  OK(store_iam_tag_remove(t->s, user.id, gone, 2, e_));
  OK(store_iam_tag_list(t->s, user.id, got, STORE_TAGS, &n, e_));
  assert_int_equal(n, STORE_TAGS - 1);
  assert_string_equal(got[0].key, "k1");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(names_differ_by_more_than_case),
      TEST(a_list_has_one_kind_in_order),
      TEST(a_user_has_two_keys),
      TEST(a_key_remembers_its_last_day),
      TEST(a_user_is_in_ten_groups_at_most),
      TEST(inline_policies_share_their_limit_blanks_not_counted),
      TEST(ten_managed_policies_are_attached_at_most),
      TEST(what_is_in_use_is_not_deleted),
      TEST(rights_have_all_that_decides),
      TEST(an_update_leaves_what_it_does_not_name),
      TEST(tag_keys_differ_by_more_than_case),
      TEST(fifty_tags_at_most),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
