/* Secret memory: the only place where plaintext lives.
 *
 * One arena of OpenSSL's secure heap: locked (mlock2, on fault), left out of
 * core dumps (MADV_DONTDUMP), with guard pages, zeroed when freed.  It has a
 * fixed size, so a flood of large values is refused (ERR_NOMEM) and never
 * spills into plain memory.  `struct secret` has no printer on purpose.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define SECRET_VALUE_MAX 65536 /* bytes; Secrets Manager's own limit */
/* What the arena, whose blocks are powers of two, has in front of each. */
#define SECRET_BLOCK_HEAD 16

struct secret {
  unsigned char *data; /* NUL-terminated beyond len, for text users */
  size_t len;
};

/* Makes the arena (`bytes`, a power of two), turns core dumps off for this
 * process (PR_SET_DUMPABLE, RLIMIT_CORE) and lets jansson allocate from the
 * arena.  Call once, before any thread and any JSON.  *out_locked is false
 * when the memory could not be locked (RLIMIT_MEMLOCK): say so, go on. */
int secret_heap_init(size_t bytes, bool *out_locked, struct err *e);

/* Allocation in the arena (in plain, zeroed-on-free memory where no arena
 * was made: command line tools and unit tests).  NULL when it is full. */
void *secret_malloc(size_t n);
void secret_free(void *p);
size_t secret_heap_used(void);

/* An all-zero struct secret is a valid empty one. */
int secret_copy(const void *data, size_t len, struct secret *out,
                struct err *e);
int secret_alloc(size_t len, struct secret *out, struct err *e);
/* Zeroes and frees; the struct is empty after.  NULL is accepted. */
void secret_release(struct secret *s);
/* Constant time for equal lengths. */
bool secret_equal(const struct secret *a, const struct secret *b);

/* memset that the compiler keeps. */
void secret_wipe(void *p, size_t n);

#endif
