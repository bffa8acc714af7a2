/* The state that verifying signatures needs (algorithms, signing keys, a
 * buffer), set up once a thread and not once a request: a pool of it.
 */
#ifndef API_VERIFIERS_H
#define API_VERIFIERS_H

#include "sigv4/verify.h"

struct verifiers;

/* *out: returned, verifiers_free. */
int verifiers_new(struct verifiers **out, struct err *e);
void verifiers_free(struct verifiers *v);

/* One for the caller alone, until it gives it back. */
int verifiers_take(struct verifiers *v, struct sigv4 **out, struct err *e);
void verifiers_give(struct verifiers *v, struct sigv4 *sigv4);

#endif
