/* The statements of store/iam.h, a part of the table in store/sql.h. */
#ifndef STORE_SQL_IAM_H
#define STORE_SQL_IAM_H

#define SQL_IAM_COLUMNS                                                     \
  "t.id, t.kind, t.name, t.path, t.entity_id, t.arn, t.description, "       \
  "t.max_session_s, t.created_us, t.changed_us, coalesce(t.boundary_id, 0)" \
  ", coalesce((SELECT b.arn FROM iam_entity b WHERE b.id = "                \
  "t.boundary_id), '')"

#define SQL_IAM_TABLE(X)                                                       \
  X(SQL_IAM_PUT,                                                               \
    "INSERT INTO iam_entity (kind, name, name_key, path, entity_id, arn, "     \
    "description, max_session_s, created_us, changed_us, document, "           \
    "boundary_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "      \
    "$12) RETURNING id")                                                       \
  X(SQL_IAM_TAKEN,                                                             \
    "SELECT count(*) FROM iam_entity WHERE kind = $1 AND name_key = $2")       \
  X(SQL_IAM_COUNT, "SELECT count(*) FROM iam_entity WHERE kind = $1")          \
  X(SQL_IAM_FIND, "SELECT " SQL_IAM_COLUMNS " FROM iam_entity t "              \
                  "WHERE t.kind = $1 AND t.name_key = $2 AND t.name = $3")     \
  X(SQL_IAM_BY_ID,                                                             \
    "SELECT " SQL_IAM_COLUMNS " FROM iam_entity t WHERE t.id = $1")            \
  X(SQL_IAM_BY_ENTITY_ID,                                                      \
    "SELECT " SQL_IAM_COLUMNS " FROM iam_entity t WHERE t.entity_id = $1")     \
  X(SQL_IAM_LIST, "SELECT " SQL_IAM_COLUMNS " FROM iam_entity t "              \
                  "WHERE t.kind = $1 AND t.id > $2 ORDER BY t.id LIMIT $3")    \
  X(SQL_IAM_REMOVE, "DELETE FROM iam_entity WHERE id = $1")                    \
  X(SQL_IAM_DOCUMENT, "SELECT document FROM iam_entity WHERE id = $1")         \
  X(SQL_IAM_UPDATE,                                                            \
    "UPDATE iam_entity SET document = coalesce($2, document), "                \
    "description = coalesce($3, description), "                                \
    "max_session_s = CASE WHEN $4 = 0 THEN max_session_s ELSE $4 END, "        \
    "changed_us = $5 WHERE id = $1")                                           \
  X(SQL_IAM_BOUNDARY, "UPDATE iam_entity SET boundary_id = $2 WHERE id = $1")  \
  X(SQL_IAM_BOUNDARY_USES,                                                     \
    "SELECT count(*) FROM iam_entity WHERE boundary_id = $1")                  \
  X(SQL_IAM_TAG_PUT,                                                           \
    "INSERT INTO iam_tag (owner_id, place, tag_key, tag_value) VALUES ($1, "   \
    "(SELECT coalesce(max(place), 0) + 1 FROM iam_tag WHERE owner_id = $1),"   \
    " $2, $3) ON CONFLICT (owner_id, tag_key) DO UPDATE SET "                  \
    "tag_value = excluded.tag_value")                                          \
  X(SQL_IAM_TAG_RESPELL,                                                       \
    "DELETE FROM iam_tag WHERE owner_id = $1 AND tag_key <> $2 AND "           \
    "lower(tag_key) = lower($2)")                                              \
  X(SQL_IAM_TAG_REMOVE,                                                        \
    "DELETE FROM iam_tag WHERE owner_id = $1 AND tag_key = $2")                \
  X(SQL_IAM_TAG_COUNT, "SELECT count(*) FROM iam_tag WHERE owner_id = $1")     \
  X(SQL_IAM_TAG_LIST, "SELECT tag_key, tag_value FROM iam_tag "                \
                      "WHERE owner_id = $1 ORDER BY place")                    \
  X(SQL_IAM_JOIN, "INSERT INTO iam_member (user_id, group_id) "                \
                  "VALUES ($1, $2) ON CONFLICT DO NOTHING")                    \
  X(SQL_IAM_LEAVE,                                                             \
    "DELETE FROM iam_member WHERE user_id = $1 AND group_id = $2")             \
  X(SQL_IAM_GROUP_COUNT, "SELECT count(*) FROM iam_member WHERE user_id = $1") \
  X(SQL_IAM_USER_COUNT, "SELECT count(*) FROM iam_member WHERE group_id = $1") \
  X(SQL_IAM_GROUPS_OF,                                                         \
    "SELECT " SQL_IAM_COLUMNS " FROM iam_member m JOIN iam_entity t "          \
    "ON t.id = m.group_id WHERE m.user_id = $1 ORDER BY m.group_id")           \
  X(SQL_IAM_USERS_OF,                                                          \
    "SELECT " SQL_IAM_COLUMNS " FROM iam_member m JOIN iam_entity t "          \
    "ON t.id = m.user_id WHERE m.group_id = $1 ORDER BY m.user_id")            \
  X(SQL_IAM_INLINE_PUT,                                                        \
    "INSERT INTO iam_inline (owner_id, name, document) VALUES ($1, $2, $3) "   \
    "ON CONFLICT (owner_id, name) DO UPDATE SET "                              \
    "document = excluded.document")                                            \
  X(SQL_IAM_INLINE_GET,                                                        \
    "SELECT document FROM iam_inline WHERE owner_id = $1 AND name = $2")       \
  X(SQL_IAM_INLINE_REMOVE,                                                     \
    "DELETE FROM iam_inline WHERE owner_id = $1 AND name = $2")                \
  X(SQL_IAM_INLINE_COUNT,                                                      \
    "SELECT count(*) FROM iam_inline WHERE owner_id = $1")                     \
  X(SQL_IAM_INLINE_LIST, "SELECT name, '', document FROM iam_inline "          \
                         "WHERE owner_id = $1 ORDER BY name")                  \
  X(SQL_IAM_ATTACH, "INSERT INTO iam_attached (owner_id, policy_id) "          \
                    "VALUES ($1, $2) ON CONFLICT DO NOTHING")                  \
  X(SQL_IAM_DETACH,                                                            \
    "DELETE FROM iam_attached WHERE owner_id = $1 AND policy_id = $2")         \
  X(SQL_IAM_DETACH_ALL, "DELETE FROM iam_attached WHERE policy_id = $1")       \
  X(SQL_IAM_ATTACHED_COUNT,                                                    \
    "SELECT count(*) FROM iam_attached WHERE owner_id = $1")                   \
  X(SQL_IAM_OWNER_COUNT,                                                       \
    "SELECT count(*) FROM iam_attached WHERE policy_id = $1")                  \
  X(SQL_IAM_ATTACHED_LIST,                                                     \
    "SELECT t.name, t.arn, t.document FROM iam_attached a "                    \
    "JOIN iam_entity t ON t.id = a.policy_id WHERE a.owner_id = $1 "           \
    "ORDER BY a.policy_id")                                                    \
  X(SQL_IAM_ATTACHED_TO,                                                       \
    "SELECT " SQL_IAM_COLUMNS " FROM iam_attached a JOIN iam_entity t "        \
    "ON t.id = a.owner_id WHERE a.policy_id = $1 ORDER BY a.owner_id")         \
  X(SQL_IAM_KEY_PUT,                                                           \
    "INSERT INTO iam_key (access_key_id, user_id, active, created_us, "        \
    "used_us, sealed) VALUES ($1, $2, $3, $4, $5, $6)")                        \
  X(SQL_IAM_KEY_COUNT, "SELECT count(*) FROM iam_key WHERE user_id = $1")      \
  X(SQL_IAM_KEY_FIND,                                                          \
    "SELECT access_key_id, user_id, active, created_us, used_us, sealed "      \
    "FROM iam_key WHERE access_key_id = $1")                                   \
  X(SQL_IAM_KEY_LIST,                                                          \
    "SELECT access_key_id, user_id, active, created_us, used_us, sealed "      \
    "FROM iam_key WHERE user_id = $1 ORDER BY id")                             \
  X(SQL_IAM_KEY_ACTIVE, "UPDATE iam_key SET active = $3 "                      \
                        "WHERE user_id = $1 AND access_key_id = $2")           \
  X(SQL_IAM_KEY_REMOVE,                                                        \
    "DELETE FROM iam_key WHERE user_id = $1 AND access_key_id = $2")           \
  X(SQL_IAM_KEY_TOUCH, "UPDATE iam_key SET used_us = $2 "                      \
                       "WHERE access_key_id = $1 AND used_us < $2")

#endif
