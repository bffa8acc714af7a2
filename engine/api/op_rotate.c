/* RotateSecret, CancelRotateSecret, and our PutRotationRules. */
#include <string.h>

#include "api/ops.h"
#include "api/rules_input.h"
#include "base/cleanup.h"
#include "rotation/due.h"
#include "rotation/kept.h"

#define METADATA_MAX 65536

static int rules_load(struct call *c, const struct secret_row *row,
                      struct rules_row *rules)
{
  int rc = store_rules_get(c->api->store, row->id, rules, c->e);

  if (rc == -ERR_NOT_FOUND) {
    err_clear(c->e);
    memset(rules, 0, sizeof *rules);
    rules->grace_s = -1;
    rules->anchor_us = c->now_us;
    return 0;
  }
  return rc;
}

static int incomplete(struct call *c)
{
  return err_set(c->e, ERR_REQUEST,
                 "A previous rotation isn't complete. That rotation will be "
                 "reattempted.");
}

/* A rotation that does more than wait to retire stands in the way.
 * *out_stuck: the last one left its value under AWSPENDING. */
static int refuse_second(struct call *c, const struct secret_row *row,
                         bool *out_stuck)
{
  struct job_row job;
  int rc = store_job_of_secret(c->api->store, row->id, &job, c->e);

  *out_stuck = rc == 0 && job.outcome == JOB_STUCK;
  if (rc == -ERR_NOT_FOUND) {
    err_clear(c->e);
    return 0;
  }
  if (rc == 0 && job.outcome == JOB_ACTIVE && job.phase != STORE_PHASE_RETIRE)
    return incomplete(c);
  return rc;
}

/* Before anything is stored: AWSPENDING on a version that is not the current
 * one says that a rotation is not over, whoever put it there. */
static int refuse_pending(struct call *c, const struct secret_row *row,
                          const char *token)
{
  struct version_row v;
  bool is_over;
  int rc =
      store_version_get(c->api->store, row->id, NULL, "AWSPENDING", &v, c->e);

  if (rc == -ERR_NOT_FOUND) {
    err_clear(c->e);
    return 0;
  }
  if (rc != 0)
    return rc;
  is_over = strcmp(v.version_id, token) == 0;
  for (size_t i = 0; i < v.n_labels; i++)
    is_over = is_over || strcmp(v.labels[i], "AWSCURRENT") == 0;
  version_row_release(&v);
  return is_over ? 0 : incomplete(c);
}

/* take_kept: a value that is stuck is tried again, in place of job's. */
static int start(struct call *c, const struct secret_row *row,
                 const struct rules_row *rules, bool take_kept,
                 struct job_row *job)
{
  const struct next_due next = {rules->next_due_us, rules->window_end_us};
  struct version_row current;
  int64_t id;
  int rc = store_version_get(c->api->store, row->id, NULL, "AWSCURRENT",
                             &current, c->e);

  if (rc != 0)
    return rc;
  memcpy(job->current_id, current.version_id, sizeof job->current_id);
  version_row_release(&current);
  job->secret_id = row->id;
  memcpy(job->rotator, rules->rotator, sizeof job->rotator);
  job->created_us = job->wake_us = c->now_us;
  if (take_kept)
    rc = kept_take(c->api->store, job, c->e);
  if (rc == 0)
    rc = kept_wait(c->api->store, c->api->settle_us, job, c->e);
  return rc == 0 ? store_job_start(c->api->store, job, &next, &id, c->e) : rc;
}

/* The same RotateSecret again: its token's rotation runs or has run.  One
 * that came to nothing is tried again. */
static bool is_repeat(struct call *c, const struct secret_row *row,
                      const char *token)
{
  struct job_row job;
  struct err ignored = {0};

  return store_job_of_secret(c->api->store, row->id, &job, &ignored) == 0 &&
         strcmp(job.version_id, token) == 0 &&
         (job.outcome == JOB_ACTIVE || job.outcome == JOB_SUCCEEDED ||
          job.outcome == JOB_SUPERSEDED);
}

static int reply(struct call *c, const struct secret_row *row,
                 const char *version_id)
{
  call_begin(c, row);
  if (version_id != NULL && version_id[0] != '\0')
    buf_json_str(c->out, "VersionId", version_id);
  buf_putc(c->out, '}');
  return 0;
}

/* A rotation never writes over a version that somebody may be using; said
 * before anything is stored. */
static int token_is_free(struct call *c, const struct secret_row *row,
                         const char *token)
{
  struct version_row v;
  bool in_use;
  int rc = store_version_get(c->api->store, row->id, token, NULL, &v, c->e);

  if (rc == -ERR_NOT_FOUND) {
    err_clear(c->e);
    return 0;
  }
  if (rc != 0)
    return rc;
  in_use = v.has_value;
  for (size_t i = 0; i < v.n_labels; i++)
    in_use = in_use && strcmp(v.labels[i], "AWSPENDING") != 0;
  version_row_release(&v);
  return in_use ? err_set(c->e, ERR_REQUEST,
                          "You can't use ClientRequestToken %s because that "
                          "value is already in use for a version of secret %s.",
                          token, row->arn)
                : 0;
}

/* Otherwise only the due time differs, which the start of the rotation sets as
 * well. */
static bool is_told_rules(struct call *c)
{
  return json_object_get(c->in, "RotationRules") != NULL ||
         json_object_get(c->in, "RotationLambdaARN") != NULL;
}

