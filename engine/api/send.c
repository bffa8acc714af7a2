/* Bytes out: tried at once, and what the socket does not take is kept. */
#include <stdlib.h>
#include <string.h>

#include "api/http_parts.h"
#include "api/reply.h"
#include "base/secret.h"

static void leftover_free(struct connection *c)
{
  if (c->leftover != NULL)
    buf_release(&c->leftover->text);
  free(c->leftover);
  c->leftover = NULL;
}

static void on_written(uv_write_t *write, int status)
{
  struct connection *c = ((struct leftover *)write->data)->connection;

  leftover_free(c);
  if (status != 0)
    connection_break(c);
  else if (c->close_after || c->http->closing)
    connection_end(c);
  else
    connection_resume(c);
}

/* Behind the first `*skip` bytes of all. */
static void leftover_put(struct buf *to, const uv_buf_t *b, size_t *skip)
{
  size_t n = *skip < b->len ? *skip : b->len;

  *skip -= n;
  buf_put(to, b->base + n, b->len - n);
}

static int send_rest(struct connection *c, const uv_buf_t *bufs, unsigned n,
                     size_t sent)
{
  struct leftover *l = calloc(1, sizeof *l);
  uv_buf_t rest;

  if (l == NULL)
    return -1;
  c->leftover = l;
  l->connection = c;
  l->write.data = l;
  buf_init(&l->text, HTTP_WIRE_MAX, c->tls == NULL);
  for (unsigned i = 0; i < n; i++)
    leftover_put(&l->text, &bufs[i], &sent);
  rest = uv_buf_init(l->text.data, (unsigned)l->text.len);
  if (l->text.failed ||
      uv_write(&l->write, &c->u.stream, &rest, 1, on_written) != 0) {
    leftover_free(c);
    return -1;
  }
  (void)uv_read_stop(&c->u.stream); /* always succeeds */
  return 0;
}

/* 0: it is sent, or c->leftover is; -1: the connection is broken. */
static int send_bufs(struct connection *c, const uv_buf_t *bufs, unsigned n)
{
  size_t len = 0;
  int sent;

  if (c->leftover != NULL)
    return -1;
  for (unsigned i = 0; i < n; i++)
    len += bufs[i].len;
  sent = uv_try_write(&c->u.stream, bufs, n);
  if (sent == UV_EAGAIN)
    sent = 0;
  if (sent < 0)
    return -1;
  return (size_t)sent == len ? 0 : send_rest(c, bufs, n, (size_t)sent);
}

static void wire_clear(struct buf *wire)
{
  if (wire->cap > HTTP_KEEP_BYTES)
    buf_release(wire);
  else
    buf_clear(wire);
}

/* As send_bufs. */
static int send_wire(struct connection *c)
{
  struct buf *wire = &c->http->tls_io.wire;
  int rc = wire->failed ? -1 : 0;

  if (rc == 0 && wire->len > 0) {
    uv_buf_t b = uv_buf_init(wire->data, (unsigned)wire->len);

    rc = send_bufs(c, &b, 1);
  }
  wire_clear(wire);
  return rc;
}

void connection_send_wire(struct connection *c)
{
  if (send_wire(c) != 0)
    connection_break(c);
}

void connection_send(struct connection *c, const struct buf *head,
                     const struct buf *body)
{
  uv_buf_t bufs[2] = {uv_buf_init(head->data, (unsigned)head->len)};
  unsigned n = 1;
  int rc;

  if (body != NULL && body->len > 0)
    bufs[n++] = uv_buf_init(body->data, (unsigned)body->len);
  if (c->tls == NULL)
    rc = send_bufs(c, bufs, n);
  else if (!tls_write(c->tls, bufs[0].base, bufs[0].len, bufs[1].base,
                      bufs[1].len))
    rc = -1;
  else
    rc = send_wire(c);
  if (rc != 0)
    connection_break(c);
  else if (c->leftover == NULL && c->close_after)
    connection_end(c);
}

void connection_say_end(struct connection *c)
{
  if (c->tls == NULL || c->is_broken || c->leftover != NULL)
    return;
  tls_end(c->tls);
  (void)send_wire(c); /* as a courtesy */
}
