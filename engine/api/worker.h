/* The API's threads: each runs a libuv loop of its own with the listening
 * sockets, and calls their handlers on it.  The engine's loop is not among
 * them, so a slow request never delays a rotation.
 */
#ifndef API_WORKER_H
#define API_WORKER_H

#include "api/http.h"

#define WORKERS_MAX 64

struct workers;

/* Binds and listens.  A Unix socket that nobody answers on is replaced; one
 * that answers is ERR_BUSY.  Mode 0666: peer credentials decide, not the file.
 * *out_fd: returned, close(2). */
int listen_unix(const char *path, int *out_fd, struct err *e);
/* "127.0.0.1:8200" or "[::1]:8200"; port 0 picks one (*out_port).  `n` sockets
 * on the one port, among which the kernel spreads connections; out_fds:
 * returned, close(2). */
int listen_tcp(const char *address, size_t n, int *out_fds, int *out_port,
               struct err *e);
/* Is it an address as above? */
bool listen_is_address(const char *text);
/* Can it be reached from this machine only? */
bool listen_is_loopback(const char *address);

struct workers_socket {
  struct http_entry entry;
  const int *fds; /* one for each worker, or one for all */
  size_t n_fds;
};

struct workers_options {
  unsigned n;                           /* threads, at most WORKERS_MAX */
  const struct workers_socket *sockets; /* borrowed during the call */
  size_t n_sockets;
  struct gate *gate; /* borrowed until workers_stop */
};

int workers_start(const struct workers_options *o, struct workers **out,
                  struct err *e);
/* Lets running requests end, joins the threads, frees. */
void workers_stop(struct workers *w);

#endif
