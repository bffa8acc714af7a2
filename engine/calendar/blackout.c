/* Blackouts: parsing, and the walk from one to the next until the sky is
 * clear.
 */
#include "calendar/blackout.h"

#include "calendar/civil.h"
#include "calendar/occurrence.h"

/* Steps of the walk.  Weekends as cron(* * ? * SAT,SUN *) with 1m take 2880;
 * a blackout that never ends must not take for ever. */
#define WALK_MAX 10000

int blackout_parse(const struct blackout_spec *spec, struct blackout *out,
                   struct err *e)
{
  struct blackout b = {.recurs = spec->expression != NULL};
  int rc;

  if (!b.recurs) {
    if (spec->duration != NULL || spec->start_us >= spec->end_us)
      return err_set(e, ERR_PARAMETER,
                     "a blackout is a start and a later end, or an expression "
                     "and a duration");
    b.start_us = spec->start_us;
    b.end_us = spec->end_us;
    *out = b;
    return 0;
  }
  if (spec->duration == NULL)
    return err_set(e, ERR_PARAMETER,
                   "a recurring blackout needs a duration, such as 8h");
  rc = expression_parse(spec->expression, false, &b.expression, e);
  if (rc == 0)
    rc = duration_parse_long(spec->duration, &b.length_us, e);
  if (rc != 0)
    return err_wrap(e, "blackout");
  if (b.expression.kind != CRON)
    return err_set(e, ERR_PARAMETER,
                   "blackout: %s: only cron(...) says when a blackout begins",
                   spec->expression);
  *out = b;
  return 0;
}

/* If it covers `at`: true, and the end of what covers it. */
static bool blackout_covers(const struct blackout *b, const struct zone *z,
                            int64_t at, int64_t *out_end)
{
  int64_t begin;

  if (!b->recurs) {
    if (at < b->start_us || at >= b->end_us)
      return false;
    *out_end = b->end_us;
    return true;
  }
  /* The first one that has not ended by `at`. */
  if (!occurrence_next(&b->expression, z, at - b->length_us, 0, &begin) ||
      begin > at)
    return false;
  *out_end = begin + b->length_us;
  return true;
}

bool blackout_clear(const struct blackout *list, size_t count,
                    const struct zone *z, int64_t from_us, int64_t *out_us)
{
  const int64_t last_us = CIVIL_DAY_END * DAY_S * SECOND_US;
  size_t clear_of = 0; /* how many in a row do not cover from_us */

  if (count == 0) {
    *out_us = from_us;
    return true;
  }
  for (int step = 0; step < WALK_MAX && from_us < last_us; step++) {
    const struct blackout *b;
    if (clear_of == count) {
      *out_us = from_us;
      return true;
    }
    b = &list[(size_t)step % count];
    clear_of = blackout_covers(b, z, from_us, &from_us) ? 0 : clear_of + 1;
  }
  return false;
}
