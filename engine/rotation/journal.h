/* What a job needs of the store, as a vtable: the store behind it in the
 * daemon (journal_store.h), a model in the simulator.
 *
 * Values are plaintext here and nowhere below.  Each function that writes is
 * one durable transaction (but see save_soon), fenced by job->fence: ERR_FENCED
 * when the lease went to another engine, and nothing has changed then.
 */
#ifndef ROTATION_JOURNAL_H
#define ROTATION_JOURNAL_H

#include <keyturn/rotator.h>

#include "base/err.h"
#include "base/secret.h"
#include "store/rows.h"

/* What a job has to know besides its row. */
struct job_facts {
  char secret_arn[STORE_ARN_MAX];
  int64_t grace_s;     /* of the rules; -1: the rotator's */
  bool pending_stored; /* the pending version has a value */
};

struct journal {
  int (*load)(struct journal *j, const struct job_row *job,
              struct job_facts *out, struct err *e);
  /* `attempt` may be NULL, here and below. */
  int (*save)(struct journal *j, const struct job_row *job,
              const struct attempt_row *attempt, struct err *e);
  /* As save, of a move that may be lost with the power: the next write, of
   * any job, makes it durable. */
  int (*save_soon)(struct journal *j, const struct job_row *job,
                   const struct attempt_row *attempt, struct err *e);
  /* A value that is there is kept, and that is 0 too. */
  int (*put_pending)(struct journal *j, const struct job_row *job,
                     const struct secret *value, struct err *e);
  int (*drop_pending)(struct journal *j, const struct job_row *job,
                      struct err *e);
  /* AWSCURRENT to the pending version, and all that finishing means. */
  int (*finish)(struct journal *j, const struct job_row *job,
                const struct attempt_row *attempt, struct err *e);
  int (*end)(struct journal *j, const struct job_row *job,
             const struct attempt_row *attempt, bool keep_pending,
             struct err *e);
  int (*note_put)(struct journal *j, const struct job_row *job,
                  const struct secret *note, struct err *e);
  int (*note_get)(struct journal *j, const struct job_row *job,
                  struct secret *out, struct err *e);
  /* ERR_NOT_FOUND: no such source, no version at the stage, or no value.
   * *out: returned, secret_release. */
  int (*value)(struct journal *j, const struct job_row *job,
               enum kt_source source, const char *stage, struct secret *out,
               struct err *e);
  /* Is AWSCURRENT (still) on this job's version? */
  int (*is_current)(struct journal *j, const struct job_row *job, bool *out,
                    struct err *e);
};

#endif
