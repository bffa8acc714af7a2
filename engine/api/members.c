/* The table itself, in the model's order and by the model's limits; and what
 * the audit trail is told of a request.
 *
 * Two things the model leaves to AWS's documentation: the length of
 * SecretString is one of bytes, and so is that of a staging label here.
 */
#include "api/members.h"

#include <assert.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define REQUIRED MEMBER_REQUIRED
#define AUDIT    MEMBER_AUDIT

/* ---- types ------------------------------------------------------------- */

#define TYPE(id, ...)       static const struct member_type id = {__VA_ARGS__}
#define TEXT(least, most)   .kind = MEMBER_STRING, .min = (least), .max = (most)
#define NUMBER(least, most) .kind = MEMBER_NUMBER, .min = (least), .max = (most)
#define LIST(of, least, most) \
  .kind = MEMBER_LIST, .item = &(of), .min = (least), .max = (most)
#define STRUCTURE(of) \
  .kind = MEMBER_STRUCTURE, .members = (of), .n_members = COUNT(of)

TYPE(boolean, .kind = MEMBER_BOOLEAN);
TYPE(secret_id, TEXT(1, 2048));
TYPE(secret_name, TEXT(1, 512));
TYPE(token, TEXT(32, 64));
TYPE(description, TEXT(0, 2048));
TYPE(kms_key_id, TEXT(0, 2048));
TYPE(secret_type, TEXT(0, 256));
TYPE(secret_binary, .kind = MEMBER_BLOB, .min = 1, .max = 65536,
     .sensitive = true);
TYPE(secret_string, TEXT(1, 65536), .in_bytes = true, .sensitive = true);
TYPE(rotation_token, TEXT(36, 256), .pattern = &pattern_rotation_token,
     .sensitive = true);
TYPE(version_id, TEXT(32, 64));
TYPE(version_stage, TEXT(1, 256), .in_bytes = true);
TYPE(version_stages, LIST(version_stage, 1, 20));
TYPE(next_token, TEXT(1, 4096));
TYPE(max_results, NUMBER(1, 100));
TYPE(max_results_batch, NUMBER(1, 20));
TYPE(recovery_window, NUMBER(0, 0));
TYPE(secret_ids, LIST(secret_id, 1, 20));
TYPE(policy, TEXT(1, 20480));
TYPE(role_arn, TEXT(20, 2048));
TYPE(lambda_arn, TEXT(0, 2048));
TYPE(password_length, NUMBER(1, 4096));
TYPE(exclude_characters, TEXT(0, 4096));

static const char *const sort_orders[] = {"asc", "desc", NULL};
static const char *const sort_keys[] = {"created-date", "last-accessed-date",
                                        "last-changed-date", "name", NULL};
static const char *const filter_names[] = {
    "description",    "name",           "tag-key", "tag-value",
    "primary-region", "owning-service", "all",     NULL};

TYPE(sort_order, TEXT(0, 0), .values = sort_orders);
TYPE(sort_by, TEXT(0, 0), .values = sort_keys);

TYPE(filter_name, TEXT(0, 0), .values = filter_names);
TYPE(filter_value, TEXT(0, 512), .pattern = &pattern_filter_value);
TYPE(filter_values, LIST(filter_value, 1, 10));
static const struct member filter_members[] = {
    {"Key", &filter_name, 0},
    {"Values", &filter_values, 0},
};
TYPE(filter, STRUCTURE(filter_members));
TYPE(filters, LIST(filter, 0, 10));

TYPE(tag_key, TEXT(1, 128));
TYPE(tag_value, TEXT(0, 256));
static const struct member tag_members[] = {
    {"Key", &tag_key, 0},
    {"Value", &tag_value, 0},
};
TYPE(tag, STRUCTURE(tag_members));
TYPE(tag_list, LIST(tag, 0, 0));
TYPE(tag_keys, LIST(tag_key, 0, 0));

TYPE(region, TEXT(1, 128), .pattern = &pattern_region);
static const struct member replica_members[] = {
    {"Region", &region, 0},
    {"KmsKeyId", &kms_key_id, 0},
};
TYPE(replica, STRUCTURE(replica_members));
TYPE(replicas, LIST(replica, 1, 0));
TYPE(regions, LIST(region, 1, 0));

TYPE(after_days, NUMBER(1, 1000));
TYPE(duration, TEXT(2, 3), .pattern = &pattern_duration);
TYPE(expression, TEXT(1, 256), .pattern = &pattern_expression);
static const struct member rules_members[] = {
    {"AutomaticallyAfterDays", &after_days, 0},
    {"Duration", &duration, 0},
    {"ScheduleExpression", &expression, 0},
};
TYPE(rotation_rules, STRUCTURE(rules_members));

