/* What only the holder of a job may do: every function here compares the
 * fence first, inside its transaction, and changes nothing when it moved.
 */
#include "store/jobs.h"

#include <stdlib.h>

#include "base/fault.h"
#include "store/labels.h"
#include "store/secrets.h"

/* What the row says; the caller's copy is not believed. */
struct held {
  int64_t secret_id, kind, outcome, cancel, fence, lease_until_us;
  char version_id[STORE_ID_MAX];
};

static int hold(struct txn *t, const struct job_row *job, struct held *out)
{
  struct rows r;
  int rc;

  *out = (struct held){.fence = -1}; /* of a job purged with its secret */
  rc = rows_open(&r, t, SQL_JOB_FENCE, arg_int(job->id));
  if (rc == 0 && (rc = rows_next(&r)) > 0) {
    out->secret_id = row_int(&r);
    row_array(&r, out->version_id);
    out->kind = row_int(&r);
    out->outcome = row_int(&r);
    out->cancel = row_int(&r);
    out->fence = row_int(&r);
    out->lease_until_us = row_int(&r);
  }
  rc = rows_close(&r, rc);
  if (rc < 0)
    return rc;
  if (out->fence != job->fence || out->outcome != JOB_ACTIVE)
    return err_set(t->e, ERR_FENCED,
                   "rotation %lld went to another engine or has ended",
                   (long long)job->id);
  return 0;
}

/* Begins a fenced transaction. */
static int begin(struct store *s, bool write, const struct job_row *job,
                 struct txn *t, struct held *out, struct err *e)
{
  int rc = txn_begin(s, write, t, e);

  return rc == 0 ? hold(t, job, out) : rc;
}

static int save(struct txn *t, const struct held *h, const struct job_row *job,
                const struct attempt_row *attempt)
{
  int64_t lease_us = job->lease_until_us, claim_us;
  int rc;

  if (lease_us != 0 && lease_us < h->lease_until_us)
    lease_us = h->lease_until_us;
  /* A cancel that came since the caller looked: let it be claimed at once. */
  claim_us = h->cancel != (int64_t)job->cancel
                 ? job_claim_us(0, lease_us)
                 : job_claim_us(job->wake_us, lease_us);
  rc = txn_exec(
      t, SQL_JOB_SAVE, arg_int(job->id), arg_int(job->phase),
      arg_int(job->flags), arg_int(job->attempt), arg_int(job->redraws),
      arg_int(job->started_us), arg_int(job->wake_us),
      arg_int(job->window_end_us), arg_int(job->due_in_s),
      arg_text(lease_us == 0 ? "" : job->owner), arg_int(lease_us),
      arg_int(claim_us), arg_int(job->last_class), arg_text(job->last_step),
      arg_text(job->last_code), arg_text(job->last_message));
  if (rc == 0 && attempt != NULL)
    rc = attempt_put(t, attempt);
  return rc;
}

int store_job_save(struct store *s, const struct job_row *job,
                   const struct attempt_row *attempt, struct err *e)
{
  struct txn t;
  struct held h;
  int rc = begin(s, true, job, &t, &h, e);

  if (rc == 0)
    rc = save(&t, &h, job, attempt);
  return txn_finish(&t, rc);
}

int store_job_save_soon(struct store *s, const struct job_row *job,
                        const struct attempt_row *attempt, struct err *e)
{
  struct txn t;
  struct held h;
  int rc = txn_begin_soon(s, &t, e);

  if (rc == 0)
    rc = hold(&t, job, &h);
  if (rc == 0)
    rc = save(&t, &h, job, attempt);
  return txn_finish(&t, rc);
}

/* ---- the pending value and the note ------------------------------------ */

static int put_pending(struct txn *t, const struct held *h,
                       const struct version_put *put, bool *out_kept)
{
  int rc = version_find(t, h->secret_id, h->version_id);

  if (rc == -ERR_NOT_FOUND)
    return err_set(t->e, ERR_NOT_FOUND,
                   "the pending version %s of the rotation is gone",
                   h->version_id);
  if (rc < 0)
    return rc;
  *out_kept = rc == 1;
  if (*out_kept)
    return 0;
  return txn_exec(t, SQL_VERSION_FILL, arg_int(h->secret_id),
                  arg_text(h->version_id), arg_int(put->is_binary),
                  arg_text(put->key_id),
                  arg_blob(put->sealed, put->sealed_len));
}

