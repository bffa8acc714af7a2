/* What the door counts; the engine's own metrics come behind it. */
#include "api/metrics_page.h"

#include <string.h>

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

static void put(struct buf *out, const char *name, const char *type,
                const char *help, uint64_t value)
{
  buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name,
             type, name, (unsigned long long)value);
}

static void put_door(struct buf *out, const struct gate_counts *c)
{
  const char *name = "keyturn_connections";

  buf_printf(out,
             "# HELP %s Open connections.\n# TYPE %s gauge\n"
             "%s{family=\"tcp\"} %llu\n%s{family=\"unix\"} %llu\n",
             name, name, name, (unsigned long long)c->connections, name,
             (unsigned long long)c->unix_connections);
  put(out, "keyturn_connections_accepted_total", "counter",
      "Connections that came in.", c->accepted);
  put(out, "keyturn_connections_refused_total", "counter",
      "Connections closed at once because of a limit.", c->refused);
  put(out, "keyturn_http_requests_total", "counter",
      "Requests that were answered.", c->requests);
  put(out, "keyturn_http_requests_refused_total", "counter",
      "Requests refused while they were read.", c->requests_refused);
  put(out, "keyturn_tls_handshakes_failed_total", "counter",
      "TLS handshakes that failed.", c->handshakes_failed);
  put(out, "keyturn_http_body_bytes", "gauge",
      "Memory of bodies that are still arriving.", c->body_bytes);
}

void metrics_page_handle(void *ctx, const struct http_request *request,
                         struct http_reply *reply)
{
  const struct metrics_page *page = ctx;
  struct gate_counts counts;

  if (strcmp(request->path, "/metrics") != 0) {
    reply->status = 404;
    buf_puts(&reply->body, "GET /metrics\n");
    return;
  }
  if (strcmp(request->method, "GET") != 0 &&
      strcmp(request->method, "HEAD") != 0) {
    reply->status = 405;
    buf_puts(&reply->body, "GET /metrics\n");
    return;
  }
  gate_get_counts(page->gate, &counts);
  put_door(&reply->body, &counts);
  if (page->more != NULL)
    page->more(page->more_ctx, &reply->body);
  reply->status = 200;
  reply->content_type = METRICS_TYPE;
}
