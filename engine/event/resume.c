/* Where the trail ends, found in its files and held against what the store
 * knows.  Lines that are gone are not forgotten: the next line takes the
 * number after them, so that the gap is there for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event/state.h"

/* What a file holds. */
struct scan {
  int64_t first;                          /* sequences; 0: no line */
  unsigned char previous[CHAIN_HASH_LEN]; /* of the first */
  struct chain_link last;
  struct chain_torn torn; /* behind the last */
  bool is_open;           /* and without a newline */
  size_t bytes;
  /* The line that the store knows, and where it ends. */
  bool is_there, is_other;
  size_t known_end;
};

/* The first trouble is told; verify finds the rest. */
static void trouble(struct audit *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void trouble(struct audit *a, const char *fmt, ...)
{
  va_list ap;

  if (a->trouble[0] != '\0')
    return;
  va_start(ap, fmt);
  (void)vsnprintf(a->trouble, sizeof a->trouble, fmt, ap);
  va_end(ap);
}

static bool same(const unsigned char *a, const unsigned char *b)
{
  return memcmp(a, b, CHAIN_HASH_LEN) == 0;
}

/* ---- lines ----------------------------------------------------------------
 */

static int scan_line(struct audit *a, const char *text, size_t len,
                     const struct audit_row *known, struct scan *s,
                     struct err *e)
{
  struct chain_link link;
  struct chain_mark mark;
  int rc = chain_hash(a->chain, text, len, link.hash, e);

  if (rc != 0)
    return rc;
  if (!chain_parse(text, len, &mark)) {
    s->torn.bytes = (int64_t)len;
    memcpy(s->torn.hash, link.hash, sizeof link.hash);
    return 0;
  }
  s->torn.bytes = 0;
  if (s->first == 0) {
    s->first = mark.sequence;
    memcpy(s->previous, mark.previous, sizeof mark.previous);
  }
  link.sequence = mark.sequence;
  s->last = link;
  if (link.sequence == known->sequence) {
    s->is_there = true;
    s->is_other = !same(link.hash, known->hash);
  }
  return 0;
}

static int scan_file(struct audit *a, const char *name,
                     const struct audit_row *known, struct scan *out,
                     struct err *e)
{
  struct scan s = {0};
  struct trail_text m = {0};
  size_t at = 0, next, len;
  bool is_whole = true;
  int rc = trail_text_read(a->folder, name, &m, e);

  for (; rc == 0 && at < m.len; at = next) {
    len = trail_line(&m, at, &next, &is_whole);
    rc = scan_line(a, m.data + at, len, known, &s, e);
    if (s.is_there && s.known_end == 0)
      s.known_end = next;
  }
  s.is_open = !is_whole;
  s.bytes = m.len;
  trail_text_release(&m);
  if (rc == 0)
    *out = s;
  return rc;
}

/* The last line may be in an earlier file: the last one is new and empty. */
static int scan_back(struct audit *a, const struct trail_file *files, size_t n,
                     const struct audit_row *known, struct scan *s,
                     struct err *e)
{
  struct scan earlier = {0};
  int rc = 0;

  for (size_t i = n; rc == 0 && i > 0; i--) {
    rc = scan_file(a, files[i - 1].name, known, &earlier, e);
    if (rc != 0 || earlier.first == 0)
      continue;
    if (s->first == 0) {
      s->last = earlier.last;
      memcpy(s->previous, earlier.previous, sizeof s->previous);
      s->first = earlier.first;
    }
    s->is_there = s->is_there || earlier.is_there;
    s->is_other = s->is_other || earlier.is_other;
    if (known->sequence == 0 || earlier.first <= known->sequence + 1)
      break;
  }
  return rc;
}

static void check_end(struct audit *a, const struct audit_row *known,
                      const struct scan *s)
{
  int64_t end = known->sequence;

  if (end > s->last.sequence) {
    trouble(a,
            "records %" PRId64 " to %" PRId64
            " are gone: the end of the trail was cut off",
            s->last.sequence + 1, end);
    a->last.sequence = end;
    memcpy(a->last.hash, known->hash, sizeof known->hash);
    return;
  }
  if (s->is_other || (end > 0 && end + 1 == s->first && !s->is_there &&
                      !same(s->previous, known->hash)))
    trouble(a,
            "record %" PRId64
            " is not the one that was written: it was changed, or one before",
            end);
  else if (end > 0 && end + 1 != s->first && !s->is_there)
    trouble(a, "record %" PRId64 " is not there", end);
}

/* A piece of a line gets its newline; the next line owns up to it. */
static int end_piece(struct audit *a, const struct scan *s, struct err *e)
{
  if (s->torn.bytes == 0 && !s->is_open)
    return 0;
  if (s->is_open && write(a->fd, "\n", 1) != 1)
    return audit_fail(a, "write", a->file, e);
  a->size += s->is_open;
  a->torn = s->torn;
  return 0;
}

static int file_resume(struct audit *a, const struct audit_row *known,
                       struct err *e)
{
  CLEANUP_FREE struct trail_file *files = NULL;
  struct scan s = {0};
  size_t n = 0;
  int rc = trail_list(a->folder, &files, &n, e);

  if (rc == 0 && n > 0)
    rc = scan_file(a, files[n - 1].name, known, &s, e);
  if (rc == 0 && n > 1 &&
      (s.first == 0 || (known->sequence > 0 && s.first > known->sequence + 1)))
    rc = scan_back(a, files, n - 1, known, &s, e);
  if (rc != 0)
    return rc;
  a->last = s.last;
  a->size = (int64_t)s.bytes;
  a->unknown_at = (int64_t)s.known_end;
  check_end(a, known, &s);
  if (n > 0)
    memcpy(a->file, files[n - 1].name, sizeof a->file);
  else
    trail_name(clock_now_us(a->o.clock), a->last.sequence + 1, a->file);
  memcpy(a->unknown_file, a->file, sizeof a->file);
  rc = audit_open_file(a, a->file, n > 0 ? 0 : O_CREAT | O_EXCL, &a->fd, e);
  if (rc == 0 && n == 0 && fsync(a->folder_fd) != 0)
    rc = audit_fail(a, "sync", ".", e);
  return rc == 0 ? end_piece(a, &s, e) : rc;
}

/* ---- digests --------------------------------------------------------------
 */

/* Where the last whole line begins; *out_end: behind its newline. */
static size_t last_line(const struct trail_text *m, size_t *out_end)
{
  size_t end = m->len, start;

  while (end > 0 && m->data[end - 1] != '\n')
    end--;
  start = end > 0 ? end - 1 : 0;
  while (start > 0 && m->data[start - 1] != '\n')
    start--;
  *out_end = end;
  return start;
}

/* A digest that a crash cut is signed again: nothing is lost with it. */
static int drop_piece(struct audit *a, size_t end, struct err *e)
{
  CLEANUP_FD int fd = -1;
  int rc = audit_open_file(a, TRAIL_DIGESTS, 0, &fd, e);

  log_warn("audit_digest_unfinished", log_str("folder", a->folder),
           log_str("next", "it is signed again"));
  if (rc == 0 && ftruncate(fd, (off_t)end) != 0)
    rc = audit_fail(a, "repair", TRAIL_DIGESTS, e);
  return rc;
}

static int digests_resume(struct audit *a, const struct audit_row *known,
                          struct err *e)
{
  struct trail_text m = {0};
  size_t start, end;
  bool has_piece;
  struct err why = {0};
  int rc = trail_text_read(a->folder, TRAIL_DIGESTS, &m, &why);

  if (rc != 0 && rc != -ERR_NOT_FOUND)
    return err_set(e, why.code, "%s", why.text);
  start = last_line(&m, &end);
  has_piece = end < m.len;
  if (end > 0 && digest_read(a->key, m.data + start, end - start - 1,
                             &a->digest, &why) != 0)
    trouble(a, "the last digest: %s", why.text);
  trail_text_release(&m);
  if (a->digest.number < known->digests) {
    trouble(a,
            "digests %" PRId64 " to %" PRId64 " are gone from " TRAIL_DIGESTS,
            a->digest.number + 1, known->digests);
    a->digest.number = known->digests;
  }
  return has_piece ? drop_piece(a, end, e) : 0;
}

int audit_resume(struct audit *a, const struct audit_row *known, struct err *e)
{
  int rc = file_resume(a, known, e);

  if (rc == 0)
    rc = digests_resume(a, known, e);
  if (rc == 0 && a->digest.last.sequence > a->last.sequence) {
    trouble(a,
            "records %" PRId64 " to %" PRId64
            " are gone: the end of the trail was cut off",
            a->last.sequence + 1, a->digest.last.sequence);
    a->last = a->digest.last;
  }
  a->ended.sequence = known->sequence;
  memcpy(a->ended.hash, known->hash, sizeof known->hash);
  a->ended_digests = known->digests;
  /* What a killed daemon had written may not be on the disk yet. */
  a->synced = a->ended;
  a->unsynced_us = clock_mono_us(clock_system());
  return rc;
}
