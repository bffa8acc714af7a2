/* The top-level members of a JSON object as they stand in its text, so that
 * a value can be replaced without touching a byte of the others (numbers
 * above all: 1.10 stays 1.10).
 */
#ifndef HOST_CHILD_MEMBERS_H
#define HOST_CHILD_MEMBERS_H

#include <keyturn/rotator.h>

#include "base/buf.h"

struct member {
  const char *key; /* with its quotes */
  size_t key_len;
  const char *value;
  size_t value_len;
};

/* `text` is a JSON object: json_read accepted it.  Start with *pos = 0; false
 * after the last member. */
bool member_next(const char *text, size_t len, size_t *pos, struct member *out);
/* Is this its name, all escapes resolved? */
bool member_is(const struct member *m, const char *name);

/* The text with these members replaced or added, names distinct. */
void members_replace(const char *text, size_t len,
                     const struct kt_field *fields, size_t n_fields,
                     struct buf *out);

#endif
