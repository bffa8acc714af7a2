/* Where in a document we are, as a JSON pointer (RFC 6901): a chain on the
 * stack, written out only when an error needs it.
 */
#ifndef SCHEMA_POINTER_H
#define SCHEMA_POINTER_H

#include <stddef.h>

#include "base/buf.h"

struct pointer {
  const struct pointer *up; /* NULL: the whole document */
  const char *key;          /* NULL: an array's element */
  size_t index;
  unsigned depth;
};

static inline struct pointer pointer_key(const struct pointer *up,
                                         const char *key)
{
  return (struct pointer){up, key, 0, up->depth + 1};
}

static inline struct pointer pointer_index(const struct pointer *up,
                                           size_t index)
{
  return (struct pointer){up, NULL, index, up->depth + 1};
}

/* "" for the whole document. */
static inline void pointer_write(const struct pointer *p, struct buf *out)
{
  if (p->up == NULL)
    return;
  pointer_write(p->up, out);
  buf_putc(out, '/');
  if (p->key == NULL) {
    buf_printf(out, "%zu", p->index);
    return;
  }
  for (const char *c = p->key; *c != '\0'; c++) {
    if (*c == '~')
      buf_puts(out, "~0");
    else if (*c == '/')
      buf_puts(out, "~1");
    else
      buf_putc(out, *c);
  }
}

#endif
