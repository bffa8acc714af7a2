/* Exponential backoff with jitter. */
#include "rotation/retry.h"

int64_t retry_longest_us(int64_t first_us)
{
  return RETRY_LONGEST * first_us;
}

int64_t retry_delay_us(int64_t first_us, int64_t attempt, uint32_t random)
{
  int64_t delay = first_us, longest = retry_longest_us(first_us);

  while (--attempt > 0 && delay < longest)
    delay *= 2;
  if (delay > longest)
    delay = longest;
  return delay - delay / 4 + (int64_t)random % (delay / 2 + 1);
}
