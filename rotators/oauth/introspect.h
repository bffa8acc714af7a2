/* introspect.h - asks the server whether a token is active (RFC 7662). */
#ifndef OAUTH_INTROSPECT_H
#define OAUTH_INTROSPECT_H
#include <stdbool.h>

#include "fields.h"

/* `hint`: "access_token" or "refresh_token".  The client has an
 * introspection_endpoint.  KT_OK, or the class to return, told. */
int introspect(struct kt_step *step, const struct client *client,
               const char *token, const char *hint, bool *out_active);

#endif
