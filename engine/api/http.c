/* A worker's HTTP server, made of its parts (api/http_parts.h). */
#include "api/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/http_parts.h"
#include "api/reply.h"
#include "base/secret.h"

void http_handle_gone(struct http *h)
{
  assert(h->n_open > 0);
  if (--h->n_open == 0 && h->closing && h->done != NULL)
    h->done(h->done_ctx);
}

struct request *http_request_take(struct http *h)
{
  struct request *r = h->spares;

  if (r != NULL) {
    h->spares = r->next;
    h->n_spares--;
  } else if ((r = malloc(sizeof *r)) != NULL) {
    request_init(r);
  }
  return r;
}

static void request_free(struct request *r)
{
  request_release(r);
  free(r);
}

void http_request_give(struct http *h, struct request *r)
{
  if (h->n_spares == HTTP_SPARES_MAX) {
    request_free(r);
    return;
  }
  request_clear(r);
  r->next = h->spares;
  h->spares = r;
  h->n_spares++;
}

const char *http_header(const struct http_request *request, const char *name)
{
  for (size_t i = 0; i < request->n_headers; i++)
    if (strcmp(request->headers[i].name, name) == 0)
      return request->headers[i].value;
  return NULL;
}

int http_new(uv_loop_t *loop, struct gate *gate, struct http **out,
             struct err *e)
{
  struct http *h = calloc(1, sizeof *h);

  if (h == NULL || (h->read_buf = secret_malloc(HTTP_READ_BYTES)) == NULL ||
      tls_io_init(&h->tls_io, HTTP_WIRE_MAX, e) != 0) {
    if (h != NULL)
      secret_free(h->read_buf);
    free(h);
    return err_set(e, ERR_NOMEM, "no memory for an HTTP worker");
  }
  h->loop = loop;
  h->gate = gate;
  buf_init(&h->head, REPLY_HEAD_MAX, false);
  buf_init(&h->body, HTTP_REPLY_MAX, true);
  deadlines_init(h);
  *out = h;
  return 0;
}

void http_close(struct http *h, void (*done)(void *ctx), void *ctx)
{
  bool is_writing = false;

  h->closing = true;
  h->done = done;
  h->done_ctx = ctx;
  for (size_t i = 0; i < h->n_listeners; i++)
    listener_close(&h->listeners[i]);
  for (struct connection *c = h->connections; c != NULL; c = c->next)
    if (c->leftover == NULL)
      connection_close(c);
    else
      is_writing = true;
  deadlines_close(h, is_writing);
}

void http_free(struct http *h)
{
  if (h == NULL)
    return;
  assert(h->n_open == 0);
  while (h->spares != NULL)
    request_free(http_request_take(h));
  tls_io_release(&h->tls_io);
  buf_release(&h->head);
  buf_release(&h->body);
  secret_free(h->read_buf);
  free(h);
}
