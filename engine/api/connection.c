/* A connection: bytes in, requests handled one after the other.  How bytes get
 * out is send.c; the texts are request.c and reply.c.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api/http_parts.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/secret.h"

/* ---- its end --------------------------------------------------------------
 */

/* There is no request any more. */
static void request_end(struct connection *c)
{
  if (c->body_counted > 0)
    (void)gate_body(c->http->gate, c->body_counted, 0); /* takes nothing */
  c->body_counted = 0;
  c->request_ms = 0;
  if (c->request != NULL)
    http_request_give(c->http, c->request);
  c->request = NULL;
}

static void on_connection_closed(uv_handle_t *handle)
{
  struct connection *c = handle->data;
  struct http *h = c->http;

  *c->slot = c->next;
  if (c->next != NULL)
    c->next->slot = c->slot;
  request_end(c);
  gate_leave(h->gate, c->place);
  tls_free(c->tls);
  free(c);
  http_handle_gone(h);
}

void connection_close(struct connection *c)
{
  if (uv_is_closing(&c->u.handle))
    return;
  connection_say_end(c);
  uv_close(&c->u.handle, on_connection_closed);
}

void connection_break(struct connection *c)
{
  c->is_broken = true;
  connection_close(c);
}

/* A socket that is closed while its client still sends takes the reply with
 * it; so a refusal only says that it is over, and the client closes, or
 * deadline.c does. */
void connection_end(struct connection *c)
{
  if (c->lingers && !c->http->closing) {
    connection_say_end(c);
    if (uv_shutdown(&c->shutdown, &c->u.stream, NULL) == 0)
      return;
  }
  connection_close(c);
}

/* ---- requests -------------------------------------------------------------
 */

static void reply_send(struct connection *c, const struct http_reply *reply,
                       bool head_only)
{
  struct buf *head = &c->http->head;

  reply_date_set(&c->http->date, clock_now_us(clock_system()));
  reply_head(reply, &c->http->date, c->close_after, head);
  if (head->failed || reply->body.failed)
    connection_break(c); /* no memory left: nothing better can be said */
  else
    connection_send(c, head, head_only ? NULL : &reply->body);
  buf_clear(head);
}

/* One answer without a handler: the request was refused while parsing. */
static void refuse(struct connection *c, struct http_reply *reply)
{
  gate_count(c->http->gate, GATE_REQUEST_REFUSED);
  c->close_after = c->lingers = true;
  request_end(c);
  reply_send(c, reply, false);
  buf_release(&reply->body);
}

static void handle_request(struct connection *c)
{
  struct http_reply reply = {.status = 500, .content_type = "text/plain"};
  const struct http_entry *entry = &c->listener->entry;
  struct http *h = c->http;
  struct http_request view;

  request_view(c->request, &c->peer, &view);
  reply.body = h->body;
  entry->handler(entry->ctx, &view, &reply);
  gate_count(h->gate, GATE_REQUEST);
  c->close_after = h->closing || !request_keeps_alive(c->request);
  reply_send(c, &reply, strcmp(view.method, "HEAD") == 0);
  if (reply.body.cap > HTTP_KEEP_BYTES)
    buf_release(&reply.body);
  else
    buf_clear(&reply.body);
  h->body = reply.body;
  request_end(c);
}

static void go_on(struct connection *c)
{
  struct buf go;

  buf_init(&go, 64, false);
  buf_puts(&go, "HTTP/1.1 100 Continue\r\n\r\n");
  connection_send(c, &go, NULL);
  buf_release(&go);
}

/* The request is not whole, and stays.  false: there is no room for it. */
static bool body_count(struct connection *c)
{
  size_t now = request_body_memory(c->request);

  if (now == c->body_counted)
    return true;
  if (!gate_body(c->http->gate, c->body_counted, now))
    return false;
  c->body_counted = now;
  return true;
}

static bool request_begin(struct connection *c)
{
  if (c->request != NULL)
    return true;
  c->request = http_request_take(c->http);
  c->request_ms = c->active_ms;
  return c->request != NULL;
}

/* One request, or what is there of it; the bytes that were used. */
static size_t feed_one(struct connection *c, const char *data, size_t len)
{
  struct http_reply refusal;
  size_t used = len;

  switch (request_feed(c->request, data, len, &used)) {
  case REQUEST_MORE:
    if (body_count(c))
      return len;
    reply_refuse_busy(&refusal);
    break;
  case REQUEST_CONTINUE:
    go_on(c);
    return used;
  case REQUEST_DONE:
    handle_request(c);
    return used;
  case REQUEST_TOO_LARGE:
    reply_refuse_large(c->request->in_body, &refusal);
    break;
  case REQUEST_BAD:
    reply_refuse_bad(&refusal);
    break;
  }
  refuse(c, &refusal);
  return len;
}

static void feed(struct connection *c, const char *data, size_t len)
{
  /* What comes behind the last request is nobody's. */
  while (len > 0 && !c->close_after && !uv_is_closing(&c->u.handle)) {
    size_t used;

    /* Pipelining faster than reading: not worth a queue. */
    if (c->leftover != NULL || !request_begin(c)) {
      connection_close(c);
      return;
    }
    used = feed_one(c, data, len);
    data += used;
    len -= used;
  }
}

