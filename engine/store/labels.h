/* Inside the store: which labels move when, and versions put under them. */
#ifndef STORE_LABELS_H
#define STORE_LABELS_H

#include "store/txn.h"

#define LABEL_CURRENT  "AWSCURRENT"
#define LABEL_PREVIOUS "AWSPREVIOUS"
#define LABEL_PENDING  "AWSPENDING"

/* The version that has the label; "" when none has. */
int label_holder(struct txn *t, int64_t id, const char *label,
                 char out[STORE_ID_MAX]);
/* Moves or attaches by rules 1 to 3 of labels.c. */
int label_attach(struct txn *t, int64_t id, const char *label,
                 const char *version_id);
/* ERR_LIMIT by rule 6; call it after the last label_attach. */
int label_check_count(struct txn *t, int64_t id);
int label_remove(struct txn *t, int64_t id, const char *label,
                 const char *version_id);

/* Adds or fills a version and labels it, by rules 4 and 5. */
int version_put(struct txn *t, int64_t id, const struct version_put *put,
                int64_t now_us);
/* A row without labels; sealed NULL: a placeholder. */
int version_insert(struct txn *t, int64_t id, const struct version_put *put,
                   int64_t now_us);
/* 1: there, with a value; 0: a placeholder; ERR_NOT_FOUND without a text. */
int version_find(struct txn *t, int64_t id, const char *version_id);
/* Unlabelled versions beyond STORE_VERSIONS, none younger than a day. */
int version_prune(struct txn *t, int64_t id, int64_t now_us);

#endif
