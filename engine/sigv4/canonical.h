/* The canonical request: the one text that both sides of Signature Version 4
 * hash, whatever the wire did to blanks, order and escapes.
 *
 * It writes; what has to be signed at all is verify's business.  Headers that
 * occur more than once are joined by commas, as AWS's signers do.
 */
#ifndef SIGV4_CANONICAL_H
#define SIGV4_CANONICAL_H

#include <stdbool.h>

#include "base/buf.h"
#include "sigv4/request.h"

#define CANONICAL_PARAMS_MAX   64 /* of a query */
#define CANONICAL_SEGMENTS_MAX 64 /* of a path */
#define CANONICAL_MAX          (128 * 1024)

/* Appends the canonical request to `out`.  `signed_headers`: names in lower
 * case, sorted, between semicolons.  `path_as_is` leaves dots and doubled
 * slashes in the path, as S3 wants it; every other service resolves them.
 * ERR_AUTH_SIGNATURE for a path or query with too many parts. */
int canonical_write(const struct sigv4_request *r, const char *signed_headers,
                    const char *payload_hash, bool path_as_is, struct buf *out,
                    struct err *e);

#endif
