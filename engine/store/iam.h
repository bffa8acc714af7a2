/* The store's half of identities: users, groups, roles, managed policies, and
 * what hangs on them.
 *
 * Like store.h: each function that changes something is one transaction.
 * Names, paths, documents and tags were checked by the caller; how many there
 * may be of each, and what stands in the way of a deletion, is decided here.
 * Limits and texts are IAM's (IAM User Guide, "IAM and AWS STS quotas").
 */
#ifndef STORE_IAM_H
#define STORE_IAM_H

#include "store/store.h"

#define IAM_NAME_MAX       129 /* users and roles: 64 characters */
#define IAM_PATH_MAX       513
#define IAM_ID_MAX         22
#define IAM_ARN_MAX        704
#define IAM_TEXT_MAX       1001
#define IAM_KEY_ID_MAX     129
#define IAM_KEYS           2  /* of a user */
#define IAM_GROUPS         10 /* of a user */
#define IAM_ATTACHED       10 /* managed policies of one owner */
#define IAM_INLINE_MAX     100
#define IAM_MANAGED_BYTES  6144
#define IAM_TRUST_BYTES    2048
#define IAM_MIN_SESSION_S  900
#define IAM_ROLE_SESSION_S 3600 /* the least that a role's maximum may be */
#define IAM_MAX_SESSION_S  43200

/* Stored: never renumber. */
enum iam_kind { IAM_USER = 1, IAM_GROUP = 2, IAM_ROLE = 3, IAM_POLICY = 4 };

struct iam_entity {
  int64_t id;
  enum iam_kind kind;
  char name[IAM_NAME_MAX], path[IAM_PATH_MAX];
  char entity_id[IAM_ID_MAX]; /* AIDA…, AGPA…, AROA…, ANPA… */
  char arn[IAM_ARN_MAX];
  char description[IAM_TEXT_MAX];
  int64_t max_session_s; /* of a role */
  int64_t created_us, changed_us;
  int64_t boundary_id;        /* 0: none */
  char boundary[IAM_ARN_MAX]; /* that policy's ARN; "": none */
};

/* A policy with the name by which people know it. */
struct iam_document {
  char name[IAM_NAME_MAX + 160]; /* see each function */
  char arn[IAM_ARN_MAX];         /* of a managed one; else "" */
  char *text;                    /* owned; may be NULL in lists */
};

struct iam_documents {
  struct iam_document *list; /* owned */
  size_t n;
};

struct iam_key {
  char access_key_id[IAM_KEY_ID_MAX];
  int64_t user_id;
  bool active;
  int64_t created_us, used_us; /* used: cut to the day; 0: never */
  unsigned char sealed[256];
  size_t sealed_len;
};

/* Everything that decides what a user or a role may do. */
struct iam_rights {
  struct iam_entity entity;
  struct iam_documents identity; /* "user/app: read", "policy/ops" … */
  char *boundary;                /* NULL: none */
  struct tag tags[STORE_TAGS];
  size_t n_tags;
};

void iam_documents_release(struct iam_documents *d);
void iam_rights_release(struct iam_rights *r);
/* "user", "group", "role", "policy". */
const char *iam_kind_name(enum iam_kind kind);
/* What IAM counts of a document: all but the blanks. */
size_t iam_document_bytes(const char *text);

/* ---- users, groups, roles, managed policies ----------------------------- */

/* `document`: of a role or a policy, else NULL.  entity->id is ignored.
 * ERR_ENTITY_EXISTS; ERR_LIMIT. */
int store_iam_insert(struct store *s, const struct iam_entity *entity,
                     const char *document, const struct tag *tags,
                     size_t n_tags, int64_t *out_id, struct err *e);
/* ERR_NO_ENTITY.  Names are found as they are spelt. */
int store_iam_find(struct store *s, enum iam_kind kind, const char *name,
                   struct iam_entity *out, struct err *e);
/* In order of id, after `after_id`.  *out: returned, free(). */
int store_iam_list(struct store *s, enum iam_kind kind, int64_t after_id,
                   size_t max, struct iam_entity **out, size_t *out_n,
                   struct err *e);
/* ERR_DELETE_CONFLICT while something hangs on it or it hangs on something;
 * with `force` all that goes along. */
