/* Schedules: openings made into windows, and windows searched for what the
 * caller needs.  When an expression fires is occurrence.c's, words are
 * describe.c's.
 */
#include "calendar/schedule.h"

#include <stdlib.h>

#include "calendar/civil.h"
#include "calendar/describe.h"
#include "calendar/occurrence.h"

struct schedule {
  struct expression expression;
  struct zone *zone;
  int64_t length_us; /* 0: to the end of the day */
  size_t blackout_count;
  struct blackout blackouts[];
};

#define END_US (CIVIL_DAY_END * DAY_S * SECOND_US)

/* Windows looked at for one that is not blacked out.  Each look skips past
 * the blackouts that were found, so a long freeze costs one. */
#define SEARCH_MAX 1000

void schedule_free(struct schedule *s)
{
  if (s == NULL)
    return;
  zone_free(s->zone);
  free(s);
}

const char *schedule_zone(const struct schedule *s)
{
  return zone_name(s->zone);
}

/* The longest window that can keep out of the next one and the next day. */
static int64_t room_us(const struct expression *x)
{
  const int64_t day_us = DAY_S * SECOND_US;
  int64_t every_us = day_us;

  if (x->kind == CRON)
    return cron_room_minutes(&x->cron) * MINUTE_S * SECOND_US;
  if (x->kind == RATE_HOURS)
    every_us = x->every * HOUR_S * SECOND_US;
  if (x->kind == RATE_MINUTES)
    every_us = x->every * MINUTE_S * SECOND_US;
  return every_us < day_us ? every_us : day_us;
}

static int length_parse(const struct schedule_spec *spec, struct schedule *s,
                        struct err *e)
{
  const struct expression *x = &s->expression;
  int64_t room = room_us(x);
  int rc;

  if (spec->duration == NULL) {
    bool in_hours = x->kind == RATE_HOURS || x->kind == RATE_MINUTES ||
                    (x->kind == CRON && cron_is_hourly(&x->cron));
    s->length_us = in_hours ? HOUR_S * SECOND_US : 0;
    return 0;
  }
  rc = duration_parse(spec->duration, spec->aws_strict, &s->length_us, e);
  if (rc != 0)
    return rc;
  if (s->length_us <= room)
    return 0;
  room /= MINUTE_S * SECOND_US;
  return err_set(e, ERR_PARAMETER,
                 "Duration %s: the window would reach into the next window or "
                 "the next day; this schedule has room for %lld%s",
                 spec->duration, (long long)(room % 60 == 0 ? room / 60 : room),
                 room % 60 == 0 ? "h" : "m");
}

static int expression_from_spec(const struct schedule_spec *spec,
                                struct expression *out, struct err *e)
{
  /* AWS's own words (behaviours.md row 45). */
  if (spec->expression != NULL && spec->has_days)
    return err_set(e, ERR_PARAMETER,
                   "You cannot specify both rotation frequency and schedule "
                   "expression together.");
  if (spec->expression != NULL)
    return expression_parse(spec->expression, spec->aws_strict, out, e);
  if (spec->has_days)
    return expression_from_days(spec->days, out, e);
  return err_set(e, ERR_PARAMETER,
                 "a schedule needs AutomaticallyAfterDays or a "
                 "ScheduleExpression");
}

int schedule_parse(const struct schedule_spec *spec, struct schedule **out,
                   struct err *e)
{
  struct schedule *s;
  int rc;

  if (spec->blackout_count > BLACKOUT_MAX)
    return err_set(e, ERR_PARAMETER, "a schedule has at most %d blackouts",
                   BLACKOUT_MAX);
  s = calloc(1, sizeof *s + spec->blackout_count * sizeof s->blackouts[0]);
  if (s == NULL)
    return err_set(e, ERR_NOMEM, "no memory for a schedule");
  rc = expression_from_spec(spec, &s->expression, e);
  if (rc == 0)
    rc = length_parse(spec, s, e);
  for (size_t i = 0; rc == 0 && i < spec->blackout_count; i++)
    rc = blackout_parse(&spec->blackouts[i], &s->blackouts[i], e);
  s->blackout_count = spec->blackout_count;
  if (rc == 0)
    rc = zone_open(spec->zone_folder, spec->zone, &s->zone, e);
  if (rc != 0) {
    schedule_free(s);
    return rc;
  }
  *out = s;
  return 0;
}

static int64_t clamp_us(int64_t us)
{
  return us < 0 ? 0 : us > END_US ? END_US : us;
}

/* The first window that opens after `after_us`.  `x` is the schedule's own
 * expression or a stand-in for it. */
static bool window_next(const struct schedule *s, const struct expression *x,
                        int64_t after_us, int64_t anchor_us, struct window *out)
{
  int64_t next, day_end;
  struct window w;

  if (!occurrence_next(x, s->zone, after_us, anchor_us, &w.occurrence_us))
    return false;
  w.start_us = w.occurrence_us;
  day_end = zone_day_end(s->zone, floor_div(w.start_us, SECOND_US)) * SECOND_US;
  w.end_us = s->length_us > 0 ? w.start_us + s->length_us : day_end;
  if (w.end_us > day_end)
    w.end_us = day_end;
  if (occurrence_next(x, s->zone, w.start_us, anchor_us, &next) &&
      w.end_us > next)
    w.end_us = next;
  *out = w;
  return true;
}

/* The first window that ends after `at_us`.  It can have opened before, but
 * no longer ago than a window can last: a day, which a zone can stretch. */
