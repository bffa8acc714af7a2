/* A secret's labelled versions under another KMS key, as UpdateSecret moves
 * them: those with AWSCURRENT, AWSPENDING and AWSPREVIOUS. */
#ifndef API_REKEY_H
#define API_REKEY_H

#include "api/call.h"
#include "secret/value.h"

#define REKEYS 3

struct rekey {
  struct version_rekey list[REKEYS];
  struct version_row versions[REKEYS]; /* what list borrows from */
  struct sealed resealed[REKEYS];
  size_t n;
};

/* Those that are not under row's key yet.  *out: all zero before;
 * rekey_release, also on failure. */
int rekey_read(struct call *c, const struct secret_row *row, struct rekey *out);
void rekey_release(struct rekey *r);

#endif
