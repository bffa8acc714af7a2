/* Places in a hash table of who is in; a lock around it, which is taken when a
 * connection comes and goes, not for requests.
 */
#include "api/gate.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"

enum { BUCKETS = 4096, SAY_EVERY_MS = 60000, WHO_TEXT_MAX = 64 };

/* An address, or a uid. */
struct who {
  unsigned char bytes[16];
  bool is_unix;
  bool is_trusted; /* root, or ourselves: no limit but the one for all */
};

struct gate_place {
  struct gate_place *next;
  struct who who;
  unsigned n; /* connections */
};

struct gate {
  pthread_mutex_t lock; /* guards all down to `said_ms`; no other inside */
  struct gate_limits limits;
  struct gate_place *buckets[BUCKETS];
  unsigned n_tcp, n_unix;
  uint64_t accepted, refused;
  uint64_t said_ms; /* when a refusal was logged, or 0 */
  atomic_uint_fast64_t events[GATE_EVENTS];
  atomic_size_t body_bytes, body_max;
};

int gate_new(const struct gate_limits *limits, struct gate **out, struct err *e)
{
  struct gate *g = calloc(1, sizeof *g);

  if (g == NULL || pthread_mutex_init(&g->lock, NULL) != 0) {
    free(g);
    return err_set(e, ERR_NOMEM, "no memory to count connections in");
  }
  gate_set_limits(g, limits);
  *out = g;
  return 0;
}

void gate_free(struct gate *g)
{
  if (g == NULL)
    return;
  for (size_t i = 0; i < BUCKETS; i++)
    while (g->buckets[i] != NULL) {
      struct gate_place *p = g->buckets[i];

      g->buckets[i] = p->next;
      free(p);
    }
  (void)pthread_mutex_destroy(&g->lock); /* nobody holds it */
  free(g);
}

/* The calls fail for locks that are not ours or not made. */
static void lock(struct gate *g)
{
  (void)pthread_mutex_lock(&g->lock);
}

static void unlock(struct gate *g)
{
  (void)pthread_mutex_unlock(&g->lock);
}

void gate_set_limits(struct gate *g, const struct gate_limits *limits)
{
  lock(g);
  g->limits = *limits;
  unlock(g);
  atomic_store(&g->body_max, limits->body_bytes);
}

void gate_get_limits(struct gate *g, struct gate_limits *out)
{
  lock(g);
  *out = g->limits;
  unlock(g);
}

void gate_count(struct gate *g, enum gate_event event)
{
  (void)atomic_fetch_add_explicit(&g->events[event], 1, memory_order_relaxed);
}

void gate_get_counts(struct gate *g, struct gate_counts *out)
{
  lock(g);
  *out = (struct gate_counts){.connections = g->n_tcp,
                              .unix_connections = g->n_unix,
                              .accepted = g->accepted,
                              .refused = g->refused};
  unlock(g);
  out->requests = atomic_load(&g->events[GATE_REQUEST]);
  out->requests_refused = atomic_load(&g->events[GATE_REQUEST_REFUSED]);
  out->handshakes_failed = atomic_load(&g->events[GATE_HANDSHAKE_FAILED]);
  out->body_bytes = atomic_load(&g->body_bytes);
}

/* ---- places --------------------------------------------------------------
 */

/* FNV-1a.  Whoever can choose addresses to collide has them all anyway. */
static size_t bucket_of(const struct who *who)
{
  uint32_t h = 2166136261u;

  for (size_t i = 0; i < sizeof who->bytes; i++)
    h = (h ^ who->bytes[i]) * 16777619u;
  return h % BUCKETS;
}

