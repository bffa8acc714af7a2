/* What directory lookups found: a table of fixed size, four places for each
 * hash, of which the least recently used makes room.  Not thread-safe.
 */
#ifndef IAM_FOUND_H
#define IAM_FOUND_H

#include "base/random.h"
#include "base/secret.h"
#include "iam/principal_make.h"

struct found {
  char access_key_id[IAM_KEY_ID_MAX]; /* "": free */
  struct secret key;
  char *token;      /* of a session; else NULL */
  struct held *who; /* one reference; NULL: nobody has this key */
  uint64_t used;
};

struct found_table;

/* About `max` places.  *out: returned. */
int found_new(size_t max, struct random *r, struct found_table **out,
              struct err *e);
void found_free(struct found_table *t);
void found_clear(struct found_table *t);
/* Borrowed until the next put or clear; NULL: not there.  `token` as in
 * struct found. */
const struct found *found_find(struct found_table *t, const char *access_key_id,
                               const char *token);
/* Keeps copies and a reference of its own.  What does not fit in memory is
 * not kept. */
void found_put(struct found_table *t, const char *access_key_id,
               const char *token, const struct secret *key, struct held *who);

#endif
