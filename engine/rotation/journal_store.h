/* The journal over the real store: seals what goes in, opens what comes out,
 * and knows when a secret is due next.
 */
#ifndef ROTATION_JOURNAL_STORE_H
#define ROTATION_JOURNAL_STORE_H

#include "base/clock.h"
#include "crypto/keyring.h"
#include "rotation/journal.h"
#include "store/store.h"

/* A secret without a schedule, due by its value alone (due_in): a scheduled
 * rotation that failed is tried again after this. */
#define JOURNAL_AGAIN_US  (3600 * US_PER_S)
#define JOURNAL_WINDOW_US (12 * 3600 * US_PER_S)

struct journal_store {
  struct journal journal; /* give this to the jobs */
  struct store *store;
  struct keyring *keyring;
  struct clock *clock;
};

/* All borrowed for as long as the journal is used. */
void journal_store_init(struct journal_store *j, struct store *store,
                        struct keyring *keyring, struct clock *clock);

#endif
