/* watchdog.h - ends a socket's waits when a step's time is over. */
#ifndef MYSQL_WATCHDOG_H
#define MYSQL_WATCHDOG_H
#include <stdbool.h>
#include <stdint.h>

struct watchdog;

/* Shuts the socket down `ms` from now, unless stopped before.  NULL: no
 * memory, or no thread.  Returned: watchdog_stop. */
struct watchdog *watchdog_start(int fd, int64_t ms);

/* Before the socket is closed.  NULL is fine. */
void watchdog_stop(struct watchdog *dog);

#endif
