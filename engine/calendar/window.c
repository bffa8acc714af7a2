/* Jitter by hash.  FNV-1a over the ARN and the occurrence, then the finisher
 * of splitmix64, for FNV alone leaves the high bits of like names alike.  No
 * secret hangs on it; it must only never change.
 */
#include "calendar/window.h"

#include <stddef.h>

static uint64_t hash_byte(uint64_t h, unsigned char c)
{
  return (h ^ c) * UINT64_C(0x100000001b3);
}

static uint64_t hash_finish(uint64_t h)
{
  h ^= h >> 30;
  h *= UINT64_C(0xbf58476d1ce4e5b9);
  h ^= h >> 27;
  h *= UINT64_C(0x94d049bb133111eb);
  return h ^ h >> 31;
}

int64_t window_jitter(const struct window *w, const char *secret_arn,
                      int64_t spread_us)
{
  uint64_t h = UINT64_C(0xcbf29ce484222325);
  uint64_t occurrence = (uint64_t)w->occurrence_us;
  int64_t length = w->end_us - w->start_us;

  if (spread_us > length)
    spread_us = length;
  if (spread_us <= 0)
    return w->start_us;
  for (size_t i = 0; secret_arn[i] != '\0'; i++)
    h = hash_byte(h, (unsigned char)secret_arn[i]);
  h = hash_byte(h, 0);
  for (int shift = 0; shift < 64; shift += 8)
    h = hash_byte(h, (unsigned char)(occurrence >> shift));
  /* A spread is below 2^37, so the bias of % is below 2^-27. */
  return w->start_us + (int64_t)(hash_finish(h) % (uint64_t)spread_us);
}
