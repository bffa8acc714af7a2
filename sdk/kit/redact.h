/* The values that a text may not show, and the text without them. */
#ifndef KIT_REDACT_H
#define KIT_REDACT_H

#include <jansson.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/secret.h"

#define REDACT_MAX 256
/* Shorter ones would be found everywhere in ordinary words. */
#define REDACT_LEN_MIN 3

struct redact {
  struct secret values[REDACT_MAX];
  size_t n;
  bool overflow; /* a value found no room: no text may be shown at all */
};

void redact_release(struct redact *r);
void redact_add(struct redact *r, const void *data, size_t len);
/* Each string in `value`, but those whose member is a property of `schema`
 * (borrowed, may be NULL) and is not marked writeOnly there: host names and
 * account names must stay readable. */
void redact_add_json(struct redact *r, const json_t *value,
                     const json_t *schema);
/* Appends the text, each value replaced by "[redacted]". */
void redact_apply(const struct redact *r, const char *text, size_t len,
                  struct buf *out);
/* The first value that occurs in the text; NULL: none does. */
const struct secret *redact_find(const struct redact *r, const char *text,
                                 size_t len);

#endif
