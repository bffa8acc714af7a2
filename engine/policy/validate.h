/* What PutResourcePolicy refuses and ValidateResourcePolicy finds.
 *
 *   PutResourcePolicy       policy_admit: the first thing that AWS refuses, as
 *                           an error with AWS's name and text
 *   ValidateResourcePolicy  policy_validate: everything, as a list
 */
#ifndef POLICY_VALIDATE_H
#define POLICY_VALIDATE_H

#include "policy/policy.h"

/* Whether a user, role or session of our own account is known: 1, 0, or
 * negative with *e.  `arn` is "arn:aws:iam::ACCOUNT:user/NAME",
 * "…:role/NAME" or "arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION". */
typedef int policy_find_principal(void *ctx, const char *arn, struct err *e);

/* What the policy is for.  All borrowed for the call; each pointer may be
 * NULL, which leaves out what it is needed for. */
struct policy_subject {
  const char *secret_arn; /* the secret it hangs, or would hang, on */
  const char *account;    /* whose principals find_principal knows */
  policy_find_principal *find_principal;
  void *find_ctx;
  /* Who asks, and his identity's policies, boundary and session, to see
   * whether the policy would lock him out of this secret; `resource` of
   * `caller_policies` and `action` and `resource` of `caller` are not
   * looked at. */
  const struct policy_request *caller;
  const struct policy_input *caller_policies;
};

/* ValidationErrorsEntry: CheckName and ErrorMessage. */
struct policy_finding {
  const char *check; /* one of POLICY_CHECK_*; never freed */
  char message[512];
};

#define POLICY_CHECK_SYNTAX    "InvalidSyntax"
#define POLICY_CHECK_PRINCIPAL "UnsupportedPrincipal"
#define POLICY_CHECK_ACTION    "ImpossibleAction"
#define POLICY_CHECK_RESOURCE  "ImpossibleResource"
#define POLICY_CHECK_CONDITION "ImpossibleCondition"
#define POLICY_CHECK_PUBLIC    "PublicAccess"
#define POLICY_CHECK_LOCKOUT   "CallerLockout"

#define POLICY_FINDINGS_MAX 20 /* further ones are not listed */

struct policy_report {
  struct policy_finding findings[POLICY_FINDINGS_MAX];
  size_t n; /* 0: PolicyValidationPassed */
};

/* 0 with *out, however wrong the policy is; negative only when it could not be
 * found out. */
int policy_validate(const char *text, size_t len,
                    const struct policy_subject *subject,
                    struct policy_report *out, struct err *e);

/* 0, or ERR_POLICY_SYNTAX ("This policy has invalid syntax.", "This resource
 * policy contains an unsupported principal."), or, with block_public,
 * ERR_POLICY_PUBLIC; ERR_NOMEM.  *out (may be NULL): returned, policy_free. */
int policy_admit(const char *text, size_t len,
                 const struct policy_subject *subject, bool block_public,
                 struct policy **out, struct err *e);

#endif
