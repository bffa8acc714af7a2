/* The keeper: a thread that waits for disks, so that nobody else has to.
 *
 *   every second, or at once where somebody waits   fdatasync
 *   after that, once a second                       the end, to the store
 *   each digest_us, with a new file, at the end     a signed digest
 *   a file too large, or of another day             a new file
 *   events in the store                             lines (outbox.c)
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event/state.h"

#define EVERY_US US_PER_S

static int64_t mono_us(void)
{
  return clock_mono_us(clock_system());
}

static int64_t earlier(int64_t a, int64_t b)
{
  return a < b ? a : b;
}

/* ---- the duties -------------------------------------------------------------
 * Called with the lock, which each lets go while it waits for a disk.
 */

void keeper_sync(struct audit *a)
{
  struct chain_link at = a->last;
  int rc, why;

  if (at.sequence <= a->synced.sequence || a->is_broken)
    return;
  (void)pthread_mutex_unlock(&a->lock);
  rc = fdatasync(a->fd);
  why = errno;
  (void)pthread_mutex_lock(&a->lock);
  if (rc == 0) {
    a->synced = at;
    a->unsynced_us = mono_us();
  } else {
    a->is_broken = true;
    log_error("audit_sync_failed", log_str("file", a->file),
              log_str("error", strerror(why)),
              log_str("next", "no request is answered any more; look at the "
                              "disk, and restart keyturnd"));
  }
  (void)pthread_cond_broadcast(&a->moved);
}

static int digest_write(struct audit *a, const struct digest *d,
                        const struct buf *line, struct err *e)
{
  CLEANUP_FD int fd = -1;
  off_t size;
  int rc = audit_open_file(a, TRAIL_DIGESTS, O_CREAT, &fd, e);

  if (rc != 0)
    return rc;
  size = lseek(fd, 0, SEEK_END);
  if (size >= 0 && write(fd, line->data, line->len) == (ssize_t)line->len &&
      fdatasync(fd) == 0 && (d->number > 1 || fsync(a->folder_fd) == 0))
    return 0;
  rc = audit_fail(a, "write", TRAIL_DIGESTS, e);
  (void)!ftruncate(fd, size); /* else it is dropped at the next start */
  return rc;
}

/* Signs what is on the disk.  `file`: where its last line is. */
static void sign(struct audit *a, const struct chain_link *at, const char *file)
{
  struct digest d = {.number = a->digest.number + 1,
                     .time_us = clock_now_us(a->o.clock),
                     .first = a->digest.last.sequence + 1,
                     .last = *at};
  CLEANUP_BUF struct buf line;
  struct err e = {0};
  int rc;

  buf_init(&line, DIGEST_LINE_MAX, false);
  if (at->sequence < d.first)
    return;
  (void)pthread_mutex_unlock(&a->lock);
  memcpy(d.store_id, a->meta.store_id, sizeof d.store_id);
  memcpy(d.previous, a->digest.signature, sizeof d.previous);
  (void)snprintf(d.file, sizeof d.file, "%s", file);
  rc = digest_sign(a->key, &d, &line, &e);
  if (rc == 0)
    rc = digest_write(a, &d, &line, &e);
  if (rc != 0)
    log_error("audit_digest_not_written", log_str("error", e.text),
              log_str("next", "the next one proves these lines, too"));
  (void)pthread_mutex_lock(&a->lock);
  if (rc == 0)
    a->digest = d;
}

static void tell_end(struct audit *a, const struct chain_link *at)
{
  int64_t digests = a->digest.number;
  struct err e = {0};
  int rc;

  if (at->sequence <= a->ended.sequence && digests == a->ended_digests)
    return;
  (void)pthread_mutex_unlock(&a->lock);
  rc = store_audit_end(a->o.store, at->sequence, at->hash, digests, &e);
  (void)pthread_mutex_lock(&a->lock);
  a->ended_us = mono_us();
  if (rc == 0) {
    a->ended = *at;
    a->ended_digests = digests;
  } else {
    log_warn("audit_end_not_stored", log_str("error", e.text),
             log_str("next", "tried again in a second"));
  }
}

static bool is_full(const struct audit *a)
{
  char today[TRAIL_NAME_MAX];

  trail_name(clock_now_us(a->o.clock), 1, today);
  return a->size > 0 && !a->has_debris &&
         (a->size >= a->o.file_bytes ||
          memcmp(today, a->file, sizeof "audit-YYYY-MM-DD") != 0);
}

/* The old file is synced and signed after others write to the new one. */
static void begin_file(struct audit *a)
{
  char old[TRAIL_NAME_MAX], name[TRAIL_NAME_MAX];
  struct chain_link at = a->last;
  int old_fd = a->fd, fd = -1, rc;
  struct err e = {0};

  trail_name(clock_now_us(a->o.clock), at.sequence + 1, name);
  if (audit_open_file(a, name, O_CREAT | O_EXCL, &fd, &e) != 0) {
    log_error("audit_file_not_begun", log_str("error", e.text),
              log_str("next", "the old file grows on"));
    return;
  }
  memcpy(old, a->file, sizeof old);
  memcpy(a->file, name, sizeof a->file);
  a->fd = fd;
  a->size = 0;
  room_make(a);
  (void)pthread_mutex_unlock(&a->lock);
  room_give_back(old_fd);
  rc = fdatasync(old_fd) != 0 || fsync(a->folder_fd) != 0 ? -1 : 0;
  (void)close(old_fd);
  (void)pthread_mutex_lock(&a->lock);
  a->is_broken = a->is_broken || rc != 0;
  if (rc == 0 && a->synced.sequence < at.sequence)
    a->synced = at;
  (void)pthread_cond_broadcast(&a->moved);
  if (rc == 0) {
    sign(a, &at, old);
    tell_end(a, &at);
    a->signed_us = mono_us();
  }
}

