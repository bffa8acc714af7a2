/* The one text of every statement.
 *
 * Parameters are $1, $2 …; integers for time and truth; nothing that SQLite,
 * PostgreSQL and those who speak its protocol do not all understand.  Longer
 * conditions have a name below, so that they are said once.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "store/rows.h"
#include "store/sql_iam.h"

#define SQL_TEXT_OF_(x) #x
#define SQL_TEXT_OF(x)  SQL_TEXT_OF_(x)
#define SQL_RETIRE      SQL_TEXT_OF(STORE_PHASE_RETIRE)

/* A replica's id is its primary's, to which all belongs that is told of it. */
#define SQL_SECRET_COLUMNS                                               \
  "coalesce(primary_id, id), CASE WHEN primary_id IS NULL THEN 0 ELSE "  \
  "id END, arn, name, region, primary_region, description, kms_key_id, " \
  "key_id, type, created_us, changed_us, accessed_us, rotated_us, "      \
  "deleted_us, "                                                         \
  "purge_us, tagged, replicas, policy_id"
#define SQL_SECRET_AND_REPLICAS " WHERE id = $1 OR primary_id = $1"
/* A page of a region's secrets from (key, id) on; $4: deleted ones, too. */
#define SQL_SECRET_PAGE(key, from, order)                                 \
  "SELECT " SQL_SECRET_COLUMNS " FROM secret WHERE region = $1 AND (" key \
  ", id) " from " ($2, $3) AND ($4 = 1 OR deleted_us = 0) ORDER BY " key  \
  " " order ", id " order " LIMIT $5"
/* The same by name, between two name_keys. */
#define SQL_SECRET_PAGE_BY_NAME(order)                                    \
  "SELECT " SQL_SECRET_COLUMNS " FROM secret WHERE name_key > $1 AND "    \
  "name_key < $2 AND ($3 = 1 OR deleted_us = 0) ORDER BY name_key " order \
  " LIMIT $4"
/* STORE_PAGE of them. */
#define SQL_IN_PAGE                                                         \
  " IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, " \
  "$16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, "  \
  "$30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, "  \
  "$44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, "  \
  "$58, $59, $60, $61, $62, $63, $64, $65, $66, $67, $68, $69, $70, $71, "  \
  "$72, $73, $74, $75, $76, $77, $78, $79, $80, $81, $82, $83, $84, $85, "  \
  "$86, $87, $88, $89, $90, $91, $92, $93, $94, $95, $96, $97, $98, $99, "  \
  "$100)"
#define SQL_STAGES                                                         \
  "SELECT l.secret_id, l.version_id, l.label FROM label l JOIN version v " \
  "ON v.secret_id = l.secret_id AND v.version_id = l.version_id WHERE "    \
  "l.secret_id"
#define SQL_STAGES_ORDER \
  " ORDER BY l.secret_id, v.created_us DESC, v.id DESC, l.label"
#define SQL_VERSION_COLUMNS                                  \
  "v.version_id, v.created_us, v.accessed_us, v.is_binary, " \
  "v.key_id, CASE WHEN v.sealed IS NULL THEN 0 ELSE 1 END"
#define SQL_RULES_COLUMNS                                               \
  "enabled, paused, rotator, rotator_arn, days, expression, duration, " \
  "zone, blackouts, options, jitter_s, grace_s, anchor_us, "            \
  "next_due_us, window_end_us"
#define SQL_JOB_COLUMNS                                                     \
  "id, secret_id, version_id, current_id, rotator, kind, outcome, cancel, " \
  "phase, flags, attempt, redraws, created_us, started_us, ended_us, "      \
  "wake_us, window_end_us, due_in_s, owner, fence, lease_until_us, "        \
  "last_class, last_step, last_code, last_message"
#define SQL_ATTEMPT_COLUMNS                                         \
  "id, job_id, secret_id, step, attempt, started_us, duration_us, " \
  "kt_class, code, message, version_id"

/* No active job of r's secret stands in the way of a rotation at `at`: one
 * that only waits to retire does not. */
