/* The closed list of things a scope may clean up by itself.  Each macro makes
 * a variable released when it goes out of scope; hand one on by copying it
 * and setting the variable to NULL (or -1), with the word "transferred".
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/secret.h"

static inline void cleanup_free(void *p)
{
  free(*(void **)p);
}

static inline void cleanup_fd(const int *fd)
{
  if (*fd >= 0)
    (void)close(*fd); /* nothing to do about it in a cleanup */
}

static inline void cleanup_json(json_t **j)
{
  json_decref(*j);
}

#define CLEANUP_FREE   __attribute__((cleanup(cleanup_free)))
#define CLEANUP_FD     __attribute__((cleanup(cleanup_fd)))
#define CLEANUP_JSON   __attribute__((cleanup(cleanup_json)))
#define CLEANUP_BUF    __attribute__((cleanup(buf_release)))
#define CLEANUP_SECRET __attribute__((cleanup(secret_release)))

#endif
