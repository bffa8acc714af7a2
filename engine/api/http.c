/* HTTP/1.1 over libuv and llhttp.  Parsing of the request is request.c; here
 * are sockets, time limits and the writing of replies.
 */
#include "api/http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/request.h"
#include "base/secret.h"

enum {
  LISTENERS_MAX = 4,
  READ_BYTES = 65536,
  TICK_MS = 1000,
  LINGER_MS = 2000
};

struct listener {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_pipe_t pipe;
    uv_tcp_t tcp;
  } u;
  struct http *http;
  bool is_unix;
};

struct connection {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_pipe_t pipe;
    uv_tcp_t tcp;
  } u;
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
  struct listener listeners[LISTENERS_MAX];
  size_t n_listeners, n_connections, n_open; /* n_open: handles not closed */
  struct connection *connections;
  uv_timer_t tick;
  char *read_buf; /* secret memory; wiped after each read */
  uint64_t closing_ms;
  bool closing;
  void (*done)(void *ctx);
  void *done_ctx;
};

static void handle_gone(struct http *h)
{
  assert(h->n_open > 0);
  if (--h->n_open == 0 && h->closing && h->done != NULL)
    h->done(h->done_ctx);
}

static void on_connection_closed(uv_handle_t *handle)
{
  struct connection *c = handle->data;
  struct http *h = c->http;

  *c->slot = c->next;
  if (c->next != NULL)
    c->next->slot = c->slot;
  h->n_connections--;
  request_release(&c->request);
  buf_release(&c->out);
  free(c);
  handle_gone(h);
}

static void connection_close(struct connection *c)
{
  if (!uv_is_closing(&c->u.handle))
    uv_close(&c->u.handle, on_connection_closed);
}

/* Everything was said.  A socket that is closed while its client still sends
 * takes the reply with it; so a refusal only says that it is over, and the
 * client closes, or on_tick does. */
static void connection_end(struct connection *c)
{
  if (!c->lingers || c->http->closing ||
      uv_shutdown(&c->shutdown, &c->u.stream, NULL) != 0)
    connection_close(c);
}

static void on_written(uv_write_t *write, int status)
{
  struct connection *c = write->data;

  c->writing = false;
  buf_clear(&c->out);
  if (status != 0)
    connection_close(c);
  else if (c->close_after || c->http->closing)
    connection_end(c);
}

/* Sends all of `text`; what the socket does not take at once waits in c->out,
 * and no further request is read until it is gone. */
static void connection_send(struct connection *c, const struct buf *text)
{
  uv_buf_t b = uv_buf_init(text->data, (unsigned)text->len);
  int n = uv_try_write(&c->u.stream, &b, 1);

  if (n == UV_EAGAIN)
    n = 0;
  if (n < 0) {
    connection_close(c);
    return;
  }
  if ((size_t)n == text->len) {
    if (c->close_after)
      connection_end(c);
    return;
  }
  buf_put(&c->out, text->data + n, text->len - (size_t)n);
  b = uv_buf_init(c->out.data, (unsigned)c->out.len);
  c->write.data = c;
  if (c->out.failed || uv_write(&c->write, &c->u.stream, &b, 1, on_written)) {
    connection_close(c);
    return;
  }
  c->writing = true;
}

static const char *status_text(int status)
{
  switch (status) {
  case 200:
    return "OK";
  case 400:
    return "Bad Request";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 413:
    return "Payload Too Large";
  case 503:
    return "Service Unavailable";
  default:
    return status < 500 ? "Error" : "Internal Server Error";
  }
}

static void reply_send(struct connection *c, const struct http_reply *reply,
                       bool head_only)
{
  struct buf text;

  buf_init(&text, HTTP_REPLY_MAX + 4096, true);
  buf_printf(&text,
             "HTTP/1.1 %d %s\r\nServer: keyturn\r\nContent-Type: %s\r\n"
             "Content-Length: %zu\r\nCache-Control: no-store\r\n",
             reply->status, status_text(reply->status), reply->content_type,
             reply->body.len);
  if (reply->request_id[0] != '\0')
    buf_printf(&text, "x-amzn-RequestId: %s\r\n", reply->request_id);
  if (reply->error_type[0] != '\0')
    buf_printf(&text, "x-amzn-ErrorType: %s\r\n", reply->error_type);
  if (c->close_after)
    buf_puts(&text, "Connection: close\r\n");
  buf_puts(&text, "\r\n");
  if (!head_only && reply->body.len > 0)
    buf_put(&text, reply->body.data, reply->body.len);
  if (text.failed || text.data == NULL)
    connection_close(c); /* no memory left: nothing better can be said */
  else
    connection_send(c, &text);
  buf_release(&text);
}

/* One answer without a handler: the request was refused while parsing. */
static void refuse(struct connection *c, struct http_reply *reply)
{
  c->close_after = c->lingers = true;
  c->request_ms = 0;
  reply_send(c, reply, false);
  buf_release(&reply->body);
}

