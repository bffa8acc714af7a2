/* Jobs: started, claimed, leased, cancelled, found. */
#include "store/jobs.h"

#include <stdio.h>

#include "base/fault.h"
#include "store/labels.h"
#include "store/secrets.h"

void job_read(struct rows *r, struct job_row *out)
{
  out->id = row_int(r);
  out->secret_id = row_int(r);
  row_array(r, out->version_id);
  row_array(r, out->current_id);
  row_array(r, out->rotator);
  out->kind = (enum job_kind)row_int(r);
  out->outcome = (enum job_outcome)row_int(r);
  out->cancel = (enum job_cancel)row_int(r);
  out->phase = row_int(r);
  out->flags = row_int(r);
  out->attempt = row_int(r);
  out->redraws = row_int(r);
  out->created_us = row_int(r);
  out->started_us = row_int(r);
  out->ended_us = row_int(r);
  out->wake_us = row_int(r);
  out->window_end_us = row_int(r);
  out->due_in_s = row_int(r);
  row_array(r, out->owner);
  out->fence = row_int(r);
  out->lease_until_us = row_int(r);
  out->last_class = row_int(r);
  row_array(r, out->last_step);
  row_array(r, out->last_code);
  row_array(r, out->last_message);
}

int job_find(struct txn *t, enum sql_id by, int64_t key, struct job_row *out)
{
  struct rows r;
  int rc = rows_open(&r, t, by, arg_int(key));

  if (rc == 0 && (rc = rows_next(&r)) > 0)
    job_read(&r, out);
  else if (rc == 0)
    rc = -ERR_NOT_FOUND;
  rc = rows_close(&r, rc);
  return rc > 0 ? 0 : rc;
}

int64_t job_claim_us(int64_t wake_us, int64_t lease_until_us)
{
  int64_t us = wake_us > lease_until_us ? wake_us : lease_until_us;

  return us > 1 ? us : 1;
}

/* ---- start ------------------------------------------------------------- */

static int incomplete(struct txn *t)
{
  return err_set(t->e, ERR_REQUEST,
                 "A previous rotation isn't complete. That "
                 "rotation will be reattempted.");
}

/* Nothing active, or what only waits to retire ends here. */
static int make_room(struct txn *t, const struct job_row *job)
{
  struct job_row old = {0};
  int rc = job_find(t, SQL_JOB_ACTIVE, job->secret_id, &old);

  if (rc == -ERR_NOT_FOUND)
    return 0;
  if (rc != 0)
    return rc;
  if (old.phase != STORE_PHASE_RETIRE || old.wake_us <= job->created_us)
    return incomplete(t);
  if (job->kind != JOB_SCHEDULED && job->kind != JOB_MANUAL)
    return err_set(t->e, ERR_REQUEST,
                   "The last rotation still waits to end the old value; only "
                   "another rotation can begin before that.");
  old.outcome = JOB_SUPERSEDED;
  rc = txn_exec(t, SQL_JOB_END, arg_int(old.id), arg_int(JOB_SUPERSEDED),
                arg_int(job->created_us), arg_int(1));
  return rc == 0 ? event_put(t, "rotation_ended", old.secret_id, &old,
                             job->created_us)
                 : rc;
}

/* May AWSPENDING go to job's version?  *out_current: who has AWSCURRENT. */
static int check_pending(struct txn *t, const struct job_row *job,
                         char out_current[STORE_ID_MAX])
{
  char pending[STORE_ID_MAX];
  int rc = label_holder(t, job->secret_id, LABEL_CURRENT, out_current);

  if (rc == 0)
    rc = label_holder(t, job->secret_id, LABEL_PENDING, pending);
  if (rc != 0 || job->kind == JOB_CHECK)
    return rc;
  if (pending[0] != '\0' && strcmp(pending, out_current) != 0 &&
      strcmp(pending, job->version_id) != 0)
    return incomplete(t);
  rc = version_find(t, job->secret_id, job->version_id);
  if (rc == -ERR_NOT_FOUND)
    return 0;
  if (rc == 1 && (strcmp(pending, job->version_id) != 0 ||
                  strcmp(out_current, job->version_id) == 0))
    return err_set(t->e, ERR_EXISTS,
                   "You can't use ClientRequestToken %s because that value is "
                   "already in use for a version of the secret.",
                   job->version_id);
  return rc < 0 ? rc : 0;
}

