/* Inside the store: what the other nouns need of a secret. */
#ifndef STORE_SECRETS_H
#define STORE_SECRETS_H

#include "store/txn.h"

/* ERR_NOT_FOUND with AWS's text. */
int secret_missing(struct txn *t);
/* By one of the SQL_SECRET_BY_… statements; ERR_NOT_FOUND as above. */
int secret_find(struct txn *t, enum sql_id by, struct sql_arg key,
                struct secret_row *out);
/* What SQL_SECRET_COLUMNS gives. */
void secret_read(struct rows *r, struct secret_row *out);
/* "REGION:NAME". */
#define NAME_KEY_MAX (STORE_REGION_MAX + STORE_NAME_MAX)
void name_key(const char *region, const char *name, char out[NAME_KEY_MAX]);
/* ERR_EXISTS, ERR_REQUEST: the name is taken in the region, with AWS's text. */
int name_is_free(struct txn *t, const char *region, const char *name);
/* The row of a secret (replica_id 0) or of a replica of secret row->id; its
 * region is the one that its ARN names. */
int secret_insert(struct txn *t, const struct secret_row *row, int64_t *out_id);
/* Removes a secret and all of it, and tells the sinks.  time_us 0: now. */
int secret_purge(struct txn *t, const struct secret_row *row, int64_t now_us);
/* What SQL_RULES_COLUMNS gives. */
void rules_read(struct rows *r, struct rules_row *out);
/* The tags, at most STORE_TAGS in all (ERR_LIMIT). */
int tags_put(struct txn *t, int64_t id, const struct tag *tags, size_t n);
/* Next due time and window (`next` NULL: as they are), then rules.armed. */
int rules_rearm(struct txn *t, int64_t id, const struct next_due *next);

#endif
