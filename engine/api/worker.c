/* The API's threads: a loop each, stopped by an async handle. */
#include "api/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct worker {
  uv_loop_t loop;
  uv_async_t stop;
  struct http *http;
  pthread_t thread;
};

struct workers {
  unsigned n; /* started */
  struct worker *all;
};

static void on_http_closed(void *ctx)
{
  struct worker *w = ctx;

  uv_close((uv_handle_t *)&w->stop, NULL);
}

static void on_stop(uv_async_t *async)
{
  struct worker *w = async->data;

  http_close(w->http, on_http_closed, w);
}

static void *run(void *arg)
{
  struct worker *w = arg;
  sigset_t all;

  /* Signals are the main loop's. */
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
  (void)uv_run(&w->loop, UV_RUN_DEFAULT); /* until everything is closed */
  return NULL;
}

static int worker_init(struct worker *w, size_t number,
                       const struct workers_options *o, struct err *e)
{
  int rc = uv_loop_init(&w->loop);

  if (rc == 0)
    rc = uv_async_init(&w->loop, &w->stop, on_stop);
  if (rc != 0)
    return err_set(e, ERR_INTERNAL, "cannot start an API worker: %s",
                   uv_strerror(rc));
  w->stop.data = w;
  rc = http_new(&w->loop, o->gate, &w->http, e);
  for (size_t i = 0; rc == 0 && i < o->n_sockets; i++) {
    const struct workers_socket *s = &o->sockets[i];

    rc = http_listen(w->http, s->fds[number % s->n_fds], &s->entry, e);
  }
  return rc;
}

int workers_start(const struct workers_options *o, struct workers **out,
                  struct err *e)
{
  struct workers *ws = calloc(1, sizeof *ws);
  int rc = 0;

  if (ws != NULL)
    ws->all = calloc(o->n, sizeof *ws->all);
  if (ws == NULL || ws->all == NULL) {
    free(ws);
    return err_set(e, ERR_NOMEM, "no memory for the API workers");
  }
  for (unsigned i = 0; rc == 0 && i < o->n; i++) {
    rc = worker_init(&ws->all[i], i, o, e);
    if (rc == 0 &&
        pthread_create(&ws->all[i].thread, NULL, run, &ws->all[i]) != 0)
      rc = err_set(e, ERR_INTERNAL, "cannot start an API thread");
    if (rc == 0)
      ws->n++;
  }
  if (rc != 0) {
    /* The daemon ends now; half-made loops go with the process. */
    workers_stop(ws);
    return rc;
  }
  *out = ws;
  return 0;
}

void workers_stop(struct workers *ws)
{
  if (ws == NULL)
    return;
  for (unsigned i = 0; i < ws->n; i++)
    (void)uv_async_send(&ws->all[i].stop); /* fails on closing handles only */
  for (unsigned i = 0; i < ws->n; i++) {
    struct worker *w = &ws->all[i];

    (void)pthread_join(w->thread, NULL);
    http_free(w->http);
    (void)uv_loop_close(&w->loop); /* everything is closed */
  }
  free(ws->all);
  free(ws);
}
