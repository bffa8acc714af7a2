/* What belongs to secrets and has tables of its own: tags, staging labels,
 * rotation rules; read together, for one secret or for a page of them.
 */
#ifndef API_PARTS_H
#define API_PARTS_H

#include "api/call.h"

/* Each list is in order of the secrets' ids. */
struct parts {
  struct tag_row *tags;
  struct stage_row *stages; /* of a secret's newest version first */
  struct secret_rules *rules;
  size_t n_tags, n_stages, n_rules;
};

/* Of up to STORE_PAGE secrets.  *out: parts_release, also after a failure. */
int parts_read(struct call *c, const struct secret_row *rows, size_t n,
               struct parts *out);
void parts_release(struct parts *p);
/* The share of one secret; borrowed from `all`. */
void parts_of(const struct parts *all, int64_t secret_id, struct parts *out);
/* Tags alone, of the rows that have any. */
int parts_read_tags(struct call *c, const struct secret_row *rows, size_t n,
                    struct parts *out);

#endif
