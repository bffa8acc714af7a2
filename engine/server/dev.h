/* Development mode (KEYTURN_DEV): a store makes itself, and an access key that
 * the whole world knows is root's on TCP.  A mark beside the store keeps it
 * from ever opening a store that was not made for it.
 */
#ifndef SERVER_DEV_H
#define SERVER_DEV_H

#include "server/config.h"

/* Before the store is there. */
int dev_mark(const struct config *c, struct err *e);
/* A store where there is none, and a loud word in the log.  ERR_CONFIG: there
 * is one, without the mark. */
int dev_prepare(const struct config *c, struct err *e);

#endif
