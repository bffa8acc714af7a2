/* Counting in a table of a few shards, emptied by a thread of its own.
 */
#include "event/usage.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "calendar/civil.h"

#define SHARDS     16
#define SLOTS      1024 /* of a shard, a power of two */
#define FULL       (SLOTS * 3 / 4)
#define FLUSH_US   (5 * US_PER_S)
#define HELD_MAX   600 /* months between two counts: fifty years */
#define SESSION    ":assumed-role/"
#define THE_OTHERS "*" /* who came when a shard was full */

struct shard {
  pthread_mutex_t lock;
  size_t n;
  struct usage_row *slots[SLOTS];
};

struct usage {
  struct store *store;
  struct clock *clock;
  struct shard shards[SHARDS];

  pthread_mutex_t flushing; /* before any shard's */
  struct usage_mark mark;   /* behind it */

  pthread_mutex_t lock; /* of what follows */
  pthread_cond_t work;
  bool is_dirty, is_ending;
  pthread_t thread;
  bool has_thread;
};

/* ---- months ---------------------------------------------------------------
 */

int64_t usage_month(int64_t time_us)
{
  struct civil c;

  civil_from_day(floor_div(time_us, US_PER_DAY), &c);
  return (int64_t)c.year * 100 + c.month;
}

static int64_t month_after(int64_t month)
{
  return month % 100 == 12 ? (month / 100 + 1) * 100 + 1 : month + 1;
}

static int64_t month_start_us(int64_t month)
{
  return civil_to_day((int)(month / 100), (int)(month % 100), 1) * US_PER_DAY;
}

int64_t usage_month_s(int64_t month)
{
  return (month_start_us(month_after(month)) - month_start_us(month)) /
         US_PER_S;
}

/* From mark to now, by month; the mark moves on whole seconds. */
static size_t held_make(const struct usage_mark *mark, int64_t now_us,
                        struct usage_held out[HELD_MAX], int64_t *out_us)
{
  int64_t at = mark->counted_us;
  size_t n = 0;

  while (at != 0 && at + US_PER_S <= now_us && n < HELD_MAX) {
    int64_t month = usage_month(at), end = month_start_us(month_after(month));
    int64_t until = end < now_us ? end : now_us;
    int64_t s = (until - at) / US_PER_S;

    if (s == 0) { /* the piece of a second before a month's end */
      at = until;
      continue;
    }
    out[n++] = (struct usage_held){month, s * mark->secrets};
    at += s * US_PER_S;
  }
  *out_us = at == 0 || at > now_us || n == HELD_MAX ? now_us : at;
  return n;
}

/* ---- counting -------------------------------------------------------------
 */

static uint64_t hash(const char *a, size_t n, const char *b)
{
  uint64_t h = 14695981039346656037U; /* FNV-1a */

  for (size_t i = 0; i < n; i++)
    h = (h ^ (unsigned char)a[i]) * 1099511628211U;
  for (; *b != '\0'; b++)
    h = (h ^ (unsigned char)*b) * 1099511628211U;
  return h ^ h >> 29;
}

/* Without the name of a session. */
static size_t principal_len(const char *arn)
{
  const char *role = strstr(arn, SESSION);
  const char *end = role == NULL ? NULL : strrchr(arn, '/');
  size_t len = strnlen(arn, STORE_ARN_MAX - 1);

  return end != NULL && end > role + sizeof SESSION - 1 &&
                 (size_t)(end - arn) < len
             ? (size_t)(end - arn)
             : len;
}

static struct usage_row *slot_find(struct shard *shard, uint64_t h,
                                   const char *principal, size_t n,
                                   const char *action, int64_t month,
                                   size_t *out_at)
{
  size_t at = (size_t)(h >> 8) % SLOTS;
  struct usage_row *row;

  for (; (row = shard->slots[at]) != NULL; at = (at + 1) % SLOTS)
    if (row->month == month && strncmp(row->principal, principal, n) == 0 &&
        row->principal[n] == '\0' && strcmp(row->action, action) == 0)
      return row;
  *out_at = at;
  return NULL;
}

