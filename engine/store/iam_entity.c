/* Users, groups, roles and managed policies: made, found, changed, deleted. */
#include <ctype.h>
#include <stdlib.h>

#include "store/iam_txn.h"

static const struct {
  const char *name, *title, *plural;
  int64_t max; /* of an account */
} kinds[] = {
    [IAM_USER] = {"user", "User", "Users", 5000},
    [IAM_GROUP] = {"group", "Group", "Groups", 300},
    [IAM_ROLE] = {"role", "Role", "Roles", 1000},
    [IAM_POLICY] = {"policy", "Policy", "Policies", 1500},
};

const char *iam_kind_name(enum iam_kind kind)
{
  return kinds[kind].name;
}

int iam_missing(struct txn *t, enum iam_kind kind, const char *name)
{
  return err_set(t->e, ERR_NO_ENTITY,
                 "The %s with name %.128s cannot be found.", kinds[kind].name,
                 name);
}

static void entity_read(struct rows *r, struct iam_entity *out)
{
  out->id = row_int(r);
  out->kind = (enum iam_kind)row_int(r);
  row_array(r, out->name);
  row_array(r, out->path);
  row_array(r, out->entity_id);
  row_array(r, out->arn);
  row_array(r, out->description);
  out->max_session_s = row_int(r);
  out->created_us = row_int(r);
  out->changed_us = row_int(r);
  out->boundary_id = row_int(r);
  row_array(r, out->boundary);
}

int iam_find(struct txn *t, enum sql_id id, const struct sql_arg *args,
             size_t n, struct iam_entity *out)
{
  struct rows r;
  int rc = rows_open_args(&r, t, id, args, n);

  if (rc == 0 && (rc = rows_next(&r)) > 0)
    entity_read(&r, out);
  else if (rc == 0)
    rc = -ERR_NO_ENTITY;
  rc = rows_close(&r, rc);
  return rc > 0 ? 0 : rc;
}

int iam_list(struct txn *t, enum sql_id id, const struct sql_arg *args,
             size_t n, size_t max, struct iam_entity **out, size_t *out_n)
{
  struct iam_entity *list = calloc(max + 1, sizeof *list);
  struct rows r;
  size_t found = 0;
  int rc;

  if (list == NULL)
    return err_set(t->e, ERR_NOMEM, "out of memory");
  rc = rows_open_args(&r, t, id, args, n);
  while (rc == 0 && found < max && (rc = rows_next(&r)) > 0) {
    entity_read(&r, &list[found++]);
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc != 0) {
    free(list);
    return rc;
  }
  *out = list;
  *out_n = found;
  return 0;
}

struct name_key {
  char text[IAM_NAME_MAX];
};

static struct name_key key_of(const char *name)
{
  struct name_key k = {0};

  for (size_t i = 0; i < sizeof k.text - 1 && name[i] != '\0'; i++)
    k.text[i] = (char)tolower((unsigned char)name[i]);
  return k;
}

static int room_for(struct txn *t, const struct iam_entity *entity)
{
  struct name_key key = key_of(entity->name);
  int64_t n = 0;
  int rc =
      txn_int(t, SQL_IAM_TAKEN,
              SQL_ARGS(arg_int((int64_t)entity->kind), arg_text(key.text)), &n);

  if (rc == 0 && n > 0 && entity->kind == IAM_POLICY)
    return err_set(t->e, ERR_ENTITY_EXISTS,
                   "A policy called %s already exists. Duplicate names are not "
                   "allowed.",
                   entity->name);
  if (rc == 0 && n > 0)
    return err_set(t->e, ERR_ENTITY_EXISTS, "%s with name %s already exists.",
                   kinds[entity->kind].title, entity->name);
  if (rc == 0)
    rc =
        txn_int(t, SQL_IAM_COUNT, SQL_ARGS(arg_int((int64_t)entity->kind)), &n);
  if (rc == 0 && n >= kinds[entity->kind].max)
    return err_set(
        t->e, ERR_LIMIT, "Cannot exceed quota for %sPerAccount: %lld",
        kinds[entity->kind].plural, (long long)kinds[entity->kind].max);
  return rc;
}

static int insert(struct txn *t, const struct iam_entity *n,
                  const char *document, int64_t *out_id)
{
  struct name_key key = key_of(n->name);
  struct sql_arg boundary =
      n->boundary_id == 0 ? arg_text(NULL) : arg_int(n->boundary_id);

  return txn_int(t, SQL_IAM_PUT,
                 SQL_ARGS(arg_int((int64_t)n->kind), arg_text(n->name),
                          arg_text(key.text), arg_text(n->path),
                          arg_text(n->entity_id), arg_text(n->arn),
                          arg_text(n->description), arg_int(n->max_session_s),
                          arg_int(n->created_us), arg_int(n->changed_us),
                          arg_text(document == NULL ? "" : document), boundary),
                 out_id);
}

int store_iam_insert(struct store *s, const struct iam_entity *entity,
                     const char *document, const struct tag *tags,
                     size_t n_tags, int64_t *out_id, struct err *e)
{
  struct txn t;
  int64_t id = 0;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = room_for(&t, entity);
  if (rc == 0)
    rc = insert(&t, entity, document, &id);
  if (rc == 0 && n_tags > 0)
    rc = iam_tags_put(&t, id, tags, n_tags);
  rc = txn_finish(&t, rc);
  if (rc == 0)
    *out_id = id;
  return rc;
}

