/* Memory that is taken bit by bit and given back at once: what a parsed
 * policy is made of.
 */
#ifndef POLICY_ARENA_H
#define POLICY_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
  struct arena_block *last; /* NULL while nothing was taken */
};

/* Zeroed, for any type; NULL: no memory.  Lives until arena_release. */
void *arena_take(struct arena *a, size_t count, size_t size);
/* A copy that ends with a NUL. */
char *arena_copy(struct arena *a, const char *text, size_t len);
void arena_release(struct arena *a);

#endif