static void count(struct shard *shard, uint64_t h, const char *principal,
                  size_t n, const char *action, int64_t month)
{
  size_t at = 0;
  struct usage_row *row = slot_find(shard, h, principal, n, action, month, &at);

  if (row != NULL) {
    row->calls++;
    return;
  }
  row = shard->n < SLOTS - 1 ? calloc(1, sizeof *row) : NULL;
  if (row == NULL)
    return; /* no room to count even the others in */
  row->month = month;
  memcpy(row->principal, principal, n);
  (void)snprintf(row->action, sizeof row->action, "%s", action);
  row->calls = 1;
  shard->slots[at] = row;
  shard->n++;
}

void usage_count(struct usage *u, const char *principal_arn, const char *action)
{
  size_t n = principal_len(principal_arn);
  uint64_t h = hash(principal_arn, n, action);
  struct shard *shard = &u->shards[h % SHARDS];
  int64_t month = usage_month(clock_now_us(u->clock));
  bool was_empty;

  (void)pthread_mutex_lock(&shard->lock); /* cannot fail: a plain mutex */
  was_empty = shard->n == 0;
  if (shard->n < FULL)
    count(shard, h, principal_arn, n, action, month);
  else
    count(shard, hash(THE_OTHERS, 1, action), THE_OTHERS, 1, action, month);
  (void)pthread_mutex_unlock(&shard->lock);
  if (!was_empty)
    return;
  (void)pthread_mutex_lock(&u->lock);
  u->is_dirty = true;
  (void)pthread_cond_signal(&u->work);
  (void)pthread_mutex_unlock(&u->lock);
}

/* ---- to the store ---------------------------------------------------------
 */

/* The rows of a shard, which is empty then.  `out`: room for SLOTS. */
static size_t shard_take(struct shard *shard, struct usage_row *out)
{
  size_t n = 0;

  (void)pthread_mutex_lock(&shard->lock);
  for (size_t i = 0; shard->n > 0 && i < SLOTS; i++) {
    if (shard->slots[i] == NULL)
      continue;
    out[n++] = *shard->slots[i];
    free(shard->slots[i]);
    shard->slots[i] = NULL;
  }
  shard->n = 0;
  (void)pthread_mutex_unlock(&shard->lock);
  return n;
}

/* They could not be stored: counted again. */
static void shard_give(struct shard *shard, const struct usage_row *rows,
                       size_t n)
{
  (void)pthread_mutex_lock(&shard->lock);
  for (size_t i = 0; i < n; i++) {
    const struct usage_row *r = &rows[i];
    size_t at = 0, len = strlen(r->principal);
    uint64_t h = hash(r->principal, len, r->action);
    struct usage_row *row =
        slot_find(shard, h, r->principal, len, r->action, r->month, &at);

    if (row != NULL) {
      row->calls += r->calls;
    } else if (shard->n < SLOTS - 1 && (row = malloc(sizeof *row)) != NULL) {
      *row = *r;
      shard->slots[at] = row;
      shard->n++;
    }
  }
  (void)pthread_mutex_unlock(&shard->lock);
}

static int add(struct usage *u, const struct usage_row *rows, size_t n,
               struct err *e)
{
  struct usage_held held[HELD_MAX];
  int64_t counted_us, secrets;
  size_t n_held =
      held_make(&u->mark, clock_now_us(u->clock), held, &counted_us);
  int rc =
      store_usage_add(u->store, rows, n, held, n_held, counted_us, &secrets, e);

  if (rc == 0)
    u->mark = (struct usage_mark){counted_us, secrets};
  return rc;
}