static bool window_holding(const struct schedule *s, const struct expression *x,
                           int64_t at_us, int64_t anchor_us, struct window *out)
{
  int64_t back_us = s->length_us > 0 ? s->length_us : 2 * DAY_S * SECOND_US;
  int64_t from_us = at_us - back_us - 1;

  do {
    if (!window_next(s, x, from_us, anchor_us, out))
      return false;
    from_us = out->occurrence_us;
  } while (out->end_us <= at_us);
  return true;
}

/* Moves `w->start_us` to its first permitted instant at or after `at_us`, and
 * `w` itself on to later windows while there is none. */
static int window_settle(const struct schedule *s, const struct expression *x,
                         int64_t at_us, int64_t anchor_us, struct window *w,
                         struct err *e)
{
  for (int i = 0; i < SEARCH_MAX; i++) {
    if (at_us < w->occurrence_us)
      at_us = w->occurrence_us;
    if (!blackout_clear(s->blackouts, s->blackout_count, s->zone, at_us,
                        &at_us))
      break;
    if (at_us < w->end_us) {
      w->start_us = at_us;
      return 0;
    }
    if (!window_holding(s, x, at_us, anchor_us, w))
      return err_set(e, ERR_NOT_FOUND, "the schedule has no further window");
  }
  return err_set(e, ERR_NOT_FOUND, "the blackouts leave no window to start in");
}

/* A window that opened at or before `after_us` has started by then, unless
 * blackouts have held it back since it opened. */
static bool window_held_back(const struct schedule *s, int64_t after_us,
                             int64_t anchor_us, struct window *out)
{
  const struct expression *x = &s->expression;
  int64_t clear_us, opened_clear_us;

  if (!blackout_clear(s->blackouts, s->blackout_count, s->zone, after_us,
                      &clear_us) ||
      clear_us == after_us || !window_holding(s, x, clear_us, anchor_us, out) ||
      out->occurrence_us > after_us ||
      !blackout_clear(s->blackouts, s->blackout_count, s->zone,
                      out->occurrence_us, &opened_clear_us))
    return false;
  out->start_us = opened_clear_us;
  return opened_clear_us > after_us;
}

int schedule_next(const struct schedule *s, int64_t after_us, int64_t anchor_us,
                  struct window *out, struct err *e)
{
  const struct expression *x = &s->expression;
  struct window w;
  int rc;

  /* -1 is before the first instant, so that the first can be the answer. */
  after_us = after_us < 0 ? -1 : clamp_us(after_us);
  anchor_us = clamp_us(anchor_us);
  if (s->blackout_count > 0 && window_held_back(s, after_us, anchor_us, &w)) {
    *out = w;
    return 0;
  }
  if (!window_next(s, x, after_us, anchor_us, &w))
    return err_set(e, ERR_NOT_FOUND, "the schedule has no further window");
  rc = window_settle(s, x, w.occurrence_us, anchor_us, &w, e);
  if (rc == 0)
    *out = w;
  return rc;
}

int schedule_resume(const struct schedule *s, int64_t due_us, int64_t now_us,
                    int64_t anchor_us, struct window *out, struct err *e)
{
  const struct expression daily = {.kind = RATE_DAYS, .every = 1};
  const struct expression *x = &s->expression;
  int64_t at_us = clamp_us(due_us > now_us ? due_us : now_us);
  struct window w;
  int rc;

  anchor_us = clamp_us(anchor_us);
  if (x->kind == RATE_DAYS) {
    x = &daily; /* from the due day on, every day will do */
    anchor_us = 0;
  }
  if (!window_holding(s, x, at_us, anchor_us, &w))
    return err_set(e, ERR_NOT_FOUND, "the schedule has no further window");
  rc = window_settle(s, x, at_us, anchor_us, &w, e);
  if (rc == 0)
    *out = w;
  return rc;
}

int64_t schedule_start(const struct schedule *s, const struct window *w,
                       const char *secret_arn, int64_t spread_us)
{
  int64_t at_us = window_jitter(w, secret_arn, spread_us);

  if (!blackout_clear(s->blackouts, s->blackout_count, s->zone, at_us,
                      &at_us) ||
      at_us >= w->end_us)
    return w->start_us;
  return at_us;
}

bool schedule_is_permitted(const struct schedule *s, int64_t at_us)
{
  int64_t clear_us;

  at_us = clamp_us(at_us);
  return blackout_clear(s->blackouts, s->blackout_count, s->zone, at_us,
                        &clear_us) &&
         clear_us == at_us;
}

static int64_t days_up(int64_t us)
{
  const int64_t day_us = DAY_S * SECOND_US;
  int64_t days = (us + day_us - 1) / day_us;

  return days < 1 ? 1 : days > DAYS_MAX ? DAYS_MAX : days;
}

int64_t schedule_days(const struct schedule *s, int64_t after_us)
{
  const struct expression *x = &s->expression;
  int64_t first, second;

  switch (x->kind) {
  case RATE_DAYS:
    return x->every;
  case RATE_HOURS:
    return days_up(x->every * HOUR_S * SECOND_US);
  case RATE_MINUTES:
    return days_up(x->every * MINUTE_S * SECOND_US);
  default:
    if (!occurrence_next(x, s->zone, clamp_us(after_us), 0, &first) ||
        !occurrence_next(x, s->zone, first, 0, &second))
      return DAYS_MAX;
    return days_up(second - first);
  }
}

void schedule_describe(const struct schedule *s, char *out, size_t size)
{
  describe_schedule(&s->expression, zone_name(s->zone), s->length_us,
                    s->blackout_count, out, size);
}
