/* AWS Signature Version 4, the client's side: makes an Authorization header.
 */
#ifndef SIGV4_SIGN_H
#define SIGV4_SIGN_H

#include "sigv4/authorization.h"
#include "sigv4/request.h"

#define SIGN_HEADERS_MAX 32
#define SIGN_VALUE_MAX   (SIGNED_HEADERS_MAX + 512)

/* All borrowed for the length of a call. */
struct sigv4_signer {
  const char *access_key_id, *region, *service;
  const struct secret *secret_access_key;
  bool path_as_is; /* see canonical.h */
};

/* Writes the value of the Authorization header.  Every header of `r` is
 * signed; host and x-amz-date (basic format) must be among them, and
 * x-amz-security-token where the key has one.  ERR_PARAMETER for a request
 * that cannot be signed. */
int sigv4_sign(struct digest *d, const struct sigv4_request *r,
               const struct sigv4_signer *signer, char out[SIGN_VALUE_MAX],
               struct err *e);

#endif
