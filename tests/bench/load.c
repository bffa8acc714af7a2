/* Load on an HTTP server that speaks Secrets Manager's protocol, or on one
 * that only answers: keep-alive connections, each with one request at a time.
 *
 * Reads commands from standard input, one a line, answers each with one line:
 *
 *     key ACCESS-KEY-ID SECRET-ACCESS-KEY REGION
 *     sign OPERATION SECRETS COUNT VALUE-BYTES
 *     run PORT CONNECTIONS SECONDS
 *     idle PORT CONNECTIONS
 *
 * `sign` signs COUNT requests ahead, so that a run costs sending and reading
 * alone, for SECRETS secrets named bench/00000 and on, in an order that jumps;
 * with VALUE-BYTES they carry a value, and none is sent twice.  A signature is
 * good for five minutes.  `run` answers with: requests, seconds, and the
 * median, the 99th percentile and the longest time of one in us, the bytes of
 * a reply.  `idle` leaves connections open that have had one answer each.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/random.h"
#include "sigv4/sign.h"

enum {
  CONNECTIONS_MAX = 16384,
  REQUESTS_MAX = 1 << 20,
  TIMES_MAX = 1 << 23,
  READ_BYTES = 65536,
  LINE_BYTES = 512,
  STEP = 7919 /* a prime: the order in which secrets are asked for */
};

struct connection {
  int fd;
  size_t len;
  double sent_us;
  char *in;
};

struct request {
  char *text;
  size_t len;
};

static struct {
  char key_id[130], region[64];
  struct secret key;
  struct request *requests;
  size_t n_requests, next;
  bool once; /* no request is sent twice */
  struct connection *connections;
  double *times_us;
  size_t n_times, reply_bytes;
  int *idle;
  size_t n_idle;
} load;

static _Noreturn void fail(const char *doing, const char *why)
{
  (void)fprintf(stderr, "load: %s: %s\n", doing, why);
  exit(1);
}

static double now_us(void)
{
  struct timespec ts;

  (void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail */
  return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* ---- requests ------------------------------------------------------------ */

static void body_write(struct buf *out, size_t secret, size_t value_bytes)
{
  char token[UUID_TEXT_LEN + 1];

  buf_printf(out, "{\"SecretId\":\"bench/%05zu\"", secret);
  if (value_bytes > 0) {
    random_uuid(random_system(), token);
    buf_printf(out, ",\"ClientRequestToken\":\"%s\",\"SecretString\":\"",
               token);
    for (size_t i = 0; i < value_bytes; i++)
      buf_putc(out, (char)('a' + i % 26));
    buf_putc(out, '"');
  }
  buf_putc(out, '}');
}

/* The headers are those that AWS's clients send. */
static void request_sign(struct digest *d, const char *operation,
                         const struct buf *body, const char *stamp,
                         struct request *out)
{
  char target[160], authorization[SIGN_VALUE_MAX];
  const struct sigv4_header headers[] = {
      {"content-type", "application/x-amz-json-1.1"},
      {"host", "127.0.0.1"},
      {"x-amz-date", stamp},
      {"x-amz-target", target},
  };
  const struct sigv4_request r = {
      .method = "POST",
      .path = "/",
      .headers = headers,
      .n_headers = sizeof headers / sizeof headers[0],
      .body = body->data,
      .body_len = body->len,
  };
  const struct sigv4_signer signer = {
      .access_key_id = load.key_id,
      .region = load.region,
      .service = "secretsmanager",
      .secret_access_key = &load.key,
  };
  struct err e = {0};
  int n;

  (void)snprintf(target, sizeof target, "secretsmanager.%s", operation);
  if (sigv4_sign(d, &r, &signer, authorization, &e) != 0)
    fail("sign", e.text);
  free(out->text);
  n = asprintf(&out->text,
               "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
               "Accept-Encoding: identity\r\nX-Amz-Target: %s\r\n"
               "Content-Type: application/x-amz-json-1.1\r\n"
               "User-Agent: keyturn-bench/1 load\r\nX-Amz-Date: %s\r\n"
               "Authorization: %s\r\nContent-Length: %zu\r\n\r\n%s",
               target, stamp, authorization, body->len, body->data);
  if (n < 0)
    fail("sign", "out of memory");
  out->len = (size_t)n;
}

static void sign(const char *operation, size_t secrets, size_t count,
                 size_t value_bytes)
{
  struct digest *d = NULL;
  struct buf body;
  struct err e = {0};
  char stamp[STAMP_LEN + 1];

  if (count < 1 || count > REQUESTS_MAX || secrets < 1 || load.key.len == 0)
    fail("sign", "no such number, or no key yet");
  if (digest_new(&d, &e) != 0)
    fail("sign", e.text);
  stamp_format(clock_now_us(clock_system()), stamp);
  buf_init(&body, 1 << 20, false);
  for (size_t i = 0; i < count; i++) {
    buf_clear(&body);
    body_write(&body, i * STEP % secrets, value_bytes);
    request_sign(d, operation, &body, stamp, &load.requests[i]);
  }
  buf_release(&body);
  digest_free(d);
  load.n_requests = count;
  load.next = 0;
  load.once = value_bytes > 0;
}

/* ---- connections --------------------------------------------------------- */

static int connect_to(int port)
{
  struct sockaddr_in sa = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                           .sin_port = htons((uint16_t)port)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);

  if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof sa) != 0)
    fail("connect", strerror(errno));
  return fd;
}

/* false: there is none left. */
static bool send_next(struct connection *c)
{
  const struct request *r;

  if (load.next == load.n_requests) {
    if (load.once)
      return false;
    load.next = 0;
  }
  r = &load.requests[load.next++];
  c->len = 0;
  c->sent_us = now_us();
  if (write(c->fd, r->text, r->len) != (ssize_t)r->len)
    fail("write", strerror(errno));
  return true;
}