/* ---- TLS ------------------------------------------------------------------
 */

static void tls_came_up(struct connection *c)
{
  c->peer.tls_version = tls_version(c->tls);
  c->peer.tls_cipher = tls_cipher(c->tls);
  c->request_ms = 0; /* the handshake was in time */
}

static void tls_failed(struct connection *c)
{
  if (!tls_is_up(c->tls))
    gate_count(c->http->gate, GATE_HANDSHAKE_FAILED);
  connection_close(c);
}

static void refuse_plain(struct connection *c)
{
  struct http_reply refusal;

  tls_free(c->tls);
  c->tls = NULL;
  reply_refuse_plain(&refusal);
  refuse(c, &refusal);
}

static void tls_ended(struct connection *c)
{
  if (c->leftover != NULL)
    c->close_after = true; /* it sends no more, and may still read */
  else
    connection_close(c);
}

static void feed_tls(struct connection *c, const char *data, size_t len)
{
  struct tls_io *io = &c->http->tls_io;
  enum tls_state state = TLS_DATA;
  size_t n = 0;

  tls_give(c->tls, data, len);
  while (state == TLS_DATA && !c->close_after && !uv_is_closing(&c->u.handle)) {
    state = tls_read(c->tls, &n);
    if (c->peer.tls_version == NULL && tls_is_up(c->tls))
      tls_came_up(c);
    connection_send_wire(c);
    if (state == TLS_DATA) {
      feed(c, io->plain, n);
      secret_wipe(io->plain, n);
    }
  }
  if (state == TLS_ENDED)
    tls_ended(c);
  else if (state == TLS_FAILED)
    tls_failed(c);
  else if (state == TLS_IS_PLAIN)
    refuse_plain(c);
}

/* ---- bytes in -------------------------------------------------------------
 */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
  struct connection *c = handle->data;

  (void)suggested;
  *out = uv_buf_init(c->http->read_buf, HTTP_READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
  struct connection *c = stream->data;

  if (n < 0) {
    connection_close(c);
    return;
  }
  if (!c->lingers)
    c->active_ms = uv_now(c->http->loop);
  if (c->close_after)
    ; /* thrown away */
  else if (c->tls != NULL)
    feed_tls(c, b->base, (size_t)n);
  else
    feed(c, b->base, (size_t)n);
  secret_wipe(b->base, (size_t)n);
}

void connection_resume(struct connection *c)
{
  if (uv_read_start(&c->u.stream, on_alloc, on_read) != 0)
    connection_close(c);
}

/* ---- its beginning --------------------------------------------------------
 */

static void enter_unix(struct connection *c)
{
  struct ucred cred;
  socklen_t len = sizeof cred;
  uv_os_fd_t fd;

  if (uv_fileno(&c->u.handle, &fd) == 0 &&
      getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0) {
    c->peer.uid = cred.uid;
    c->peer.gid = cred.gid;
    c->peer.pid = cred.pid;
  }
  c->place = gate_enter_uid(c->http->gate, c->peer.uid, c->active_ms);
}

static void enter_tcp(struct connection *c)
{
  struct sockaddr_storage address;
  const struct sockaddr *sa = (const struct sockaddr *)&address;
  int len = sizeof address;

  if (uv_tcp_getpeername(&c->u.tcp, (struct sockaddr *)&address, &len) != 0)
    return; /* it is gone */
  (void)uv_ip_name(sa, c->peer.address, sizeof c->peer.address);
  (void)uv_tcp_nodelay(&c->u.tcp, 1); /* slower without, no more */
  c->place = gate_enter(c->http->gate, sa, c->active_ms);
}

/* false: it does not come in. */
static bool enter(struct connection *c)
{
  const struct http_entry *entry = &c->listener->entry;

  c->peer.is_unix = entry->is_unix;
  c->peer.endpoint = entry->endpoint;
  c->peer.uid = (uid_t)-1;
  c->peer.gid = (gid_t)-1;
  if (entry->is_unix)
    enter_unix(c);
  else
    enter_tcp(c);
  if (c->place == NULL || entry->tls == NULL)
    return c->place != NULL;
  c->request_ms = c->active_ms; /* of the handshake */
  c->tls = tls_new(entry->tls, &c->http->tls_io);
  return c->tls != NULL;
}

static void connection_link(struct connection *c, struct http *h)
{
  c->http = h;
  c->slot = &h->connections;
  c->next = h->connections;
  if (c->next != NULL)
    c->next->slot = &c->next;
  h->connections = c;
  h->n_open++;
}

void connection_accept(struct listener *l)
{
  struct http *h = l->http;
  struct connection *c = calloc(1, sizeof *c);
  int rc;

  if (c == NULL)
    return; /* libuv calls again for the next one */
  rc = l->entry.is_unix ? uv_pipe_init(h->loop, &c->u.pipe, 0)
                        : uv_tcp_init(h->loop, &c->u.tcp);
  if (rc != 0) {
    free(c);
    return;
  }
  c->u.handle.data = c;
  c->listener = l;
  c->active_ms = uv_now(h->loop);
  connection_link(c, h);
  if (uv_accept(&l->u.stream, &c->u.stream) != 0 || h->closing || !enter(c))
    connection_break(c);
  else
    connection_resume(c);
}