int store_iam_delete(struct store *s, int64_t id, bool force, struct err *e);
/* A role's trust policy or a managed policy's text.  *out: returned, free().
 */
int store_iam_document(struct store *s, int64_t id, char **out, struct err *e);
/* NULL and 0 leave a member as it is. */
int store_iam_update(struct store *s, int64_t id, const char *document,
                     const char *description, int64_t max_session_s,
                     int64_t now_us, struct err *e);
/* policy_id 0: none any more. */
int store_iam_boundary(struct store *s, int64_t id, int64_t policy_id,
                       struct err *e);
/* A key that is there in another case is replaced: IAM's differ by more. */
int store_iam_tag_put(struct store *s, int64_t id, const struct tag *tags,
                      size_t n, struct err *e);
int store_iam_tag_remove(struct store *s, int64_t id, const char *const *keys,
                         size_t n, struct err *e);
int store_iam_tag_list(struct store *s, int64_t id, struct tag *out, size_t max,
                       size_t *out_n, struct err *e);

/* ---- membership --------------------------------------------------------- */

/* A member that is one already is no error. */
int store_iam_join(struct store *s, int64_t group_id, int64_t user_id,
                   struct err *e);
/* ERR_NO_ENTITY: is none. */
int store_iam_leave(struct store *s, const struct iam_entity *group,
                    const struct iam_entity *user, struct err *e);
/* The groups of a user, or the users of a group.  *out: returned, free(). */
int store_iam_members(struct store *s, const struct iam_entity *of,
                      struct iam_entity **out, size_t *out_n, struct err *e);

/* ---- policies of an owner ------------------------------------------------ */

/* `bytes_max`: what all its inline policies may have, blanks not counted. */
int store_iam_inline_put(struct store *s, const struct iam_entity *owner,
                         const char *name, const char *document,
                         size_t bytes_max, struct err *e);
/* *out: returned, free().  ERR_NO_ENTITY. */
int store_iam_inline_get(struct store *s, const struct iam_entity *owner,
                         const char *name, char **out, struct err *e);
int store_iam_inline_remove(struct store *s, const struct iam_entity *owner,
                            const char *name, struct err *e);
/* Attaching again is no error. */
int store_iam_attach(struct store *s, const struct iam_entity *owner,
                     int64_t policy_id, struct err *e);
int store_iam_detach(struct store *s, const struct iam_entity *owner,
                     const struct iam_entity *policy, struct err *e);
/* Inline ones by name, then managed ones by name with their ARN; without
 * texts.  *out: iam_documents_release. */
int store_iam_policies(struct store *s, int64_t owner_id,
                       struct iam_documents *out, struct err *e);
/* Who has this managed policy attached.  *out: returned, free(). */
int store_iam_attached_to(struct store *s, int64_t policy_id,
                          struct iam_entity **out, size_t *out_n,
                          struct err *e);

/* ---- access keys --------------------------------------------------------- */

/* ERR_LIMIT when the user has IAM_KEYS already. */
int store_iam_key_insert(struct store *s, const struct iam_key *key,
                         struct err *e);
/* Without looking at `active`.  ERR_NO_ENTITY. */
int store_iam_key_find(struct store *s, const char *access_key_id,
                       struct iam_key *out, struct err *e);
int store_iam_key_list(struct store *s, int64_t user_id,
                       struct iam_key out[IAM_KEYS], size_t *out_n,
                       struct err *e);
/* The key must be this user's. */
int store_iam_key_activate(struct store *s, int64_t user_id,
                           const char *access_key_id, bool active,
                           struct err *e);
int store_iam_key_remove(struct store *s, int64_t user_id,
                         const char *access_key_id, struct err *e);
/* The last day of use; a power cut may undo it. */
int store_iam_key_touch(struct store *s, const char *access_key_id,
                        int64_t day_us, struct err *e);

/* ---- what decides -------------------------------------------------------- */

/* By row id, or by entity_id ("AROA…").  ERR_NO_ENTITY.  *out:
 * iam_rights_release. */
int store_iam_rights(struct store *s, int64_t id, struct iam_rights *out,
                     struct err *e);
int store_iam_by_entity_id(struct store *s, const char *entity_id,
                           struct iam_entity *out, struct err *e);

#endif
