/* The operations on users, groups, roles, policies and keys: a part of the
 * table in api/ops.h. */
#ifndef API_OPS_IAM_H
#define API_OPS_IAM_H

#define OPS_IAM_TABLE(X)                                                       \
  X(keyturn, CreateUser, op_create_user, false, OP_ALL)                        \
  X(keyturn, CreateGroup, op_create_group, false, OP_ALL)                      \
  X(keyturn, CreateRole, op_create_role, false, OP_ALL)                        \
  X(keyturn, CreatePolicy, op_create_policy, false, OP_ALL)                    \
  X(keyturn, GetEntity, op_get_entity, true, OP_ALL)                           \
  X(keyturn, ListEntities, op_list_entities, true, OP_ALL)                     \
  X(keyturn, DeleteEntity, op_delete_entity, false, OP_ALL)                    \
  X(keyturn, UpdateRole, op_update_role, false, OP_ALL)                        \
  X(keyturn, UpdatePolicy, op_update_policy, false, OP_ALL)                    \
  X(keyturn, TagEntity, op_tag_entity, false, OP_ALL)                          \
  X(keyturn, UntagEntity, op_untag_entity, false, OP_ALL)                      \
  X(keyturn, AddUserToGroup, op_add_user_to_group, false, OP_ALL)              \
  X(keyturn, RemoveUserFromGroup, op_remove_user_from_group, false, OP_ALL)    \
  X(keyturn, PutEntityPolicy, op_put_entity_policy, false, OP_ALL)             \
  X(keyturn, GetEntityPolicy, op_get_entity_policy, true, OP_ALL)              \
  X(keyturn, DeleteEntityPolicy, op_delete_entity_policy, false, OP_ALL)       \
  X(keyturn, AttachEntityPolicy, op_attach_entity_policy, false, OP_ALL)       \
  X(keyturn, DetachEntityPolicy, op_detach_entity_policy, false, OP_ALL)       \
  X(keyturn, PutPermissionsBoundary, op_put_permissions_boundary, false,       \
    OP_ALL)                                                                    \
  X(keyturn, DeletePermissionsBoundary, op_delete_permissions_boundary, false, \
    OP_ALL)                                                                    \
  X(keyturn, CreateAccessKey, op_create_access_key, false, OP_ALL)             \
  X(keyturn, UpdateAccessKey, op_update_access_key, false, OP_ALL)             \
  X(keyturn, DeleteAccessKey, op_delete_access_key, false, OP_ALL)             \
  X(keyturn, ListAccessKeys, op_list_access_keys, true, OP_ALL)                \
  X(keyturn, ExplainPolicy, op_explain_policy, true, OP_MAYBE)

#endif
