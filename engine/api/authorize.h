/* May this peer call the API?  Today: on the Unix socket root, the daemon's
 * own user, and the members of the admin group may do everything. */
#ifndef API_AUTHORIZE_H
#define API_AUTHORIZE_H

#include "api/target.h"

int authorize(const struct api *api, const struct http_peer *peer,
              struct err *e);

#endif
