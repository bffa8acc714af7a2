/* Listening sockets of a worker, and who connects to them. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "api/http_parts.h"

/* The kernel cuts it to net.core.somaxconn. */
#define BACKLOG 4096

static void on_connect(uv_stream_t *stream, int status)
{
  if (status == 0) /* else libuv calls again for the next one */
    connection_accept(stream->data);
}

int http_listen(struct http *h, int fd, const struct http_entry *entry,
                struct err *e)
{
  struct listener *l = &h->listeners[h->n_listeners];
  int own, rc;

  assert(h->n_listeners < HTTP_LISTENERS_MAX);
  own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0)
    return err_set(e, ERR_IO, "cannot duplicate a listening socket: %s",
                   strerror(errno));
  rc = entry->is_unix ? uv_pipe_init(h->loop, &l->u.pipe, 0)
                      : uv_tcp_init(h->loop, &l->u.tcp);
  if (rc == 0) {
    h->n_listeners++;
    h->n_open++;
    l->http = h;
    l->entry = *entry;
    l->u.handle.data = l;
    rc = entry->is_unix ? uv_pipe_open(&l->u.pipe, own)
                        : uv_tcp_open(&l->u.tcp, own);
  }
  if (rc != 0) {
    (void)close(own); /* it was not taken */
    return err_set(e, ERR_IO, "cannot listen: %s", uv_strerror(rc));
  }
  rc = uv_listen(&l->u.stream, BACKLOG, on_connect);
  if (rc != 0)
    return err_set(e, ERR_IO, "cannot listen: %s", uv_strerror(rc));
  return 0;
}

static void on_listener_closed(uv_handle_t *handle)
{
  http_handle_gone(((struct listener *)handle->data)->http);
}

void listener_close(struct listener *l)
{
  uv_close(&l->u.handle, on_listener_closed);
}
