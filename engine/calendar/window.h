/* A window: from when to when one rotation may start; and where in it each
 * secret starts.
 */
#ifndef CALENDAR_WINDOW_H
#define CALENDAR_WINDOW_H

#include <stdint.h>

struct window {
  /* The first permitted instant: the opening, or the end of a blackout. */
  int64_t start_us;
  /* The first instant that is too late. */
  int64_t end_us;
  /* When the window opens by the expression alone.  It names the occurrence:
   * the same however late it is asked for, and whatever the blackouts. */
  int64_t occurrence_us;
};

/* A fixed point in [start, start + spread), spread cut to the window, drawn
 * from the secret's ARN and the occurrence: the same on every engine and after
 * every restart, different from secret to secret and night to night.  A
 * spread of 0 or less gives the start. */
int64_t window_jitter(const struct window *w, const char *secret_arn,
                      int64_t spread_us);

#endif
