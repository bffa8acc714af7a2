/* Loopback sockets; the rest is editing JSON. */
#include "kit/decoy.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

int decoy_open(enum decoy_kind kind, struct decoy *out, struct err *e)
{
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
      (kind == DECOY_SILENT && listen(fd, 64) != 0) ||
      getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
    (void)err_set(e, ERR_IO, "cannot open a port of 127.0.0.1: %s",
                  strerror(errno));
    if (fd >= 0)
      (void)close(fd);
    return -ERR_IO;
  }
  out->fd = fd;
  out->port = ntohs(at.sin_port);
  return 0;
}

void decoy_close(struct decoy *d)
{
  if (d->fd >= 0)
    (void)close(d->fd);
  d->fd = -1;
}

/* The port as the secret writes it: as a number, or as text. */
static json_t *port_like(const json_t *old, int port)
{
  return json_is_string(old) ? json_sprintf("%d", port) : json_integer(port);
}

static void host_replace(const struct decoy *d, json_t *secret)
{
  (void)json_object_set_new(secret, "host", json_string("127.0.0.1"));
  (void)json_object_set_new(
      secret, "port", port_like(json_object_get(secret, "port"), d->port));
}

static json_t *port_filled(const json_t *value, int port)
{
  const char *text = json_string_value(value);
  const char *at = text == NULL ? NULL : strstr(text, "{port}");

  if (at == NULL)
    return json_deep_copy(value);
  return json_sprintf("%.*s%d%s", (int)(at - text), text, port,
                      at + strlen("{port}"));
}

static void members_replace(const struct decoy *d, json_t *secret,
                            const json_t *members)
{
  const char *key;
  json_t *value;

  /* jansson's macro takes no const object, and changes none. */
  json_object_foreach ((json_t *)(uintptr_t)members, key, value)
    (void)json_object_set_new(secret, key, port_filled(value, d->port));
}

int decoy_state(const struct decoy *d, const json_t *state,
                const json_t *members, json_t **out, struct err *e)
{
  static const char *const names[] = {"AWSCURRENT", "AWSPENDING",
                                      "AWSPREVIOUS"};
  json_t *copy = json_deep_copy(state);
  const json_t *current = json_object_get(copy, "AWSCURRENT");
  json_t *admin = json_object_get(copy, "admin");
  bool by_host = json_object_get(current, "host") != NULL ||
                 json_object_get(current, "port") != NULL;

  if (copy == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  if (members == NULL && !by_host) {
    json_decref(copy);
    *out = NULL;
    return 0;
  }
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    json_t *secret = json_object_get(copy, names[i]);

    if (!json_is_object(secret))
      continue;
    if (members != NULL)
      members_replace(d, secret, members);
    else
      host_replace(d, secret);
  }
  if (members == NULL && (json_object_get(admin, "host") != NULL ||
                          json_object_get(admin, "port") != NULL))
    host_replace(d, admin);
  *out = copy;
  return 0;
}
