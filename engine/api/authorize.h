/* May this request call the API?  Today: on the Unix socket root, the daemon's
 * own user, and the members of the admin group may do everything.  On TCP
 * nobody may, but in development mode whoever signs with the one key below,
 * which is the same everywhere and so is no secret.
 */
#ifndef API_AUTHORIZE_H
#define API_AUTHORIZE_H

#include "api/target.h"

#define DEV_ACCESS_KEY_ID     "AKIDKEYTURNDEVROOT00"
#define DEV_SECRET_ACCESS_KEY "keyturn-development-root-not-a-secret-00"

int authorize(const struct api *api, const struct http_request *request,
              struct err *e);

#endif
