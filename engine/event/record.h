/* One line of the audit trail: CloudTrail's event, by its documented names
 * (record contents 1.11).  The line is left open for the chain's member. */
#ifndef EVENT_RECORD_H
#define EVENT_RECORD_H

#include "base/buf.h"
#include "event/audit.h"

#define RECORD_MAX ((size_t)4 << 20) /* every list full, every byte escaped */

/* `account`, `region`: the daemon's own. */
void record_request(struct buf *line, const struct audit_request *r,
                    const char *account);
void record_event(struct buf *line, const struct audit_event *ev,
                  const char *region, const char *account);

#endif
