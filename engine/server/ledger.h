/* What keyturnd writes down about itself: the audit trail, usage, metrics. */
#ifndef SERVER_LEDGER_H
#define SERVER_LEDGER_H

#include "event/audit.h"
#include "event/metrics.h"
#include "event/usage.h"
#include "server/config.h"

struct ledger {
  struct audit *audit;
  struct usage *usage;
  struct metrics *metrics;
};

/* `s` and `k`: borrowed until ledger_close. */
int ledger_open(struct ledger *l, const struct config *c, struct store *s,
                struct keyring *k, struct err *e);
void ledger_close(struct ledger *l);
/* The metrics_writer; ctx is a struct ledger *. */
void ledger_write_metrics(void *ctx, struct buf *out);

#endif
