/* The table of operations: target, function.  Rows that only read are marked
 * so: policies and audit will want to know. */
#ifndef API_OPS_H
#define API_OPS_H

#include "api/call.h"

typedef int op_fn(struct call *c);

/* X(target, function, reads only) */
#define OPS_TABLE(X)                                                           \
  X("secretsmanager.CancelRotateSecret", op_cancel_rotate_secret, false)       \
  X("secretsmanager.CreateSecret", op_create_secret, false)                    \
  X("secretsmanager.DeleteSecret", op_delete_secret, false)                    \
  X("secretsmanager.DescribeSecret", op_describe_secret, true)                 \
  X("secretsmanager.GetRandomPassword", op_get_random_password, true)          \
  X("secretsmanager.GetSecretValue", op_get_secret_value, true)                \
  X("secretsmanager.ListSecretVersionIds", op_list_secret_version_ids, true)   \
  X("secretsmanager.ListSecrets", op_list_secrets, true)                       \
  X("secretsmanager.PutSecretValue", op_put_secret_value, false)               \
  X("secretsmanager.RestoreSecret", op_restore_secret, false)                  \
  X("secretsmanager.RotateSecret", op_rotate_secret, false)                    \
  X("secretsmanager.TagResource", op_tag_resource, false)                      \
  X("secretsmanager.UntagResource", op_untag_resource, false)                  \
  X("secretsmanager.UpdateSecret", op_update_secret, false)                    \
  X("secretsmanager.UpdateSecretVersionStage", op_update_version_stage, false) \
  X("keyturn.AbortRotation", op_abort_rotation, false)                         \
  X("keyturn.CheckRotation", op_check_rotation, true)                          \
  X("keyturn.DescribeRotation", op_describe_rotation, true)                    \
  X("keyturn.ListRotationAttempts", op_list_rotation_attempts, true)           \
  X("keyturn.ListRotations", op_list_rotations, true)                          \
  X("keyturn.ListRotators", op_list_rotators, true)                            \
  X("keyturn.PauseRotation", op_pause_rotation, false)                         \
  X("keyturn.PreviewSchedule", op_preview_schedule, true)                      \
  X("keyturn.PutRotationRules", op_put_rotation_rules, false)                  \
  X("keyturn.ResumeRotation", op_resume_rotation, false)                       \
  X("keyturn.Status", op_status, true)

#define X(target, function, reads) int function(struct call *c);
OPS_TABLE(X)
#undef X

#endif
