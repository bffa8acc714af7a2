/* Random passwords by the members of GetRandomPassword, for the local host.
 * The daemon's own maker is elsewhere; the kit must not need the daemon. */
#ifndef KIT_PASSWORD_H
#define KIT_PASSWORD_H

#include <jansson.h>

#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"

/* `options`: an object of GetRandomPassword's members, or NULL.  `exclude`:
 * more characters to leave out, or NULL.  ERR_PARAMETER: they ask for
 * something impossible. */
int password_draw(const json_t *options, const char *exclude, struct random *r,
                  struct secret *out, struct err *e);

#endif