int store_job_put_pending(struct store *s, const struct job_row *job,
                          const struct version_put *put, bool *out_kept,
                          struct err *e)
{
  struct txn t;
  struct held h;
  bool kept = false;
  int rc = begin(s, true, job, &t, &h, e);

  if (rc == 0)
    rc = put_pending(&t, &h, put, &kept);
  if (rc == 0 && fault_hit(FAULT_ROT_PENDING_BEFORE_COMMIT))
    rc = err_set(e, ERR_IO, "told to fail at rot.pending.before_commit");
  rc = txn_finish(&t, rc);
  if (rc != 0)
    return rc;
  FAULT_POINT(FAULT_ROT_PENDING_AFTER_COMMIT);
  *out_kept = kept;
  return 0;
}

static int drop_pending(struct txn *t, const struct held *h)
{
  char current[STORE_ID_MAX];
  int rc = label_holder(t, h->secret_id, LABEL_CURRENT, current);

  if (rc != 0)
    return rc;
  if (strcmp(current, h->version_id) == 0)
    return err_set(t->e, ERR_REQUEST, "version %s is current: its value stays",
                   h->version_id);
  return txn_exec(t, SQL_VERSION_EMPTY, arg_int(h->secret_id),
                  arg_text(h->version_id));
}

int store_job_drop_pending(struct store *s, const struct job_row *job,
                           struct err *e)
{
  struct txn t;
  struct held h;
  int rc = begin(s, true, job, &t, &h, e);

  if (rc == 0)
    rc = drop_pending(&t, &h);
  return txn_finish(&t, rc);
}

static int note_put(struct txn *t, int64_t job_id, const void *sealed,
                    size_t len)
{
  return txn_exec(t, SQL_JOB_NOTE, arg_int(job_id), arg_blob(sealed, len));
}

int store_job_note_put(struct store *s, const struct job_row *job,
                       const void *sealed, size_t len, struct err *e)
{
  struct txn t;
  struct held h;
  int rc = begin(s, true, job, &t, &h, e);

  if (rc == 0)
    rc = note_put(&t, job->id, sealed, len);
  rc = txn_finish(&t, rc);
  if (rc == 0)
    FAULT_POINT(FAULT_ROT_SAVE_AFTER_COMMIT);
  return rc;
}

static int note_get(struct txn *t, int64_t job_id, unsigned char **out,
                    size_t *out_len)
{
  struct rows r;
  int rc = rows_open(&r, t, SQL_JOB_NOTE_GET, arg_int(job_id));

  *out = NULL;
  if (rc == 0 && (rc = rows_next(&r)) > 0)
    rc = row_copy(&r, out, out_len);
  rc = rows_close(&r, rc);
  if (rc == 0 && *out == NULL)
    rc = err_set(t->e, ERR_NOT_FOUND, "this rotation has no note");
  return rc;
}

int store_job_note_get(struct store *s, const struct job_row *job,
                       unsigned char **out_sealed, size_t *out_len,
                       struct err *e)
{
  unsigned char *sealed = NULL;
  size_t len = 0;
  struct txn t;
  struct held h;
  int rc = begin(s, false, job, &t, &h, e);

  if (rc == 0)
    rc = note_get(&t, job->id, &sealed, &len);
  rc = txn_finish(&t, rc);
  if (rc != 0) {
    free(sealed);
    return rc;
  }
  *out_sealed = sealed;
  *out_len = len;
  return 0;
}

/* ---- finish and end ---------------------------------------------------- */

/* The row's end, when job->outcome says one. */
static int close_job(struct txn *t, const struct job_row *job)
{
  if (job->outcome == JOB_ACTIVE)
    return 0;
  return txn_exec(t, SQL_JOB_END, arg_int(job->id), arg_int(job->outcome),
                  arg_int(job->ended_us), arg_int(0));
}

/* Rules 1 to 3 of labels.c, then AWSPENDING off the version that is done. */
static int relabel(struct txn *t, const struct held *h)
{
  int rc = version_find(t, h->secret_id, h->version_id);

  if (rc == 0 || rc == -ERR_NOT_FOUND)
    return err_set(t->e, ERR_REQUEST,
                   "version %s cannot become current: it has no value",
                   h->version_id);
  if (rc == 1)
    rc = label_attach(t, h->secret_id, LABEL_CURRENT, h->version_id);
  if (rc == 0)
    rc = label_remove(t, h->secret_id, LABEL_PENDING, h->version_id);
  return rc == 0 ? label_check_count(t, h->secret_id) : rc;
}

