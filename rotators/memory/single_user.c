/* One account, one password: set replaces it. */
#include "strategy.h"

int single_user_set(struct target *t, const char *current, const char *pending)
{
  int rc;

  /* Never tried unless an earlier set may have taken effect: each refused
   * login counts towards a lockout. */
  if (t->step->maybe_set && target_login(t, pending) == KT_OK)
    return KT_OK;
  rc = target_authorize(t, current);
  return rc == KT_OK ? target_set(t, "set", pending, NULL) : rc;
}

int single_user_revert(struct target *t, const char *current,
                       const char *pending)
{
  int rc;

  /* Back already, or never set. */
  if (target_accepts(t, current) &&
      (pending == NULL || !target_accepts(t, pending)))
    return KT_OK;
  rc = target_authorize(t, pending == NULL ? current : pending);
  return rc == KT_OK ? target_set(t, "revert", current, NULL) : rc;
}
