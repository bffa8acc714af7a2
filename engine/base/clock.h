/* Time behind a vtable, so that tests and the simulator can move it.
 * Wall time is microseconds since 1970 UTC (what the store keeps); monotonic
 * time has no meaning but differences.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define US_PER_MS  1000LL
#define US_PER_S   1000000LL
#define US_PER_DAY (86400LL * US_PER_S)

struct clock {
  int64_t (*now_us)(struct clock *c);
  int64_t (*mono_us)(struct clock *c);
};

/* The system's own; static, never freed. */
struct clock *clock_system(void);

static inline int64_t clock_now_us(struct clock *c)
{
  return c->now_us(c);
}

static inline int64_t clock_mono_us(struct clock *c)
{
  return c->mono_us(c);
}

#endif