static void refuse_bad(struct connection *c)
{
  struct http_reply reply = {.status = 400, .content_type = "text/plain"};

  buf_init(&reply.body, 256, true);
  buf_puts(&reply.body, "this is not an HTTP/1.1 request\n");
  refuse(c, &reply);
}

/* In the shape that clients of the API show to their users. */
static void refuse_too_large(struct connection *c)
{
  struct http_reply reply = {.status = 413,
                             .content_type = "application/x-amz-json-1.1",
                             .error_type = "RequestEntityTooLargeException"};

  buf_init(&reply.body, 512, true);
  buf_printf(&reply.body, "{\"__type\":\"%s\",\"Message\":\"",
             reply.error_type);
  if (c->request.in_body)
    buf_printf(&reply.body,
               "The request is larger than %d bytes; a secret value has at "
               "most %d.\"}",
               HTTP_BODY_MAX, SECRET_VALUE_MAX);
  else
    buf_printf(&reply.body,
               "The request has more than %d headers, or more than %d bytes of "
               "them.\"}",
               HTTP_HEADERS_MAX, HTTP_HEADER_BYTES_MAX);
  refuse(c, &reply);
}

static void handle_request(struct connection *c)
{
  struct http_reply reply = {.status = 500, .content_type = "text/plain"};
  struct http_request view;

  request_view(&c->request, &c->peer, &view);
  buf_init(&reply.body, HTTP_REPLY_MAX, true);
  c->http->handler(c->http->ctx, &view, &reply);
  c->close_after = c->http->closing || !request_keeps_alive(&c->request);
  reply_send(c, &reply, strcmp(view.method, "HEAD") == 0);
  buf_release(&reply.body);
}

static void feed(struct connection *c, const char *data, size_t len)
{
  while (len > 0 && !uv_is_closing(&c->u.handle)) {
    size_t used = 0;

    if (c->close_after)
      return; /* what comes behind the last request */
    if (c->writing) {
      /* Pipelining faster than reading: not worth a queue. */
      connection_close(c);
      return;
    }
    if (c->request_ms == 0)
      c->request_ms = c->active_ms;
    switch (request_feed(&c->request, data, len, &used)) {
    case REQUEST_MORE:
      return;
    case REQUEST_CONTINUE: {
      struct buf go;

      buf_init(&go, 64, false);
      buf_puts(&go, "HTTP/1.1 100 Continue\r\n\r\n");
      connection_send(c, &go);
      buf_release(&go);
      break;
    }
    case REQUEST_DONE:
      handle_request(c);
      request_clear(&c->request);
      c->request_ms = 0;
      break;
    case REQUEST_TOO_LARGE:
      refuse_too_large(c);
      return;
    case REQUEST_BAD:
      refuse_bad(c);
      return;
    }
    data += used;
    len -= used;
  }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
  struct connection *c = handle->data;

  (void)suggested;
  *out = uv_buf_init(c->http->read_buf, READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
  struct connection *c = stream->data;

  if (n == UV_EOF && c->writing) {
    c->close_after = true; /* it sends no more, and may still read */
    c->lingers = false;
    (void)uv_read_stop(stream); /* always succeeds */
    return;
  }
  if (n < 0) {
    connection_close(c);
    return;
  }
  if (!c->lingers)
    c->active_ms = uv_now(c->http->loop);
  feed(c, b->base, (size_t)n);
  secret_wipe(b->base, (size_t)n);
}

static void peer_read(struct connection *c, bool is_unix)
{
  uv_os_fd_t fd;

  c->peer.is_unix = is_unix;
  c->peer.uid = (uid_t)-1;
  c->peer.gid = (gid_t)-1;
  if (uv_fileno(&c->u.handle, &fd) != 0)
    return;
  if (is_unix) {
    struct ucred cred;
    socklen_t len = sizeof cred;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0) {
      c->peer.uid = cred.uid;
      c->peer.gid = cred.gid;
      c->peer.pid = cred.pid;
    }
  } else {
    struct sockaddr_storage sa;
    int len = sizeof sa;

    if (uv_tcp_getpeername(&c->u.tcp, (struct sockaddr *)&sa, &len) == 0)
      (void)uv_ip_name((struct sockaddr *)&sa, c->peer.address,
                       sizeof c->peer.address);
  }
}

