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

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

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

/* *out: returned, freeaddrinfo. */
static int address_read(const char *text, struct addrinfo **out)
{
  const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV |
                                             AI_PASSIVE,
                                 .ai_socktype = SOCK_STREAM};
  const char *port;
  char host[64];

  if (split(text, host, sizeof host, &port) != 0)
    return -1;
  return getaddrinfo(host, port, &hints, out) == 0 ? 0 : -1;
}

bool listen_is_address(const char *text)
{
  struct addrinfo *found;

  if (address_read(text, &found) != 0)
    return false;
  freeaddrinfo(found);
  return true;
}

bool listen_is_loopback(const char *text)
{
  struct addrinfo *found = NULL;
  const union address *a;
  bool is_loopback;

  if (address_read(text, &found) != 0)
    return false;
  a = (const union address *)(const void *)found->ai_addr;
  if (found->ai_family == AF_INET)
    is_loopback = (ntohl(a->v4.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
  else
    is_loopback = IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr) ||
                  (IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr) &&
                   a->v6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET);
  freeaddrinfo(found);
  return is_loopback;
}

static int port_of(int fd)
{
  union address sa = {.v6 = {0}};
  socklen_t len = sizeof sa;

  if (getsockname(fd, &sa.any, &len) != 0)
    return 0;
  return ntohs(sa.any.sa_family == AF_INET6 ? sa.v6.sin6_port : sa.v4.sin_port);
}

/* Binds without SO_REUSEPORT, so that a port which another has is found out,
 * and allows it only then, for our own next ones. */
static int bind_one(const struct addrinfo *at, const union address *where,
                    bool is_first, int *out_fd)
{
  CLEANUP_FD int fd =
      socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int one = 1;

  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0)
    return -1;
  if (!is_first &&
      setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0)
    return -1;
  if (bind(fd, &where->any, at->ai_addrlen) != 0)
    return -1;
  if (is_first &&
      setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0)
    return -1;
  *out_fd = fd;
  fd = -1; /* transferred */
  return 0;
}

static void port_set(union address *a, int port)
{
  if (a->any.sa_family == AF_INET6)
    a->v6.sin6_port = htons((uint16_t)port);
  else
    a->v4.sin_port = htons((uint16_t)port);
}

int listen_tcp(const char *address, size_t n, int *out_fds, int *out_port,
               struct err *e)
{
  struct addrinfo *found = NULL;
  union address where = {.v6 = {0}};
  size_t n_open = 0;
  int rc = 0;

  if (address_read(address, &found) != 0)
    return err_set(e, ERR_CONFIG,
                   "listen %s: write a numeric address and a port, as in "
                   "127.0.0.1:8200 or [::1]:8200",
                   address);
  memcpy(&where, found->ai_addr, found->ai_addrlen);
  while (rc == 0 && n_open < n) {
    rc = bind_one(found, &where, n_open == 0, &out_fds[n_open]);
    if (rc == 0 && n_open++ == 0)
      port_set(&where, port_of(out_fds[0]));
  }
  for (size_t i = 0; rc == 0 && i < n; i++)
    rc = listen(out_fds[i], 128);
  if (rc != 0)
    rc = err_set(e, ERR_CONFIG,
                 "listen %s: %s; set another address or port, or stop what "
                 "listens there",
                 address, strerror(errno));
  freeaddrinfo(found);
  if (rc == 0)
    *out_port = port_of(out_fds[0]);
  else
    while (n_open > 0)
      (void)close(out_fds[--n_open]);
  return rc;
}