static int make_placeholder(struct txn *t, const struct job_row *job)
{
  const struct version_put put = {.version_id = job->version_id};
  int rc;

  if (job->kind == JOB_CHECK)
    return 0;
  rc = version_find(t, job->secret_id, job->version_id);
  if (rc == -ERR_NOT_FOUND)
    rc = version_insert(t, job->secret_id, &put, job->created_us);
  if (rc >= 0)
    rc = label_attach(t, job->secret_id, LABEL_PENDING, job->version_id);
  if (rc == 0)
    rc = label_check_count(t, job->secret_id);
  return rc;
}

static int insert(struct txn *t, const struct job_row *job, const char *current,
                  int64_t *out_id)
{
  bool held = job->owner[0] != '\0' && job->lease_until_us != 0;
  int64_t lease_us = held ? job->lease_until_us : 0;

  return txn_int(
      t, SQL_JOB_PUT,
      SQL_ARGS(arg_int(job->secret_id), arg_text(job->version_id),
               arg_text(current), arg_text(job->rotator), arg_int(job->kind),
               arg_int(job->phase), arg_int(job->flags), arg_int(job->attempt),
               arg_int(job->redraws), arg_int(job->created_us),
               arg_int(job->started_us), arg_int(job->wake_us),
               arg_int(job->window_end_us), arg_int(job->due_in_s),
               arg_text(held ? job->owner : ""), arg_int(held ? 1 : 0),
               arg_int(lease_us), arg_int(job_claim_us(job->wake_us, lease_us)),
               arg_int(job->last_class), arg_text(job->last_step),
               arg_text(job->last_code), arg_text(job->last_message)),
      out_id);
}

static int tell_start(struct txn *t, const struct job_row *job, int64_t id)
{
  struct job_row started = *job;

  if (job->kind == JOB_CHECK)
    return 0; /* changes nothing */
  started.id = id;
  started.outcome = JOB_ACTIVE;
  return event_put(t, "rotation_started", job->secret_id, &started,
                   job->created_us);
}

static int start(struct txn *t, const struct job_row *job,
                 const struct next_due *next, int64_t *out_id)
{
  char current[STORE_ID_MAX];
  struct secret_row secret;
  int rc = secret_find(t, SQL_SECRET_BY_ID, arg_int(job->secret_id), &secret);

  if (rc != 0)
    return rc;
  if (secret.deleted_us != 0)
    return err_set(t->e, ERR_REQUEST,
                   "You can't perform this operation on the secret because it "
                   "was marked for deletion.");
  if ((rc = make_room(t, job)) != 0 ||
      (rc = check_pending(t, job, current)) != 0 ||
      (rc = make_placeholder(t, job)) != 0 ||
      (rc = insert(t, job, current, out_id)) != 0 ||
      (rc = tell_start(t, job, *out_id)) != 0)
    return rc;
  return rules_rearm(t, job->secret_id, next);
}

int store_job_start(struct store *s, const struct job_row *job,
                    const struct next_due *next, int64_t *out_id, struct err *e)
{
  struct txn t;
  int64_t id = 0;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = start(&t, job, next, &id);
  if (rc == 0 && fault_hit(FAULT_ROT_START_BEFORE_COMMIT))
    rc = err_set(e, ERR_IO, "told to fail at rot.start.before_commit");
  rc = txn_finish(&t, rc);
  if (rc != 0)
    return rc;
  FAULT_POINT(FAULT_ROT_START_AFTER_COMMIT);
  *out_id = id;
  return 0;
}

/* ---- claims and leases ------------------------------------------------- */

