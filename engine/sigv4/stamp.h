/* Times as Signature Version 4 writes them: 20150830T123600Z, always UTC. */
#ifndef SIGV4_STAMP_H
#define SIGV4_STAMP_H

#include <stdint.h>

#include "base/err.h"

#define STAMP_LEN      16
#define STAMP_DATE_LEN 8

/* ERR_AUTH_INCOMPLETE for anything but sixteen characters of that form that
 * name a second which exists. */
int stamp_parse(const char *text, int64_t *out_us, struct err *e);
/* Cuts what is below a second; `us` lies in the years 0 to 9999. */
void stamp_format(int64_t us, char out[STAMP_LEN + 1]);

#endif
