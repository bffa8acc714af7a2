/* Base64 (RFC 4648) between secrets. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/secret.h"

/* *out: returned, secret_release. */
int base64_encode(const struct secret *in, struct secret *out, struct err *e);
/* ERR_SERIALIZATION for anything but whole groups with their padding. */
int base64_decode(const char *text, size_t len, struct secret *out,
                  struct err *e);

#endif