static void tell_room(struct audit *a)
{
  if (a->is_short && !a->told_short && !a->is_failing)
    log_error("audit_short_of_room", log_str("folder", a->folder),
              log_str("next", "changes are refused, and reads as soon as the "
                              "rest is used up; free space"));
  if (a->is_failing && !a->told_failing)
    log_error("audit_failing", log_str("folder", a->folder),
              log_str("next", "no request is answered until the trail can be "
                              "written"));
  if (!a->is_failing && !a->is_short && (a->told_failing || a->told_short))
    log_info("audit_recovered", log_str("folder", a->folder));
  a->told_failing = a->is_failing;
  a->told_short = a->is_short;
}

/* What cannot be asked is left to the next line. */
static void probe(struct audit *a)
{
  tell_room(a);
  a->probed_us = mono_us();
  if ((a->is_failing || a->is_short) && !a->is_broken)
    room_look(a);
}

/* ---- the thread
 * --------------------------------------------------------------
 */

/* When there is something to do, monotonic. */
static int64_t wake_us(const struct audit *a)
{
  int64_t at = INT64_MAX;

  if (a->is_stopping || a->is_failing != a->told_failing ||
      a->is_short != a->told_short)
    return 0;
  if (a->is_broken)
    return INT64_MAX;
  if (a->wanted > a->synced.sequence)
    return 0;
  if (a->last.sequence > a->synced.sequence)
    at = earlier(at, a->unsynced_us + EVERY_US);
  if (a->synced.sequence > a->ended.sequence ||
      a->digest.number > a->ended_digests)
    at = earlier(at, a->ended_us + EVERY_US);
  if (a->last.sequence > a->digest.last.sequence)
    at = earlier(at, a->signed_us + a->o.digest_us);
  if (a->is_failing || a->is_short)
    at = earlier(at, a->probed_us + EVERY_US);
  if (a->has_events)
    at = earlier(at, a->events_us);
  return at;
}

static void sleep_until(struct audit *a, int64_t at_us)
{
  const struct timespec t = {.tv_sec = (time_t)(at_us / US_PER_S),
                             .tv_nsec = (long)(at_us % US_PER_S * 1000)};

  if (at_us == INT64_MAX)
    (void)pthread_cond_wait(&a->work, &a->lock);
  else
    (void)pthread_cond_timedwait(&a->work, &a->lock, &t);
}

/* What is signed and told to the store is on the disk. */
static void prove(struct audit *a, bool is_last)
{
  struct chain_link at = a->synced;

  if (is_last || mono_us() >= a->signed_us + a->o.digest_us) {
    sign(a, &at, a->file);
    a->signed_us = mono_us();
  }
  if (is_last || mono_us() >= a->ended_us + EVERY_US)
    tell_end(a, &at);
}

/* The last is the one that nothing can be appended behind; that it will come
 * may become known in the middle of another. */
static void do_round(struct audit *a, bool is_last)
{
  keeper_sync(a); /* first: somebody may wait for it */
  if (a->has_events && !a->is_broken && mono_us() >= a->events_us)
    outbox_drain(a); /* and syncs its lines */
  if (!a->is_broken && !a->is_stopping && is_full(a))
    begin_file(a);
  if (!a->is_broken)
    prove(a, is_last);
  probe(a);
}

static void *keep(void *arg)
{
  struct audit *a = arg;
  bool is_last = false;
  sigset_t all;

  /* Signals are the main loop's. */
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
  (void)pthread_mutex_lock(&a->lock);
  while (!is_last) {
    while (wake_us(a) > mono_us())
      sleep_until(a, wake_us(a));
    is_last = a->is_stopping; /* nothing is appended any more */
    do_round(a, is_last);
  }
  (void)pthread_mutex_unlock(&a->lock);
  return NULL;
}

int keeper_start(struct audit *a, struct err *e)
{
  a->signed_us = a->ended_us = mono_us();
  if (pthread_create(&a->keeper, NULL, keep, a) != 0)
    return err_set(e, ERR_INTERNAL, "cannot start the audit trail's thread");
  a->has_keeper = true;
  return 0;
}

void keeper_stop(struct audit *a)
{
  if (!a->has_keeper)
    return;
  (void)pthread_mutex_lock(&a->lock);
  a->is_stopping = true;
  (void)pthread_cond_signal(&a->work);
  (void)pthread_mutex_unlock(&a->lock);
  (void)pthread_join(a->keeper, NULL);
  a->has_keeper = false;
}
