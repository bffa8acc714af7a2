/* Any spelling of a secret (name, ARN, ARN without its suffix) to its one
 * row in a region.  Everything that decides about a secret decides on the row.
 */
#ifndef SECRET_RESOLVE_H
#define SECRET_RESOLVE_H

#include "store/store.h"

/* ERR_NOT_FOUND with AWS's text; ERR_VALIDATION when it is no id at all. */
int secret_resolve(struct store *s, const char *region, const char *id,
                   struct secret_row *out, struct err *e);
/* The same, refusing one that is scheduled for deletion (ERR_REQUEST). */
int secret_resolve_live(struct store *s, const char *region, const char *id,
                        struct secret_row *out, struct err *e);

#endif
