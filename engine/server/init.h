/* keyturnd init: a new data folder, root key and store. */
#ifndef SERVER_INIT_H
#define SERVER_INIT_H

#include <stdbool.h>

#include "server/config.h"

/* What there is after it, for a person. */
struct init_result {
  char store_id[37], key_id[37];
  bool made_root_key; /* false: there was one, and it is used */
};

/* ERR_EXISTS: there is a store, and nothing was changed.  A root key that is
 * there is used and never replaced, so that an init that was cut short can be
 * run again. */
int init_run(const struct config *c, struct init_result *out, struct err *e);

#endif