static int finish(struct txn *t, const struct held *h,
                  const struct job_row *job, const struct attempt_row *attempt,
                  const struct next_due *next, int64_t now_us)
{
  int rc;

  if ((rc = relabel(t, h)) != 0 ||
      (rc = txn_exec(t, SQL_SECRET_ROTATED, arg_int(h->secret_id),
                     arg_int(now_us))) != 0 ||
      (rc = txn_exec(t, SQL_RULES_ANCHOR, arg_int(h->secret_id),
                     arg_int(now_us))) != 0 ||
      (rc = save(t, h, job, attempt)) != 0)
    return rc;
  if (fault_hit(FAULT_ROT_FINISH_IN_TXN))
    return err_set(t->e, ERR_IO, "told to fail at rot.finish.in_txn");
  if ((rc = close_job(t, job)) != 0 ||
      (rc = note_put(t, job->id, NULL, 0)) != 0 ||
      (rc = rules_rearm(t, h->secret_id, next)) != 0 ||
      (rc = event_put(t, "rotation_finished", h->secret_id, job, now_us)) != 0)
    return rc;
  return version_prune(t, h->secret_id, now_us);
}

int store_job_finish(struct store *s, const struct job_row *job,
                     const struct attempt_row *attempt,
                     const struct next_due *next, int64_t now_us, struct err *e)
{
  struct txn t;
  struct held h;
  int rc = begin(s, true, job, &t, &h, e);

  if (rc == 0)
    rc = finish(&t, &h, job, attempt, next, now_us);
  return txn_finish(&t, rc);
}

/* The label goes; so does a version that nothing holds any more, when it
 * never had a value, or only a test's copy of the current one. */
static int clear_pending(struct txn *t, const struct held *h)
{
  char label[STORE_LABEL_MAX];
  int has_value, rc;

  has_value = version_find(t, h->secret_id, h->version_id);
  if (has_value == -ERR_NOT_FOUND)
    return 0;
  if (has_value < 0)
    return has_value;
  rc = label_remove(t, h->secret_id, LABEL_PENDING, h->version_id);
  if (rc != 0 || (has_value == 1 && h->kind != JOB_TEST))
    return rc;
  rc = txn_text(t, SQL_LABEL_OF_VERSION,
                SQL_ARGS(arg_int(h->secret_id), arg_text(h->version_id)), label,
                sizeof label);
  if (rc == -ERR_NOT_FOUND)
    rc = txn_exec(t, SQL_VERSION_REMOVE, arg_int(h->secret_id),
                  arg_text(h->version_id));
  return rc;
}

static int set_trouble(struct txn *t, const struct held *h,
                       const struct job_row *job)
{
  int64_t trouble = 0;

  if (h->kind == JOB_CHECK || job->outcome == JOB_ABORTED ||
      job->outcome == JOB_SUPERSEDED)
    return 0; /* says nothing about the credential */
  if (job->outcome == JOB_FAILED || job->outcome == JOB_STUCK)
    trouble = job->outcome;
  return txn_exec(t, SQL_SECRET_TROUBLE, arg_int(h->secret_id),
                  arg_int(trouble));
}

static int end(struct txn *t, const struct held *h, const struct job_row *job,
               const struct attempt_row *attempt, bool keep_pending,
               const struct next_due *next)
{
  int rc;

  if (job->outcome == JOB_ACTIVE)
    return err_set(t->e, ERR_INTERNAL, "a rotation ends with an outcome");
  rc = save(t, h, job, attempt);
  if (rc == 0)
    rc = close_job(t, job);
  if (rc == 0 && !keep_pending)
    rc = note_put(t, job->id, NULL, 0);
  if (rc == 0 && !keep_pending && h->kind != JOB_CHECK)
    rc = clear_pending(t, h);
  if (rc == 0)
    rc = set_trouble(t, h, job);
  if (rc == 0)
    rc = rules_rearm(t, h->secret_id, next);
  if (rc == 0)
    rc = event_put(t, "rotation_ended", h->secret_id, job, job->ended_us);
  return rc;
}

int store_job_end(struct store *s, const struct job_row *job,
                  const struct attempt_row *attempt, bool keep_pending,
                  const struct next_due *next, struct err *e)
{
  struct txn t;
  struct held h;
  int rc = begin(s, true, job, &t, &h, e);

  if (rc == 0)
    rc = end(&t, &h, job, attempt, keep_pending, next);
  return txn_finish(&t, rc);
}
