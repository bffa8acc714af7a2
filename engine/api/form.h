/* application/x-www-form-urlencoded, taken apart: how STS is asked. */
#ifndef API_FORM_H
#define API_FORM_H

#include "base/buf.h"

#define FORM_FIELDS_MAX 256
#define FORM_BYTES_MAX  65536

struct form {
  struct {
    size_t name, value; /* offsets into text */
  } fields[FORM_FIELDS_MAX];
  size_t n;
  struct buf text;
};

/* ERR_VALIDATION: too much, a name that comes twice, or no such encoding.
 * *out: form_release, also on failure. */
int form_read(const char *body, size_t len, struct form *out, struct err *e);
void form_release(struct form *f);
/* NULL: not there.  Borrowed until form_release. */
const char *form_get(const struct form *f, const char *name);
/* "NAME.member.N.LEAF", N from 1; leaf NULL: "NAME.member.N". */
const char *form_member(const struct form *f, const char *name, unsigned n,
                        const char *leaf);

#endif
