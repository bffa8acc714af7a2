/* HTTP/1.1 on one libuv loop, with or without TLS: connections in, requests
 * parsed by llhttp, replies out.
 *
 * A handler is plain and synchronous: it gets a whole request and fills a
 * reply.  Everything that comes from outside is capped: header bytes and body
 * bytes here; connections, idle time and slow requests by api/gate.h.  Bodies
 * and replies live in secret memory.  One worker (api/worker.h) owns one
 * `struct http`.
 */
#ifndef API_HTTP_H
#define API_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "api/gate.h"
#include "api/tls_context.h"
#include "base/buf.h"
#include "base/err.h"

#define HTTP_HEADERS_MAX      32
#define HTTP_HEADER_BYTES_MAX 16384
#define HTTP_BODY_MAX         (512 * 1024)
#define HTTP_REPLY_MAX        (4 * 1024 * 1024)
#define HTTP_LISTENERS_MAX    16
#define HTTP_ENDPOINT_MAX     64 /* bytes of a name, with its NUL */

/* Who is at the other end, as the kernel says. */
struct http_peer {
  bool is_unix;
  uid_t uid; /* of a Unix socket's peer, at the time of connect */
  gid_t gid;
  pid_t pid;
  char address[64];     /* numeric, without port; "" on a Unix socket */
  const char *endpoint; /* the listener's name, or "" */
  /* "TLSv1.3" and OpenSSL's name of the cipher; NULL where there is no TLS. */
  const char *tls_version, *tls_cipher;
};

struct http_header {
  const char *name, *value; /* NUL-terminated; name in lower case */
};

struct http_request {
  const char *method, *path; /* path with its query, as sent */
  const struct http_header *headers;
  size_t n_headers;
  const char *body; /* NUL-terminated; may be secret */
  size_t body_len;
  const struct http_peer *peer;
};

struct http_reply {
  int status;
  const char *content_type; /* static text */
  char request_id[37];      /* sent as x-amzn-RequestId */
  char error_type[64];      /* sent as x-amzn-ErrorType unless "" */
  struct buf body;          /* secret; the server releases it */
};

typedef void http_handler(void *ctx, const struct http_request *request,
                          struct http_reply *reply);

/* The value of a header, or NULL; `name` in lower case. */
const char *http_header(const struct http_request *request, const char *name);

/* A way in.  What it points to is borrowed until http_free. */
struct http_entry {
  bool is_unix;
  const char *endpoint;    /* for those who come this way, or "" */
  struct tls_context *tls; /* NULL: plain */
  http_handler *handler;
  void *ctx; /* the handler's */
};

struct http;

/* `loop`, `gate`: borrowed until http_free.  *out: returned. */
int http_new(uv_loop_t *loop, struct gate *gate, struct http **out,
             struct err *e);
/* Takes over a bound, listening socket (a duplicate of it); at most
 * HTTP_LISTENERS_MAX of them. */
int http_listen(struct http *h, int fd, const struct http_entry *entry,
                struct err *e);
/* Stops accepting and closes idle connections; `done` is called on the loop
 * once every handle is closed.  Then http_free. */
void http_close(struct http *h, void (*done)(void *ctx), void *ctx);
void http_free(struct http *h);

#endif
