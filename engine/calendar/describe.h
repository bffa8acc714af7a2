/* A schedule in words, for people: lists of the CLI, the console, the logs. */
#ifndef CALENDAR_DESCRIBE_H
#define CALENDAR_DESCRIBE_H

#include <stddef.h>
#include <stdint.h>

#include "calendar/expression.h"

/* "every day at 03:00 Europe/Berlin, window 2 h"; `length_us` 0 is a window
 * to the end of the day.  Cut to `size`. */
void describe_schedule(const struct expression *x, const char *zone,
                       int64_t length_us, size_t blackouts, char *out,
                       size_t size);

#endif
