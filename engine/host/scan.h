/* The plugin files of a folder, in the order of their names. */
#ifndef HOST_SCAN_H
#define HOST_SCAN_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"

#define SCAN_FILES_MAX 256

/* Enough to see that a file was replaced. */
struct scan_file {
  char name[256]; /* NAME.so */
  dev_t dev;
  ino_t ino;
  off_t size;
  struct timespec mtime;
};

struct scan {
  size_t n;
  struct scan_file files[SCAN_FILES_MAX];
};

/* ERR_CONFIG: the folder cannot be read, or holds too many. */
int scan_folder(const char *path, struct scan *out, struct err *e);
bool scan_file_same(const struct scan_file *a, const struct scan_file *b);

#endif
