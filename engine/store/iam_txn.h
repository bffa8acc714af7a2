/* Inside the store: what the files of store/iam.h share. */
#ifndef STORE_IAM_TXN_H
#define STORE_IAM_TXN_H

#include "store/iam.h"
#include "store/txn.h"

/* One entity by a statement with SQL_IAM_COLUMNS; -ERR_NO_ENTITY without a
 * text when there is none. */
int iam_find(struct txn *t, enum sql_id id, const struct sql_arg *args,
             size_t n, struct iam_entity *out);
/* All that a statement gives.  *out: returned, free(). */
int iam_list(struct txn *t, enum sql_id id, const struct sql_arg *args,
             size_t n, size_t max, struct iam_entity **out, size_t *out_n);
int iam_tags_put(struct txn *t, int64_t id, const struct tag *tags, size_t n);
int iam_tags_read(struct txn *t, int64_t id, struct tag *out, size_t max,
                  size_t *out_n);
/* ERR_NO_ENTITY: "The user with name X cannot be found." */
int iam_missing(struct txn *t, enum iam_kind kind, const char *name);
/* Appends what SQL_IAM_INLINE_LIST or SQL_IAM_ATTACHED_LIST gives; `prefix`
 * goes before each name. */
int iam_documents_read(struct txn *t, enum sql_id id, int64_t owner_id,
                       const char *prefix, struct iam_documents *out);

#endif
