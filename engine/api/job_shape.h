/* Rotations, jobs and attempts in replies: the shapes of OPERATIONS.md. */
#ifndef API_JOB_SHAPE_H
#define API_JOB_SHAPE_H

#include "api/call.h"

/* One Rotation object, braces and all; with_job: its Job member too.  A secret
 * that was never configured writes nothing (*out_written false). */
int job_shape_rotation(struct call *c, const struct secret_row *row,
                       bool with_job, bool *out_written);
/* One Attempt object. */
void job_shape_attempt(struct call *c, const struct attempt_row *a,
                       const struct secret_row *of);

#endif
