/* Metrics in Prometheus's text format (0.0.4).
 *
 * What the API does is counted as it happens, without a lock.  What rotations
 * do is read from the store when somebody looks: steps from the history, since
 * the start; times from the rules, at most every few seconds.  Rotators are
 * labels, secrets are not: they are too many, and their names are nobody's
 * business who may only watch.  `keyturn rotation list` names them.
 */
#ifndef EVENT_METRICS_H
#define EVENT_METRICS_H

#include "base/buf.h"
#include "event/audit.h"

struct metrics;

/* All borrowed until metrics_free. */
struct metrics_options {
  const char *const *actions; /* the names of operations */
  size_t n_actions;
  struct store *store;
  struct audit *audit;
  struct clock *clock;
  const char *version;
};

/* *out: returned, freed by metrics_free. */
int metrics_new(const struct metrics_options *o, struct metrics **out,
                struct err *e);
void metrics_free(struct metrics *m);

enum metrics_result { METRICS_OK, METRICS_REFUSED, METRICS_FAILED };
#define METRICS_RESULTS 3

/* One request was answered.  `action`: its index; n_actions for any other.
 * From any thread. */
void metrics_request(struct metrics *m, size_t action,
                     enum metrics_result result, int64_t duration_us);

/* Appends everything.  What the store cannot say is left out, and logged. */
void metrics_write(struct metrics *m, struct buf *out);

#endif
