/* AWS Signature Version 4, the server's side: request, keys and time in,
 * verdict out.
 *
 * Pure: time comes with the rules, keys from a callback.  Only the
 * Authorization header is taken; a signature in the query string is refused
 * by name.  Bodies are always hashed here: x-amz-content-sha256 must agree
 * where it is sent, and unsigned or streamed payloads are refused.  host and
 * every x-amz-* header must be signed; a signed header that comes twice is
 * refused.  A request that was caught can be sent again until its time is
 * out, as at AWS: TLS is what keeps it from being caught.
 */
#ifndef SIGV4_VERIFY_H
#define SIGV4_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"
#include "sigv4/authorization.h"
#include "sigv4/request.h"

#define SIGV4_SKEW_US (5LL * 60 * 1000000)

/* What belongs to an access key id. */
struct sigv4_key {
  struct secret secret_access_key;
  struct secret session_token; /* empty: requests must carry none */
};

/* Fills *out (returned: sigv4 releases both secrets) or fails; -ERR_NOT_FOUND
 * says that there is no such key, anything else is passed on.  Called once a
 * request, so a key that was taken away is refused from then on. */
typedef int sigv4_find(void *ctx, const char *access_key_id,
                       struct sigv4_key *out, struct err *e);

/* All borrowed for the length of a call. */
struct sigv4_rules {
  const char *const *regions; /* those that a scope may name; at least one */
  size_t n_regions;
  const char *service;
  int64_t now_us, skew_us;
  bool path_as_is; /* see canonical.h; false for every service but S3 */
  sigv4_find *find;
  void *find_ctx;
};

/* Who signed, where to. */
struct sigv4_identity {
  char access_key_id[ACCESS_KEY_ID_MAX + 1];
  char region[SCOPE_WORD_MAX + 1], service[SCOPE_WORD_MAX + 1];
};

/* One thread's own: algorithms, signing keys, a buffer.  `keys_max`: the
 * signing keys to remember. */
struct sigv4;

int sigv4_new(size_t keys_max, struct sigv4 **out, struct err *e);
void sigv4_free(struct sigv4 *v);

/* 0, or one of
 *   ERR_AUTH_MISSING       no signature at all
 *   ERR_AUTH_INCOMPLETE    a part of it is missing or malformed
 *   ERR_AUTH_EXPIRED       too old, or from the future
 *   ERR_AUTH_UNRECOGNIZED  no such key, or not its session token
 *   ERR_AUTH_SIGNATURE     it does not fit the request, or the rules
 * or what `find` failed with.  Texts quote nothing secret. */
int sigv4_verify(struct sigv4 *v, const struct sigv4_request *r,
                 const struct sigv4_rules *rules, struct sigv4_identity *out,
                 struct err *e);

#endif
