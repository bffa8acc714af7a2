/* What the last rotation of a secret leaves to the next one: a value that may
 * be live on the target, and a change that may still be on its way there.
 */
#ifndef ROTATION_KEPT_H
#define ROTATION_KEPT_H

#include "rotation/job.h"
#include "store/store.h"

/* Both are for a job that is about to start, with secret_id, version_id,
 * created_us and wake_us set. */

/* A value that is kept under AWSPENDING takes the place of job->version_id,
 * with what is known of it: its rotation is attempted again. */
int kept_take(struct store *s, struct job_row *job, struct err *e);
/* The job waits until settle_us after a change whose outcome is not known. */
int kept_wait(struct store *s, int64_t settle_us, struct job_row *job,
              struct err *e);

#endif
