/* Randomness: OpenSSL's generator behind the vtable, and what is built on
 * it.  The UUID is formatted by libuuid, from our own bytes.
 */
#include "base/random.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <uuid/uuid.h>

static void system_fill(struct random *r, void *out, size_t n)
{
  (void)r;
  if (RAND_priv_bytes_ex(NULL, out, n, 256) != 1)
    abort(); /* without randomness nothing here is safe */
}

struct random *random_system(void)
{
  static struct random system_random = {system_fill};

  return &system_random;
}

uint64_t random_below(struct random *r, uint64_t bound)
{
  const uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  uint64_t v;

  do
    r->fill(r, &v, sizeof v);
  while (v >= limit);
  return v % bound;
}

void random_uuid(struct random *r, char out[UUID_TEXT_LEN + 1])
{
  uuid_t u;

  r->fill(r, u, sizeof u);
  u[6] = (unsigned char)((u[6] & 0x0f) | 0x40);
  u[8] = (unsigned char)((u[8] & 0x3f) | 0x80);
  uuid_unparse_lower(u, out);
}
