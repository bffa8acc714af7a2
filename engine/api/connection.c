/* A connection: bytes in, requests handled one after the other, replies out.
 * Request and reply texts are request.c and reply.c.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api/http_parts.h"
#include "api/reply.h"
#include "base/secret.h"

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
  http_handle_gone(h);
}

void connection_close(struct connection *c)
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

static void reply_send(struct connection *c, const struct http_reply *reply,
                       bool head_only)
{
  struct buf text;

  buf_init(&text, HTTP_REPLY_MAX + REPLY_HEAD_MAX, true);
  reply_head(reply, c->close_after, &text);
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
  struct http_reply refusal;

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
      reply_refuse_large(c->request.in_body, &refusal);
      refuse(c, &refusal);
      return;
    case REQUEST_BAD:
      reply_refuse_bad(&refusal);
      refuse(c, &refusal);
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
  *out = uv_buf_init(c->http->read_buf, HTTP_READ_BYTES);
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
  c->peer.endpoint = "";
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

static void connection_link(struct connection *c, struct http *h)
{
  c->http = h;
  c->slot = &h->connections;
  c->next = h->connections;
  if (c->next != NULL)
    c->next->slot = &c->next;
  h->connections = c;
  h->n_connections++;
  h->n_open++;
}

void connection_accept(struct listener *l)
{
  struct http *h = l->http;
  struct connection *c = calloc(1, sizeof *c);
  int rc;

  if (c == NULL)
    return; /* libuv calls again for the next one */
  rc = l->is_unix ? uv_pipe_init(h->loop, &c->u.pipe, 0)
                  : uv_tcp_init(h->loop, &c->u.tcp);
  if (rc != 0) {
    free(c);
    return;
  }
  c->u.handle.data = c;
  c->active_ms = uv_now(h->loop);
  request_init(&c->request);
  buf_init(&c->out, HTTP_REPLY_MAX + REPLY_HEAD_MAX, true);
  connection_link(c, h);
  if (uv_accept(&l->u.stream, &c->u.stream) != 0 || h->closing ||
      h->n_connections > HTTP_CONNECTIONS_MAX) {
    connection_close(c);
    return;
  }
  peer_read(c, l->is_unix);
  if (uv_read_start(&c->u.stream, on_alloc, on_read) != 0)
    connection_close(c);
}
