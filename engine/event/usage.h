/* Metering: how many calls each principal made in a month, and for how long
 * secrets were held: what AWS would bill.
 *
 * Calls are counted in memory and added to the store a few seconds later, and
 * at the end: a kill loses those seconds.  Secrets are counted with them, and
 * each counts for as long as there was no other count, also while no keyturnd
 * ran.  Thread-safe.
 */
#ifndef EVENT_USAGE_H
#define EVENT_USAGE_H

#include "base/clock.h"
#include "store/store.h"

struct usage;

/* Both borrowed until usage_close.  *out: returned, freed by usage_close. */
int usage_open(struct store *s, struct clock *clock, struct usage **out,
               struct err *e);
void usage_close(struct usage *u);

/* A session counts for its role: its name is the caller's choice.  `action`:
 * "secretsmanager:GetSecretValue". */
void usage_count(struct usage *u, const char *principal_arn,
                 const char *action);
/* The store has everything that was counted before the call. */
int usage_flush(struct usage *u, struct err *e);

/* The month of a time (year * 100 + month, UTC), and the seconds in one. */
int64_t usage_month(int64_t time_us);
int64_t usage_month_s(int64_t month);

#endif
