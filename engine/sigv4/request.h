/* A request as Signature Version 4 sees it. */
#ifndef SIGV4_REQUEST_H
#define SIGV4_REQUEST_H

#include <stddef.h>

/* The name in lower case and of HTTP token characters only: the HTTP parser
 * sees to both.  The value may have blanks around it. */
struct sigv4_header {
  const char *name, *value;
};

/* All borrowed for the length of a call. */
struct sigv4_request {
  const char *method, *path; /* the path with its query, as sent */
  const struct sigv4_header *headers;
  size_t n_headers;
  const void *body;
  size_t body_len;
};

#endif
