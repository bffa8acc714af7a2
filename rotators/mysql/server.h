/* server.h - which server this is, and what it can do. */
#ifndef MYSQL_SERVER_H
#define MYSQL_SERVER_H
#include <stdbool.h>

struct server {
  bool is_mariadb;
  unsigned version; /* 101119 is 10.11.19; 90704 is 9.7.4 */
  bool is_read_only;
  /* A policy for passwords is on: MySQL's validate_password, which cannot
   * judge a verifier, or MariaDB's with strict_password_validation, under
   * which the server refuses verifiers. */
  bool has_policy;
  unsigned sha2_rounds; /* of caching_sha2_password; a multiple of 1000 */
};

/* From what the server says in its greeting: MariaDB's may begin with
 * "5.5.5-", for the sake of old replicas.  Unknown text is version 0. */
struct server server_parse(const char *greeting);

bool server_is_supported(const struct server *server);
bool server_has_overlap(const struct server *server); /* two passwords */
bool server_has_roles(const struct server *server);   /* and default ones */

#endif
