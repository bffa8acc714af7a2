/* Signed digests: what proves a trail to whoever has the public key.
 *
 * A line of digests.jsonl is
 *     {"digest":{"version":1,"number":N,"time":"…Z","storeId":"UUID",
 *      "file":"audit-….jsonl","firstSequence":N,"lastSequence":N,
 *      "lastHash":"HEX","previousSignature":"BASE64"},"signature":"BASE64"}
 * The signature is Ed25519 over the bytes of the object behind "digest":.
 * lastHash proves the line of that sequence and, by the chain, every line
 * before it; previousSignature chains the digests.
 */
#ifndef EVENT_TRAIL_DIGEST_H
#define EVENT_TRAIL_DIGEST_H

#include "event/trail/chain.h"
#include "event/trail/folder.h"

#define DIGEST_SEED_LEN      32 /* of an Ed25519 key, private or public */
#define DIGEST_SIGNATURE_MAX 89 /* base64 of 64 bytes, and the NUL */
#define DIGEST_LINE_MAX      1024

struct digest {
  int64_t number; /* from 1 */
  int64_t time_us;
  char store_id[37];
  char file[TRAIL_NAME_MAX];
  int64_t first;          /* sequence */
  struct chain_link last; /* what is proven */
  char previous[DIGEST_SIGNATURE_MAX];
  char signature[DIGEST_SIGNATURE_MAX]; /* set by digest_sign */
};

/* A private or a public key. */
struct digest_key;

/* `seed`: DIGEST_SEED_LEN bytes.  *out: returned, freed by digest_key_free. */
int digest_key_private(const unsigned char *seed, struct digest_key **out,
                       struct err *e);
/* A PEM public key (SPKI).  ERR_CONFIG: not one, or not Ed25519. */
int digest_key_public(const char *pem, size_t len, struct digest_key **out,
                      struct err *e);
void digest_key_free(struct digest_key *k);
/* Appends the public half as PEM. */
int digest_key_pem(const struct digest_key *k, struct buf *out, struct err *e);

/* Signs d (but d->signature) and appends the line, with its newline. */
int digest_sign(const struct digest_key *k, struct digest *d, struct buf *out,
                struct err *e);
/* `line` is without its newline.  ERR_CORRUPT: the signature is not the
 * key's, or it is no digest. */
int digest_read(const struct digest_key *k, const char *line, size_t len,
                struct digest *out, struct err *e);

#endif
