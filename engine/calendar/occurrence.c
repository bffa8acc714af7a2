/* From an expression and a zone to instants; the reasons are in the header.
 * All kinds but minutes work on the wall clock: the least local time that
 * matches and is later than all the clock has shown, made into an instant.
 */
#include "calendar/occurrence.h"

#include "calendar/civil.h"

static int64_t clamp(int64_t n, int64_t min, int64_t max)
{
  return n < min ? min : n > max ? max : n;
}

/* The first of base + every, base + 2 * every, ... that is above `n`. */
static int64_t grid_next(int64_t n, int64_t base, int64_t every)
{
  int64_t k = floor_div(n - base, every) + 1;

  return base + (k < 1 ? 1 : k) * every;
}

bool occurrence_next(const struct expression *x, const struct zone *z,
                     int64_t after_us, int64_t anchor_us, int64_t *out_us)
{
  const int64_t end_us = CIVIL_DAY_END * DAY_S * SECOND_US;
  int64_t reached, local = 0, found_us;

  after_us = clamp(after_us, -1, end_us);
  anchor_us = clamp(anchor_us, 0, end_us);
  if (x->kind == RATE_MINUTES) {
    found_us = grid_next(after_us, anchor_us, x->every * MINUTE_S * SECOND_US);
  } else {
    reached = zone_reached(z, floor_div(after_us, SECOND_US));
    if (x->kind == CRON) {
      if (!cron_next(&x->cron, reached, &local))
        return false;
    } else if (x->kind == RATE_HOURS) {
      local = grid_next(reached, -x->every * HOUR_S, x->every * HOUR_S);
    } else {
      int64_t shown = zone_local(z, anchor_us / SECOND_US);
      local = DAY_S * grid_next(floor_div(reached, DAY_S),
                                floor_div(shown, DAY_S), x->every);
    }
    found_us = zone_instant(z, local) * SECOND_US;
  }
  if (found_us >= end_us)
    return false;
  *out_us = found_us;
  return true;
}
