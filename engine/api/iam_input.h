/* What the operations on users, groups, roles and policies read of their
 * requests, with IAM's limits and words.
 */
#ifndef API_IAM_INPUT_H
#define API_IAM_INPUT_H

#include "api/call.h"
#include "policy/policy.h"
#include "store/iam.h"

/* Sets of kinds. */
#define KINDS(kind)     (1u << (kind))
#define KINDS_IDENTITY  (KINDS(IAM_USER) | KINDS(IAM_GROUP) | KINDS(IAM_ROLE))
#define KINDS_PRINCIPAL (KINDS(IAM_USER) | KINDS(IAM_ROLE))
#define KINDS_ANY       (KINDS_IDENTITY | KINDS(IAM_POLICY))

/* A new name of that kind in `member`.  *out: borrowed from the request. */
int iam_name(struct call *c, const char *member, enum iam_kind kind,
             const char **out);
/* The name of a policy inside its owner. */
int iam_policy_name(struct call *c, const char **out);
/* Path; "/" when there is none. */
int iam_path(struct call *c, const char **out);
/* Tags, as a list of Key and Value. */
int iam_tags(struct call *c, bool required, struct tag out[STORE_TAGS],
             size_t *out_n);
/* A policy that parses as one of that kind.  ERR_LIMIT when it has more than
 * `bytes_max` bytes besides blanks.  Absent and not required: *out is NULL. */
int iam_document(struct call *c, const char *member, bool required,
                 enum policy_kind kind, size_t bytes_max, const char **out);

/* The entity that a text means: "user/NAME" or its ARN.  ERR_PARAMETER when it
 * is none of `kinds`; ERR_NO_ENTITY. */
int iam_named(struct call *c, const char *text, unsigned kinds,
              struct iam_entity *out);
/* The same of a member. */
int iam_member(struct call *c, const char *member, unsigned kinds,
               struct iam_entity *out);

/* Ends an operation that changed something: the directory hears of it, and {}
 * is the reply.  Gives rc. */
int iam_done(struct call *c, int rc);

#endif
