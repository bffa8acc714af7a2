/* GET /metrics, in Prometheus's text format, on a listener of its own. */
#ifndef API_METRICS_PAGE_H
#define API_METRICS_PAGE_H

#include "api/gate.h"
#include "api/http.h"

/* Appends metrics to the page; from any thread. */
typedef void metrics_writer(void *ctx, struct buf *out);

/* All borrowed while there are workers. */
struct metrics_page {
  struct gate *gate;
  metrics_writer *more; /* behind those of the door; NULL: nothing */
  void *more_ctx;
};

/* The http_handler; ctx is a struct metrics_page *. */
void metrics_page_handle(void *ctx, const struct http_request *request,
                         struct http_reply *reply);

#endif
