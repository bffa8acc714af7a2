/* Verifying: the digests first, for they say which lines must be there; then
 * every line against the one before it and against the digests.
 */
#include "event/trail/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define TOLD_MAX    1000 /* findings; more would say no more */
#define DIGESTS_MAX ((size_t)10 << 20)

/* What a digest proves. */
struct proof {
  int64_t number;
  struct chain_link last;
};

struct verifier {
  const struct verify_options *o;
  verify_tell *tell;
  void *ctx;
  struct verify_result *result;
  struct chain *chain;
  struct proof *proofs;
  size_t n_proofs, cap_proofs, next_proof;
  struct chain_link before; /* the line before this one */
  struct chain_torn piece;  /* a line before this one that is no record */
  /* Where this one and the piece are. */
  const char *file;
  int64_t line, piece_line;
  bool is_end_seen;
};

static void find(struct verifier *v, const char *file, int64_t line,
                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void find(struct verifier *v, const char *file, int64_t line,
                 const char *fmt, ...)
{
  struct verify_finding f = {.file = file, .line = line};
  char text[256];
  va_list ap;

  if (v->result->findings++ >= TOLD_MAX)
    return;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  f.text = text;
  v->tell(v->ctx, &f);
}

/* ---- digests --------------------------------------------------------------
 */

static int proof_add(struct verifier *v, const struct digest *d, struct err *e)
{
  struct proof *more;

  if (v->n_proofs == v->cap_proofs) {
    v->cap_proofs = v->cap_proofs == 0 ? 64 : v->cap_proofs * 2;
    more = v->cap_proofs > DIGESTS_MAX
               ? NULL
               : realloc(v->proofs, v->cap_proofs * sizeof *more);
    if (more == NULL)
      return err_set(e, ERR_NOMEM, "too many digests");
    v->proofs = more;
  }
  v->proofs[v->n_proofs++] = (struct proof){d->number, d->last};
  return 0;
}

/* d follows `last` (number 0: nothing before). */
static void digest_follows(struct verifier *v, const struct digest *last,
                           const struct digest *d, int64_t line)
{
  if (d->number != last->number + 1)
    find(v, TRAIL_DIGESTS, line,
         "digest %" PRId64 " follows digest %" PRId64 ": %s", d->number,
         last->number,
         d->number > last->number ? "digests were removed here"
                                  : "a digest was moved or is there twice");
  else if (strcmp(d->previous, last->signature) != 0)
    find(v, TRAIL_DIGESTS, line,
         "digest %" PRId64 " was not signed after the one before it",
         d->number);
  else if (d->first != last->last.sequence + 1 && d->number > 1)
    find(v, TRAIL_DIGESTS, line,
         "digest %" PRId64 " begins at record %" PRId64 ", not at %" PRId64,
         d->number, d->first, last->last.sequence + 1);
}

static int digests_read(struct verifier *v, struct err *e)
{
  struct digest last = {0}, d;
  struct trail_text m = {0};
  size_t at = 0, next, len;
  struct err why = {0};
  bool is_whole;
  int64_t line = 0;
  int rc = trail_text_read(v->o->folder, TRAIL_DIGESTS, &m, &why);

  if (rc == -ERR_NOT_FOUND)
    rc = 0; /* a young trail has none */
  else if (rc != 0)
    return err_set(e, why.code, "%s", why.text);
  for (; rc == 0 && at < m.len; at = next) {
    len = trail_line(&m, at, &next, &is_whole);
    line++;
    if (digest_read(v->o->key, m.data + at, len, &d, &why) != 0) {
      find(v, TRAIL_DIGESTS, line, "%s",
           is_whole ? why.text : "the last digest is not whole");
      continue;
    }
    digest_follows(v, &last, &d, line);
    v->result->digests++;
    if (d.last.sequence > last.last.sequence)
      rc = proof_add(v, &d, e);
    last = d;
  }
  trail_text_release(&m);
  if (rc == 0 && last.number < v->o->digests)
    find(v, TRAIL_DIGESTS, 0,
         "the last digest is %" PRId64 ", and keyturnd has signed %" PRId64
         ": the last were removed",
         last.number, v->o->digests);
  return rc;
}

/* ---- lines ----------------------------------------------------------------
 */

static bool same_hash(const unsigned char *a, const unsigned char *b)
{
  return memcmp(a, b, CHAIN_HASH_LEN) == 0;
}

/* The piece before this line: a line of ours always owns up to it. */
static void check_piece(struct verifier *v, const struct chain_mark *m)
{
  const struct chain_torn *torn = m == NULL ? NULL : &m->torn;

  if (v->piece_line != 0 && torn != NULL && torn->bytes == v->piece.bytes &&
      same_hash(torn->hash, v->piece.hash))
    v->result->torn++;
  else if (v->piece_line != 0)
    find(v, v->file, v->piece_line,
         "no record of keyturnd: it was changed, or put in");
  else if (torn != NULL && torn->bytes > 0)
    find(v, v->file, v->line,
         "the unfinished line of %" PRId64 " bytes before it is gone",
         torn->bytes);
  v->piece_line = 0;
}

static void check_order(struct verifier *v, const struct chain_mark *m)
{
  int64_t before = v->before.sequence;

  if (m->sequence > before + 1)
    find(v, v->file, v->line,
         "record %" PRId64 " follows %" PRId64 ": %" PRId64
         " removed or moved from here",
         m->sequence, before, m->sequence - before - 1);
  else if (m->sequence <= before)
    find(v, v->file, v->line,
         "record %" PRId64 " follows %" PRId64
         ": it was moved, or is there twice",
         m->sequence, before);
  else if (!same_hash(m->previous, v->before.hash))
    find(v, v->file, v->line,
         "record %" PRId64 " does not follow from the line before: that one "
         "was changed, or this one",
         m->sequence);
}

static void check_proofs(struct verifier *v, const struct chain_link *link)
{
  const struct chain_link *end = &v->o->end;

  while (v->next_proof < v->n_proofs &&
         v->proofs[v->next_proof].last.sequence < link->sequence)
    v->next_proof++; /* told at the end, when it was never seen */
  if (v->next_proof < v->n_proofs &&
      v->proofs[v->next_proof].last.sequence == link->sequence) {
    const struct proof *p = &v->proofs[v->next_proof++];

    if (!same_hash(p->last.hash, link->hash))
      find(v, v->file, v->line,
           "record %" PRId64 " is not the one that digest %" PRId64
           " was signed for: it was changed, or one before it",
           link->sequence, p->number);
    else
      v->result->proven = link->sequence;
  }
  if (end->sequence == link->sequence) {
    v->is_end_seen = true;
    if (!same_hash(end->hash, link->hash))
      find(v, v->file, v->line,
           "record %" PRId64 " is not the one that keyturnd wrote: it was "
           "changed, or one before it",
           link->sequence);
    else
      v->result->proven = link->sequence;
  }
}

static int check_line(struct verifier *v, const char *text, size_t len,
                      struct err *e)
{
  struct chain_link link;
  struct chain_mark mark;
  int rc = chain_hash(v->chain, text, len, link.hash, e);

  if (rc != 0)
    return rc;
  v->line++;
  if (!chain_parse(text, len, &mark)) {
    check_piece(v, NULL);
    v->piece.bytes = (int64_t)len;
    memcpy(v->piece.hash, link.hash, sizeof link.hash);
    v->piece_line = v->line;
    return 0;
  }
  check_piece(v, &mark);
  if (v->result->lines == 0 && v->o->may_be_partial)
    v->before.sequence = mark.sequence - 1;
  else
    check_order(v, &mark);
  if (v->result->lines++ == 0)
    v->result->first = mark.sequence;
  if (mark.sequence > v->result->last)
    v->result->last = mark.sequence;
  link.sequence = mark.sequence;
  check_proofs(v, &link);
  v->before = link;
  return 0;
}

static int check_file(struct verifier *v, const struct trail_file *file,
                      struct err *e)
{
  struct trail_text m = {0};
  size_t at = 0, len, next, stop;
  bool is_whole = true;
  int rc = trail_text_read(v->o->folder, file->name, &m, e);

  if (rc != 0)
    return rc;
  v->file = file->name;
  v->line = 0;
  v->result->files++;
  stop = m.len;
  if (v->o->end_file != NULL && strcmp(v->o->end_file, file->name) == 0 &&
      v->o->end_bytes < stop)
    stop = v->o->end_bytes;
  for (; rc == 0 && at < stop; at = next) {
    len = trail_line(&m, at, &next, &is_whole);
    rc = check_line(v, m.data + at, len, e);
  }
  if (rc == 0 && v->piece_line != 0) {
    find(v, v->file, v->piece_line,
         is_whole ? "no record of keyturnd: it was changed, or put in"
                  : "the line is not whole: it was cut, or keyturnd was "
                    "killed while it wrote it and was not started since");
    v->piece_line = 0;
  } else if (rc == 0 && !is_whole) {
    find(v, v->file, v->line, "the newline after the last line was removed");
  }
  trail_text_release(&m);
  return rc;
}

static void check_end(struct verifier *v)
{
  const struct proof *last =
      v->n_proofs == 0 ? NULL : &v->proofs[v->n_proofs - 1];
  const char *file = v->file == NULL ? v->o->folder : v->file;

  if (last != NULL && last->last.sequence > v->result->last)
    find(v, file, 0,
         "the trail ends with record %" PRId64 ", and digest %" PRId64
         " was signed for %" PRId64 ": its end was cut off",
         v->result->last, last->number, last->last.sequence);
  else if (v->o->end.sequence > v->result->last)
    find(v, file, 0,
         "the trail ends with record %" PRId64 ", and keyturnd wrote %" PRId64
         ": its end was cut off",
         v->result->last, v->o->end.sequence);
  else if (v->o->end.sequence > 0 && !v->is_end_seen)
    find(v, file, 0, "record %" PRId64 " is not there", v->o->end.sequence);
}

static int run(struct verifier *v, struct err *e)
{
  CLEANUP_FREE struct trail_file *files = NULL;
  size_t n = 0;
  int rc = trail_list(v->o->folder, &files, &n, e);

  if (rc == 0)
    rc = chain_new(&v->chain, e);
  if (rc == 0)
    rc = digests_read(v, e);
  for (size_t i = 0; rc == 0 && i < n; i++)
    if (v->o->end_file == NULL || files[i].first <= v->o->end.sequence)
      rc = check_file(v, &files[i], e);
  if (rc == 0)
    check_end(v);
  return rc;
}

int verify_run(const struct verify_options *o, verify_tell *tell, void *ctx,
               struct verify_result *out, struct err *e)
{
  struct verify_result result = {0};
  struct verifier v = {.o = o, .tell = tell, .ctx = ctx, .result = &result};
  int rc = run(&v, e);

  chain_free(v.chain);
  free(v.proofs);
  if (rc == 0)
    *out = result;
  return rc;
}