TYPE(external_key, TEXT(1, 256));
TYPE(external_value, TEXT(1, 2048));
static const struct member external_members[] = {
    {"Key", &external_key, 0},
    {"Value", &external_value, 0},
};
TYPE(external, STRUCTURE(external_members));
TYPE(external_list, LIST(external, 0, 0));

/* ---- operations -------------------------------------------------------- */

#define SECRET_ID                                               \
  {                                                             \
    "SecretId", &secret_id, REQUIRED | AUDIT | MEMBER_SECRET_ID \
  }
#define TOKEN                                          \
  {                                                    \
    "ClientRequestToken", &token, AUDIT | MEMBER_TOKEN \
  }

static const struct member batch_get_secret_value[] = {
    {"SecretIdList", &secret_ids, AUDIT},
    {"Filters", &filters, 0},
    {"MaxResults", &max_results_batch, AUDIT},
    {"NextToken", &next_token, 0},
};

static const struct member create_secret[] = {
    {"Name", &secret_name, REQUIRED | AUDIT | MEMBER_NAME},
    TOKEN,
    {"Description", &description, 0},
    {"KmsKeyId", &kms_key_id, AUDIT},
    {"SecretBinary", &secret_binary, 0},
    {"SecretString", &secret_string, 0},
    {"Tags", &tag_list, 0},
    {"AddReplicaRegions", &replicas, 0},
    {"ForceOverwriteReplicaSecret", &boolean, AUDIT},
    {"Type", &secret_type, AUDIT},
};

static const struct member delete_secret[] = {
    SECRET_ID,
    {"RecoveryWindowInDays", &recovery_window, AUDIT},
    {"ForceDeleteWithoutRecovery", &boolean, AUDIT},
};

static const struct member get_random_password[] = {
    {"PasswordLength", &password_length, AUDIT},
    {"ExcludeCharacters", &exclude_characters, 0},
    {"ExcludeNumbers", &boolean, AUDIT},
    {"ExcludePunctuation", &boolean, AUDIT},
    {"ExcludeUppercase", &boolean, AUDIT},
    {"ExcludeLowercase", &boolean, AUDIT},
    {"IncludeSpace", &boolean, AUDIT},
    {"RequireEachIncludedType", &boolean, AUDIT},
};

static const struct member get_secret_value[] = {
    SECRET_ID,
    {"VersionId", &version_id, AUDIT},
    {"VersionStage", &version_stage, AUDIT},
};

static const struct member list_secret_version_ids[] = {
    SECRET_ID,
    {"MaxResults", &max_results, AUDIT},
    {"NextToken", &next_token, 0},
    {"IncludeDeprecated", &boolean, AUDIT},
};

static const struct member list_secrets[] = {
    {"IncludePlannedDeletion", &boolean, AUDIT},
    {"MaxResults", &max_results, AUDIT},
    {"NextToken", &next_token, 0},
    {"Filters", &filters, 0},
    {"SortOrder", &sort_order, AUDIT},
    {"SortBy", &sort_by, AUDIT},
};

static const struct member put_resource_policy[] = {
    SECRET_ID,
    {"ResourcePolicy", &policy, REQUIRED},
    {"BlockPublicPolicy", &boolean, AUDIT},
};

static const struct member put_secret_value[] = {
    SECRET_ID,
    TOKEN,
    {"SecretBinary", &secret_binary, 0},
    {"SecretString", &secret_string, 0},
    {"VersionStages", &version_stages, AUDIT},
    {"RotationToken", &rotation_token, 0},
};

static const struct member remove_regions_from_replication[] = {
    SECRET_ID,
    {"RemoveReplicaRegions", &regions, REQUIRED | AUDIT},
};

static const struct member replicate_secret_to_regions[] = {
    SECRET_ID,
    {"AddReplicaRegions", &replicas, REQUIRED},
    {"ForceOverwriteReplicaSecret", &boolean, AUDIT},
};

static const struct member rotate_secret[] = {
    SECRET_ID,
    TOKEN,
    {"RotationLambdaARN", &lambda_arn, AUDIT},
    {"RotationRules", &rotation_rules, 0},
    {"ExternalSecretRotationMetadata", &external_list, 0},
    {"ExternalSecretRotationRoleArn", &role_arn, AUDIT},
    {"RotateImmediately", &boolean, AUDIT},
};

static const struct member tag_resource[] = {
    SECRET_ID,
    {"Tags", &tag_list, REQUIRED},
};

static const struct member untag_resource[] = {
    SECRET_ID,
    {"TagKeys", &tag_keys, REQUIRED | AUDIT},
};

static const struct member update_secret[] = {
    SECRET_ID,
    TOKEN,
    {"Description", &description, 0},
    {"KmsKeyId", &kms_key_id, AUDIT},
    {"SecretBinary", &secret_binary, 0},
    {"SecretString", &secret_string, 0},
    {"Type", &secret_type, AUDIT},
};

