/* Versions: put, read, listed, touched, pruned. */
#include "store/store.h"

#include <stdlib.h>

#include "store/labels.h"
#include "store/secrets.h"

int version_find(struct txn *t, int64_t id, const char *version_id)
{
  int64_t has_value = 0;
  int rc = txn_int(t, SQL_VERSION_FIND,
                   SQL_ARGS(arg_int(id), arg_text(version_id)), &has_value);

  return rc != 0 ? rc : (int)has_value;
}

static int count(struct txn *t, int64_t id, int64_t *out_n, int64_t *out_newest)
{
  struct rows r;
  int rc = rows_open(&r, t, SQL_VERSION_COUNT, arg_int(id));

  if (rc == 0 && (rc = rows_next(&r)) > 0) {
    *out_n = row_int(&r);
    *out_newest = row_int(&r);
  }
  rc = rows_close(&r, rc);
  return rc > 0 ? 0 : rc;
}

int version_insert(struct txn *t, int64_t id, const struct version_put *put,
                   int64_t now_us)
{
  int64_t n = 0, newest = 0;
  int rc = count(t, id, &n, &newest);

  if (rc != 0)
    return rc;
  if (n >= STORE_VERSIONS_MAX)
    return err_set(t->e, ERR_LIMIT,
                   "A secret can have no more than %d versions; those without "
                   "a staging label go a day after they were made.",
                   STORE_VERSIONS_MAX);
  /* Clients sort by CreatedDate, which has milliseconds: all differ. */
  if (now_us / US_PER_MS <= newest / US_PER_MS)
    now_us = (newest / US_PER_MS + 1) * US_PER_MS;
  return txn_exec(t, SQL_VERSION_PUT, arg_int(id), arg_text(put->version_id),
                  arg_int(now_us), arg_int(put->is_binary),
                  arg_text(put->key_id == NULL ? "" : put->key_id),
                  arg_blob(put->sealed, put->sealed_len));
}

int version_prune(struct txn *t, int64_t id, int64_t now_us)
{
  int64_t n = 0, newest;
  int rc = count(t, id, &n, &newest);

  if (rc != 0 || n <= STORE_VERSIONS)
    return rc;
  return txn_exec(t, SQL_VERSION_PRUNE, arg_int(id),
                  arg_int(now_us - US_PER_DAY), arg_int(n - STORE_VERSIONS));
}

static int label_all(struct txn *t, int64_t id, const struct version_put *put)
{
  char current[STORE_ID_MAX];
  int rc = label_holder(t, id, LABEL_CURRENT, current);

  if (rc == 0 && (put->n_labels == 0 || current[0] == '\0')) /* 4 and 5 */
    rc = label_attach(t, id, LABEL_CURRENT, put->version_id);
  for (size_t i = 0; rc == 0 && i < put->n_labels; i++)
    rc = label_attach(t, id, put->labels[i], put->version_id);
  return rc == 0 ? label_check_count(t, id) : rc;
}

int version_put(struct txn *t, int64_t id, const struct version_put *put,
                int64_t now_us)
{
  int rc = version_find(t, id, put->version_id);

  if (rc == 1)
    return err_set(t->e, ERR_EXISTS,
                   "You can't use ClientRequestToken %s because that value is "
                   "already in use for a version of the secret.",
                   put->version_id);
  if (rc == 0)
    rc = txn_exec(t, SQL_VERSION_FILL, arg_int(id), arg_text(put->version_id),
                  arg_int(put->is_binary), arg_text(put->key_id),
                  arg_blob(put->sealed, put->sealed_len));
  else if (rc == -ERR_NOT_FOUND)
    rc = version_insert(t, id, put, now_us);
  if (rc == 0)
    rc = label_all(t, id, put);
  return rc == 0 ? version_prune(t, id, now_us) : rc;
}

int store_version_put(struct store *s, int64_t id,
                      const struct version_put *put, int64_t now_us,
                      struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_SECRET_CHANGED, arg_int(id), arg_int(now_us));
  if (rc == 0 && t.changed == 0)
    rc = secret_missing(&t);
  if (rc == 0)
    rc = version_put(&t, id, put, now_us);
  return txn_finish(&t, rc);
}

static void read_version(struct rows *r, struct version_row *v)
{
  row_array(r, v->version_id);
  v->created_us = row_int(r);
  v->accessed_us = row_int(r);
  v->is_binary = row_int(r) != 0;
  row_array(r, v->key_id);
  v->has_value = row_int(r) != 0;
}

static int read_labels(struct txn *t, int64_t id, struct version_row *v)
{
  struct rows r;
  int rc = rows_open(&r, t, SQL_LABEL_OF_VERSION, arg_int(id),
                     arg_text(v->version_id));

  v->n_labels = 0;
  while (rc == 0 && v->n_labels < STORE_LABELS && (rc = rows_next(&r)) > 0) {
    row_array(&r, v->labels[v->n_labels]);
    v->n_labels++;
    rc = 0;
  }
  return rows_close(&r, rc);
}

static int get_row(struct txn *t, int64_t id, enum sql_id by, const char *key,
                   struct version_row *v)
{
  struct rows r;
  int rc = rows_open(&r, t, by, arg_int(id), arg_text(key));

