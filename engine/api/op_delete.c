/* DeleteSecret, RestoreSecret. */
#include <stdio.h>

#include "api/ops.h"
#include "base/json.h"
#include "secret/name.h"

enum { WINDOW_MIN = 7, WINDOW_MAX = 30 };

/* Forcing away what is not there succeeds, with an ARN made up (AWS). */
static int force_unknown(struct call *c, const char *id)
{
  struct secret_row none = {0};

  if (name_is_arn(id))
    return err_set(c->e, ERR_NOT_FOUND,
                   "Secrets Manager can't find the specified secret.");
  (void)snprintf(none.name, sizeof none.name, "%s", id);
  name_to_arn(c->region, c->api->account, id, c->api->random, none.arn);
  call_begin(c, &none);
  buf_json_time(c->out, "DeletionDate", c->now_us);
  buf_putc(c->out, '}');
  return 0;
}

static int refuse_while_rotating(struct call *c, const struct secret_row *row)
{
  struct job_row job;
  int rc = store_job_of_secret(c->api->store, row->id, &job, c->e);

  if (rc == -ERR_NOT_FOUND) {
    err_clear(c->e);
    return 0;
  }
  if (rc == 0 && job.outcome == JOB_ACTIVE && job.phase != STORE_PHASE_RETIRE)
    return err_set(c->e, ERR_REQUEST,
                   "A rotation of this secret is under way; wait for it, or "
                   "stop it with AbortRotation (keyturn rotation abort).");
  return rc;
}

int op_delete_secret(struct call *c)
{
  struct secret_row row;
  int64_t days, purge_us;
  const char *id;
  bool force;
  int rc = call_bool(c, "ForceDeleteWithoutRecovery", false, &force);

  if (rc == 0)
    rc = call_int(c, "RecoveryWindowInDays", 0, WINDOW_MIN, WINDOW_MAX, &days);
  if (rc == 0 && force && days != 0)
    rc = err_set(c->e, ERR_PARAMETER,
                 "You can't use ForceDeleteWithoutRecovery in conjunction with "
                 "RecoveryWindowInDays.");
  if (rc == 0)
    rc = call_str(c, "SecretId", true, 1, 2048, &id);
  if (rc != 0)
    return rc;
  rc = call_secret(c, !force, &row);
  if (rc == -ERR_NOT_FOUND && force) {
    err_clear(c->e);
    return force_unknown(c, id);
  }
  if (rc == 0)
    rc = refuse_while_rotating(c, &row);
  purge_us = c->now_us + (days == 0 ? WINDOW_MAX : days) * US_PER_DAY;
  if (rc == 0)
    rc = force ? store_secret_purge(c->api->store, row.id, c->e)
               : store_secret_mark_deleted(c->api->store, row.id, c->now_us,
                                           purge_us, c->e);
  if (rc != 0)
    return rc;
  c->api->port->wake(c->api->port);
  call_begin(c, &row);
  buf_json_time(c->out, "DeletionDate", force ? c->now_us : purge_us);
  buf_putc(c->out, '}');
  return 0;
}

int op_restore_secret(struct call *c)
{
  struct secret_row row;
  int rc = call_secret(c, false, &row);

  if (rc == 0 && row.deleted_us != 0)
    rc = store_secret_mark_deleted(c->api->store, row.id, 0, 0, c->e);
  if (rc != 0)
    return rc;
  c->api->port->wake(c->api->port);
  call_begin(c, &row);
  buf_putc(c->out, '}');
  return 0;
}
