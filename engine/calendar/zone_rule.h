/* The POSIX TZ rule that ends a TZif file ("CET-1CEST,M3.5.0,M10.5.0/3"):
 * when summer time begins and ends in any year.  Includes the extension of
 * RFC 8536: hours of a rule from -167 to 167.
 */
#ifndef CALENDAR_ZONE_RULE_H
#define CALENDAR_ZONE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone_day {
  enum { DAY_JULIAN, DAY_OF_YEAR, DAY_OF_MONTH } kind;
  int day;         /* 1-365 (never 29 Feb), 0-365, or weekday 0-6 */
  int month, week; /* DAY_OF_MONTH: 1-12, and 1-5 where 5 is the last */
  int time_s;      /* on the clock that is in force before the change */
};

struct zone_rule {
  int32_t standard_s, summer_s; /* east of Greenwich is positive */
  bool has_summer;
  struct zone_day begin, end; /* of summer time */
};

/* Says whether `text` is a rule. */
bool zone_rule_parse(const char *text, size_t len, struct zone_rule *out);

/* The instants at which summer time begins and ends in `year`. */
void zone_rule_year(const struct zone_rule *r, int year, int64_t *out_begin,
                    int64_t *out_end);

#endif
