/* Blocks in a list, filled from the front. */
#include "policy/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 4096

struct arena_block {
  struct arena_block *before;
  size_t used, size;
  alignas(max_align_t) char bytes[];
};

static struct arena_block *block_new(struct arena *a, size_t least)
{
  size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE;
  struct arena_block *b = calloc(1, sizeof *b + size);

  if (b == NULL)
    return NULL;
  b->before = a->last;
  b->size = size;
  a->last = b;
  return b;
}

void *arena_take(struct arena *a, size_t count, size_t size)
{
  struct arena_block *b = a->last;
  size_t bytes;
  void *p;

  if (__builtin_mul_overflow(count, size, &bytes) ||
      __builtin_add_overflow(bytes, alignof(max_align_t) - 1, &bytes))
    return NULL;
  bytes -= bytes % alignof(max_align_t);
  if (b == NULL || b->size - b->used < bytes)
    b = block_new(a, bytes);
  if (b == NULL)
    return NULL;
  p = b->bytes + b->used;
  b->used += bytes;
  return p;
}

char *arena_copy(struct arena *a, const char *text, size_t len)
{
  char *p = arena_take(a, len + 1, 1);

  if (p != NULL)
    memcpy(p, text, len);
  return p;
}

void arena_release(struct arena *a)
{
  while (a->last != NULL) {
    struct arena_block *b = a->last;

    a->last = b->before;
    free(b);
  }
}
