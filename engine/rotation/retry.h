/* When a step is tried again, and how often.  These numbers are promises:
 * they are in the manual, and nothing retries for ever.  The waits are what a
 * daemon's settings begin with; how often is the same everywhere.
 */
#ifndef ROTATION_RETRY_H
#define ROTATION_RETRY_H

#include <stdint.h>

#include "base/clock.h"

#define RETRY_MAX      10              /* attempts of one step */
#define RETRY_FIRST_US (10 * US_PER_S) /* doubles with each attempt … */
#define RETRY_LONGEST  30 /* … up to so many times it, give or take 25 % */
/* A refused login may be a replica that lags behind: asked again twice, soon,
 * and no more, because each is a failed login that counts. */
#define RETRY_AUTH_MAX 3
/* Part of the first wait that is.  The first repeat comes as soon, too, of a
 * step that may have left the target with another value than AWSCURRENT. */
#define RETRY_SOON_PART 5
/* The trial of RotateImmediately=false: someone waits for it. */
#define RETRY_TRIAL_MAX 3
#define REDRAW_MAX      3
/* Sessions may hold on to the old value: asked again for a day. */
#define RETIRE_EVERY_US (300 * US_PER_S)
#define RETIRE_MAX      288
/* A statement whose step died may still be on its way to the target.  What
 * the target says sooner than this after it proves nothing. */
#define SETTLE_US (60 * US_PER_S)

struct retry_waits {
  int64_t first_us;        /* RETRY_FIRST_US */
  int64_t settle_us;       /* SETTLE_US */
  int64_t retire_every_us; /* RETIRE_EVERY_US */
};

#define RETRY_WAITS \
  ((struct retry_waits){RETRY_FIRST_US, SETTLE_US, RETIRE_EVERY_US})

/* The wait after the given attempt (from 1).  `random`: uniform, for jitter,
 * so that many jobs of one target do not come back together. */
int64_t retry_delay_us(int64_t first_us, int64_t attempt, uint32_t random);
int64_t retry_longest_us(int64_t first_us);

#endif
