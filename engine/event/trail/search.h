/* Looking for lines of a trail, the newest first. */
#ifndef EVENT_TRAIL_SEARCH_H
#define EVENT_TRAIL_SEARCH_H

#include "event/trail/folder.h"

/* A member that is NULL or 0 asks for nothing. */
struct search_query {
  const char *folder;
  int64_t since_us, until_us; /* of eventTime: from, and before */
  const char *user;   /* a name, an ARN, an access key id, a principal id */
  const char *action; /* eventName */
  const char *secret; /* a name, an ARN, or as the request spelled it */
  const char *error;  /* errorCode; "any" for every one */
  const char *source; /* what sourceIPAddress begins with */
  int64_t before;     /* sequence: older lines only */
  size_t limit;
  size_t bytes; /* that may be looked at; then it stops */
};

/* `line` is without its newline, and JSON.  1: that is enough. */
typedef int search_found(void *ctx, const char *line, size_t len,
                         struct err *e);

/* *out_next: the `before` of the next call; 0 when there is no more. */
int search_run(const struct search_query *q, search_found *found, void *ctx,
               int64_t *out_next, struct err *e);

#endif
