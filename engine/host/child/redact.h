/* Takes the values that a step got or made out of its texts.
 *
 * Values are remembered where they lie (they live as long as the step) and
 * are taken apart only when there is a text to redact: most steps say
 * nothing.  A string inside a JSON value counts as secret unless the
 * rotator's schema lists its member without "writeOnly": host and account
 * names must stay readable, and what the schema does not know is hidden.
 */
#ifndef HOST_CHILD_REDACT_H
#define HOST_CHILD_REDACT_H

#include "base/buf.h"
#include "base/json.h"

/* Shorter ones would be found everywhere in ordinary words. */
#define REDACT_LEN_MIN    3
#define REDACT_VALUES_MAX 64
#define REDACT_FORMS_MAX  4096

struct redact {
  struct {
    const char *data;
    size_t len;
    const json_t *schema;
  } values[REDACT_VALUES_MAX];
  size_t n_values, n_expanded;
  struct buf forms; /* one after the other: size_t length, then the bytes */
  size_t n_forms;
  bool overflow; /* something found no room: no text may be shown at all */
};

void redact_init(struct redact *r);
void redact_release(struct redact *r);
/* `data` and `schema` (may be NULL): borrowed until redact_release. */
void redact_add(struct redact *r, const void *data, size_t len,
                const json_t *schema);
/* Appends the text, each value replaced by "[redacted]". */
void redact_apply(struct redact *r, const char *text, size_t len,
                  struct buf *out);

#endif
