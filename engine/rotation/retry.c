/* Exponential backoff with jitter. */
#include "rotation/retry.h"

int64_t retry_delay_us(int64_t attempt, uint32_t random)
{
  int64_t delay = RETRY_FIRST_US;

  while (--attempt > 0 && delay < RETRY_LONGEST_US)
    delay *= 2;
  if (delay > RETRY_LONGEST_US)
    delay = RETRY_LONGEST_US;
  return delay - delay / 4 + (int64_t)random % (delay / 2 + 1);
}
