/* The text of replies: status line and headers, and what is said to a request
 * that no handler gets to see.
 */
#ifndef API_REPLY_H
#define API_REPLY_H

#include "api/http.h"

#define REPLY_HEAD_MAX 1024

/* The time as the header Date has it, by which clients set their clocks right
 * before they sign.  Written anew when the second is another. */
struct reply_date {
  int64_t second;
  char text[32];
};
void reply_date_set(struct reply_date *d, int64_t now_us);

/* Status line and headers, with the empty line behind them.  REPLY_HEAD_MAX
 * bytes are enough. */
void reply_head(const struct http_reply *reply, const struct reply_date *date,
                bool closes, struct buf *out);

/* The bytes are no request. */
void reply_refuse_bad(struct http_reply *out);
/* The headers are too many, or the body too long. */
void reply_refuse_large(bool in_body, struct http_reply *out);
/* Too many bodies arrive at once. */
void reply_refuse_busy(struct http_reply *out);
/* HTTP came to a listener that speaks TLS. */
void reply_refuse_plain(struct http_reply *out);

#endif
