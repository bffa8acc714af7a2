/* What the parts of the HTTP server know of each other; nobody else includes
 * this.
 *
 *   http.c        a worker's server: made, closed, freed
 *   listener.c    sockets that connections come from
 *   connection.c  a connection: bytes in, requests handled, bytes out
 *   deadline.c    the end of connections that are idle, slow or done
 *   reply.c       the text of replies; knows no sockets
 *   request.c     the text of requests; knows no sockets
 */
#ifndef API_HTTP_PARTS_H
#define API_HTTP_PARTS_H

#include "api/http.h"
#include "api/request.h"

enum {
  HTTP_LISTENERS_MAX = 4,
  HTTP_READ_BYTES = 65536,
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
  bool is_unix;
};

struct connection {
  union http_stream u;
  struct http *http;
  struct connection *next, **slot;
  struct request request;
  struct http_peer peer;
  struct buf out; /* what try_write left over */
  uv_write_t write;
  uint64_t active_ms, request_ms; /* last byte; first byte of a request */
  uv_shutdown_t shutdown;
  bool writing, close_after;
  bool lingers; /* after a refusal: what still comes is thrown away */
};

struct http {
  uv_loop_t *loop;
  http_handler *handler;
  void *ctx;
  struct listener listeners[HTTP_LISTENERS_MAX];
  size_t n_listeners, n_connections, n_open; /* n_open: handles not closed */
  struct connection *connections;
  uv_timer_t tick;
  char *read_buf; /* secret memory; wiped after each read */
  uint64_t closing_ms;
  bool closing;
  void (*done)(void *ctx);
  void *done_ctx;
};

/* A handle of `h` is closed. */
void http_handle_gone(struct http *h);

/* Closes it; its connections stay. */
void listener_close(struct listener *l);

/* Takes what `l` has to accept. */
void connection_accept(struct listener *l);
void connection_close(struct connection *c);

void deadlines_init(struct http *h);
/* From now on those who still read their reply have a while, no longer. */
void deadlines_close(struct http *h, bool is_writing);

#endif
