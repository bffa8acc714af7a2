/* Is a trail what was written?  Finds lines that were changed, removed,
 * moved, doubled or cut off, with the public key alone.
 *
 * Up to the last digest everything is proven.  Lines after it are chained,
 * but whoever can write the folder could chain lines of his own: without
 * `end`, which the daemon keeps elsewhere, nothing can be said about how many
 * there were, and verify_result says from where on that is.
 */
#ifndef EVENT_TRAIL_VERIFY_H
#define EVENT_TRAIL_VERIFY_H

#include "event/trail/digest.h"

struct verify_options {
  const char *folder;
  const struct digest_key *key;
  /* The oldest files may be gone: archived elsewhere. */
  bool may_be_partial;
  /* Where the trail ends, by the daemon; sequence 0: not known.  end_file,
   * end_bytes: lines beyond are being written now; NULL: none are. */
  struct chain_link end;
  const char *end_file;
  size_t end_bytes;
  int64_t digests; /* how many there are at least; 0: not known */
};

struct verify_finding {
  const char *file; /* borrowed for the call */
  int64_t line;     /* 0: the file as a whole */
  const char *text;
};

typedef void verify_tell(void *ctx, const struct verify_finding *finding);

struct verify_result {
  int64_t files, lines, digests;
  int64_t first, last; /* sequences; 0: there are no lines */
  int64_t proven;      /* up to this sequence, by a digest or the daemon */
  int64_t torn;        /* lines that a crash left unfinished, and said so */
  int64_t findings;    /* 0: all is well */
};

/* ERR_IO, ERR_NOT_FOUND: it could not be read.  What is wrong with the trail
 * is no error: it is told, and counted. */
int verify_run(const struct verify_options *o, verify_tell *tell, void *ctx,
               struct verify_result *out, struct err *e);

#endif
