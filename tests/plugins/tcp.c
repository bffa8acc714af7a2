/* A right rotator over TCP: one line asks, one line answers, and every wait
 * is bounded by the deadline.  With PLUGIN_PATIENT it waits for ever.
 *
 *     login PASSWORD        ok | no
 *     set PASSWORD NEW      ok | no
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <keyturn/rotator.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PLUGIN_PATIENT
#define PLUGIN_PATIENT 0
#endif

static const char schema[] =
    "{\"type\":\"object\",\"required\":[\"host\",\"port\",\"password\"],"
    "\"properties\":{\"host\":{\"type\":\"string\"},"
    "\"port\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535},"
    "\"password\":{\"type\":\"string\",\"writeOnly\":true}},"
    "\"additionalProperties\":false}";

static int wait_for(struct kt_step *s, int fd, short events)
{
  struct pollfd p = {fd, events, 0};
  int64_t left = PLUGIN_PATIENT ? -1 : s->host->remaining_ms(s);

  if (poll(&p, 1, (int)left) > 0)
    return KT_OK;
  s->host->error(s, "no-answer", "no answer before the deadline");
  return KT_UNREACHABLE;
}

static int dial(struct kt_step *s, int *out_fd)
{
  struct sockaddr_in at = {.sin_family = AF_INET};
  const char *host, *port;
  int fd, failed = 0;
  socklen_t len = sizeof failed;

  if (s->host->get_field(s, KT_SECRET, NULL, "host", &host) != KT_OK ||
      s->host->get_field(s, KT_SECRET, NULL, "port", &port) != KT_OK ||
      inet_pton(AF_INET, host, &at.sin_addr) != 1)
    return KT_CONFIG;
  at.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
  fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return KT_BUSY;
  if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0 &&
      (errno != EINPROGRESS || wait_for(s, fd, POLLOUT) != KT_OK ||
       getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) != 0 ||
       failed != 0)) {
    s->host->error(s, "connect", "cannot connect to %s:%s", host, port);
    (void)close(fd);
    return KT_UNREACHABLE;
  }
  *out_fd = fd;
  return KT_OK;
}

/* One question over one connection; "no" is KT_AUTH. */
static int ask(struct kt_step *s, const char *verb, const char *a,
               const char *b)
{
  char line[512];
  int fd, n, rc = dial(s, &fd);

  if (rc != KT_OK)
    return rc;
  n = snprintf(line, sizeof line, "%s %s%s%s\n", verb, a, b == NULL ? "" : " ",
               b == NULL ? "" : b);
  rc = send(fd, line, (size_t)n, MSG_NOSIGNAL) == n ? wait_for(s, fd, POLLIN)
                                                    : KT_UNREACHABLE;
  if (rc == KT_OK && recv(fd, line, 2, 0) != 2)
    rc = KT_UNREACHABLE;
  else if (rc == KT_OK && memcmp(line, "ok", 2) != 0)
    rc = KT_AUTH;
  (void)close(fd);
  return rc;
}

static int password(struct kt_step *s, const char *stage, const char **out)
{
  return s->host->get_field(s, KT_SECRET, stage, "password", out);
}

static int create(struct kt_step *s)
{
  struct kt_field field = {"password", NULL};
  int rc = s->host->random_password(s, NULL, &field.value);

  return rc == KT_OK ? s->host->put_pending_fields(s, &field, 1) : rc;
}

static int change(struct kt_step *s, const char *from, const char *to)
{
  const char *old, *new;
  int rc = password(s, from, &old);

  if (rc == KT_OK)
    rc = password(s, to, &new);
  if (rc == KT_OK)
    rc = ask(s, "login", old, NULL);
  if (rc == KT_OK)
    rc = s->host->mutating(s);
  return rc == KT_OK ? ask(s, "set", old, new) : rc;
}

static int test(struct kt_step *s)
{
  const char *value;
  int rc = password(s, s->stage, &value);

  return rc == KT_OK ? ask(s, "login", value, NULL) : rc;
}

static int set(struct kt_step *s)
{
  if (s->maybe_set && test(s) == KT_OK)
    return KT_OK;
  return change(s, "AWSCURRENT", "AWSPENDING");
}

static int revert(struct kt_step *s)
{
  const char *value;
  int rc = password(s, "AWSCURRENT", &value);

  if (rc == KT_OK && ask(s, "login", value, NULL) == KT_OK)
    return KT_OK;
  return rc == KT_OK ? change(s, "AWSPENDING", "AWSCURRENT") : rc;
}

static const struct kt_rotator rotator = {
    .size = sizeof rotator,
    .name = PLUGIN_PATIENT ? "tcp-patient" : "tcp",
    .version = "1",
    .summary = "for tests",
    .secret_schema = schema,
    .create_secret = create,
    .set_secret = set,
    .test_secret = test,
    .revert_secret = revert,
};
KT_MODULE(&rotator)