static int claimable(struct txn *t, int64_t now_us, struct job_row *out,
                     size_t max, size_t *out_n)
{
  struct rows r;
  size_t n = 0;
  int rc = rows_open(&r, t, SQL_JOB_CLAIMABLE, arg_int(now_us),
                     arg_int((int64_t)max));

  while (rc == 0 && n < max && (rc = rows_next(&r)) > 0) {
    job_read(&r, &out[n++]);
    rc = 0;
  }
  *out_n = n;
  return rows_close(&r, rc);
}

static int claim(struct txn *t, const char *owner, int64_t now_us,
                 int64_t lease_us, struct job_row *out, size_t max,
                 size_t *out_n)
{
  size_t found, n = 0;
  int rc = claimable(t, now_us, out, max, &found);

  for (size_t i = 0; rc == 0 && i < found; i++) {
    struct job_row *job = &out[n];

    if (i != n)
      *job = out[i];
    rc = txn_exec(t, SQL_JOB_CLAIM, arg_int(job->id), arg_text(owner),
                  arg_int(now_us + lease_us), arg_int(job->fence));
    if (rc != 0 || t->changed == 0)
      continue; /* another engine was faster */
    (void)snprintf(job->owner, sizeof job->owner, "%s", owner);
    job->lease_until_us = now_us + lease_us;
    job->fence++;
    n++;
  }
  *out_n = n;
  return rc;
}

/* Most looks find nothing, and a reader finds that out without a commit. */
static int anything_to_claim(struct store *s, int64_t now_us, bool *out,
                             struct err *e)
{
  struct txn t;
  int64_t us;
  int rc = txn_begin(s, false, &t, e);

  if (rc != 0)
    return rc;
  rc = txn_int(&t, SQL_JOB_NEXT_CLAIM, NULL, 0, &us);
  if (rc == 0 || rc == -ERR_NOT_FOUND) {
    *out = rc == 0 && us <= now_us;
    rc = 0;
  }
  return txn_finish(&t, rc);
}

int store_job_claim(struct store *s, const char *owner, int64_t now_us,
                    int64_t lease_us, struct job_row *out, size_t max,
                    size_t *out_n, struct err *e)
{
  struct txn t;
  bool any = false;
  size_t n = 0;
  int rc = anything_to_claim(s, now_us, &any, e);

  if (rc != 0)
    return rc;
  if (any) {
    /* A lease that the power takes along was nobody's any more. */
    rc = txn_begin_soon(s, &t, e);
    if (rc == 0)
      rc = claim(&t, owner, now_us, lease_us, out, max, &n);
    rc = txn_finish(&t, rc);
  }
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_lease_renew(struct store *s, const char *owner, int64_t until_us,
                      struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_LEASE_RENEW, arg_text(owner), arg_int(until_us));
  return txn_finish(&t, rc);
}

int store_lease_drop(struct store *s, const char *owner, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_LEASE_DROP, arg_text(owner == NULL ? "" : owner));
  return txn_finish(&t, rc);
}

/* ---- the rest ---------------------------------------------------------- */

int store_job_cancel(struct store *s, int64_t secret_id, enum job_cancel how,
                     struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_JOB_CANCEL, arg_int(secret_id), arg_int(how));
  if (rc == 0 && t.changed == 0)
    rc = err_set(e, ERR_NOT_FOUND, "no rotation of this secret is running");
  return txn_finish(&t, rc);
}

int store_job_of_secret(struct store *s, int64_t secret_id, struct job_row *out,
                        struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc != 0)
    return rc;
  rc = job_find(&t, SQL_JOB_ACTIVE, secret_id, out);
  if (rc == -ERR_NOT_FOUND)
    rc = job_find(&t, SQL_JOB_LAST, secret_id, out);
  if (rc == -ERR_NOT_FOUND)
    rc = err_set(e, ERR_NOT_FOUND, "this secret was never rotated");
  return txn_finish(&t, rc);
}

int store_job_by_id(struct store *s, int64_t job_id, struct job_row *out,
                    struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc != 0)
    return rc;
  rc = job_find(&t, SQL_JOB_BY_ID, job_id, out);
  if (rc == -ERR_NOT_FOUND)
    rc = err_set(e, ERR_NOT_FOUND, "there is no rotation %lld",
                 (long long)job_id);
  return txn_finish(&t, rc);
}