int usage_flush(struct usage *u, struct err *e)
{
  struct usage_row *rows = malloc(SLOTS * sizeof *rows);
  bool did_any = false;
  int rc = 0;

  if (rows == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  (void)pthread_mutex_lock(&u->flushing);
  for (size_t i = 0; rc == 0 && i < SHARDS; i++) {
    size_t n = shard_take(&u->shards[i], rows);

    if (n == 0)
      continue;
    did_any = true;
    rc = add(u, rows, n, e);
    if (rc != 0)
      shard_give(&u->shards[i], rows, n);
  }
  if (rc == 0 && !did_any)
    rc = add(u, NULL, 0, e); /* the secrets, until now */
  (void)pthread_mutex_unlock(&u->flushing);
  free(rows);
  return rc;
}

/* ---- the thread -----------------------------------------------------------
 */

/* Waits for a first call, then for others; false: it is the end. */
static bool wait_for_calls(struct usage *u)
{
  int64_t at_us;
  struct timespec t;
  bool is_ending;

  (void)pthread_mutex_lock(&u->lock);
  while (!u->is_dirty && !u->is_ending)
    (void)pthread_cond_wait(&u->work, &u->lock);
  at_us = clock_mono_us(clock_system()) + FLUSH_US;
  t = (struct timespec){.tv_sec = (time_t)(at_us / US_PER_S),
                        .tv_nsec = (long)(at_us % US_PER_S * 1000)};
  while (!u->is_ending && clock_mono_us(clock_system()) < at_us)
    (void)pthread_cond_timedwait(&u->work, &u->lock, &t);
  u->is_dirty = false;
  is_ending = u->is_ending;
  (void)pthread_mutex_unlock(&u->lock);
  return !is_ending;
}

static void *run(void *arg)
{
  struct usage *u = arg;
  struct err e = {0};
  sigset_t all;

  /* Signals are the main loop's. */
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
  while (wait_for_calls(u))
    if (usage_flush(u, &e) != 0)
      log_warn("usage_not_stored", log_str("error", e.text),
               log_str("next", "it is counted with the next calls"));
  return NULL;
}

static int locks_init(struct usage *u)
{
  pthread_condattr_t attr;
  int rc = 0;

  for (size_t i = 0; rc == 0 && i < SHARDS; i++)
    rc = pthread_mutex_init(&u->shards[i].lock, NULL);
  if (rc == 0)
    rc = pthread_mutex_init(&u->flushing, NULL);
  if (rc == 0)
    rc = pthread_mutex_init(&u->lock, NULL);
  if (rc == 0)
    rc = pthread_condattr_init(&attr);
  if (rc == 0)
    rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  return rc == 0 ? pthread_cond_init(&u->work, &attr) : rc;
}

int usage_open(struct store *s, struct clock *clock, struct usage **out,
               struct err *e)
{
  struct usage *u = calloc(1, sizeof *u);
  int rc;

  if (u == NULL || locks_init(u) != 0) {
    free(u);
    return err_set(e, ERR_NOMEM, "no memory for metering");
  }
  u->store = s;
  u->clock = clock;
  rc = store_usage_mark(s, &u->mark, e);
  if (rc == 0)
    rc = usage_flush(u, e); /* what was held since the last end */
  if (rc == 0 && pthread_create(&u->thread, NULL, run, u) != 0)
    rc = err_set(e, ERR_INTERNAL, "cannot start the thread of metering");
  u->has_thread = rc == 0;
  if (rc != 0) {
    usage_close(u);
    return rc;
  }
  *out = u;
  return 0;
}

void usage_close(struct usage *u)
{
  struct err e = {0};

  if (u == NULL)
    return;
  if (u->has_thread) {
    (void)pthread_mutex_lock(&u->lock);
    u->is_ending = true;
    (void)pthread_cond_signal(&u->work);
    (void)pthread_mutex_unlock(&u->lock);
    (void)pthread_join(u->thread, NULL);
    if (usage_flush(u, &e) != 0)
      log_warn("usage_not_stored", log_str("error", e.text),
               log_str("next", "the last seconds are not counted"));
  }
  for (size_t i = 0; i < SHARDS; i++) {
    for (size_t j = 0; j < SLOTS; j++)
      free(u->shards[i].slots[j]);
    (void)pthread_mutex_destroy(&u->shards[i].lock);
  }
  (void)pthread_mutex_destroy(&u->flushing); /* nobody holds any */
  (void)pthread_mutex_destroy(&u->lock);
  (void)pthread_cond_destroy(&u->work);
  free(u);
}