#define SQL_NOT_ACTIVE_AT(at)                                        \
  "NOT EXISTS (SELECT 1 FROM job j WHERE j.secret_id = r.secret_id " \
  "AND j.outcome = 0 AND (j.phase <> " SQL_RETIRE " OR j.wake_us <= " at "))"

/* X(id, text) */
#define SQL_TABLE(X)                                                           \
  SQL_IAM_TABLE(X)                                                             \
  X(SQL_SCHEMA_GET, "SELECT version FROM schema_version")                      \
  X(SQL_META_PUT, "INSERT INTO meta (id, store_id, region, account, "          \
                  "created_us, key_check) VALUES (1, $1, $2, $3, $4, $5)")     \
  X(SQL_META_GET, "SELECT store_id, region, account, created_us, key_check "   \
                  "FROM meta")                                                 \
  X(SQL_KEY_PUT,                                                               \
    "INSERT INTO kms_key (key_id, alias, description, wrapped, created_us) "   \
    "VALUES ($1, $2, $3, $4, $5)")                                             \
  X(SQL_KEY_LIST, "SELECT key_id, alias, description, wrapped, created_us "    \
                  "FROM kms_key ORDER BY id")                                  \
  X(SQL_KEY_COUNT, "SELECT count(*) FROM kms_key")                             \
  X(SQL_KEY_BY_ALIAS, "SELECT key_id FROM kms_key WHERE alias = $1 "           \
                      "AND alias <> ''")                                       \
  /* secrets */                                                                \
  X(SQL_SECRET_PUT,                                                            \
    "INSERT INTO secret (arn, partial_arn, name_key, name, region, "           \
    "primary_id, primary_region, description, kms_key_id, key_id, type, "      \
    "created_us, changed_us, accessed_us, rotated_us, deleted_us, purge_us, "  \
    "tagged, policy_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "     \
    "$11, $12, $13, $14, $15, $16, $17, $18, $19) RETURNING id")               \
  X(SQL_SECRET_BY_NAME,                                                        \
    "SELECT " SQL_SECRET_COLUMNS " FROM secret WHERE name_key = $1")           \
  X(SQL_SECRET_BY_ARN,                                                         \
    "SELECT " SQL_SECRET_COLUMNS " FROM secret WHERE arn = $1")                \
  X(SQL_SECRET_BY_PARTIAL_ARN,                                                 \
    "SELECT " SQL_SECRET_COLUMNS " FROM secret WHERE partial_arn = $1")        \
  X(SQL_SECRET_BY_ID,                                                          \
    "SELECT " SQL_SECRET_COLUMNS " FROM secret WHERE id = $1")                 \
  X(SQL_SECRET_LIST, "SELECT " SQL_SECRET_COLUMNS " FROM secret "              \
                     "WHERE id > $1 AND primary_id IS NULL ORDER BY id "       \
                     "LIMIT $2")                                               \
  X(SQL_SECRET_BY_CREATED, SQL_SECRET_PAGE("created_us", ">", "ASC"))          \
  X(SQL_SECRET_BY_CREATED_DESC, SQL_SECRET_PAGE("created_us", "<", "DESC"))    \
  X(SQL_SECRET_BY_ACCESSED, SQL_SECRET_PAGE("accessed_us", ">", "ASC"))        \
  X(SQL_SECRET_BY_ACCESSED_DESC, SQL_SECRET_PAGE("accessed_us", "<", "DESC"))  \
  X(SQL_SECRET_BY_CHANGED, SQL_SECRET_PAGE("changed_us", ">", "ASC"))          \
  X(SQL_SECRET_BY_CHANGED_DESC, SQL_SECRET_PAGE("changed_us", "<", "DESC"))    \
  X(SQL_SECRET_IN_ORDER, SQL_SECRET_PAGE_BY_NAME("ASC"))                       \
  X(SQL_SECRET_IN_ORDER_DESC, SQL_SECRET_PAGE_BY_NAME("DESC"))                 \
  X(SQL_SECRET_UPDATE,                                                         \
    "UPDATE secret SET description = coalesce($2, description), kms_key_id = " \
    "CASE WHEN id = $1 THEN coalesce($3, kms_key_id) ELSE kms_key_id END, "    \
    "key_id = CASE WHEN id = $1 THEN coalesce($4, key_id) ELSE key_id END, "   \
    "type = coalesce($5, type), changed_us = $6" SQL_SECRET_AND_REPLICAS)      \
  X(SQL_SECRET_CHANGED,                                                        \
    "UPDATE secret SET changed_us = $2" SQL_SECRET_AND_REPLICAS)               \
  X(SQL_SECRET_ROTATED, "UPDATE secret SET changed_us = $2, rotated_us = $2, " \
                        "trouble = 0" SQL_SECRET_AND_REPLICAS)                 \
  X(SQL_SECRET_TROUBLE, "UPDATE secret SET trouble = $2 WHERE id = $1")        \
  X(SQL_SECRET_ACCESSED, "UPDATE secret SET accessed_us = $2 WHERE id = $1 "   \
                         "AND accessed_us < $2")                               \
  X(SQL_SECRET_TAGGED,                                                         \
    "UPDATE secret SET tagged = 1, changed_us = $2" SQL_SECRET_AND_REPLICAS)   \
  X(SQL_SECRET_MARK, "UPDATE secret SET deleted_us = $2, purge_us = $3 "       \
                     "WHERE id = $1")                                          \
  X(SQL_SECRET_PURGE, "DELETE FROM secret WHERE id = $1")                      \
  X(SQL_SECRET_PURGE_DUE,                                                      \
    "SELECT " SQL_SECRET_COLUMNS " FROM secret WHERE purge_us <> 0 "           \
    "AND purge_us <= $1 ORDER BY purge_us LIMIT 1")                            \
  X(SQL_SECRET_NEXT_PURGE, "SELECT purge_us FROM secret WHERE purge_us <> 0 "  \
                           "ORDER BY purge_us LIMIT 1")                        \
  /* replicas */                                                               \
  X(SQL_REPLICA_PUT,                                                           \
    "INSERT INTO replica (secret_id, region, kms_key_id, message, "            \
    "replica_id) "                                                             \
    "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (secret_id, region) DO UPDATE "   \
    "SET kms_key_id = excluded.kms_key_id, message = excluded.message, "       \
    "replica_id = excluded.replica_id")                                        \
  X(SQL_REPLICA_LIST,                                                          \
    "SELECT r.region, r.kms_key_id, r.message, coalesce(s.accessed_us, 0) "    \
    "FROM replica r LEFT JOIN secret s ON s.id = r.replica_id "                \
    "WHERE r.secret_id = $1 ORDER BY r.id")                                    \
  X(SQL_REPLICA_FIND, "SELECT coalesce(replica_id, 0) FROM replica WHERE "     \
                      "secret_id = $1 AND region = $2")                        \
  X(SQL_REPLICA_REMOVE,                                                        \
    "DELETE FROM replica WHERE secret_id = $1 AND region = $2")                \
  X(SQL_REPLICA_COUNT,                                                         \
    "UPDATE secret SET replicas = (SELECT count(*) FROM replica r WHERE "      \
    "r.secret_id = $1) WHERE id = $1")                                         \
  X(SQL_REPLICA_ALONE,                                                         \
    "UPDATE secret SET primary_id = NULL, primary_region = '', "               \
    "changed_us = $2, policy_id = coalesce((SELECT p.id FROM "                 \
    "resource_policy p WHERE p.secret_id = $1), 0) WHERE id = $1")             \
  X(SQL_TAG_COPY, "INSERT INTO tag (secret_id, place, tag_key, tag_value) "    \
                  "SELECT $2, place, "                                         \
                  "tag_key, tag_value FROM tag WHERE secret_id = $1")          \
  X(SQL_POLICY_COPY, "INSERT INTO resource_policy (secret_id, policy) SELECT " \
                     "$2, policy FROM resource_policy WHERE secret_id = $1")   \
  X(SQL_LABEL_COPY,                                                            \
    "INSERT INTO label (secret_id, label, version_id) SELECT $2, l.label, "    \
    "l.version_id FROM label l WHERE l.secret_id = $1 AND l.label <> "         \
    "'AWSPENDING' AND EXISTS (SELECT 1 FROM version v WHERE v.secret_id = $2 " \
    "AND v.version_id = l.version_id)")                                        \
  X(SQL_VERSION_COPY,                                                          \
    "INSERT INTO version (secret_id, version_id, created_us, accessed_us, "    \
    "is_binary, key_id, sealed) SELECT $2, version_id, created_us, "           \
    "accessed_us, is_binary, $5, $6 FROM version WHERE secret_id = $1 AND "    \
    "version_id = $3 AND sealed = $4")                                         \
  X(SQL_VERSION_VALUES, "SELECT count(*) FROM version WHERE secret_id = $1 "   \
                        "AND sealed IS NOT NULL")                              \
  /* resource policies */                                                      \
  X(SQL_POLICY_PUT, "INSERT INTO resource_policy (secret_id, policy) VALUES "  \
                    "($1, $2) RETURNING id")                                   \
  X(SQL_POLICY_GET, "SELECT id, policy FROM resource_policy WHERE "            \
                    "secret_id = $1")                                          \
  X(SQL_POLICY_REMOVE, "DELETE FROM resource_policy WHERE secret_id = $1")     \
  X(SQL_POLICY_SET,                                                            \
    "UPDATE secret SET policy_id = $2" SQL_SECRET_AND_REPLICAS)                \
  /* tags */                                                                   \
  X(SQL_TAG_PUT,                                                               \
    "INSERT INTO tag (secret_id, place, tag_key, tag_value) VALUES ($1, "      \
    "(SELECT coalesce(max(place), 0) + 1 FROM tag WHERE secret_id = $1), $2, " \
    "$3) ON CONFLICT (secret_id, tag_key) DO UPDATE SET "                      \
    "tag_value = excluded.tag_value")                                          \
  X(SQL_TAG_REMOVE, "DELETE FROM tag WHERE secret_id = $1 AND tag_key = $2")   \
  X(SQL_TAG_COUNT, "SELECT count(*) FROM tag WHERE secret_id = $1")            \
  X(SQL_TAG_LIST, "SELECT secret_id, tag_key, tag_value FROM tag WHERE "       \
                  "secret_id = $1 ORDER BY place")                             \
  X(SQL_TAG_OF_PAGE, "SELECT secret_id, tag_key, tag_value FROM tag WHERE "    \
                     "secret_id" SQL_IN_PAGE " ORDER BY secret_id, place")     \
  /* versions */                                                               \
  X(SQL_VERSION_PUT,                                                           \
    "INSERT INTO version (secret_id, version_id, created_us, accessed_us, "    \
    "is_binary, key_id, sealed) VALUES ($1, $2, $3, 0, $4, $5, $6)")           \
  X(SQL_VERSION_FILL, "UPDATE version SET is_binary = $3, key_id = $4, "       \
                      "sealed = $5 WHERE secret_id = $1 AND version_id = $2 "  \
                      "AND sealed IS NULL")                                    \
  X(SQL_VERSION_EMPTY, "UPDATE version SET is_binary = 0, key_id = '', "       \
                       "sealed = NULL WHERE secret_id = $1 AND "               \
                       "version_id = $2")                                      \
  X(SQL_VERSION_REMOVE,                                                        \
    "DELETE FROM version WHERE secret_id = $1 AND version_id = $2")            \
  X(SQL_VERSION_GET,                                                           \
    "SELECT " SQL_VERSION_COLUMNS ", v.sealed FROM version v "                 \
    "WHERE v.secret_id = $1 AND v.version_id = $2")                            \
  X(SQL_VERSION_BY_LABEL,                                                      \
    "SELECT " SQL_VERSION_COLUMNS ", v.sealed FROM label l JOIN version v "    \
    "ON v.secret_id = l.secret_id AND v.version_id = l.version_id "            \
    "WHERE l.secret_id = $1 AND l.label = $2")                                 \
  X(SQL_VERSION_FIND, "SELECT CASE WHEN sealed IS NULL THEN 0 ELSE 1 END "     \
                      "FROM version WHERE secret_id = $1 AND version_id = $2") \
  X(SQL_VERSION_LIST, "SELECT " SQL_VERSION_COLUMNS " FROM version v "         \
                      "WHERE v.secret_id = $1 AND ($2 = 1 OR EXISTS (SELECT "  \
                      "1 FROM label l WHERE l.secret_id = v.secret_id AND "    \
                      "l.version_id = v.version_id)) AND v.created_us < $3 "   \
                      "ORDER BY v.created_us DESC LIMIT $4")                   \
  X(SQL_VERSION_COUNT, "SELECT count(*), coalesce(max(created_us), 0) "        \
                       "FROM version WHERE secret_id = $1")                    \
  X(SQL_VERSION_PRUNE,                                                         \
    "DELETE FROM version WHERE id IN (SELECT v.id FROM version v "             \
    "WHERE v.secret_id = $1 AND v.created_us < $2 AND NOT EXISTS (SELECT 1 "   \
    "FROM label l WHERE l.secret_id = v.secret_id AND l.version_id = "         \
    "v.version_id) AND NOT EXISTS (SELECT 1 FROM job j WHERE j.secret_id = "   \
    "v.secret_id AND j.outcome = 0 AND j.version_id = v.version_id) "          \
    "ORDER BY v.created_us LIMIT $3)")                                         \
  X(SQL_VERSION_ACCESSED,                                                      \
    "UPDATE version SET accessed_us = $3 WHERE secret_id = $1 "                \
    "AND version_id = $2 AND accessed_us < $3")                                \
  X(SQL_VERSION_REKEY, "UPDATE version SET sealed = $4, key_id = $5 WHERE "    \
                       "secret_id = $1 AND version_id = $2 AND sealed = $3")   \
  X(SQL_EXTERNAL_PUT,                                                          \
    "INSERT INTO external_rotation (secret_id, role_arn, metadata) VALUES "    \
    "($1, coalesce($2, ''), coalesce($3, '')) ON CONFLICT (secret_id) DO "     \
    "UPDATE SET role_arn = coalesce($2, external_rotation.role_arn), "         \
    "metadata = coalesce($3, external_rotation.metadata)")                     \
  X(SQL_EXTERNAL_GET,                                                          \
    "SELECT role_arn, metadata FROM external_rotation WHERE secret_id = $1")   \
  /* labels */                                                                 \
  X(SQL_LABEL_HOLDER,                                                          \
    "SELECT version_id FROM label WHERE secret_id = $1 AND label = $2")        \
  X(SQL_LABEL_PUT,                                                             \
    "INSERT INTO label (secret_id, label, version_id) VALUES ($1, $2, $3) "    \
    "ON CONFLICT (secret_id, label) DO UPDATE SET "                            \
    "version_id = excluded.version_id")                                        \
  X(SQL_LABEL_REMOVE, "DELETE FROM label WHERE secret_id = $1 AND label = $2 " \
                      "AND version_id = $3")                                   \
  X(SQL_LABEL_COUNT, "SELECT count(*) FROM label WHERE secret_id = $1")        \
  X(SQL_LABEL_OF_VERSION, "SELECT label FROM label WHERE secret_id = $1 "      \
                          "AND version_id = $2 ORDER BY label")                \
  X(SQL_STAGE_LIST, SQL_STAGES " = $1" SQL_STAGES_ORDER)                       \
  X(SQL_STAGE_OF_PAGE, SQL_STAGES SQL_IN_PAGE SQL_STAGES_ORDER)                \
  /* rules */                                                                  \
  X(SQL_RULES_PUT,                                                             \
    "INSERT INTO rules (secret_id, " SQL_RULES_COLUMNS ", armed) "             \
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "    \
    "$15, $16, 0) ON CONFLICT (secret_id) DO UPDATE SET "                      \
    "enabled = excluded.enabled, paused = excluded.paused, "                   \
    "rotator = excluded.rotator, rotator_arn = excluded.rotator_arn, "         \
    "days = excluded.days, expression = excluded.expression, "                 \
    "duration = excluded.duration, zone = excluded.zone, "                     \
    "blackouts = excluded.blackouts, options = excluded.options, "             \
    "jitter_s = excluded.jitter_s, grace_s = excluded.grace_s, "               \
    "anchor_us = excluded.anchor_us, next_due_us = excluded.next_due_us, "     \
    "window_end_us = excluded.window_end_us")                                  \
  X(SQL_RULES_GET,                                                             \
    "SELECT " SQL_RULES_COLUMNS " FROM rules WHERE secret_id = $1")            \
  X(SQL_RULES_LIST, "SELECT secret_id, " SQL_RULES_COLUMNS " FROM rules "      \
                    "WHERE secret_id = $1")                                    \
  X(SQL_RULES_OF_PAGE, "SELECT secret_id, " SQL_RULES_COLUMNS " FROM rules "   \
                       "WHERE secret_id" SQL_IN_PAGE " ORDER BY secret_id")    \
  X(SQL_RULES_PAUSE, "UPDATE rules SET paused = $2 WHERE secret_id = $1")      \
  X(SQL_RULES_NEXT, "UPDATE rules SET next_due_us = $2, window_end_us = $3 "   \
                    "WHERE secret_id = $1")                                    \
  X(SQL_RULES_ANCHOR, "UPDATE rules SET anchor_us = $2 WHERE secret_id = $1")  \
  X(SQL_RULES_ARM,                                                             \
    "UPDATE rules SET armed = CASE WHEN enabled = 1 AND paused = 0 AND "       \
    "next_due_us <> 0 AND EXISTS (SELECT 1 FROM secret s WHERE s.id = "        \
    "rules.secret_id AND s.deleted_us = 0) THEN 1 ELSE 0 END "                 \
    "WHERE secret_id = $1")                                                    \
  X(SQL_DUE_LIST,                                                              \
    "SELECT r.secret_id, r.next_due_us, r.window_end_us FROM rules r WHERE "   \
    "r.armed = 1 AND r.next_due_us <= $1 AND " SQL_NOT_ACTIVE_AT(              \
        "$1") " ORDER BY r.next_due_us LIMIT $2")                              \
  X(SQL_DUE_NEXT, "SELECT r.next_due_us FROM rules r WHERE r.armed = 1 "       \
                  "AND " SQL_NOT_ACTIVE_AT(                                    \
                      "r.next_due_us") " ORDER BY r.next_due_us LIMIT 1")      \
  /* jobs */                                                                   \
  X(SQL_JOB_PUT,                                                               \
    "INSERT INTO job (secret_id, version_id, current_id, rotator, kind, "      \
    "outcome, cancel, phase, flags, attempt, redraws, created_us, "            \
    "started_us, ended_us, wake_us, window_end_us, due_in_s, owner, fence, "   \
    "lease_until_us, claim_us, last_class, last_step, last_code, "             \
    "last_message) VALUES ($1, $2, $3, $4, $5, 0, 0, $6, $7, $8, $9, $10, "    \
    "$11, 0, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) "          \
    "RETURNING id")                                                            \
  X(SQL_JOB_BY_ID, "SELECT " SQL_JOB_COLUMNS " FROM job WHERE id = $1")        \
  X(SQL_JOB_ACTIVE, "SELECT " SQL_JOB_COLUMNS " FROM job "                     \
                    "WHERE secret_id = $1 AND outcome = 0")                    \
  X(SQL_JOB_LAST, "SELECT " SQL_JOB_COLUMNS " FROM job WHERE secret_id = $1 "  \
                  "ORDER BY id DESC LIMIT 1")                                  \
  X(SQL_JOB_FENCE, "SELECT secret_id, version_id, kind, outcome, cancel, "     \
                   "fence, lease_until_us FROM job WHERE id = $1")             \
  X(SQL_JOB_SAVE,                                                              \
    "UPDATE job SET phase = $2, flags = $3, attempt = $4, redraws = $5, "      \
    "started_us = $6, wake_us = $7, window_end_us = $8, due_in_s = $9, "       \
    "owner = $10, lease_until_us = $11, claim_us = $12, last_class = $13, "    \
    "last_step = $14, last_code = $15, last_message = $16 WHERE id = $1")      \
  X(SQL_JOB_END, "UPDATE job SET outcome = $2, ended_us = $3, owner = '', "    \
                 "lease_until_us = 0, fence = fence + $4 WHERE id = $1")       \
  X(SQL_JOB_NOTE, "UPDATE job SET note = $2 WHERE id = $1")                    \
  X(SQL_JOB_NOTE_GET, "SELECT note FROM job WHERE id = $1")                    \
  X(SQL_JOB_CANCEL,                                                            \
    "UPDATE job SET cancel = $2, claim_us = CASE WHEN lease_until_us > 1 "     \
    "THEN lease_until_us ELSE 1 END WHERE secret_id = $1 AND outcome = 0")     \
  X(SQL_JOB_CLAIMABLE, "SELECT " SQL_JOB_COLUMNS " FROM job WHERE "            \
                       "outcome = 0 AND claim_us <= $1 ORDER BY claim_us "     \
                       "LIMIT $2")                                             \
  X(SQL_JOB_CLAIM,                                                             \
    "UPDATE job SET owner = $2, fence = fence + 1, lease_until_us = $3, "      \
    "claim_us = CASE WHEN wake_us > $3 THEN wake_us ELSE $3 END "              \
    "WHERE id = $1 AND fence = $4 AND outcome = 0")                            \
  X(SQL_JOB_NEXT_CLAIM, "SELECT claim_us FROM job WHERE outcome = 0 "          \
                        "ORDER BY claim_us LIMIT 1")                           \
  X(SQL_LEASE_RENEW,                                                           \
    "UPDATE job SET lease_until_us = $2, claim_us = CASE WHEN wake_us > $2 "   \
    "THEN wake_us ELSE $2 END WHERE outcome = 0 AND owner = $1 AND "           \
    "lease_until_us <> 0 AND lease_until_us < $2")                             \
  X(SQL_LEASE_DROP,                                                            \
    "UPDATE job SET owner = '', lease_until_us = 0, fence = fence + 1, "       \
    "claim_us = CASE WHEN cancel = 0 AND wake_us > 1 THEN wake_us ELSE 1 END " \
    "WHERE outcome = 0 AND owner <> '' AND ($1 = '' OR owner = $1)")           \
  /* history */                                                                \
  X(SQL_ATTEMPT_PUT,                                                           \
    "INSERT INTO attempt (job_id, secret_id, step, attempt, started_us, "      \
    "duration_us, kt_class, code, message, version_id) VALUES ($1, $2, $3, "   \
    "$4, $5, $6, $7, $8, $9, $10)")                                            \
  X(SQL_ATTEMPT_LIST, "SELECT " SQL_ATTEMPT_COLUMNS " FROM attempt "           \
                      "WHERE id < $1 ORDER BY id DESC LIMIT $2")               \
  X(SQL_ATTEMPT_OF_SECRET,                                                     \
    "SELECT " SQL_ATTEMPT_COLUMNS " FROM attempt WHERE id < $1 "               \
    "AND secret_id = $3 ORDER BY id DESC LIMIT $2")                            \
  X(SQL_ATTEMPT_OF_JOB, "SELECT " SQL_ATTEMPT_COLUMNS " FROM attempt "         \
                        "WHERE id < $1 AND job_id = $3 "                       \
                        "ORDER BY id DESC LIMIT $2")                           \
  X(SQL_EVENT_PUT, "INSERT INTO event (type, secret_id, job_id, time_us, "     \
                   "payload) VALUES ($1, $2, $3, $4, $5)")                     \
  X(SQL_EVENT_LIST, "SELECT id, secret_id, job_id, time_us, type, payload "    \
                    "FROM event WHERE id > $1 ORDER BY id LIMIT $2")           \
  X(SQL_EVENT_TRIM, "DELETE FROM event WHERE id <= $1")                        \
  /* audit and metering */                                                     \
  X(SQL_AUDIT_GET, "SELECT sealed_key, sequence, hash, digests FROM audit "    \
                   "WHERE id = 1")                                             \
  X(SQL_AUDIT_PUT, "INSERT INTO audit (id, sealed_key, sequence, hash, "       \
                   "digests) VALUES (1, $1, 0, $2, 0)")                        \
  X(SQL_AUDIT_END, "UPDATE audit SET sequence = $1, hash = $2, digests = $3 "  \
                   "WHERE id = 1")                                             \
  X(SQL_USAGE_CALL_ADD,                                                        \
    "INSERT INTO usage_call (month, principal, action, calls) VALUES ($1, "    \
    "$2, $3, $4) ON CONFLICT (month, principal, action) DO UPDATE SET calls "  \
    "= usage_call.calls + excluded.calls")                                     \
  X(SQL_USAGE_CALL_LIST,                                                       \
    "SELECT principal, action, calls FROM usage_call WHERE month = $1 "        \
    "AND (principal > $2 OR (principal = $2 AND action > $3)) "                \
    "ORDER BY principal, action LIMIT $4")                                     \
  X(SQL_USAGE_HELD_ADD,                                                        \
    "INSERT INTO usage_held (month, secret_s) VALUES ($1, $2) ON CONFLICT "    \
    "(month) DO UPDATE SET secret_s = usage_held.secret_s + "                  \
    "excluded.secret_s")                                                       \
  X(SQL_USAGE_HELD_GET, "SELECT secret_s FROM usage_held WHERE month = $1")    \
  X(SQL_USAGE_SECRETS, "SELECT (SELECT count(*) FROM secret) - "               \
                       "(SELECT count(*) FROM secret WHERE purge_us <> 0)")    \
  X(SQL_USAGE_MARK_GET, "SELECT counted_us, secrets FROM usage_mark "          \
                        "WHERE id = 1")                                        \
  X(SQL_USAGE_MARK_PUT,                                                        \
    "INSERT INTO usage_mark (id, counted_us, secrets) VALUES (1, $1, $2) "     \
    "ON CONFLICT (id) DO UPDATE SET counted_us = excluded.counted_us, "        \
    "secrets = excluded.secrets")                                              \
  /* metrics */                                                                \
  X(SQL_ATTEMPT_LAST, "SELECT COALESCE(max(id), 0) FROM attempt")              \
  X(SQL_ATTEMPT_AFTER,                                                         \
    "SELECT a.id, j.rotator, a.step, a.kt_class, a.attempt, a.duration_us "    \
    "FROM attempt a JOIN job j ON j.id = a.job_id WHERE a.id > $1 "            \
    "ORDER BY a.id LIMIT $2")                                                  \
  X(SQL_ROTATOR_GAUGES,                                                        \
    "SELECT r.rotator, count(*), COALESCE(max(s.rotated_us), 0), "             \
    "COALESCE(min(CASE WHEN r.armed = 1 THEN r.next_due_us END), 0), "         \
    "COALESCE(min(CASE WHEN r.armed = 1 THEN CASE WHEN r.window_end_us = 0 "   \
    "THEN r.next_due_us + 300000000 ELSE r.window_end_us END END), 0) "        \
    "FROM rules r JOIN secret s ON s.id = r.secret_id WHERE r.enabled = 1 "    \
    "AND s.deleted_us = 0 GROUP BY r.rotator ORDER BY r.rotator LIMIT $1")     \
  X(SQL_LEASE_COUNT, "SELECT count(*) FROM job WHERE outcome = 0 "             \
                     "AND lease_until_us > $1")                                \
  X(SQL_COUNTS,                                                                \
    "SELECT (SELECT count(*) FROM secret), "                                   \
    "(SELECT count(*) FROM secret WHERE purge_us <> 0), "                      \
    "(SELECT count(*) FROM rules WHERE armed = 1), "                           \
    "(SELECT count(*) FROM rules WHERE enabled = 1 AND paused = 1), "          \
    "(SELECT count(*) FROM job WHERE outcome = 0 AND phase <> " SQL_RETIRE     \
    "), (SELECT count(*) FROM secret WHERE trouble <> 0 AND trouble = 3), "    \
    "(SELECT count(*) FROM secret WHERE trouble <> 0 AND trouble = 2), "       \
    "(SELECT count(*) FROM rules r WHERE r.armed = 1 AND r.next_due_us < $1 "  \
    "AND CASE WHEN r.window_end_us = 0 THEN r.next_due_us + 300000000 "        \
    "ELSE r.window_end_us END < $1 AND " SQL_NOT_ACTIVE_AT(                    \
        "$1") "), "                                                            \
              "(SELECT COALESCE(min(next_due_us), 0) FROM rules WHERE armed "  \
              "= 1)")

enum sql_id {
#define X(id, text) id,
  SQL_TABLE(X)
#undef X
      SQL_COUNT
};

#endif
