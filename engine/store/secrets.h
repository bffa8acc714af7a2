/* Inside the store: what the other nouns need of a secret. */
#ifndef STORE_SECRETS_H
#define STORE_SECRETS_H

#include "store/txn.h"

/* ERR_NOT_FOUND with AWS's text. */
int secret_missing(struct txn *t);
/* By one of the SQL_SECRET_BY_… statements; ERR_NOT_FOUND as above. */
int secret_find(struct txn *t, enum sql_id by, struct sql_arg key,
                struct secret_row *out);
/* The tags, at most STORE_TAGS in all (ERR_LIMIT). */
int tags_put(struct txn *t, int64_t id, const struct tag *tags, size_t n);
/* Next due time and window (`next` NULL: as they are), then rules.armed. */
int rules_rearm(struct txn *t, int64_t id, const struct next_due *next);

#endif