/* Bytes of the reply, 0 while it is not whole. */
static size_t reply_len(const struct connection *c)
{
  const char *end = memmem(c->in, c->len, "\r\n\r\n", 4), *length;
  size_t whole;

  if (end == NULL)
    return 0;
  if (strncmp(c->in, "HTTP/1.1 200 ", 13) != 0)
    fail("reply", c->in);
  length = memmem(c->in, (size_t)(end - c->in), "\r\nContent-Length:", 17);
  if (length == NULL)
    fail("reply", "it says no Content-Length");
  whole = (size_t)(end - c->in) + 4 + strtoul(length + 17, NULL, 10);
  return whole <= c->len ? whole : 0;
}

/* Reads; true when the reply is whole. */
static bool take(struct connection *c)
{
  ssize_t n = read(c->fd, c->in + c->len, READ_BYTES - c->len);
  size_t whole;

  if (n <= 0)
    fail("read", n == 0 ? "the server closed a connection" : strerror(errno));
  c->len += (size_t)n;
  c->in[c->len] = '\0';
  whole = reply_len(c);
  if (whole == 0)
    return false;
  load.reply_bytes = whole;
  if (load.n_times < TIMES_MAX)
    load.times_us[load.n_times++] = now_us() - c->sent_us;
  return true;
}

static int by_size(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Whoever has its answer asks again until the time is over; then the open
 * answers are awaited. */
static double drive(int poll, size_t n, double seconds)
{
  struct epoll_event events[256];
  double start = now_us(), end = start + seconds * 1e6;
  size_t busy = n;

  for (size_t i = 0; i < n; i++)
    busy -= !send_next(&load.connections[i]);
  while (busy > 0) {
    int found = epoll_wait(poll, events, 256, -1);

    for (int i = 0; i < found; i++) {
      struct connection *c = events[i].data.ptr;

      if (take(c))
        busy -= now_us() > end || !send_next(c);
    }
  }
  return (now_us() - start) / 1e6;
}

static void run(int port, size_t n, double seconds)
{
  int poll = epoll_create1(0);
  double took, *t = load.times_us;

  if (n < 1 || n > CONNECTIONS_MAX || load.n_requests == 0 || poll < 0)
    fail("run", "no such number, or nothing signed");
  load.n_times = 0;
  for (size_t i = 0; i < n; i++) {
    struct connection *c = &load.connections[i];
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

    if (c->in == NULL && (c->in = malloc(READ_BYTES + 1)) == NULL)
      fail("run", "out of memory");
    c->fd = connect_to(port);
    if (epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &e) != 0)
      fail("epoll", strerror(errno));
  }
  took = drive(poll, n, seconds);
  for (size_t i = 0; i < n; i++)
    (void)close(load.connections[i].fd); /* nothing is owed on it */
  (void)close(poll);
  qsort(t, load.n_times, sizeof t[0], by_size);
  (void)printf("%zu %.6f %.1f %.1f %.1f %zu\n", load.n_times, took,
               t[load.n_times / 2], t[load.n_times * 99 / 100],
               t[load.n_times - 1], load.reply_bytes);
}

static void idle(int port, size_t n)
{
  struct connection c = {.in = malloc(READ_BYTES + 1)};

  if (c.in == NULL || n > CONNECTIONS_MAX - load.n_idle)
    fail("idle", "too many");
  for (size_t i = 0; i < n; i++) {
    c.fd = connect_to(port);
    if (!send_next(&c))
      fail("idle", "nothing is signed");
    while (!take(&c))
      ;
    load.idle[load.n_idle++] = c.fd;
  }
  free(c.in);
  (void)printf("%zu\n", load.n_idle);
}

static void key(const char *id, const char *secret, const char *region)
{
  struct err e = {0};

  secret_release(&load.key);
  if (secret_copy(secret, strlen(secret), &load.key, &e) != 0)
    fail("key", e.text);
  (void)snprintf(load.key_id, sizeof load.key_id, "%s", id);
  (void)snprintf(load.region, sizeof load.region, "%s", region);
}

static void command(const char *line)
{
  char a[130], b[130], c[64];
  size_t n, m, k;
  double seconds;
  int port;

  if (sscanf(line, "key %129s %129s %63s", a, b, c) == 3) {
    key(a, b, c);
    (void)printf("ok\n");
  } else if (sscanf(line, "sign %63s %zu %zu %zu", a, &n, &m, &k) == 4) {
    sign(a, n, m, k);
    (void)printf("ok\n");
  } else if (sscanf(line, "run %d %zu %lf", &port, &n, &seconds) == 3)
    run(port, n, seconds);
  else if (sscanf(line, "idle %d %zu", &port, &n) == 2)
    idle(port, n);
  else
    fail("input", "not a command");
  (void)fflush(stdout); /* a reader that is gone closes our input too */
}

int main(void)
{
  struct rlimit files;
  char line[LINE_BYTES];

  (void)getrlimit(RLIMIT_NOFILE, &files); /* a right address cannot fail */
  files.rlim_cur = files.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &files); /* connect says when it was needed */
  load.requests = calloc(REQUESTS_MAX, sizeof load.requests[0]);
  load.times_us = malloc(TIMES_MAX * sizeof load.times_us[0]);
  load.connections = calloc(CONNECTIONS_MAX, sizeof load.connections[0]);
  load.idle = malloc(CONNECTIONS_MAX * sizeof load.idle[0]);
  if (load.requests == NULL || load.times_us == NULL ||
      load.connections == NULL || load.idle == NULL)
    fail("start", "out of memory");
  while (fgets(line, sizeof line, stdin) != NULL)
    command(line);
  return 0;
}
