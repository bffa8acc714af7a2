/* The chain of an audit trail: each line says its number and what the line
 * before it was.
 *
 * A line is a JSON object that ends with the member
 *     "keyturn":{"sequence":N,"previousHash":"HEX"}
 * where HEX is the SHA-256 of the whole line before (without its newline),
 * zeros in the first.  A crash can leave a piece of a line behind; the next
 * line then owns up to it:
 *     "keyturn":{"sequence":N,"previousHash":"HEX","torn":{"bytes":N,
 *      "hash":"HEX"}}
 * where previousHash is that of the last whole line.  No I/O here.
 */
#ifndef EVENT_TRAIL_CHAIN_H
#define EVENT_TRAIL_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define CHAIN_HASH_LEN 32
#define CHAIN_HEX_LEN  64

/* Where a chain stands: its last whole line.  Sequence 0: no line yet, and
 * the hash is zeros. */
struct chain_link {
  int64_t sequence;
  unsigned char hash[CHAIN_HASH_LEN];
};

/* A piece of a line that is not whole. */
struct chain_torn {
  int64_t bytes; /* 0: none */
  unsigned char hash[CHAIN_HASH_LEN];
};

/* What a line says of itself and of what stands before it. */
struct chain_mark {
  int64_t sequence;
  unsigned char previous[CHAIN_HASH_LEN];
  struct chain_torn torn;
};

/* SHA-256, fetched once.  For one thread at a time. */
struct chain;

/* *out: returned, freed by chain_free. */
int chain_new(struct chain **out, struct err *e);
void chain_free(struct chain *c);

int chain_hash(struct chain *c, const void *data, size_t len,
               unsigned char out[CHAIN_HASH_LEN], struct err *e);

/* `line` is a JSON object without its last brace: it gets the member, the
 * brace and a newline.  `link`: the line before; is this line after.  `torn`
 * may be NULL. */
int chain_seal(struct chain *c, struct buf *line, const struct chain_torn *torn,
               struct chain_link *link, struct err *e);

/* `line` is without its newline.  False: it does not end as a line of ours. */
bool chain_parse(const char *line, size_t len, struct chain_mark *out);

void chain_hex(const unsigned char hash[CHAIN_HASH_LEN],
               char out[CHAIN_HEX_LEN + 1]);
/* False: not 64 digits, small ones. */
bool chain_unhex(const char *text, unsigned char out[CHAIN_HASH_LEN]);

#endif