static void on_connect(uv_stream_t *stream, int status)
{
  struct listener *l = stream->data;
  struct http *h = l->http;
  struct connection *c;
  int rc;

  if (status != 0 || (c = calloc(1, sizeof *c)) == NULL)
    return; /* libuv calls again for the next one */
  rc = l->is_unix ? uv_pipe_init(h->loop, &c->u.pipe, 0)
                  : uv_tcp_init(h->loop, &c->u.tcp);
  if (rc != 0) {
    free(c);
    return;
  }
  c->http = h;
  c->u.handle.data = c;
  c->active_ms = uv_now(h->loop);
  request_init(&c->request);
  buf_init(&c->out, HTTP_REPLY_MAX + 4096, true);
  c->slot = &h->connections;
  c->next = h->connections;
  if (c->next != NULL)
    c->next->slot = &c->next;
  h->connections = c;
  h->n_connections++;
  h->n_open++;
  if (uv_accept(stream, &c->u.stream) != 0 || h->closing ||
      h->n_connections > HTTP_CONNECTIONS_MAX) {
    connection_close(c);
    return;
  }
  peer_read(c, l->is_unix);
  if (uv_read_start(&c->u.stream, on_alloc, on_read) != 0)
    connection_close(c);
}

static void on_tick_closed(uv_handle_t *handle)
{
  handle_gone(handle->data);
}

/* While closing: those who still read their reply have a while, no longer. */
static void closing_tick(struct http *h, uint64_t now)
{
  bool over = now - h->closing_ms > LINGER_MS;

  for (struct connection *c = h->connections; over && c != NULL; c = c->next)
    connection_close(c);
  if ((over || h->connections == NULL) &&
      !uv_is_closing((uv_handle_t *)&h->tick))
    uv_close((uv_handle_t *)&h->tick, on_tick_closed);
}

static void on_tick(uv_timer_t *timer)
{
  struct http *h = timer->data;
  uint64_t now = uv_now(h->loop);

  if (h->closing) {
    closing_tick(h, now);
    return;
  }
  for (struct connection *c = h->connections; c != NULL; c = c->next) {
    bool idle = now - c->active_ms > HTTP_IDLE_MS;
    bool slow = c->request_ms != 0 && now - c->request_ms > HTTP_REQUEST_MS;
    bool done = c->lingers && !c->writing && now - c->active_ms > LINGER_MS;

    if (idle || slow || done)
      connection_close(c);
  }
}

const char *http_header(const struct http_request *request, const char *name)
{
  for (size_t i = 0; i < request->n_headers; i++)
    if (strcmp(request->headers[i].name, name) == 0)
      return request->headers[i].value;
  return NULL;
}

int http_new(uv_loop_t *loop, http_handler *handler, void *ctx,
             struct http **out, struct err *e)
{
  struct http *h = calloc(1, sizeof *h);

  if (h == NULL || (h->read_buf = secret_malloc(READ_BYTES)) == NULL) {
    free(h);
    return err_set(e, ERR_NOMEM, "no memory for an HTTP worker");
  }
  h->loop = loop;
  h->handler = handler;
  h->ctx = ctx;
  (void)uv_timer_init(loop, &h->tick); /* cannot fail */
  h->tick.data = h;
  (void)uv_timer_start(&h->tick, on_tick, TICK_MS, TICK_MS); /* nor this */
  uv_unref((uv_handle_t *)&h->tick);
  h->n_open = 1;
  *out = h;
  return 0;
}

int http_listen(struct http *h, int fd, bool is_unix, struct err *e)
{
  struct listener *l = &h->listeners[h->n_listeners];
  int own, rc;

  assert(h->n_listeners < LISTENERS_MAX);
  own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0)
    return err_set(e, ERR_IO, "cannot duplicate a listening socket: %s",
                   strerror(errno));
  rc = is_unix ? uv_pipe_init(h->loop, &l->u.pipe, 0)
               : uv_tcp_init(h->loop, &l->u.tcp);
  if (rc == 0) {
    h->n_listeners++;
    h->n_open++;
    l->http = h;
    l->is_unix = is_unix;
    l->u.handle.data = l;
    rc = is_unix ? uv_pipe_open(&l->u.pipe, own) : uv_tcp_open(&l->u.tcp, own);
  }
  if (rc != 0) {
    (void)close(own); /* it was not taken */
    return err_set(e, ERR_IO, "cannot listen: %s", uv_strerror(rc));
  }
  rc = uv_listen(&l->u.stream, 128, on_connect);
  if (rc != 0)
    return err_set(e, ERR_IO, "cannot listen: %s", uv_strerror(rc));
  return 0;
}

static void on_listener_closed(uv_handle_t *handle)
{
  handle_gone(((struct listener *)handle->data)->http);
}

void http_close(struct http *h, void (*done)(void *ctx), void *ctx)
{
  bool is_writing = false;

  h->closing = true;
  h->done = done;
  h->done_ctx = ctx;
  for (size_t i = 0; i < h->n_listeners; i++)
    uv_close(&h->listeners[i].u.handle, on_listener_closed);
  for (struct connection *c = h->connections; c != NULL; c = c->next)
    if (!c->writing)
      connection_close(c);
    else
      is_writing = true;
  h->closing_ms = uv_now(h->loop);
  if (!is_writing)
    uv_close((uv_handle_t *)&h->tick, on_tick_closed);
}

void http_free(struct http *h)
{
  if (h == NULL)
    return;
  assert(h->n_open == 0);
  secret_free(h->read_buf);
  free(h);
}
