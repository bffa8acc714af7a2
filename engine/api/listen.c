/* Listening sockets: a Unix socket that is ours alone, and TCP. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/worker.h"
#include "base/cleanup.h"

static bool answers(const struct sockaddr_un *sa)
{
  CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  return fd >= 0 && connect(fd, (const struct sockaddr *)sa, sizeof *sa) == 0;
}

int listen_unix(const char *path, int *out_fd, struct err *e)
{
  struct sockaddr_un sa = {.sun_family = AF_UNIX};
  CLEANUP_FD int fd = -1;
  struct stat st;

  if (strlen(path) >= sizeof sa.sun_path)
    return err_set(e, ERR_CONFIG,
                   "socket %s: the path is longer than %zu bytes; choose a "
                   "shorter one",
                   path, sizeof sa.sun_path - 1);
  memcpy(sa.sun_path, path, strlen(path));
  if (answers(&sa))
    return err_set(e, ERR_BUSY,
                   "socket %s: another keyturnd answers there; stop it first",
                   path);
  if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
    (void)unlink(path); /* left behind by a crash; bind says if it stays */
  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 ||
      chmod(path, 0666) != 0 || listen(fd, 128) != 0)
    return err_set(e, ERR_CONFIG,
                   "socket %s: %s; set socket to a path that the user keyturnd "
                   "runs as (uid %ld) can make",
                   path, strerror(errno), (long)geteuid());
  *out_fd = fd;
  fd = -1; /* transferred */
  return 0;
}

static int split(const char *address, char *host, size_t host_size,
                 const char **out_port)
{
  const char *colon = strrchr(address, ':');
  size_t len;

  if (colon == NULL || colon == address || colon[1] == '\0')
    return -1;
  len = (size_t)(colon - address);
  if (address[0] == '[' && address[len - 1] == ']') {
    address++;
    len -= 2;
  }
  /* getaddrinfo takes ports beyond 65535, and counts on from 0. */
  if (len == 0 || len >= host_size || strlen(colon + 1) > 5 ||
      strtol(colon + 1, NULL, 10) > UINT16_MAX)
    return -1;
  memcpy(host, address, len);
  host[len] = '\0';
  *out_port = colon + 1;
  return 0;
}

static int port_of(int fd)
{
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } sa = {.v6 = {0}};
  socklen_t len = sizeof sa;

  if (getsockname(fd, &sa.any, &len) != 0)
    return 0;
  return ntohs(sa.any.sa_family == AF_INET6 ? sa.v6.sin6_port : sa.v4.sin_port);
}

int listen_tcp(const char *address, int *out_fd, int *out_port, struct err *e)
{
  const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV |
                                             AI_PASSIVE,
                                 .ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  CLEANUP_FD int fd = -1;
  const char *port;
  char host[64];
  int one = 1, rc;

  if (split(address, host, sizeof host, &port) != 0 ||
      getaddrinfo(host, port, &hints, &found) != 0)
    return err_set(e, ERR_CONFIG,
                   "listen %s: write a numeric address and a port, as in "
                   "127.0.0.1:8200 or [::1]:8200",
                   address);
  fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  rc = fd < 0 ? -1 : 0;
  if (rc == 0)
    rc = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (rc == 0)
    rc = bind(fd, found->ai_addr, found->ai_addrlen);
  if (rc == 0)
    rc = listen(fd, 128);
  freeaddrinfo(found);
  if (rc != 0)
    return err_set(e, ERR_CONFIG,
                   "listen %s: %s; set another address or port, or stop what "
                   "listens there",
                   address, strerror(errno));
  *out_port = port_of(fd);
  *out_fd = fd;
  fd = -1; /* transferred */
  return 0;
}
