/* Opens a rotator plugin and says exactly why it will not.
 *
 * Shared by keyturn-rotator, the conformance kit and the tests.  Everything
 * about the file is checked before the file may run code: who could have
 * written it, and what it is.  Each descriptor is copied into this host's
 * struct kt_rotator by its `size`, so that an old plugin's missing members
 * read as NULL and a newer plugin's extra ones are ignored.
 */
#ifndef LOADER_LOADER_H
#define LOADER_LOADER_H

#include <stddef.h>

#include "base/err.h"
#include "keyturn/rotator.h"

enum loader_flag {
  /* Skip the question who owns the file and its folders: for a tool that a
   * plugin's author runs over his own build.  Never in the host. */
  LOADER_ANY_OWNER = 1
};

#define LOADER_ROTATORS_MAX 64

struct loader;

/* *out: returned, freed by loader_close.  ERR_CONFIG with one line (what,
 * where, what to do) for a plugin that is refused; ERR_NEWER when it was
 * built for a newer ABI; ERR_NOT_FOUND. */
int loader_open(const char *path, unsigned flags, struct loader **out,
                struct err *e);
void loader_close(struct loader *l);

/* The file that was opened, all links resolved; borrowed until the close. */
const char *loader_path(const struct loader *l);
size_t loader_count(const struct loader *l);
/* Borrowed until the close.  NULL: no such rotator. */
const struct kt_rotator *loader_at(const struct loader *l, size_t i);
const struct kt_rotator *loader_find(const struct loader *l, const char *name);

#endif
