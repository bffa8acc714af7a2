/* The last job's row, and the label, read before the next job is made. */
#include "rotation/kept.h"

#include <string.h>

#define FLAGS_KEPT (FLAG_SET_STARTED | FLAG_CREATE_SPENT)

/* *out_id: "" when nothing is kept. */
static int kept_version(struct store *s, int64_t secret_id,
                        char out_id[STORE_ID_MAX], struct err *e)
{
  struct version_row pending;
  int rc = store_version_get(s, secret_id, NULL, "AWSPENDING", &pending, e);

  out_id[0] = '\0';
  if (rc == -ERR_NOT_FOUND) {
    err_clear(e);
    return 0;
  }
  if (rc != 0)
    return rc;
  memcpy(out_id, pending.version_id, STORE_ID_MAX);
  for (size_t i = 0; i < pending.n_labels; i++)
    if (strcmp(pending.labels[i], "AWSCURRENT") == 0)
      out_id[0] = '\0';
  version_row_release(&pending);
  return 0;
}

/* *out_any: was there a last one? */
static int last_job(struct store *s, int64_t secret_id, struct job_row *out,
                    bool *out_any, struct err *e)
{
  int rc = store_job_of_secret(s, secret_id, out, e);

  *out_any = rc == 0;
  if (rc != -ERR_NOT_FOUND)
    return rc;
  err_clear(e);
  return 0;
}

int kept_take(struct store *s, struct job_row *job, struct err *e)
{
  char kept[STORE_ID_MAX];
  struct job_row last;
  bool any;
  int rc = kept_version(s, job->secret_id, kept, e);

  if (rc != 0 || kept[0] == '\0')
    return rc;
  memcpy(job->version_id, kept, sizeof job->version_id);
  rc = last_job(s, job->secret_id, &last, &any, e);
  if (rc == 0 && any && strcmp(last.version_id, kept) == 0)
    job->flags = last.flags & FLAGS_KEPT;
  return rc;
}

int kept_wait(struct store *s, int64_t settle_us, struct job_row *job,
              struct err *e)
{
  struct job_row last;
  int64_t start_us;
  bool any;
  int rc = last_job(s, job->secret_id, &last, &any, e);

  if (rc != 0 || !any)
    return rc;
  /* One that only waits to retire ends when the new one starts. */
  if (last.outcome == JOB_ACTIVE)
    last.ended_us = job->created_us;
  start_us = job_next_start_us(&last, settle_us);
  if (start_us > job->wake_us)
    job->wake_us = start_us;
  return 0;
}
