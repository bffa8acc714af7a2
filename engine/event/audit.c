/* Opening, appending, waiting, closing.  A line is made outside the lock; in
 * it come its place in the chain, its hash and its write(2).
 */
#include "event/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event/record.h"
#include "event/state.h"

#define LINE_FIRST 1400 /* most lines fit */

/* ---- appending ------------------------------------------------------------
 */

int audit_fail(const struct audit *a, const char *what, const char *name,
               struct err *e)
{
  int why = errno;

  return err_set(e, why == ENOSPC || why == EDQUOT ? ERR_FULL : ERR_IO,
                 "cannot %s the audit trail %s/%s: %s; nothing is answered "
                 "until it can be",
                 what, a->folder, name, strerror(why));
}

/* All or nothing, as far as the disk lets us: a piece that is written is taken
 * back, at the latest before the next line. */
static int write_line(struct audit *a, const struct buf *line, struct err *e)
{
  size_t done = 0;

  if (a->has_debris && ftruncate(a->fd, a->size) != 0)
    return audit_fail(a, "repair", a->file, e);
  a->has_debris = false;
  while (done < line->len) {
    ssize_t n = write(a->fd, line->data + done, line->len - done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      int rc = audit_fail(a, "write", a->file, e);

      a->has_debris = done > 0 && ftruncate(a->fd, a->size) != 0;
      return rc;
    }
    done += (size_t)n;
  }
  return 0;
}

static int append_locked(struct audit *a, struct buf *line, struct err *e)
{
  struct chain_link link = a->last;
  int rc;

  if (a->is_broken)
    return err_set(e, ERR_IO,
                   "the audit trail %s is closed: a sync failed, and nobody "
                   "knows what is on the disk; look at it, and restart "
                   "keyturnd",
                   a->folder);
  rc = chain_seal(a->chain, line, &a->torn, &link, e);
  if (rc == 0)
    rc = write_line(a, line, e);
  if (rc != 0)
    return rc;
  if (a->synced.sequence == a->last.sequence) {
    a->unsynced_us = clock_mono_us(clock_system());
    (void)pthread_cond_signal(&a->work); /* cannot fail: it is ours */
  }
  a->torn.bytes = 0;
  a->size += (int64_t)line->len;
  room_used(a, (int64_t)line->len);
  a->last = link;
  a->records++;
  return 0;
}

/* Until the line of that sequence is on the disk. */
static int wait_locked(struct audit *a, int64_t sequence, struct err *e)
{
  if (a->wanted < sequence) {
    a->wanted = sequence;
    (void)pthread_cond_signal(&a->work);
  }
  while (a->synced.sequence < sequence && !a->is_broken)
    (void)pthread_cond_wait(&a->moved, &a->lock);
  if (a->synced.sequence < sequence)
    return err_set(e, ERR_IO,
                   "cannot sync the audit trail %s: it may have lost a line; "
                   "look at the disk, and restart keyturnd",
                   a->folder);
  return 0;
}

/* `changed`: there may be events of it in the store, too. */
static int append(struct audit *a, struct buf *line, bool changed,
                  struct err *e)
{
  int rc;

  (void)pthread_mutex_lock(&a->lock); /* cannot fail: a plain mutex */
  rc = append_locked(a, line, e);
  if (rc == 0 && changed) {
    a->has_events = true;
    (void)pthread_cond_signal(&a->work);
  }
  if (rc == 0 && changed && a->o.sync_changes)
    rc = wait_locked(a, a->last.sequence, e);
  if (rc != 0)
    a->failures++;
  /* A line that just found room proves nothing while room is short. */
  if (a->is_failing != (rc != 0) && (rc != 0 || !a->is_short)) {
    a->is_failing = rc != 0;
    (void)pthread_cond_signal(&a->work); /* it says so */
  }
  (void)pthread_mutex_unlock(&a->lock);
  return rc;
}

int audit_request(struct audit *a, const struct audit_request *r, struct err *e)
{
  bool changed = !r->read_only && r->error_code == NULL;
  CLEANUP_BUF struct buf line;

  buf_init(&line, RECORD_MAX, false);
  (void)buf_reserve(&line, LINE_FIRST); /* once; chain_seal sees a failure */
  record_request(&line, r, a->meta.account);
  return append(a, &line, changed, e);
}

int audit_event(struct audit *a, const struct audit_event *ev, struct err *e)
{
  CLEANUP_BUF struct buf line;

  buf_init(&line, RECORD_MAX, false);
  record_event(&line, ev, a->meta.region, a->meta.account);
  return append(a, &line, false, e);
}

int audit_sync(struct audit *a, struct err *e)
{
  int rc;

  (void)pthread_mutex_lock(&a->lock);
  rc = wait_locked(a, a->last.sequence, e);
  (void)pthread_mutex_unlock(&a->lock);
  return rc;
}

void audit_wake(struct audit *a)
{
  (void)pthread_mutex_lock(&a->lock);
  a->has_events = true;
  (void)pthread_cond_signal(&a->work);
  (void)pthread_mutex_unlock(&a->lock);
}

/* ---- looking --------------------------------------------------------------
 */

void audit_stats(struct audit *a, struct audit_stats *out)
{
  (void)pthread_mutex_lock(&a->lock);
  *out = (struct audit_stats){.sequence = a->last.sequence,
                              .synced = a->synced.sequence,
                              .digests = a->digest.number,
                              .records = a->records,
                              .failures = a->failures,
                              .is_failing = a->is_failing || a->is_broken};
  (void)pthread_mutex_unlock(&a->lock);
}