static const struct member update_secret_version_stage[] = {
    SECRET_ID,
    {"VersionStage", &version_stage, REQUIRED | AUDIT},
    {"RemoveFromVersionId", &version_id, AUDIT},
    {"MoveToVersionId", &version_id, AUDIT},
};

static const struct member validate_resource_policy[] = {
    {"SecretId", &secret_id, AUDIT | MEMBER_SECRET_ID},
    {"ResourcePolicy", &policy, REQUIRED},
};

/* Those that take nothing but a SecretId. */
static const struct member secret_only[] = {SECRET_ID};
#define cancel_rotate_secret        secret_only
#define delete_resource_policy      secret_only
#define describe_secret             secret_only
#define get_resource_policy         secret_only
#define restore_secret              secret_only
#define stop_replication_to_replica secret_only

#define X(id, operation, no_token)                                          \
  const struct shape shape_##operation = {"secretsmanager." #operation, id, \
                                          COUNT(id), no_token};
SHAPES(X)
#undef X

/* ---- our own ------------------------------------------------------------ */

TYPE(any_text, TEXT(0, 0));
TYPE(any_number, NUMBER(0, 0));

static const struct member keyturn[] = {
    {"SecretId", &any_text, AUDIT},
    {"Entity", &any_text, AUDIT},
    {"UserName", &any_text, AUDIT},
    {"GroupName", &any_text, AUDIT},
    {"RoleName", &any_text, AUDIT},
    {"PolicyName", &any_text, AUDIT},
    {"Policy", &any_text, AUDIT},
    {"PermissionsBoundary", &any_text, AUDIT},
    {"AccessKeyId", &any_text, AUDIT},
    {"Status", &any_text, AUDIT},
    {"Path", &any_text, AUDIT},
    {"MaxSessionDuration", &any_number, AUDIT},
    {"Force", &boolean, AUDIT},
    {"Kind", &any_text, AUDIT},
    {"TagKeys", &tag_keys, AUDIT},
    {"As", &any_text, AUDIT},
    {"Action", &any_text, AUDIT},
    {"Resource", &any_text, AUDIT},
    {"Alias", &any_text, AUDIT},
    {"RotationLambdaARN", &any_text, AUDIT},
    {"JobId", &any_number, AUDIT},
    {"MaxResults", &any_number, AUDIT},
    {"Count", &any_number, AUDIT},
};
_Static_assert(COUNT(keyturn) <= PARAMS_MAX, "none is left out for another");

const struct shape shape_keyturn = {"keyturn", keyturn, COUNT(keyturn), ERR_OK};

/* ---- what may be told -------------------------------------------------- */

void member_spell(const char *name, char out[MEMBER_SPELLED_MAX])
{
  size_t len = strlen(name);

  assert(len > 0 && len < MEMBER_SPELLED_MAX); /* of the table */
  memcpy(out, name, len + 1);
  out[0] |= 0x20; /* a letter, all of them */
}

static bool texts_read(const json_t *list, struct params *out,
                       struct audit_param *p)
{
  p->texts = out->texts + out->n_texts;
  for (size_t i = 0; i < json_array_size(list); i++) {
    const char *text = json_string_value(json_array_get(list, i));

    if (text == NULL || out->n_texts == PARAMS_TEXTS)
      continue;
    out->texts[out->n_texts++] = text;
    p->n_texts++;
  }
  return json_is_array(list);
}

static bool param_read(enum member_kind kind, const json_t *v,
                       struct params *out, struct audit_param *p)
{
  switch (kind) {
  case MEMBER_STRING:
    p->text = json_string_value(v);
    return p->text != NULL;
  case MEMBER_NUMBER:
    p->is_number = json_is_integer(v);
    p->number = json_integer_value(v);
    return p->is_number;
  case MEMBER_BOOLEAN:
    p->is_bool = json_is_boolean(v);
    p->boolean = json_is_true(v);
    return p->is_bool;
  case MEMBER_LIST:
    return texts_read(v, out, p);
  default:
    return false;
  }
}

void params_read(const struct shape *shape, const json_t *in,
                 struct params *out)
{
  out->n = out->n_texts = 0;
  for (size_t i = 0; i < shape->n_members; i++) {
    const struct member *m = &shape->members[i];
    struct audit_param *p = &out->list[out->n];

    if ((m->flags & MEMBER_AUDIT) == 0 || out->n == PARAMS_MAX)
      continue;
    *p = (struct audit_param){.name = out->names[out->n]};
    if (!param_read(m->type->kind, json_object_get(in, m->name), out, p))
      continue;
    member_spell(m->name, out->names[out->n++]);
  }
}
