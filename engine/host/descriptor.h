/* What a plugin said is in it: kept in plain memory, for there is nothing
 * secret about it, and readable as long as the supervisor is open.
 */
#ifndef HOST_DESCRIPTOR_H
#define HOST_DESCRIPTOR_H

#include "host/wire.h"
#include "rotation/runner.h"

struct descriptor {
  struct descriptor *next; /* the owner's */
  size_t n;
  struct rotator_info infos[];
};

/* m: a describe message.  *out: returned, descriptor_free.  ERR_CONFIG: it is
 * of another version of Keyturn. */
int descriptor_read(const struct wire_message *m, const char *plugin,
                    struct descriptor **out, struct err *e);
void descriptor_free(struct descriptor *d);
/* NULL: not in it, or d is NULL. */
const struct rotator_info *descriptor_find(const struct descriptor *d,
                                           const char *rotator);
bool descriptor_is_serial(const struct descriptor *d);

#endif
