/* Inside the store: what starting, running and ending a job share. */
#ifndef STORE_JOBS_H
#define STORE_JOBS_H

#include "store/txn.h"

/* By one of the SQL_JOB_… statements that give a whole row; ERR_NOT_FOUND
 * without a text. */
int job_find(struct txn *t, enum sql_id by, int64_t key, struct job_row *out);
void job_read(struct rows *r, struct job_row *out);
/* The later of the two, and never 0: 0 would be "never". */
int64_t job_claim_us(int64_t wake_us, int64_t lease_until_us);

int attempt_put(struct txn *t, const struct attempt_row *attempt);
/* One event with what the sinks need to tell it. */
int event_put(struct txn *t, const char *type, int64_t secret_id,
              const struct job_row *job, int64_t time_us);

/* One about a secret alone.  time_us 0: about now. */
int event_put_secret(struct txn *t, const char *type,
                     const struct secret_row *secret, int64_t time_us);

#endif
