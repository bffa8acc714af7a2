/* Signing keys that proved right, so that a request costs one HMAC and not
 * five.  Bounded; one thread's own.
 *
 * A key is good for one access key, day, region and service, and only while
 * the secret access key is the one it was derived from: a changed or
 * forgotten secret makes the entry useless at once.
 */
#ifndef SIGV4_KEY_CACHE_H
#define SIGV4_KEY_CACHE_H

#include "sigv4/signature.h"

struct key_cache;

/* Holds about `max` keys, at least four. */
int key_cache_new(size_t max, struct key_cache **out, struct err *e);
void key_cache_free(struct key_cache *c);

/* The signing key or NULL; borrowed until the next put. */
const struct secret *key_cache_find(struct key_cache *c,
                                    const char *access_key_id,
                                    const struct scope *scope,
                                    const struct secret *secret_access_key);
/* Keeps copies; the least recently used of four neighbours makes room.  Put
 * only keys whose signature was right, or strangers empty the cache.  Failing
 * (ERR_NOMEM) costs time later, nothing else. */
int key_cache_put(struct key_cache *c, const char *access_key_id,
                  const struct scope *scope,
                  const struct secret *secret_access_key,
                  const struct secret *signing_key, struct err *e);

#endif
