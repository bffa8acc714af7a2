/* Who may come in, and how much at once: what the HTTP servers of all workers
 * share.
 *
 * Connections are counted in all and by who makes them: an address (of IPv6
 * its /64, which one client may have whole), or the uid of a Unix socket's
 * peer.  TCP cannot take the room of Unix sockets, so that an operator gets in
 * while the network is flooded.  Bodies that are still arriving are counted in
 * bytes, for they lie in secret memory, which has an end.
 */
#ifndef API_GATE_H
#define API_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/err.h"

#define GATE_UNIX_MAX 1024 /* connections over Unix sockets */

struct gate_limits {
  unsigned in_all;      /* connections over TCP */
  unsigned per_address; /* of one address; of one uid, but root's and ours */
  uint64_t idle_ms;     /* without a request */
  uint64_t request_ms;  /* first to last byte of a request; a handshake */
  size_t body_bytes;    /* of requests that are not whole yet */
};

/* As they stand; the totals never go back. */
struct gate_counts {
  uint64_t connections, unix_connections; /* open */
  uint64_t accepted, refused;
  uint64_t requests, requests_refused, handshakes_failed;
  uint64_t body_bytes;
};

enum gate_event {
  GATE_REQUEST,          /* handled */
  GATE_REQUEST_REFUSED,  /* no request, or too large a one */
  GATE_HANDSHAKE_FAILED, /* of TLS */
  GATE_EVENTS
};

struct gate;
struct gate_place;

/* *out: returned, freed by gate_free when nobody is in any more. */
int gate_new(const struct gate_limits *limits, struct gate **out,
             struct err *e);
void gate_free(struct gate *g);
/* All of these from any thread. */
void gate_set_limits(struct gate *g, const struct gate_limits *limits);
void gate_get_limits(struct gate *g, struct gate_limits *out);
void gate_get_counts(struct gate *g, struct gate_counts *out);
void gate_count(struct gate *g, enum gate_event event);

/* A connection comes in; NULL: it may not, or there is no memory.  `now_ms`:
 * of uv_now or another clock that goes on; a refusal is logged once a minute.
 * The place is given back by gate_leave. */
struct gate_place *gate_enter(struct gate *g, const struct sockaddr *address,
                              uint64_t now_ms);
struct gate_place *gate_enter_uid(struct gate *g, uid_t uid, uint64_t now_ms);
void gate_leave(struct gate *g, struct gate_place *place);

/* A body that has `had` bytes of memory needs `needs` from now on.  false: it
 * gets no more (never when it gets smaller).  The last quarter is left to
 * bodies of at most GATE_SMALL_BODY. */
#define GATE_SMALL_BODY 16384
bool gate_body(struct gate *g, size_t had, size_t needs);

#endif
