/* NextToken: where a list goes on.
 *
 * A token says where the last item of a page stands in the list's order, so
 * that what comes and goes meanwhile moves nothing else, and carries a MAC.
 * It holds for the request it came with alone: the operation, the region and
 * every member but MaxResults and NextToken itself.  The key of the MAC is
 * derived from the store's, so that tokens outlive a restart.
 */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/call.h"

/* *out_after: `place`, filled from the request's NextToken, or NULL where there
 * is none and the list begins.  ERR_NEXT_TOKEN: it is not one of ours, or of
 * another request. */
int page_after(struct call *c, struct secret_place *place,
               const struct secret_place **out_after);
/* Writes NextToken.  A list that is sorted by no name leaves it empty, and may
 * give `key` and `id` a meaning of its own. */
int page_put_next(struct call *c, const struct secret_place *place);

#endif
