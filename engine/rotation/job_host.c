/* What a running step asks of its job: values, its pending value, notes, and
 * leave to change the target.
 *
 * Which call a step may make was checked by the runner; what must not go
 * wrong is checked here once more.
 */
#include <string.h>

#include "base/cleanup.h"
#include "rotation/job_state.h"
#include "secret/password.h"

/* May this step still ask anything? */
static bool is_served(const struct job *job)
{
  return job->in_step && !job->closed && !job->lost;
}

static int host_get_value(void *ctx, enum kt_source source, const char *stage,
                          struct secret *out)
{
  struct job *job = ctx;
  struct journal *j = job->env->journal;
  struct err e = {0};
  int rc;

  if (!is_served(job))
    return KT_DENIED;
  rc = j->value(j, &job->row, source, stage == NULL ? "AWSCURRENT" : stage, out,
                &e);
  return rc == 0 ? KT_OK : job_store_error(job, rc, &e);
}

static int host_put_pending(void *ctx, const struct secret *value)
{
  struct job *job = ctx;
  struct journal *j = job->env->journal;
  struct err e = {0};
  int rc;

  if (!is_served(job) || job->m.phase != PHASE_CREATE)
    return KT_DENIED;
  rc = j->put_pending(j, &job->row, value, &e);
  if (rc != 0)
    return job_store_error(job, rc, &e);
  job->facts.pending_stored = true;
  return KT_OK;
}

static int host_mutating(void *ctx)
{
  struct job *job = ctx;

  if (!is_served(job))
    return KT_DENIED;
  job->answer = KT_BUSY; /* unless the machine gets to answer */
  job_post(job, EVENT_MUTATING);
  return job->answer;
}

static int host_random_password(void *ctx, const char *exclude,
                                struct secret *out)
{
  struct job *job = ctx;
  CLEANUP_SECRET struct secret options = {0};
  CLEANUP_JSON json_t *j = NULL;
  struct err e = {0};
  int rc = host_get_value(job, KT_OPTIONS, NULL, &options);

  if (rc != KT_OK && rc != KT_MISSING)
    return rc;
  if (options.len > 0 && json_read((const char *)options.data, options.len,
                                   &json_limits_request, &j, &e) != 0)
    return KT_CONFIG;
  rc = password_generate(json_object_get(j, "password"), exclude,
                         job->env->random, out, &e);
  if (rc == 0)
    return KT_OK;
  return rc == -ERR_NOMEM ? KT_BUSY : KT_CONFIG;
}

static int host_save(void *ctx, const struct secret *note)
{
  struct job *job = ctx;
  struct journal *j = job->env->journal;
  struct err e = {0};
  int rc;

  if (!is_served(job))
    return KT_DENIED;
  rc = j->note_put(j, &job->row, note, &e);
  return rc == 0 ? KT_OK : job_store_error(job, rc, &e);
}

static int host_saved(void *ctx, struct secret *out)
{
  struct job *job = ctx;
  struct journal *j = job->env->journal;
  struct err e = {0};
  int rc;

  if (!is_served(job))
    return KT_DENIED;
  rc = j->note_get(j, &job->row, out, &e);
  return rc == 0 ? KT_OK : job_store_error(job, rc, &e);
}

static int host_due_in(void *ctx, int64_t seconds)
{
  struct job *job = ctx;
  struct journal *j = job->env->journal;
  struct job_row row = job->row;
  struct err e = {0};
  int rc;

  if (!is_served(job))
    return KT_DENIED;
  if (seconds <= 0)
    return KT_CONFIG;
  /* At once: a create that is repeated after a crash may find its value
   * there, and not say it again. */
  row.due_in_s = seconds;
  rc = j->save(j, &row, NULL, &e);
  if (rc != 0)
    return job_store_error(job, rc, &e);
  job->row.due_in_s = seconds;
  return KT_OK;
}

static void host_log(void *ctx, enum kt_level level, const char *text)
{
  struct job *job = ctx;

  if (!job->closed && job->env->log != NULL)
    job->env->log(job->env->ctx, job, level, text);
}

const struct step_host job_host = {
    .get_value = host_get_value,
    .put_pending = host_put_pending,
    .mutating = host_mutating,
    .random_password = host_random_password,
    .save = host_save,
    .saved = host_saved,
    .due_in = host_due_in,
    .log = host_log,
};
