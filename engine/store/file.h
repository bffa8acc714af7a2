/* The store as a file: who owns it, and how a new one gets its name. */
#ifndef STORE_FILE_H
#define STORE_FILE_H

#include "base/err.h"

/* Locks PATH.lock until *out_fd is closed or the process ends, however.
 * ERR_BUSY: another has it. */
int file_lock(const char *path, int *out_fd, struct err *e);
/* Makes PATH.new, empty, mode 0600, in place of one that a crash left.
 * *out_draft: returned, free(). */
int file_make_draft(const char *path, char **out_draft, struct err *e);
/* Gives the draft its name, durably.  ERR_EXISTS when that is taken. */
int file_publish(const char *draft, const char *path, struct err *e);

#endif
