/* One account, two passwords for a while: set adds the new one, retire takes
 * the old one away.
 */
#include "strategy.h"

int overlap_set(struct target *t, const char *current, const char *pending)
{
  int rc = target_authorize(t, current);

  if (rc != KT_OK)
    return rc;
  if (target_accepts(t, pending))
    return KT_OK;
  return target_set(t, "set", pending, current);
}

int overlap_revert(struct target *t, const char *current, const char *pending)
{
  int rc;

  if (target_accepts(t, current) &&
      (pending == NULL || !target_accepts(t, pending)))
    return KT_OK;
  rc = target_authorize(t, current);
  return rc == KT_OK ? target_set(t, "revert", current, NULL) : rc;
}

int overlap_retire(struct target *t, const char *current, const char *previous)
{
  json_t *sessions =
      json_object_get(json_object_get(t->doc, "sessions"), t->user);
  int rc;

  if (!target_accepts(t, previous))
    return KT_OK;
  if (json_integer_value(sessions) > 0) {
    t->step->host->error(t->step, "sessions-open",
                         "%d sessions of %s still use the old password",
                         (int)json_integer_value(sessions), t->user);
    return KT_BUSY;
  }
  rc = target_authorize(t, current);
  return rc == KT_OK ? target_set(t, "retire", current, NULL) : rc;
}
