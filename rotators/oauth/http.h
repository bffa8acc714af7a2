/* http.h - one request and its reply, over a connection of its own. */
#ifndef OAUTH_HTTP_H
#define OAUTH_HTTP_H
#include <stdbool.h>

#include <keyturn/rotator.h>

#define HTTP_BODY_MAX ((size_t)64 * 1024)

struct http_request {
  const char *name;   /* of the secret's member: for messages */
  const char *url;    /* checked by client_read */
  const char *cafile; /* PEM, or a path; NULL: the system's */
  const char *form;   /* POST's body; NULL: GET */
  const char *header; /* Authorization, or NULL */
  bool head;          /* HEAD instead of GET */
};

enum http_outcome {
  HTTP_ANSWERED, /* status and body are there */
  HTTP_NOT_SENT, /* certain: the server has not seen the request */
  HTTP_LOST      /* sent, at least in part, but no whole answer came */
};

struct http_reply {
  enum http_outcome outcome;
  int class;        /* NOT_SENT, LOST: why; told already */
  long status;      /* ANSWERED */
  long retry_after; /* seconds, 0: not said */
  bool too_large;   /* the body was longer than HTTP_BODY_MAX: left out */
  char *body;       /* NUL-terminated, in scratch memory */
  size_t len;
};

/* Waits at most `timeout_ms`.  KT_OK, and *out says the rest; another class:
 * nothing was sent. */
int http_exchange(struct kt_step *step, const struct http_request *request,
                  int64_t timeout_ms, struct http_reply *out);

/* The time to wait for an answer so that there is time left to store it. */
int64_t http_patience_ms(struct kt_step *step);

/* For requests that change nothing: KT_OK if it was answered, else the class
 * to return. */
int http_ask(struct kt_step *step, const struct http_request *request,
             struct http_reply *out);

#endif
