/* What AWS's operations take: one table of their request members, from the
 * service model 2017-10-17, with every constraint that the model has.
 *
 * validate.c holds requests against it; the audit trail learns from it what
 * it may be told.  tests/unit/api/members.c holds it against the model.
 */
#ifndef API_MEMBERS_H
#define API_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/pattern.h"
#include "base/err.h"
#include "base/json.h"
#include "event/audit.h"

enum member_kind {
  MEMBER_STRING,
  MEMBER_BLOB, /* base64 */
  MEMBER_BOOLEAN,
  MEMBER_NUMBER, /* a whole one */
  MEMBER_LIST,
  MEMBER_STRUCTURE
};

/* The least and the most: characters, bytes of a blob, the value of a number,
 * items of a list; 0: no limit. */
struct member_type {
  enum member_kind kind;
  int64_t min, max;
  bool in_bytes;  /* a text's length is counted in bytes */
  bool sensitive; /* no message ever quotes it */
  const struct pattern *pattern;
  const char *const *values;      /* the only ones; ends with NULL */
  const struct member_type *item; /* of a list */
  const struct member *members;   /* of a structure */
  size_t n_members;
};

enum member_flag {
  MEMBER_REQUIRED = 1,
  MEMBER_AUDIT = 2,     /* may be told in the audit trail */
  MEMBER_NAME = 4,      /* a secret's name */
  MEMBER_SECRET_ID = 8, /* a secret's name or ARN */
  MEMBER_TOKEN = 16     /* the model's idempotencyToken */
};

struct member {
  const char *name;
  const struct member_type *type;
  unsigned flags;
};

/* The request of one operation. */
struct shape {
  const char *target; /* "secretsmanager.CreateSecret" */
  const struct member *members;
  size_t n_members;
  enum err_code no_token; /* what AWS calls a missing MEMBER_TOKEN */
};

/* X(id, operation, what a missing token is): shape_OPERATION is its shape. */
#define SHAPES(X)                                                          \
  X(batch_get_secret_value, BatchGetSecretValue, ERR_OK)                   \
  X(cancel_rotate_secret, CancelRotateSecret, ERR_OK)                      \
  X(create_secret, CreateSecret, ERR_REQUEST)                              \
  X(delete_resource_policy, DeleteResourcePolicy, ERR_OK)                  \
  X(delete_secret, DeleteSecret, ERR_OK)                                   \
  X(describe_secret, DescribeSecret, ERR_OK)                               \
  X(get_random_password, GetRandomPassword, ERR_OK)                        \
  X(get_resource_policy, GetResourcePolicy, ERR_OK)                        \
  X(get_secret_value, GetSecretValue, ERR_OK)                              \
  X(list_secret_version_ids, ListSecretVersionIds, ERR_OK)                 \
  X(list_secrets, ListSecrets, ERR_OK)                                     \
  X(put_resource_policy, PutResourcePolicy, ERR_OK)                        \
  X(put_secret_value, PutSecretValue, ERR_REQUEST)                         \
  X(remove_regions_from_replication, RemoveRegionsFromReplication, ERR_OK) \
  X(replicate_secret_to_regions, ReplicateSecretToRegions, ERR_OK)         \
  X(restore_secret, RestoreSecret, ERR_OK)                                 \
  X(rotate_secret, RotateSecret, ERR_PARAMETER)                            \
  X(stop_replication_to_replica, StopReplicationToReplica, ERR_OK)         \
  X(tag_resource, TagResource, ERR_OK)                                     \
  X(untag_resource, UntagResource, ERR_OK)                                 \
  X(update_secret, UpdateSecret, ERR_REQUEST)                              \
  X(update_secret_version_stage, UpdateSecretVersionStage, ERR_OK)         \
  X(validate_resource_policy, ValidateResourcePolicy, ERR_OK)

#define X(id, operation, no_token) extern const struct shape shape_##operation;
SHAPES(X)
#undef X

/* What may be told of the requests of our own operations, of all together:
 * they read their members themselves. */
extern const struct shape shape_keyturn;

/* AWS's messages and CloudTrail spell members with a small first letter. */
#define MEMBER_SPELLED_MAX 64
void member_spell(const char *name, char out[MEMBER_SPELLED_MAX]);

/* A request's members that may be told in the audit trail. */
#define PARAMS_MAX   24
#define PARAMS_TEXTS 64
struct params {
  struct audit_param list[PARAMS_MAX];
  size_t n;
  char names[PARAMS_MAX][MEMBER_SPELLED_MAX];
  const char *texts[PARAMS_TEXTS]; /* of all lists together; more are cut */
  size_t n_texts;
};

/* Those that are there and of their type; `in` need not be valid.  *out
 * borrows from `in` and from itself: it is not to be moved. */
void params_read(const struct shape *shape, const json_t *in,
                 struct params *out);

#endif
