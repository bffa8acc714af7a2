/* The table of operations: service, name, function, whether it only reads,
 * and which resource it is asked about. */
#ifndef API_OPS_H
#define API_OPS_H

#include "api/call.h"
#include "api/members.h"
#include "api/ops_audit.h"
#include "api/ops_iam.h"

typedef int op_fn(struct call *c);

/* What an operation is authorized on. */
enum op_resource {
  OP_ALL,    /* "*" */
  OP_SECRET, /* the secret that SecretId names */
  OP_MAYBE,  /* the same when there is a SecretId, else "*" */
  OP_NEW     /* a secret that is to be: Name */
};

struct op {
  const char *target; /* "secretsmanager.GetSecretValue" */
  const char *action; /* "secretsmanager:GetSecretValue" */
  const char *name;   /* "GetSecretValue" */
  const char *source; /* "secretsmanager.amazonaws.com" */
  size_t target_len;
  op_fn *fn;
  bool reads;
  enum op_resource resource;
  const struct shape *shape; /* of the request; NULL: it reads its own */
};

/* NULL: there is no such operation. */
const struct op *op_find(const char *target);
/* "secretsmanager:getsecretvalue": actions have no case. */
bool op_has_action(const char *action);
/* The place of one in the table; op_count for one that is not in it. */
size_t op_index(const struct op *op);
size_t op_count(void);
/* Their targets, in order; op_count of them. */
const char *const *op_targets(void);

/* X(service, name, function, reads only, resource) */
#define OPS_TABLE(X)                                                           \
  OPS_IAM_TABLE(X)                                                             \
  OPS_AUDIT_TABLE(X)                                                           \
  X(secretsmanager, BatchGetSecretValue, op_batch_get_secret_value, true,      \
    OP_ALL)                                                                    \
  X(secretsmanager, CancelRotateSecret, op_cancel_rotate_secret, false,        \
    OP_SECRET)                                                                 \
  X(secretsmanager, CreateSecret, op_create_secret, false, OP_NEW)             \
  X(secretsmanager, DeleteResourcePolicy, op_delete_resource_policy, false,    \
    OP_SECRET)                                                                 \
  X(secretsmanager, DeleteSecret, op_delete_secret, false, OP_SECRET)          \
  X(secretsmanager, DescribeSecret, op_describe_secret, true, OP_SECRET)       \
  X(secretsmanager, GetRandomPassword, op_get_random_password, true, OP_ALL)   \
  X(secretsmanager, GetResourcePolicy, op_get_resource_policy, true,           \
    OP_SECRET)                                                                 \
  X(secretsmanager, GetSecretValue, op_get_secret_value, true, OP_SECRET)      \
  X(secretsmanager, ListSecretVersionIds, op_list_secret_version_ids, true,    \
    OP_SECRET)                                                                 \
  X(secretsmanager, ListSecrets, op_list_secrets, true, OP_ALL)                \
  X(secretsmanager, PutResourcePolicy, op_put_resource_policy, false,          \
    OP_SECRET)                                                                 \
  X(secretsmanager, PutSecretValue, op_put_secret_value, false, OP_SECRET)     \
  X(secretsmanager, RemoveRegionsFromReplication, op_remove_regions, false,    \
    OP_SECRET)                                                                 \
  X(secretsmanager, ReplicateSecretToRegions, op_replicate_secret, false,      \
    OP_SECRET)                                                                 \
  X(secretsmanager, RestoreSecret, op_restore_secret, false, OP_SECRET)        \
  X(secretsmanager, RotateSecret, op_rotate_secret, false, OP_SECRET)          \
  X(secretsmanager, StopReplicationToReplica, op_stop_replication, false,      \
    OP_SECRET)                                                                 \
  X(secretsmanager, TagResource, op_tag_resource, false, OP_SECRET)            \
  X(secretsmanager, UntagResource, op_untag_resource, false, OP_SECRET)        \
  X(secretsmanager, UpdateSecret, op_update_secret, false, OP_SECRET)          \
  X(secretsmanager, UpdateSecretVersionStage, op_update_version_stage, false,  \
    OP_SECRET)                                                                 \
  X(secretsmanager, ValidateResourcePolicy, op_validate_resource_policy, true, \
    OP_MAYBE)                                                                  \
  X(keyturn, AbortRotation, op_abort_rotation, false, OP_SECRET)               \
  X(keyturn, CheckRotation, op_check_rotation, true, OP_SECRET)                \
  X(keyturn, CreateKey, op_create_key, false, OP_ALL)                          \
  X(keyturn, DescribeRotation, op_describe_rotation, true, OP_SECRET)          \
  X(keyturn, ListKeys, op_list_keys, true, OP_ALL)                             \
  X(keyturn, ListRotationAttempts, op_list_rotation_attempts, true, OP_MAYBE)  \
  X(keyturn, ListRotations, op_list_rotations, true, OP_ALL)                   \
  X(keyturn, ListRotators, op_list_rotators, true, OP_ALL)                     \
  X(keyturn, PauseRotation, op_pause_rotation, false, OP_SECRET)               \
  X(keyturn, PreviewSchedule, op_preview_schedule, true, OP_MAYBE)             \
  X(keyturn, PutRotationRules, op_put_rotation_rules, false, OP_SECRET)        \
  X(keyturn, ResumeRotation, op_resume_rotation, false, OP_SECRET)             \
  X(keyturn, Status, op_status, true, OP_ALL)

#define X(service, name, function, reads, resource) \
  int function(struct call *c);
OPS_TABLE(X)
#undef X

#endif