/* ExternalSecretRotationMetadata as it is kept and shown. */
static int metadata_write(struct call *c, const json_t *list, struct buf *out)
{
  const json_t *item;
  size_t i;

  buf_putc(out, '[');
  json_array_foreach (list, i, item) {
    buf_puts(out, i > 0 ? ",{" : "{");
    buf_json_str(out, "Key", json_str(item, "Key"));
    buf_json_str(out, "Value", json_str(item, "Value"));
    buf_putc(out, '}');
  }
  buf_putc(out, ']');
  return out->failed ? err_set(c->e, ERR_PARAMETER,
                               "ExternalSecretRotationMetadata is larger than "
                               "%d bytes.",
                               METADATA_MAX)
                     : 0;
}

/* Of a managed external secret: what its holder wants to know. */
static int external_put(struct call *c, const struct secret_row *row)
{
  const json_t *list = json_object_get(c->in, "ExternalSecretRotationMetadata");
  const char *role = json_str(c->in, "ExternalSecretRotationRoleArn");
  CLEANUP_BUF struct buf metadata;
  int rc = 0;

  buf_init(&metadata, METADATA_MAX, false);
  if (!json_is_array(list) && role == NULL)
    return 0;
  if (row->type[0] == '\0')
    return err_set(c->e, ERR_PARAMETER,
                   "ExternalSecretRotationMetadata and "
                   "ExternalSecretRotationRoleArn are for managed external "
                   "secrets; this one has no Type.");
  if (json_is_array(list))
    rc = metadata_write(c, list, &metadata);
  return rc == 0 ? store_external_put(c->api->store, row->id, role,
                                      metadata.data, c->e)
                 : rc;
}

int op_rotate_secret(struct call *c)
{
  struct rotator_info info;
  struct rules_row rules;
  struct secret_row row;
  struct job_row job = {0};
  const char *token = json_str(c->in, "ClientRequestToken");
  bool now = json_bool(c->in, "RotateImmediately", true);
  bool was_enabled, is_stuck = false;
  int rc = call_secret(c, true, &row);

  if (rc == 0 && is_repeat(c, &row, token))
    return reply(c, &row, token);
  if (rc == 0)
    rc = rules_load(c, &row, &rules);
  if (rc == 0)
    rc = token_is_free(c, &row, token);
  if (rc == 0)
    rc = rules_take_rotator(c, c->in, &rules, &info);
  was_enabled = rc == 0 && rules.enabled;
  rules.enabled = true;
  if (rc == 0)
    rc = rules_take(c, json_object_get(c->in, "RotationRules"), true, &rules);
  if (rc == 0)
    rc = rules_fit(c, &row, &rules, &info);
  if (rc == 0)
    rc = refuse_second(c, &row, &is_stuck);
  if (rc == 0 && !is_stuck)
    rc = refuse_pending(c, &row, token);
  if (rc == 0)
    rc = due_next(&rules, row.arn, c->now_us, 0, c->e);
  if (rc == 0)
    rc = external_put(c, &row);
  if (rc == 0 && (!was_enabled || is_told_rules(c)))
    rc = store_rules_put(c->api->store, row.id, &rules, c->now_us, c->e);
  if (rc == 0) {
    memcpy(job.version_id, token, strlen(token));
    job.kind = now ? JOB_MANUAL : JOB_TEST;
    rc = start(c, &row, &rules, now && is_stuck, &job);
  }
  if (rc != 0)
    return rc;
  c->api->port->wake(c->api->port);
  return reply(c, &row, job.version_id);
}

int op_cancel_rotate_secret(struct call *c)
{
  struct rules_row rules;
  struct secret_row row;
  struct job_row job = {0};
  int rc = call_secret(c, true, &row);

  if (rc == 0)
    rc = rules_load(c, &row, &rules);
  if (rc != 0)
    return rc;
  if (rules.rotator[0] == '\0')
    return err_set(c->e, ERR_REQUEST,
                   "You can't cancel the rotation of a secret that was never "
                   "configured for rotation.");
  rules.enabled = false;
  rules.next_due_us = rules.window_end_us = 0;
  rc = store_rules_put(c->api->store, row.id, &rules, c->now_us, c->e);
  if (rc == 0)
    rc = store_job_of_secret(c->api->store, row.id, &job, c->e);
  /* What only waits to end the old value has rotated already. */
  if (rc == 0 && job.outcome == JOB_ACTIVE && job.phase != STORE_PHASE_RETIRE)
    rc = store_job_cancel(c->api->store, row.id, CANCEL_ABORT, c->e);
  if (rc == -ERR_NOT_FOUND) { /* nothing was under way */
    err_clear(c->e);
    job.version_id[0] = '\0';
    rc = 0;
  }
  if (rc != 0)
    return rc;
  c->api->port->wake(c->api->port);
  return reply(c, &row, job.version_id);
}

int op_put_rotation_rules(struct call *c)
{
  const json_t *given = json_object_get(c->in, "RotationRules");
  struct rotator_info info;
  struct rules_row rules;
  struct secret_row row;
  int rc = call_secret(c, true, &row);

  if (rc == 0)
    rc = rules_load(c, &row, &rules);
  if (rc == 0 && rules.rotator[0] == '\0')
    rules.enabled = true;
  if (rc == 0)
    rc = rules_take_rotator(c, c->in, &rules, &info);
  if (rc == 0)
    rc = rules_take(c, given, false, &rules);
  if (rc == 0)
    rc = rules_fit(c, &row, &rules, &info);
  if (rc == 0)
    rc = due_next(&rules, row.arn, c->now_us, 0, c->e);
  if (rc == 0)
    rc = store_rules_put(c->api->store, row.id, &rules, c->now_us, c->e);
  if (rc != 0)
    return rc;
  c->api->port->wake(c->api->port);
  call_begin(c, &row);
  buf_json_time(c->out, "NextRotationDate", rules.next_due_us);
  buf_putc(c->out, '}');
  return 0;
}
