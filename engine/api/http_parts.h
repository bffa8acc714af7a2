/* What the parts of the HTTP server know of each other; nobody else includes
 * this.
 *
 *   http.c        a worker's server: made, closed, freed
 *   listener.c    sockets that connections come from
 *   connection.c  a connection: bytes in, requests handled
 *   send.c        a connection: bytes out
 *   deadline.c    the end of connections that are idle, slow or done
 *   reply.c       the text of replies; knows no sockets
 *   request.c     the text of requests; knows no sockets
 *   tls.c         encrypts and decrypts; knows no sockets
 *
 * There may be ten thousand connections that have nothing to do, so what a
 * connection needs only while it has is not its own: a request belongs to it
 * from the first byte to the reply, and is taken from a few spare ones.
 */
#ifndef API_HTTP_PARTS_H
#define API_HTTP_PARTS_H

#include "api/http.h"
#include "api/reply.h"
#include "api/request.h"
#include "api/tls.h"
#include "base/secret.h"

/* The largest reply; as ciphertext, with 22 bytes more for each record. */
#define HTTP_WIRE_MAX (HTTP_REPLY_MAX + HTTP_REPLY_MAX / 256 + 65536)

enum {
  HTTP_READ_BYTES = 65536 - SECRET_BLOCK_HEAD,
  HTTP_SPARES_MAX = 8,     /* requests kept for the next ones */
  HTTP_KEEP_BYTES = 65536, /* a reply's buffer that is larger is given back */
  HTTP_TICK_MS = 1000,
  HTTP_LINGER_MS = 2000
};

/* A handle of either family. */
union http_stream {
  uv_handle_t handle;
  uv_stream_t stream;
  uv_pipe_t pipe;
  uv_tcp_t tcp;
};

struct listener {
  union http_stream u;
  struct http *http;
  struct http_entry entry;
};

/* What the socket did not take at once. */
struct leftover {
  uv_write_t write;
  struct connection *connection;
  struct buf text; /* secret, unless it is ciphertext */
};

struct connection {
  union http_stream u;
  struct http *http;
  struct connection *next, **slot;
  const struct listener *listener;
  struct gate_place *place;
  struct tls *tls;         /* NULL: plain */
  struct request *request; /* NULL between requests */
  size_t body_counted;     /* bytes of it that the gate knows of */
  struct leftover *leftover;
  struct http_peer peer;
  uint64_t active_ms, request_ms; /* last byte; first byte of a request */
  uv_shutdown_t shutdown;
  bool close_after;
  bool is_broken; /* nothing can be sent any more */
  bool lingers;   /* after a refusal: what still comes is thrown away */
};

struct http {
  uv_loop_t *loop;
  struct gate *gate;
  struct listener listeners[HTTP_LISTENERS_MAX];
  size_t n_listeners, n_open; /* n_open: handles not closed */
  struct connection *connections;
  struct request *spares;
  size_t n_spares;
  uv_timer_t tick;
  char *read_buf;        /* secret memory; wiped after each read */
  struct buf head, body; /* of the reply that is being made; body: secret */
  struct reply_date date;
  struct tls_io tls_io;
  uint64_t closing_ms;
  bool closing;
  void (*done)(void *ctx);
  void *done_ctx;
};

/* A handle of `h` is closed. */
void http_handle_gone(struct http *h);
/* A request with nothing in it, or NULL. */
struct request *http_request_take(struct http *h);
void http_request_give(struct http *h, struct request *r);

/* Closes it; its connections stay. */
void listener_close(struct listener *l);

/* Takes what `l` has to accept. */
void connection_accept(struct listener *l);
void connection_close(struct connection *c);
/* The same, when nothing more can be sent. */
void connection_break(struct connection *c);
/* Everything was said: closes it, now or when its client has read it. */
void connection_end(struct connection *c);
/* Reads on, after all was sent. */
void connection_resume(struct connection *c);

/* Sends one text after the other, encrypted where that is due.  What the
 * socket does not take at once waits in c->leftover, and nothing is read until
 * it is gone.  `body`, secret: NULL for none. */
void connection_send(struct connection *c, const struct buf *head,
                     const struct buf *body);
/* What TLS has put on the wire by itself. */
void connection_send_wire(struct connection *c);
/* TLS's word that nothing more comes. */
void connection_say_end(struct connection *c);

void deadlines_init(struct http *h);
/* From now on those who still read their reply have a while, no longer. */
void deadlines_close(struct http *h, bool is_writing);

#endif
