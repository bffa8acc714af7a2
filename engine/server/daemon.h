/* keyturnd at work: everything opened, wired, run, reloaded and ended. */
#ifndef SERVER_DAEMON_H
#define SERVER_DAEMON_H

#include "server/config.h"

/* Runs until it is told to end.  `path`: of the settings, for reloads; may be
 * NULL.  `started_us`: monotonic, for the log.  0 after a clean end; otherwise
 * it did not get going, and `e` has one line for the person. */
int daemon_run(const char *path, const struct config *c, int64_t started_us,
               struct err *e);

#endif
