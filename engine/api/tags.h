/* Tags from a request. */
#ifndef API_TAGS_H
#define API_TAGS_H

#include "api/call.h"

/* The member Tags of a validated request, at most STORE_TAGS.  ERR_PARAMETER:
 * one has no key, or a reserved one; ERR_LIMIT: too many. */
int tags_read(struct call *c, struct tag *out, size_t *out_n);

#endif