const char *audit_folder(const struct audit *a)
{
  return a->folder;
}

int audit_verify(struct audit *a, verify_tell *tell, void *ctx,
                 struct verify_result *out, struct err *e)
{
  char file[TRAIL_NAME_MAX];
  struct verify_options o = {
      .folder = a->folder, .key = a->key, .end_file = file};

  (void)pthread_mutex_lock(&a->lock);
  o.end = a->last;
  o.end_bytes = (size_t)a->size;
  o.digests = a->digest.number;
  memcpy(file, a->file, sizeof file);
  (void)pthread_mutex_unlock(&a->lock);
  return verify_run(&o, tell, ctx, out, e);
}

/* ---- opening and closing --------------------------------------------------
 */

static int folder_open(struct audit *a, struct err *e)
{
  struct stat st;

  if (mkdir(a->folder, 0700) != 0 && errno != EEXIST)
    return err_set(e, ERR_CONFIG,
                   "cannot make the audit folder %s: %s; make it for the user "
                   "that keyturnd runs as (uid %ld), or set audit_dir to "
                   "another",
                   a->folder, strerror(errno), (long)geteuid());
  a->folder_fd = open(a->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (a->folder_fd < 0 || fstat(a->folder_fd, &st) != 0)
    return err_set(e, ERR_CONFIG, "cannot open the audit folder %s: %s",
                   a->folder, strerror(errno));
  if ((st.st_mode & 077) != 0)
    return err_set(e, ERR_CONFIG,
                   "the audit folder %s is open to others (mode %04o); run: "
                   "chmod 700 %s",
                   a->folder, (unsigned)st.st_mode & 07777, a->folder);
  return 0;
}

int audit_open_file(const struct audit *a, const char *name, int flags,
                    int *out_fd, struct err *e)
{
  int fd = openat(a->folder_fd, name,
                  O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

  if (fd < 0)
    return audit_fail(a, "open", name, e);
  *out_fd = fd;
  return 0;
}

static int locks_init(struct audit *a, struct err *e)
{
  pthread_condattr_t attr;
  int rc = pthread_mutex_init(&a->lock, NULL);

  if (rc == 0)
    rc = pthread_condattr_init(&attr);
  if (rc == 0)
    rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  if (rc == 0)
    rc = pthread_cond_init(&a->work, &attr);
  if (rc == 0)
    rc = pthread_cond_init(&a->moved, NULL);
  return rc == 0 ? 0 : err_set(e, ERR_INTERNAL, "cannot make a lock");
}

/* What was found wrong is in the log and in the trail; so is a piece that a
 * crash left, by the line that owns up to it. */
static int tell_start(struct audit *a, struct err *e)
{
  const struct audit_param more[] = {{.name = "Finding", .text = a->trouble}};
  bool is_bad = a->trouble[0] != '\0';
  char id[UUID_TEXT_LEN + 1];
  struct audit_event ev = {.event_id = id,
                           .time_us = clock_now_us(a->o.clock),
                           .event_name = is_bad ? "AuditTrailDamaged"
                                                : "AuditTrailResumed",
                           .more = more,
                           .n_more = is_bad ? 1 : 0};

  if (is_bad)
    log_error("audit_trail_damaged", log_str("folder", a->folder),
              log_str("finding", a->trouble),
              log_str("next", "keyturn audit verify says where; the trail "
                              "goes on"));
  if (a->torn.bytes > 0)
    log_warn("audit_line_unfinished", log_str("file", a->file),
             log_int("bytes", a->torn.bytes),
             log_str("next", "it stays, and the next line owns up to it"));
  if (!is_bad && a->torn.bytes == 0)
    return 0;
  random_uuid(a->o.random, id);
  return audit_event(a, &ev, e);
}

int audit_open(const struct audit_options *o, struct audit **out, struct err *e)
{
  struct audit *a = calloc(1, sizeof *a);
  struct audit_row known = {0};
  int rc;

  if (a == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  a->o = *o;
  a->has_events = true; /* maybe: what an earlier life left */
  a->fd = a->folder_fd = -1;
  store_meta(o->store, &a->meta);
  a->folder = strdup(o->folder);
  if (a->folder == NULL || locks_init(a, e) != 0) {
    free(a->folder);
    free(a);
    return err_set(e, ERR_NOMEM, "no memory for the audit trail");
  }
  rc = chain_new(&a->chain, e);
  if (rc == 0)
    rc = folder_open(a, e);
  if (rc == 0)
    rc = audit_key(a, &known, e);
  if (rc == 0)
    rc = audit_resume(a, &known, e);
  if (rc == 0)
    room_make(a);
  if (rc == 0)
    rc = tell_start(a, e);
  if (rc == 0)
    rc = keeper_start(a, e);
  if (rc != 0) {
    audit_close(a);
    return rc;
  }
  *out = a;
  return 0;
}

void audit_close(struct audit *a)
{
  if (a == NULL)
    return;
  keeper_stop(a);
  if (a->fd >= 0)
    (void)close(a->fd); /* synced by the keeper; its room is the next one's */
  if (a->folder_fd >= 0)
    (void)close(a->folder_fd);
  chain_free(a->chain);
  digest_key_free(a->key);
  (void)pthread_cond_destroy(&a->work); /* nobody waits any more */
  (void)pthread_cond_destroy(&a->moved);
  (void)pthread_mutex_destroy(&a->lock);
  free(a->folder);
  free(a);
}
