/* What settings must be to each other. */
#ifndef SERVER_CONFIG_CHECK_H
#define SERVER_CONFIG_CHECK_H

#include "server/config.h"

/* ERR_CONFIG, with one line that says what to change. */
int config_check(const struct config *c, struct err *e);

#endif
