/* Sockets opened, threads started, limits and certificate renewed. */
#include "server/door.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

/* A quarter of the secret memory (server/main.c), for bodies on their way. */
#define BODIES_MAX ((size_t)4 << 20)
/* Besides connections: the store, plugins, what libraries open. */
#define OTHER_DESCRIPTORS 512

static struct gate_limits limits_of(const struct config *c)
{
  return (struct gate_limits){
      .in_all = (unsigned)config_number(c, max_connections),
      .per_address = (unsigned)config_number(c, max_per_address),
      .idle_ms = (uint64_t)config_number(c, idle_timeout),
      .request_ms = (uint64_t)config_number(c, request_timeout),
      .body_bytes = BODIES_MAX};
}

static struct tls_settings tls_of(const struct config *c)
{
  return (struct tls_settings){
      .cert = config_text(c, tls_cert),
      .key = config_text(c, tls_key),
      .client_ca = config_text(c, tls_client_ca),
      .client_auth = (enum tls_client_auth)config_number(c, tls_client_auth),
      .only_1_3 = config_number(c, tls_min_version) != 0};
}

/* ---- the start ------------------------------------------------------------
 */

/* Each connection is a descriptor. */
static void descriptors_allow(const struct config *c)
{
  rlim_t want = (rlim_t)config_number(c, max_connections) + GATE_UNIX_MAX +
                OTHER_DESCRIPTORS;
  struct rlimit r;

  if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= want)
    return;
  r.rlim_cur = r.rlim_max < want ? r.rlim_max : want;
  (void)setrlimit(RLIMIT_NOFILE, &r); /* up to rlim_max it may */
  if (r.rlim_cur < want)
    log_warn("few_descriptors", log_int("limit", (int64_t)r.rlim_cur),
             log_int("wanted", (int64_t)want),
             log_str("next", "connections beyond are closed; raise "
                             "LimitNOFILE, or lower max_connections"));
}

/* /run/keyturn is gone after each boot; listen_unix says what is wrong when
 * this does not help. */
static void folder_of_socket(const char *path)
{
  const char *slash = strrchr(path, '/');
  CLEANUP_FREE char *folder =
      slash == NULL ? NULL : strndup(path, (size_t)(slash - path));

  if (folder != NULL && folder[0] != '\0')
    (void)mkdir(folder, 0755); /* mostly it is there */
}

static int socket_open(struct door_socket *s, const struct config *c,
                       int *out_port, struct err *e)
{
  size_t n = (size_t)config_number(c, workers);
  int rc = listen_tcp(s->entry.address, n, s->fds, out_port, e);

  if (rc != 0)
    return rc;
  s->n_fds = n;
  log_info("listening", log_str("address", s->entry.address),
           log_int("port", *out_port),
           log_str("tls", s->entry.is_tls ? "yes" : "no"),
           log_str("endpoint",
                   s->entry.endpoint[0] == '\0' ? NULL : s->entry.endpoint));
  return 0;
}

static int tcp_open(struct door *d, const struct config *c, struct err *e)
{
  struct listen_entry entries[LISTEN_LIST_MAX];
  const char *metrics = config_text(c, metrics_listen);
  int rc = 0, port;

  (void)listen_list_parse(config_text(c, listen), entries, &d->n_tcp);
  for (size_t i = 0; i < d->n_tcp; i++)
    d->tcp[i].entry = entries[i];
  for (size_t i = 0; rc == 0 && i < d->n_tcp; i++) {
    rc = socket_open(&d->tcp[i], c, &port, e);
    if (rc == 0 && i == 0)
      d->port = port;
  }
  if (rc != 0 || metrics[0] == '\0')
    return rc;
  (void)snprintf(d->metrics.entry.address, sizeof d->metrics.entry.address,
                 "%.79s", metrics); /* numeric: it fits */
  return socket_open(&d->metrics, c, &port, e);
}

