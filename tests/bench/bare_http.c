/* An HTTP server that does nothing: one thread, epoll, and the same reply to
 * every request, beside which tests/bench/run measures keyturnd.  It reads a
 * request to its end, because nobody can answer without that, and looks at
 * nothing in it but its length.
 *
 *     bare_http REPLY-BYTES
 *
 * prints its port and serves until its standard input is closed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  REQUEST_BYTES = 16384,
  REPLY_MIN = 128,
  REPLY_MAX = 1 << 20,
  EVENTS = 128
};

struct connection {
  int fd;
  size_t len;
  char in[REQUEST_BYTES + 1];
};

static _Noreturn void fail(const char *doing)
{
  (void)fprintf(stderr, "bare_http: %s: %s\n", doing, strerror(errno));
  exit(1);
}

/* `size` bytes in all, headers included. */
static char *reply_make(size_t size)
{
  char *reply = malloc(size + 1);
  int head;

  if (reply == NULL)
    fail("reply");
  head = snprintf(reply, size + 1,
                  "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1"
                  "\r\nContent-Length: %06zu\r\n\r\n",
                  (size_t)0);
  head = snprintf(reply, size + 1,
                  "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1"
                  "\r\nContent-Length: %06zu\r\n\r\n",
                  size - (size_t)head);
  memset(reply + head, 'x', size - (size_t)head);
  return reply;
}

/* Bytes of the request at the start of the buffer; 0: not whole yet. */
static size_t request_len(const struct connection *c)
{
  const char *end = memmem(c->in, c->len, "\r\n\r\n", 4), *length;
  size_t body = 0;

  if (end == NULL)
    return 0;
  length = memmem(c->in, (size_t)(end - c->in), "\r\nContent-Length:", 17);
  if (length != NULL)
    body = strtoul(length + 17, NULL, 10);
  body += (size_t)(end - c->in) + 4;
  return body <= c->len ? body : 0;
}

/* false: the connection is over. */
static bool serve(struct connection *c, const char *reply, size_t size)
{
  ssize_t n = read(c->fd, c->in + c->len, REQUEST_BYTES - c->len);
  size_t used;

  if (n <= 0)
    return false;
  c->len += (size_t)n;
  c->in[c->len] = '\0';
  while ((used = request_len(c)) > 0) {
    if (write(c->fd, reply, size) != (ssize_t)size)
      return false;
    memmove(c->in, c->in + used, c->len - used);
    c->len -= used;
  }
  return c->len < REQUEST_BYTES;
}

static void on_connect(int poll, int listener)
{
  struct connection *c = calloc(1, sizeof *c);
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

  if (c == NULL || (c->fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) < 0 ||
      epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &e) != 0)
    fail("accept");
}

static int listener_make(void)
{
  struct sockaddr_in sa = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof sa;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

  if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 ||
      listen(fd, 1024) != 0 ||
      getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
    fail("listen");
  (void)printf("%d\n", ntohs(sa.sin_port));
  (void)fflush(stdout); /* a reader that is gone closes our input too */
  return fd;
}

int main(int argc, char **argv)
{
  size_t size = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
  struct connection input = {.fd = STDIN_FILENO}, listening;
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = &input},
                     events[EVENTS];
  int poll = epoll_create1(0);
  char *reply;

  if (size < REPLY_MIN || size > REPLY_MAX) {
    (void)fprintf(stderr, "bare_http REPLY-BYTES (%d to %d)\n", REPLY_MIN,
                  REPLY_MAX);
    return 2;
  }
  reply = reply_make(size);
  listening.fd = listener_make();
  if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, input.fd, &e) != 0)
    fail("epoll");
  e.data.ptr = &listening;
  if (epoll_ctl(poll, EPOLL_CTL_ADD, listening.fd, &e) != 0)
    fail("epoll");
  for (;;) {
    int n = epoll_wait(poll, events, EVENTS, -1);

    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;

      if (c == &input)
        return 0;
      if (c == &listening)
        on_connect(poll, c->fd);
      else if (!serve(c, reply, size)) {
        (void)close(c->fd);
        free(c);
      }
    }
  }
}
