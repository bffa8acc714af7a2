/* From a canonical request to a signature: the string to sign, the signing
 * key of a day, and the HMAC of the one under the other.
 */
#ifndef SIGV4_SIGNATURE_H
#define SIGV4_SIGNATURE_H

#include "base/secret.h"
#include "sigv4/digest.h"
#include "sigv4/stamp.h"

#define SIGNATURE_ALGORITHM "AWS4-HMAC-SHA256"
#define SIGNATURE_END       "aws4_request"

#define SCOPE_WORD_MAX     63
#define SIGNATURE_TEXT_MAX 320

/* Where a signing key is good: one day, one region, one service. */
struct scope {
  char date[STAMP_DATE_LEN + 1];
  char region[SCOPE_WORD_MAX + 1], service[SCOPE_WORD_MAX + 1];
};

/* The string to sign.  `stamp`: the time in the x-amz-date header. */
int signature_text(struct digest *d, const struct scope *scope,
                   const char *stamp, const void *canonical, size_t len,
                   char out[SIGNATURE_TEXT_MAX], struct err *e);
/* *out: DIGEST_LEN bytes, returned (secret_release). */
int signature_key(struct digest *d, const struct scope *scope,
                  const struct secret *secret_access_key, struct secret *out,
                  struct err *e);
int signature_make(struct digest *d, const struct secret *signing_key,
                   const char *text, char out[DIGEST_HEX_LEN + 1],
                   struct err *e);

#endif
