/* Randomness behind a vtable, so that the simulator can replay it. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define UUID_TEXT_LEN 36

struct random {
  /* Fills all n bytes; cannot fail (aborts when the system has none). */
  void (*fill)(struct random *r, void *out, size_t n);
};

/* The system's own (OpenSSL's generator); static, never freed. */
struct random *random_system(void);

/* Draws from `from` in blocks and hands them out in small pieces: for ids, of
 * which every request needs two; not for keys, which would lie in memory
 * before their time.  Thread-safe.  `from`: borrowed until random_pool_free.
 * *out: returned. */
struct random_pool;
int random_pool_new(struct random *from, struct random_pool **out,
                    struct err *e);
void random_pool_free(struct random_pool *p);
struct random *random_pool_random(struct random_pool *p);

/* Uniform in [0, bound), without modulo bias.  bound > 0. */
uint64_t random_below(struct random *r, uint64_t bound);
/* A version 4 UUID in text, from r. */
void random_uuid(struct random *r, char out[UUID_TEXT_LEN + 1]);

#endif
