/* Who is in which group. */
#include "store/iam_txn.h"

#define USERS_MAX 5000 /* of a group: all of an account */

int store_iam_join(struct store *s, int64_t group_id, int64_t user_id,
                   struct err *e)
{
  struct txn t;
  int64_t n = 0;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_IAM_JOIN, arg_int(user_id), arg_int(group_id));
  if (rc == 0)
    rc = txn_int(&t, SQL_IAM_GROUP_COUNT, SQL_ARGS(arg_int(user_id)), &n);
  if (rc == 0 && n > IAM_GROUPS)
    rc = err_set(e, ERR_LIMIT, "Cannot exceed quota for GroupsPerUser: %d",
                 IAM_GROUPS);
  return txn_finish(&t, rc);
}

int store_iam_leave(struct store *s, const struct iam_entity *group,
                    const struct iam_entity *user, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_IAM_LEAVE, arg_int(user->id), arg_int(group->id));
  if (rc == 0 && t.changed == 0)
    rc = err_set(e, ERR_NO_ENTITY, "User %s not in group %s", user->name,
                 group->name);
  return txn_finish(&t, rc);
}

int store_iam_members(struct store *s, const struct iam_entity *of,
                      struct iam_entity **out, size_t *out_n, struct err *e)
{
  struct txn t;
  bool of_user = of->kind == IAM_USER;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = iam_list(&t, of_user ? SQL_IAM_GROUPS_OF : SQL_IAM_USERS_OF,
                  SQL_ARGS(arg_int(of->id)), of_user ? IAM_GROUPS : USERS_MAX,
                  out, out_n);
  return txn_finish(&t, rc);
}
