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

/* ERR_POLICY_SYNTAX with one line: which statement, what is wrong.  *out:
 * returned, policy_free. */
int policy_parse(const char *text, size_t len, enum policy_kind kind,
                 struct policy **out, struct err *e);
void policy_free(struct policy *p);

/* The values of one condition key of a request; all borrowed until the
 * decision is made. */
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
  /* Every spelling a Principal element may use for the one who asks: a user
   * his ARN; a session its assumed-role ARN first, then its role's ARN. */
  const char *const *principal_arns;
  size_t n_principal_arns;
  const char *principal_account, *resource_account; /* twelve digits */
  bool is_root; /* the account's root: bounded by nothing but denies */
  policy_find_key *find_key;
  void *find_ctx;
};

/* What is attached where.  A list that is NULL does not take part; an empty
 * boundary or session list allows nothing.  All borrowed for the call. */
struct policy_input {
  const struct policy *const *identity;
  size_t n_identity;
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
 * caller must deny. */
int policy_evaluate(const struct policy_request *r,
                    const struct policy_input *in, struct policy_decision *out,
                    struct err *e);

#endif
