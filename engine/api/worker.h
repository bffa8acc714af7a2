/* The API's threads: each runs a libuv loop of its own with the listening
 * sockets, and calls the handler on it.  The engine's loop is not among
 * them, so a slow request never delays a rotation.
 */
#ifndef API_WORKER_H
#define API_WORKER_H

#include "api/http.h"

struct workers;

/* Binds and listens.  A Unix socket that nobody answers on is replaced; one
 * that answers is ERR_BUSY.  Mode 0666: peer credentials decide, not the file.
 * *out_fd: returned, close(2). */
int listen_unix(const char *path, int *out_fd, struct err *e);
/* "127.0.0.1:8200" or "[::1]:8200"; port 0 picks one (*out_port). */
int listen_tcp(const char *address, int *out_fd, int *out_port, struct err *e);

struct workers_options {
  unsigned n; /* threads */
  const struct {
    int fd;
    bool is_unix;
  } * sockets; /* borrowed during the call */
  size_t n_sockets;
  http_handler *handler; /* called from any of the threads */
  void *ctx;
};

int workers_start(const struct workers_options *o, struct workers **out,
                  struct err *e);
/* Lets running requests end, joins the threads, frees. */
void workers_stop(struct workers *w);

#endif
