/* What a schedule says, before zones and windows: rate(...), cron(...), a
 * count of days; and the durations beside it.
 *
 *   rate(N unit)  unit is day, hour or minute, plural unless N is 1.
 *                 AWS: days, and hours from 4 up (User Guide, "Rate
 *                 expressions"); behaviours.md row 45.  Minutes and 1-3
 *                 hours are ours, refused with `aws_strict`.  None is longer
 *                 than 1000 days, the most AutomaticallyAfterDays takes.
 *   cron(...)     calendar/cron.h
 *   days          AutomaticallyAfterDays, 1-1000: the same as rate(N days).
 */
#ifndef CALENDAR_EXPRESSION_H
#define CALENDAR_EXPRESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "calendar/cron.h"

#define EXPRESSION_MAX 256 /* bytes, as AWS */
#define DAYS_MAX       1000
#define RATE_HOURS_MIN 4 /* for Secrets Manager */
#define DURATION_H_MAX 24

enum expression_kind { RATE_MINUTES, RATE_HOURS, RATE_DAYS, CRON };

struct expression {
  enum expression_kind kind;
  int64_t every;    /* minutes, hours or days; 0 for cron */
  struct cron cron; /* all zero but for CRON */
};

/* ERR_PARAMETER with a text for the person who wrote it. */
int expression_parse(const char *text, bool aws_strict, struct expression *out,
                     struct err *e);

/* From AutomaticallyAfterDays. */
int expression_from_days(int64_t days, struct expression *out, struct err *e);

/* The Duration of a window: "3h", 1-24 hours as AWS; "90m", 1-1440 minutes
 * is ours, refused with `aws_strict`. */
int duration_parse(const char *text, bool aws_strict, int64_t *out_us,
                   struct err *e);

/* How long a recurring blackout lasts: m, h or d, at most 31 days. */
int duration_parse_long(const char *text, int64_t *out_us, struct err *e);

#endif
