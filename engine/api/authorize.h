/* May this principal do this to this secret?  Policies decide: his own, the
 * secret's, his boundary, his session's.  A name, an ARN or a part of one was
 * resolved to one secret before anybody is asked.
 */
#ifndef API_AUTHORIZE_H
#define API_AUTHORIZE_H

#include "api/call.h"

/* The operation of the call on c->resource.  ERR_ACCESS in AWS's words;
 * whatever cannot be evaluated is denied as well, and logged. */
int authorize(struct call *c);
/* Another action of the same caller on a secret: each one of a batch. */
int authorize_secret(struct call *c, const char *action,
                     const struct secret_row *row);

/* For the one who asks why: decides for another principal, and says nothing
 * to the log.  row NULL: `resource` names no secret that is there. */
int authorize_explain(struct call *c, const struct principal *as,
                      const char *action, const char *resource,
                      const struct secret_row *row, const json_t *context,
                      struct policy_decision *out, struct err *e);

#endif
