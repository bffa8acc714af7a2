/* Policies in AWS's language: documents parsed once, requests decided.
 *
 * Pure: no time, no store; what a condition asks for comes from a callback.
 * A parsed policy is immutable and may be used by any number of threads.
 * Source of the rules: AWS IAM User Guide, "Policy evaluation logic",
 * "IAM JSON policy elements reference", "Condition operators".
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Where a document hangs decides what it may say: Principal only in RESOURCE
 * and TRUST, Resource not in TRUST. */
enum policy_kind {
  POLICY_IDENTITY, /* of a user, a group or a role */
  POLICY_RESOURCE, /* of a secret */
  POLICY_BOUNDARY, /* permissions boundary */
  POLICY_SESSION,  /* passed to AssumeRole */
  POLICY_TRUST     /* who may assume a role */
};

struct policy;

#define POLICY_TEXT_MAX 20480 /* characters of a document */

/* ERR_POLICY_SYNTAX with one line: which statement (from 1), what is wrong,
 * what may stand there; ERR_NOMEM.  *out: returned, policy_free. */
int policy_parse(const char *text, size_t len, enum policy_kind kind,
                 struct policy **out, struct err *e);
void policy_free(struct policy *p);

/* The values of one condition key of a request, as texts: times in ISO 8601
 * or as seconds since 1970, numbers in decimals, truth as true or false,
 * addresses without a port, bytes in base64.  All borrowed until the decision
 * is made. */
struct policy_values {
  const char *const *values;
  size_t n; /* 0: the key is there and empty */
};

/* 1: the key is there, *out set; 0: it is not; negative: it cannot be said,
 * which denies.  `name` as the policy spells it; compare without case. */
typedef int policy_find_key(void *ctx, const char *name,
                            struct policy_values *out, struct err *e);

/* Who asks for what.  All borrowed for the call. */
struct policy_request {
  const char *action;   /* "secretsmanager:GetSecretValue" */
  const char *resource; /* an ARN, or "*" where the action names none */
  /* Every spelling a Principal element may use for the one who asks, his own
   * first: a user his ARN; root its ARN; a session its assumed-role ARN, then
   * its role's ARN.  The account's spellings need not be here. */
  const char *const *principal_arns;
  size_t n_principal_arns;
  const char *principal_account, *resource_account; /* twelve digits */
  bool is_root; /* the account's root: bounded by nothing but denies */
  policy_find_key *find_key;
  void *find_ctx;
};

/* What is attached where.  Policies that are NULL do not take part.  All
 * borrowed for the call. */
struct policy_input {
  const struct policy *const *identity;
  size_t n_identity;
  /* POLICY_RESOURCE: its allow, or within one account an identity's.
   * POLICY_TRUST: must allow in any case. */
  const struct policy *resource;
  const struct policy *boundary; /* NULL: none set */
  const struct policy *session;  /* NULL: none passed */
};

enum policy_effect { POLICY_ALLOWED, POLICY_DENIED, POLICY_NOT_ALLOWED };

/* Which statement of which policy decided.  For POLICY_NOT_ALLOWED `kind` says
 * which kind of policy had to allow and did not; statement is -1 then. */
struct policy_decision {
  enum policy_effect effect;
  enum policy_kind kind;
  size_t policy;   /* index into identity; 0 for the others */
  int statement;   /* from 0; -1: none */
  const char *sid; /* of that statement, or NULL; borrowed from the policy */
};

/* 0 with *out, or negative with *e: something could not be evaluated, and the
 * caller must deny.
 *
 * An explicit deny anywhere; then an allow of the resource's policy or of an
 * identity's within one account, of both across accounts; boundary and session
 * must allow, too, unless the resource's policy names the user, the session or
 * everyone.  A condition whose values cannot be compared (a number that is
 * none, several values without ForAllValues or ForAnyValue) does not allow in
 * an Allow and denies in a Deny.  No memory is allocated. */
int policy_evaluate(const struct policy_request *r,
                    const struct policy_input *in, struct policy_decision *out,
                    struct err *e);

#define POLICY_REASON_MAX 256

/* What AWS says behind "User: … is not authorized to perform: … on resource:
 * …": "because no identity-based policy allows the ACTION action", "with an
 * explicit deny in a resource-based policy"; "" when it is allowed. */
void policy_reason(const struct policy_decision *d, const char *action,
                   char out[POLICY_REASON_MAX]);

#endif
