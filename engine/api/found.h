/* The secrets of a region that pass filters, a page at a time. */
#ifndef API_FOUND_H
#define API_FOUND_H

#include "api/filter.h"

struct found {
  struct secret_row *rows; /* owned: free() */
  size_t n;
  bool has_more;
  struct secret_place next; /* where to go on, if there is more */
};

/* At most `max` (1 to STORE_PAGE) of them, after a place (NULL: from the
 * beginning).  Looks at no more than FOUND_SCAN_MAX secrets: a page may be
 * short, or empty, while there is more (the service model says so of NextToken,
 * too).  *out: its rows returned. */
#define FOUND_SCAN_MAX 5000
int found_page(struct call *c, const struct secret_order *order,
               const struct filters *filters, const struct secret_place *after,
               size_t max, struct found *out);

#endif
