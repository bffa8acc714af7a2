/* DeleteSecret, RestoreSecret. */
#include <stdio.h>
#include <string.h>

#include "api/ops.h"
#include "api/replica.h"
#include "base/json.h"
#include "secret/name.h"

enum { WINDOW_MIN = 7, WINDOW_MAX = 30 };

/* The name in an ARN of a secret of this account and region, with or without
 * the suffix; "": it is no such ARN. */
static void name_in_arn(struct call *c, const char *arn,
                        char out[STORE_NAME_MAX])
{
  char prefix[STORE_ARN_MAX];
  size_t len;
  int n = snprintf(prefix, sizeof prefix,
                   "arn:aws:secretsmanager:%s:%s:secret:", c->region,
                   c->api->account);

  out[0] = '\0';
  if (n < 0 || strncmp(arn, prefix, (size_t)n) != 0)
    return;
  len = strlen(arn + n);
  if (len > NAME_SUFFIX_LEN + 1 && arn[n + len - NAME_SUFFIX_LEN - 1] == '-')
    len -= NAME_SUFFIX_LEN + 1;
  if (len < STORE_NAME_MAX)
    (void)snprintf(out, STORE_NAME_MAX, "%.*s", (int)len, arn + n);
}

/* Forcing away what is not there succeeds, with an ARN made up (AWS). */
static int force_unknown(struct call *c, const char *id)
{
  struct secret_row none = {0};

  if (name_is_arn(id))
    name_in_arn(c, id, none.name);
  else /* fits: the request was validated */
    (void)snprintf(none.name, sizeof none.name, "%s", id);
  if (none.name[0] == '\0')
    return err_set(c->e, ERR_NOT_FOUND,
                   "Secrets Manager can't find the specified secret.");
  name_to_arn(c->region, c->api->account, none.name, c->api->random, none.arn);
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

/* 0: none was given. */
static int window_read(struct call *c, bool force, int64_t *out_days)
{
  const json_t *given = json_object_get(c->in, "RecoveryWindowInDays");

  *out_days = json_integer_value(given);
  if (given == NULL || json_is_null(given))
    return 0;
  if (force)
    return err_set(c->e, ERR_PARAMETER,
                   "You can't use ForceDeleteWithoutRecovery in conjunction "
                   "with RecoveryWindowInDays.");
  if (*out_days < WINDOW_MIN || *out_days > WINDOW_MAX)
    return err_set(c->e, ERR_PARAMETER,
                   "The RecoveryWindowInDays value must be between %d and %d "
                   "days (inclusive).",
                   WINDOW_MIN, WINDOW_MAX);
  return 0;
}

int op_delete_secret(struct call *c)
{
  bool force = json_bool(c->in, "ForceDeleteWithoutRecovery", false);
  struct secret_row row;
  int64_t days, purge_us;
  int rc = window_read(c, force, &days);

  if (rc != 0)
    return rc;
  rc = call_secret(c, !force, &row);
  if (rc == -ERR_NOT_FOUND && force) {
    err_clear(c->e);
    return force_unknown(c, json_str(c->in, "SecretId"));
  }
  if (rc == 0)
    rc = replicas_refuse(c, &row);
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
