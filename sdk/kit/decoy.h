/* Targets that are not there, and targets that never answer: ports of this
 * machine, and a copy of the state that points to them.
 */
#ifndef KIT_DECOY_H
#define KIT_DECOY_H

#include <jansson.h>

#include "base/err.h"

enum decoy_kind { DECOY_CLOSED, DECOY_SILENT };

struct decoy {
  int fd, port;
};

/* Closed: bound and not listening, so connecting is refused and nobody else
 * can take the port.  Silent: connecting succeeds, and that is all. */
int decoy_open(enum decoy_kind kind, struct decoy *out, struct err *e);
void decoy_close(struct decoy *d);

/* A copy of the state whose secret and admin secret lead to the decoy: by
 * `members` (an object, or NULL), whose strings may say {port}; without it,
 * by the secret's host and port.  *out: returned; NULL when there is neither
 * (and 0). */
int decoy_state(const struct decoy *d, const json_t *state,
                const json_t *members, json_t **out, struct err *e);

#endif