int store_iam_find(struct store *s, enum iam_kind kind, const char *name,
                   struct iam_entity *out, struct err *e)
{
  struct name_key key = key_of(name);
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = iam_find(
        &t, SQL_IAM_FIND,
        SQL_ARGS(arg_int((int64_t)kind), arg_text(key.text), arg_text(name)),
        out);
  if (rc == -ERR_NO_ENTITY)
    rc = iam_missing(&t, kind, name);
  return txn_finish(&t, rc);
}

int store_iam_by_entity_id(struct store *s, const char *entity_id,
                           struct iam_entity *out, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = iam_find(&t, SQL_IAM_BY_ENTITY_ID, SQL_ARGS(arg_text(entity_id)), out);
  if (rc == -ERR_NO_ENTITY)
    rc = err_set(e, ERR_NO_ENTITY, "There is nobody with id %.32s.", entity_id);
  return txn_finish(&t, rc);
}

int store_iam_list(struct store *s, enum iam_kind kind, int64_t after_id,
                   size_t max, struct iam_entity **out, size_t *out_n,
                   struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = iam_list(&t, SQL_IAM_LIST,
                  SQL_ARGS(arg_int((int64_t)kind), arg_int(after_id),
                           arg_int((int64_t)max)),
                  max, out, out_n);
  return txn_finish(&t, rc);
}

/* ---- deletion -------------------------------------------------------------
 */

static const struct {
  enum sql_id count;
  const char *text;
} in_the_way[] = {
    {SQL_IAM_KEY_COUNT, "Cannot delete entity, must delete access keys first."},
    {SQL_IAM_GROUP_COUNT,
     "Cannot delete entity, must remove user from all groups first."},
    {SQL_IAM_USER_COUNT,
     "Cannot delete entity, must remove users from group first."},
    {SQL_IAM_INLINE_COUNT, "Cannot delete entity, must delete policies first."},
    {SQL_IAM_ATTACHED_COUNT,
     "Cannot delete entity, must detach all policies first."},
    {SQL_IAM_OWNER_COUNT, "Cannot delete a policy attached to entities."},
    {SQL_IAM_BOUNDARY_USES,
     "Cannot delete a policy that is a permissions boundary of entities."},
};

static int nothing_hangs_on(struct txn *t, int64_t id)
{
  for (size_t i = 0; i < sizeof in_the_way / sizeof *in_the_way; i++) {
    int64_t n = 0;
    int rc = txn_int(t, in_the_way[i].count, SQL_ARGS(arg_int(id)), &n);

    if (rc != 0)
      return rc;
    if (n > 0)
      return err_set(t->e, ERR_DELETE_CONFLICT, "%s", in_the_way[i].text);
  }
  return 0;
}

/* A boundary that goes would leave its users with more than they had: it is
 * never dropped, only what is attached. */
static int let_go(struct txn *t, int64_t id)
{
  int64_t n = 0;
  int rc = txn_exec(t, SQL_IAM_DETACH_ALL, arg_int(id));

  if (rc == 0)
    rc = txn_int(t, SQL_IAM_BOUNDARY_USES, SQL_ARGS(arg_int(id)), &n);
  if (rc == 0 && n > 0)
    rc = err_set(t->e, ERR_DELETE_CONFLICT,
                 "Cannot delete a policy that is a permissions boundary of "
                 "entities.");
  return rc;
}

int store_iam_delete(struct store *s, int64_t id, bool force, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = force ? let_go(&t, id) : nothing_hangs_on(&t, id);
  if (rc == 0)
    rc = txn_exec(&t, SQL_IAM_REMOVE, arg_int(id));
  if (rc == 0 && t.changed == 0)
    rc = err_set(e, ERR_NO_ENTITY, "It was deleted meanwhile.");
  return txn_finish(&t, rc);
}

/* ---- changes --------------------------------------------------------------
 */

int store_iam_document(struct store *s, int64_t id, char **out, struct err *e)
{
  struct txn t;
  struct rows r;
  unsigned char *text = NULL;
  size_t len;
  int rc = txn_begin(s, false, &t, e);

  if (rc != 0)
    return rc;
  rc = rows_open(&r, &t, SQL_IAM_DOCUMENT, arg_int(id));
  if (rc == 0 && (rc = rows_next(&r)) > 0)
    rc = row_copy(&r, &text, &len);
  else if (rc == 0)
    rc = err_set(e, ERR_NO_ENTITY, "It was deleted meanwhile.");
  rc = txn_finish(&t, rows_close(&r, rc));
  if (rc != 0) {
    free(text);
    return rc;
  }
  *out = (char *)text;
  return 0;
}

int store_iam_update(struct store *s, int64_t id, const char *document,
                     const char *description, int64_t max_session_s,
                     int64_t now_us, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_IAM_UPDATE, arg_int(id), arg_text(document),
                  arg_text(description), arg_int(max_session_s),
                  arg_int(now_us));
  if (rc == 0 && t.changed == 0)
    rc = err_set(e, ERR_NO_ENTITY, "It was deleted meanwhile.");
  return txn_finish(&t, rc);
}

int store_iam_boundary(struct store *s, int64_t id, int64_t policy_id,
                       struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_IAM_BOUNDARY, arg_int(id),
                  policy_id == 0 ? arg_text(NULL) : arg_int(policy_id));
  if (rc == 0 && t.changed == 0)
    rc = err_set(e, ERR_NO_ENTITY, "It was deleted meanwhile.");
  return txn_finish(&t, rc);
}
