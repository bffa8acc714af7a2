/* A decision in AWS's words.
 * Source: IAM User Guide, "Troubleshoot access denied error messages".
 */
#include <stdio.h>

#include "policy/policy.h"

static const struct {
  const char *any, *the; /* "no … allows", "with an explicit deny in …" */
} names[] = {
    [POLICY_IDENTITY] = {"identity-based policy", "an identity-based policy"},
    [POLICY_RESOURCE] = {"resource-based policy", "a resource-based policy"},
    [POLICY_BOUNDARY] = {"permissions boundary", "a permissions boundary"},
    [POLICY_SESSION] = {"session policy", "a session policy"},
    [POLICY_TRUST] = {"role trust policy", "the role trust policy"},
};

void policy_reason(const struct policy_decision *d, const char *action,
                   char out[POLICY_REASON_MAX])
{
  /* What is cut is an action that nobody has. */
  if (d->effect == POLICY_DENIED)
    (void)snprintf(out, POLICY_REASON_MAX, "with an explicit deny in %s",
                   names[d->kind].the);
  else if (d->effect == POLICY_NOT_ALLOWED)
    (void)snprintf(out, POLICY_REASON_MAX, "because no %s allows the %s action",
                   names[d->kind].any, action);
  else
    out[0] = '\0';
}
