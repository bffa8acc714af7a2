/* Times and durations for people. */
#ifndef CLI_FORMAT_H
#define CLI_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define FORMAT_MAX 80

/* "12 ms", "1.4 s", "2 min 3 s", "3 h", "5 days": two units at most. */
void format_duration(int64_t us, char *out, size_t size);
/* "now", "in 3 h", "2 min ago". */
void format_relative(int64_t now_us, int64_t at_us, char *out, size_t size);
/* "2026-11-24 03:00:00" in the local zone (TZ); "-" for 0. */
void format_time(int64_t at_us, char *out, size_t size);
/* "2026-11-24 03:00 (in 3 h)"; "-" for 0. */
void format_when(int64_t now_us, int64_t at_us, char *out, size_t size);
/* The zone that the functions above speak: "CET" at that time. */
void format_zone(int64_t at_us, char *out, size_t size);

#endif
