/* The Authorization header of Signature Version 4, taken apart:
 *
 *     AWS4-HMAC-SHA256 Credential=ID/DATE/REGION/SERVICE/aws4_request,
 *     SignedHeaders=host;x-amz-date, Signature=HEX
 *
 * Judges its form alone; whether it suits the request is verify's question.
 */
#ifndef SIGV4_AUTHORIZATION_H
#define SIGV4_AUTHORIZATION_H

#include <stdbool.h>
#include <stddef.h>

#include "sigv4/signature.h"

#define ACCESS_KEY_ID_MAX  128
#define SIGNED_HEADERS_MAX 2047

struct authorization {
  char access_key_id[ACCESS_KEY_ID_MAX + 1];
  struct scope scope;
  char signed_headers[SIGNED_HEADERS_MAX + 1]; /* sorted, each once */
  char signature[DIGEST_HEX_LEN + 1];
};

/* ERR_AUTH_INCOMPLETE when a part is missing or malformed.  Error texts quote
 * printable ASCII only. */
int authorization_parse(const char *value, struct authorization *out,
                        struct err *e);
/* Is this header among the signed ones? */
bool authorization_covers(const struct authorization *a, const char *name);

#endif