static void certificate_say(struct door *d)
{
  struct tls_about about;
  int64_t days;

  tls_context_about(d->tls, &about);
  days = (about.expires_us - clock_now_us(clock_system())) / US_PER_DAY;
  if (about.has_expired)
    log_warn("certificate_expired", log_str("subject", about.subject),
             log_str("next", "clients refuse it; put a new one in tls_cert and "
                             "send SIGHUP"));
  else
    log_info("certificate", log_str("subject", about.subject),
             log_int("days_left", days));
}

static int certificate_read(struct door *d, const struct config *c,
                            struct err *e)
{
  const struct tls_settings settings = tls_of(c);
  bool wants = false;
  int rc;

  for (size_t i = 0; i < d->n_tcp; i++)
    wants = wants || d->tcp[i].entry.is_tls;
  if (!wants)
    return 0;
  rc = tls_context_new(&settings, &d->tls, e);
  if (rc == 0)
    certificate_say(d);
  return rc;
}

int door_open(struct door *d, const struct config *c, struct err *e)
{
  const char *path = config_text(c, socket);
  const struct gate_limits limits = limits_of(c);
  int rc;

  memset(d, 0, sizeof *d);
  d->unix_fd = -1;
  descriptors_allow(c);
  rc = gate_new(&limits, &d->gate, e);
  folder_of_socket(path);
  if (rc == 0)
    rc = listen_unix(path, &d->unix_fd, e);
  if (rc == 0)
    rc = tcp_open(d, c, e);
  if (rc == 0)
    rc = certificate_read(d, c, e);
  return rc;
}

int door_start(struct door *d, const struct config *c, http_handler *handler,
               void *ctx, metrics_writer *metrics, void *metrics_ctx,
               struct err *e)
{
  struct workers_socket sockets[HTTP_LISTENERS_MAX];
  struct workers_options o = {.n = (unsigned)config_number(c, workers),
                              .sockets = sockets,
                              .gate = d->gate};

  sockets[o.n_sockets++] = (struct workers_socket){.entry = {.is_unix = true,
                                                             .endpoint = "",
                                                             .handler = handler,
                                                             .ctx = ctx},
                                                   .fds = &d->unix_fd,
                                                   .n_fds = 1};
  for (size_t i = 0; i < d->n_tcp; i++)
    sockets[o.n_sockets++] = (struct workers_socket){
        .entry = {.endpoint = d->tcp[i].entry.endpoint,
                  .tls = d->tcp[i].entry.is_tls ? d->tls : NULL,
                  .handler = handler,
                  .ctx = ctx},
        .fds = d->tcp[i].fds,
        .n_fds = d->tcp[i].n_fds};
  d->metrics_page = (struct metrics_page){d->gate, metrics, metrics_ctx};
  if (d->metrics.n_fds > 0)
    sockets[o.n_sockets++] =
        (struct workers_socket){.entry = {.endpoint = "",
                                          .handler = metrics_page_handle,
                                          .ctx = &d->metrics_page},
                                .fds = d->metrics.fds,
                                .n_fds = d->metrics.n_fds};
  return workers_start(&o, &d->workers, e);
}

/* ---- the rest of its life -------------------------------------------------
 */

void door_reload(struct door *d, const struct config *c)
{
  const struct gate_limits limits = limits_of(c);
  const struct tls_settings settings = tls_of(c);
  struct err e = {0};

  descriptors_allow(c);
  gate_set_limits(d->gate, &limits);
  if (d->tls == NULL)
    return;
  if (tls_context_reload(d->tls, &settings, &e) == 0)
    certificate_say(d);
  else
    log_error("certificate_refused", log_str("error", e.text),
              log_str("next", "the one that was read before stays"));
}

void door_stop(struct door *d)
{
  workers_stop(d->workers);
  d->workers = NULL;
}

static void socket_close(struct door_socket *s)
{
  while (s->n_fds > 0)
    (void)close(s->fds[--s->n_fds]);
}

void door_close(struct door *d, const struct config *c)
{
  if (d->unix_fd >= 0) {
    (void)close(d->unix_fd);
    (void)unlink(config_text(c, socket)); /* ours; gone is good */
  }
  for (size_t i = 0; i < d->n_tcp; i++)
    socket_close(&d->tcp[i]);
  socket_close(&d->metrics);
  tls_context_free(d->tls);
  gate_free(d->gate);
}
