/* server.c - versions are numbers, never prefixes of a text. */
#include "server.h"

#include <stdlib.h>
#include <string.h>

#define GREETING_PREFIX "5.5.5-"

struct server server_parse(const char *greeting)
{
  struct server server = {.is_mariadb = strstr(greeting, "MariaDB") != NULL};
  unsigned part[3] = {0};
  const char *text = greeting;
  if (strncmp(text, GREETING_PREFIX, sizeof GREETING_PREFIX - 1) == 0) {
    text += sizeof GREETING_PREFIX - 1;
    server.is_mariadb = true;
  }
  for (int i = 0; i < 3 && *text >= '0' && *text <= '9'; i++) {
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);
    part[i] = n < 1000 ? (unsigned)n : 0;
    text = *end == '.' ? end + 1 : "";
  }
  server.version = part[0] * 10000 + part[1] * 100 + part[2];
  return server;
}

bool server_is_supported(const struct server *server)
{
  return server->version >= (server->is_mariadb ? 100400 : 50706);
}

bool server_has_overlap(const struct server *server)
{
  return server->version >= (server->is_mariadb ? 100400 : 80014);
}

bool server_has_roles(const struct server *server)
{
  return server->version >= (server->is_mariadb ? 100400 : 80000);
}
