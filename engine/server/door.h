/* The ways into keyturnd: the Unix socket, the listeners of the API and that of
 * the metrics, with their certificate, their limits and their threads.
 */
#ifndef SERVER_DOOR_H
#define SERVER_DOOR_H

#include "api/metrics_page.h"
#include "api/worker.h"
#include "server/config.h"
#include "server/listen_list.h"

/* The sockets of one address, one for each thread. */
struct door_socket {
  struct listen_entry entry;
  int fds[WORKERS_MAX];
  size_t n_fds;
};

struct door {
  int unix_fd;
  struct door_socket tcp[LISTEN_LIST_MAX], metrics;
  size_t n_tcp;
  int port; /* of the first on TCP, or 0 */
  struct tls_context *tls;
  struct gate *gate;
  struct metrics_page metrics_page;
  struct workers *workers;
};

/* Binds, and reads the certificate.  door_close, also after a failure. */
int door_open(struct door *d, const struct config *c, struct err *e);
/* `handler` answers from now on, `metrics` writes what is behind the metrics
 * of the door itself (may be NULL). */
int door_start(struct door *d, const struct config *c, http_handler *handler,
               void *ctx, metrics_writer *metrics, void *metrics_ctx,
               struct err *e);
/* Limits and certificate as `c` has them; says in the log what came of it. */
void door_reload(struct door *d, const struct config *c);
/* Nobody is answered any more; the threads are joined. */
void door_stop(struct door *d);
void door_close(struct door *d, const struct config *c);

#endif
