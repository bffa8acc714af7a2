/* ListSecrets' filters: which secrets a list shows. */
#ifndef API_FILTER_H
#define API_FILTER_H

#include "api/call.h"

/* The request's Filters, checked.  *out: borrowed from call->in, NULL where
 * there are none. */
int filters_read(struct call *c, const json_t **out);
/* Does the secret pass all of them? */
int filters_match(struct call *c, const json_t *filters,
                  const struct secret_row *row, bool *out);

#endif