static bool who_is(const struct who *a, const struct who *b)
{
  return a->is_unix == b->is_unix &&
         memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static struct gate_place *find(struct gate *g, const struct who *who)
{
  struct gate_place *p = g->buckets[bucket_of(who)];

  while (p != NULL && !who_is(&p->who, who))
    p = p->next;
  return p;
}

static struct gate_place *find_or_make(struct gate *g, const struct who *who)
{
  struct gate_place *p = find(g, who), **bucket = &g->buckets[bucket_of(who)];

  if (p != NULL || (p = calloc(1, sizeof *p)) == NULL)
    return p;
  p->who = *who;
  p->next = *bucket;
  *bucket = p;
  return p;
}

static void drop_if_empty(struct gate *g, struct gate_place *p)
{
  struct gate_place **at = &g->buckets[bucket_of(&p->who)];

  if (p->n > 0)
    return;
  while (*at != p)
    at = &(*at)->next;
  *at = p->next;
  free(p);
}

/* NULL: it may come in. */
static const char *limit_met(const struct gate *g, const struct gate_place *p)
{
  if (p->who.is_unix && g->n_unix >= GATE_UNIX_MAX)
    return "connections over Unix sockets";
  if (!p->who.is_unix && g->n_tcp >= g->limits.in_all)
    return "max_connections";
  if (!p->who.is_trusted && p->n >= g->limits.per_address)
    return "max_per_address";
  return NULL;
}

static struct gate_place *enter(struct gate *g, const struct who *who,
                                const char *name, uint64_t now_ms)
{
  struct gate_place *p;
  const char *limit = NULL;
  bool says = false;
  uint64_t refused;

  lock(g);
  p = find_or_make(g, who);
  if (p != NULL && (limit = limit_met(g, p)) == NULL) {
    p->n++;
    *(who->is_unix ? &g->n_unix : &g->n_tcp) += 1;
    g->accepted++;
  } else {
    refused = ++g->refused;
    says = g->said_ms == 0 || now_ms - g->said_ms > SAY_EVERY_MS;
    if (says)
      g->said_ms = now_ms;
    if (p != NULL)
      drop_if_empty(g, p);
    p = NULL;
  }
  unlock(g);
  if (says)
    log_warn("connection_refused", log_str("from", name),
             log_str("limit", limit == NULL ? "memory" : limit),
             log_int("refused", (int64_t)refused),
             log_str("next", "it is closed; more are, and the log says so at "
                             "most once a minute"));
  return p;
}

struct gate_place *gate_enter(struct gate *g, const struct sockaddr *address,
                              uint64_t now_ms)
{
  char name[WHO_TEXT_MAX] = "";
  struct who who = {.is_unix = false};

  (void)uv_ip_name(address, name, sizeof name); /* "" then */
  if (address->sa_family == AF_INET6) {
    const struct in6_addr *a =
        &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;

    memcpy(who.bytes, a, IN6_IS_ADDR_V4MAPPED(a) ? 16 : 8);
  } else if (address->sa_family == AF_INET) {
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

    memcpy(who.bytes, mapped, sizeof mapped);
    memcpy(who.bytes + sizeof mapped,
           &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
  }
  return enter(g, &who, name, now_ms);
}

struct gate_place *gate_enter_uid(struct gate *g, uid_t uid, uint64_t now_ms)
{
  struct who who = {.is_unix = true,
                    .is_trusted = uid == 0 || uid == geteuid()};
  char name[WHO_TEXT_MAX];

  (void)snprintf(name, sizeof name, "uid %ld", (long)uid);
  memcpy(who.bytes, &uid, sizeof uid);
  return enter(g, &who, name, now_ms);
}

void gate_leave(struct gate *g, struct gate_place *p)
{
  if (p == NULL)
    return;
  lock(g);
  p->n--;
  *(p->who.is_unix ? &g->n_unix : &g->n_tcp) -= 1;
  drop_if_empty(g, p);
  unlock(g);
}

/* ---- bodies --------------------------------------------------------------
 */

bool gate_body(struct gate *g, size_t had, size_t needs)
{
  size_t max = atomic_load_explicit(&g->body_max, memory_order_relaxed);
  size_t now;

  if (needs <= had) {
    (void)atomic_fetch_sub(&g->body_bytes, had - needs);
    return true;
  }
  if (needs > GATE_SMALL_BODY)
    max -= max / 4;
  now = atomic_fetch_add(&g->body_bytes, needs - had) + (needs - had);
  if (now <= max)
    return true;
  (void)atomic_fetch_sub(&g->body_bytes, needs - had);
  return false;
}