  if (rc == 0 && (rc = rows_next(&r)) > 0) {
    read_version(&r, v);
    rc = row_copy(&r, &v->sealed, &v->sealed_len);
  } else if (rc == 0)
    rc = err_set(t->e, ERR_NOT_FOUND,
                 "Secrets Manager can't find the specified secret value for "
                 "%s: %s",
                 by == SQL_VERSION_GET ? "VersionId" : "staging label", key);
  return rows_close(&r, rc);
}

static int get(struct txn *t, int64_t id, const char *version_id,
               const char *label, struct version_row *v)
{
  int rc;

  if (version_id != NULL)
    rc = get_row(t, id, SQL_VERSION_GET, version_id, v);
  else
    rc = get_row(t, id, SQL_VERSION_BY_LABEL,
                 label == NULL ? LABEL_CURRENT : label, v);
  if (rc == 0)
    rc = read_labels(t, id, v);
  if (rc != 0 || version_id == NULL || label == NULL)
    return rc;
  for (size_t i = 0; i < v->n_labels; i++)
    if (strcmp(v->labels[i], label) == 0)
      return 0;
  return err_set(t->e, ERR_REQUEST,
                 "You provided a VersionStage that is not associated to the "
                 "provided VersionId.");
}

int store_version_get(struct store *s, int64_t id, const char *version_id,
                      const char *label, struct version_row *out, struct err *e)
{
  struct version_row v;
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  v.sealed = NULL; /* the rest is written when it is found: it is large */
  if (rc == 0)
    rc = get(&t, id, version_id, label, &v);
  rc = txn_finish(&t, rc);
  if (rc != 0) {
    free(v.sealed);
    return rc;
  }
  *out = v; /* transferred */
  return 0;
}

void version_row_release(struct version_row *row)
{
  if (row == NULL)
    return;
  free(row->sealed);
  row->sealed = NULL;
  row->sealed_len = 0;
}

/* A secret has few labels, so all are read at once. */
static int list_labels(struct txn *t, int64_t id, struct version_row *versions,
                       size_t n)
{
  struct stage_row stage;
  struct rows r;
  size_t at = 0;
  int rc = rows_open(&r, t, SQL_STAGE_LIST, arg_int(id));

  while (rc == 0 && (rc = rows_next(&r)) > 0) {
    stage.secret_id = row_int(&r);
    row_array(&r, stage.version_id);
    row_array(&r, stage.label);
    rc = 0;
    /* Both lists come in the same order. */
    for (size_t i = at; i < n; i++)
      if (strcmp(versions[i].version_id, stage.version_id) == 0) {
        struct version_row *v = &versions[at = i];

        if (v->n_labels < STORE_LABELS)
          memcpy(v->labels[v->n_labels++], stage.label, sizeof stage.label);
        break;
      }
  }
  return rows_close(&r, rc);
}

static int list_rows(struct txn *t, int64_t id, bool all, int64_t before_us,
                     size_t max, struct version_row *out, size_t *out_n)
{
  struct rows r;
  size_t n = 0;
  int rc = rows_open(&r, t, SQL_VERSION_LIST, arg_int(id), arg_int(all),
                     arg_int(before_us), arg_int((int64_t)max));

  while (rc == 0 && n < max && (rc = rows_next(&r)) > 0) {
    read_version(&r, &out[n++]);
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc == 0)
    rc = list_labels(t, id, out, n);
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_version_page(struct store *s, int64_t id, bool include_deprecated,
                       int64_t before_us, size_t max,
                       struct version_row **out_rows, size_t *out_n,
                       struct err *e)
{
  /* calloc of this size costs no memory until rows are written. */
  struct version_row *rows = calloc(max + 1, sizeof *rows);
  struct txn t;
  int rc;

  if (rows == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = txn_begin(s, false, &t, e);
  if (rc == 0)
    rc = list_rows(&t, id, include_deprecated, before_us, max, rows, out_n);
  rc = txn_finish(&t, rc);
  if (rc != 0) {
    free(rows);
    return rc;
  }
  *out_rows = rows;
  return 0;
}

int store_version_list(struct store *s, int64_t id, bool include_deprecated,
                       struct version_row **out_rows, size_t *out_n,
                       struct err *e)
{
  return store_version_page(s, id, include_deprecated, INT64_MAX,
                            STORE_VERSIONS_MAX, out_rows, out_n, e);
}

int store_version_touch(struct store *s, const struct secret_row *row,
                        const struct version_row *version, int64_t now_us,
                        struct err *e)
{
  int64_t day = now_us - now_us % US_PER_DAY;
  int64_t own_id = row->replica_id != 0 ? row->replica_id : row->id;
  struct txn t;
  int rc;

  if (version->accessed_us >= day && row->accessed_us >= day)
    return 0;
  /* A reader waits for no disk; what a power cut undoes is noted again. */
  rc = txn_begin_soon(s, &t, e);
  if (rc == 0)
    rc = txn_exec(&t, SQL_VERSION_ACCESSED, arg_int(row->id),
                  arg_text(version->version_id), arg_int(day));
  if (rc == 0)
    rc = txn_exec(&t, SQL_SECRET_ACCESSED, arg_int(own_id), arg_int(day));
  return txn_finish(&t, rc);
}
