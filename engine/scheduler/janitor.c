/* What time takes away: deleted secrets whose recovery window has ended, and
 * events beyond the number that is kept. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "scheduler/state.h"

#define EVENTS_KEEP   100000
#define EVENTS_CHUNK  1000
#define TRIM_EVERY_US (3600 * US_PER_S)
#define TRIM_CHUNKS   50 /* a run: the loop has other things to do */

/* The id of the first event after `after_id`, or 0. */
static int first_event(struct scheduler *s, int64_t after_id, int64_t *out_id,
                       struct err *e)
{
  CLEANUP_FREE struct event_row *rows = NULL;
  size_t n = 0;
  int rc = store_event_list(s->o.store, after_id, 1, &rows, &n, e);

  if (rc == 0)
    *out_id = n > 0 ? rows[0].id : 0;
  return rc;
}

static int trim(struct scheduler *s, struct err *e)
{
  int64_t oldest = 0, newer = 0;
  int rc = 0;

  for (int i = 0; rc == 0 && i < TRIM_CHUNKS; i++) {
    rc = first_event(s, 0, &oldest, e);
    if (rc == 0 && oldest != 0)
      rc = first_event(s, oldest + EVENTS_KEEP, &newer, e);
    if (rc != 0 || oldest == 0 || newer == 0)
      return rc;
    rc = store_event_trim(s->o.store, oldest + EVENTS_CHUNK, e);
  }
  return rc;
}

void janitor_run(struct scheduler *s)
{
  int64_t mono = clock_mono_us(s->o.clock);
  struct err e = {0};
  size_t n = 0;
  int rc = store_secret_purge_due(s->o.store, now_us(s), &n, &e);

  if (rc == 0 && n > 0)
    log_info("secrets_purged", log_int("count", (int64_t)n));
  if (rc == 0 && mono >= s->trim_mono_us) {
    rc = trim(s, &e);
    s->trim_mono_us = mono + TRIM_EVERY_US;
  }
  if (rc != 0)
    scheduler_trouble(s, "clear what is over", &e);
}
