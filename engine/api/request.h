/* One HTTP request being read: llhttp's callbacks gathered into caps.
 * Knows no sockets, so that it can be tested and fuzzed alone.
 */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include <llhttp.h>
#include <stdbool.h>

#include "api/http.h"

enum request_state {
  REQUEST_MORE,      /* all bytes taken, not whole yet */
  REQUEST_CONTINUE,  /* headers whole; the client waits for 100 Continue */
  REQUEST_DONE,      /* whole; *out_used bytes were its */
  REQUEST_TOO_LARGE, /* the body is, when in_body, else the headers */
  REQUEST_BAD,
};

struct request {
  struct request *next; /* in a list of spare ones, for who keeps one */
  llhttp_t parser;
  struct buf head; /* method, path, header names and values, NUL-separated */
  struct buf body; /* secret */
  struct {
    size_t name, value; /* offsets into head */
  } headers[HTTP_HEADERS_MAX];
  struct http_header view[HTTP_HEADERS_MAX];
  size_t n_headers, path;
  unsigned char scan; /* enum scan, in request.c */
  char last;          /* byte of the head */
  bool in_value, in_body, too_large, expects, done, keeps_alive;
};

void request_init(struct request *r);
void request_release(struct request *r);
/* Ready for the next request.  Zeroes what it held; small buffers stay. */
void request_clear(struct request *r);
enum request_state request_feed(struct request *r, const char *data, size_t len,
                                size_t *out_used);
/* After REQUEST_DONE; the view is borrowed until request_clear. */
void request_view(struct request *r, const struct http_peer *peer,
                  struct http_request *out);
bool request_keeps_alive(const struct request *r);
/* Bytes of secret memory that its body has. */
size_t request_body_memory(const struct request *r);

#endif
