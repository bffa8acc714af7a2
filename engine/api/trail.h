/* A call's line in the audit trail, whatever came of it. */
#ifndef API_TRAIL_H
#define API_TRAIL_H

#include "api/call.h"

/* Fails when the line cannot be written: the answer must not be given then.
 * `out`: what was refused; NULL: nothing. */
int trail_write(const struct call *c, const char *request_id,
                const struct err *out, struct err *e);

/* One secret of a batch, as if GetSecretValue had been called for it: the same
 * line, under the same request id.  `row` NULL: the id names none. */
int trail_write_value(const struct call *c, const char *secret_id,
                      const struct secret_row *row, const struct err *out,
                      struct err *e);

/* A request for an operation that is none: from whom, nobody asked. */
int trail_write_unknown(const struct api *api,
                        const struct http_request *request,
                        const char *request_id, const struct err *out,
                        struct err *e);

#endif
