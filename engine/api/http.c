/* A worker's HTTP server, made of its parts (api/http_parts.h). */
#include "api/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/http_parts.h"
#include "base/secret.h"

void http_handle_gone(struct http *h)
{
  assert(h->n_open > 0);
  if (--h->n_open == 0 && h->closing && h->done != NULL)
    h->done(h->done_ctx);
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

  if (h == NULL || (h->read_buf = secret_malloc(HTTP_READ_BYTES)) == NULL) {
    free(h);
    return err_set(e, ERR_NOMEM, "no memory for an HTTP worker");
  }
  h->loop = loop;
  h->handler = handler;
  h->ctx = ctx;
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
    if (!c->writing)
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
  secret_free(h->read_buf);
  free(h);
}
