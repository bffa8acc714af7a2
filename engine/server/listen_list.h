/* The setting `listen`: entries with commas between them, each
 *
 *     ADDRESS:PORT [tls] [endpoint=NAME]
 *
 * as in "127.0.0.1:8200, 10.0.0.5:8443 tls endpoint=vpce-0abc".
 */
#ifndef SERVER_LISTEN_LIST_H
#define SERVER_LISTEN_LIST_H

#include "api/http.h"

/* Two more listeners are the Unix socket and the metrics'. */
#define LISTEN_LIST_MAX (HTTP_LISTENERS_MAX - 2)
#define LISTEN_LIST_GRAMMAR                                              \
  "up to 14 of ADDRESS:PORT [tls] [endpoint=NAME] with commas between, " \
  "as in 127.0.0.1:8200, [::]:8443 tls endpoint=vpce-0abc"

struct listen_entry {
  char address[80];                 /* numeric, with the port */
  char endpoint[HTTP_ENDPOINT_MAX]; /* 1 to 63 of A-Z a-z 0-9 . _ -, or "" */
  bool is_tls;
};

/* false: it is none.  `out`: room for LISTEN_LIST_MAX. */
bool listen_list_parse(const char *text, struct listen_entry *out,
                       size_t *out_n);

#endif
