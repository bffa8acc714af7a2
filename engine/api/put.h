/* Storing a value that a client brought: sealing, ClientRequestToken's
 * idempotency, and the day count of a schedule in days. */
#ifndef API_PUT_H
#define API_PUT_H

#include "api/call.h"

/* Adds the version `token` with the labels (none: AWSCURRENT), and starts a
 * schedule in days anew.  The same token with the same value is success and
 * changes nothing; with another value ERR_EXISTS. */
int put_value(struct call *c, const struct secret_row *row, const char *token,
              const struct secret *value, bool is_binary,
              const char *const *labels, size_t n_labels);

/* Is this exact value stored under the token already?  0 yes; ERR_EXISTS
 * another one is; ERR_NOT_FOUND none is. */
int put_compare(struct call *c, const struct secret_row *row, const char *token,
                const struct secret *value, bool is_binary);

#endif
