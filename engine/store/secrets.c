/* Secrets: made, found, changed. */
#include "store/secrets.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/labels.h"

#define SUFFIX_LEN 7 /* "-XXXXXX" */

int secret_missing(struct txn *t)
{
  return err_set(t->e, ERR_NOT_FOUND,
                 "Secrets Manager can't find the specified secret.");
}

void name_key(const char *region, const char *name, char out[NAME_KEY_MAX])
{
  /* Fits; a name that is longer than any is not found for being cut. */
  (void)snprintf(out, NAME_KEY_MAX, "%s:%s", region, name);
}

void secret_read(struct rows *r, struct secret_row *out)
{
  out->id = row_int(r);
  out->replica_id = row_int(r);
  row_array(r, out->arn);
  row_array(r, out->name);
  row_array(r, out->region);
  row_array(r, out->primary_region);
  row_array(r, out->description);
  row_array(r, out->kms_key_id);
  row_array(r, out->key_id);
  row_array(r, out->type);
  out->created_us = row_int(r);
  out->changed_us = row_int(r);
  out->accessed_us = row_int(r);
  out->rotated_us = row_int(r);
  out->deleted_us = row_int(r);
  out->purge_us = row_int(r);
  out->tagged = row_int(r) != 0;
  out->replicas = row_int(r);
  out->policy_id = row_int(r);
}

int secret_find(struct txn *t, enum sql_id by, struct sql_arg key,
                struct secret_row *out)
{
  struct rows r;
  int rc = rows_open(&r, t, by, key);

  if (rc == 0 && (rc = rows_next(&r)) > 0)
    secret_read(&r, out);
  else if (rc == 0)
    rc = secret_missing(t);
  rc = rows_close(&r, rc);
  return rc > 0 ? 0 : rc;
}

static int find(struct store *s, enum sql_id by, struct sql_arg key,
                struct secret_row *out, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = secret_find(&t, by, key, out);
  return txn_finish(&t, rc);
}

int store_secret_by_name(struct store *s, const char *region, const char *name,
                         struct secret_row *out, struct err *e)
{
  char key[NAME_KEY_MAX];

  name_key(region, name, key);
  return find(s, SQL_SECRET_BY_NAME, arg_text(key), out, e);
}

int store_secret_by_arn(struct store *s, const char *arn,
                        struct secret_row *out, struct err *e)
{
  return find(s, SQL_SECRET_BY_ARN, arg_text(arn), out, e);
}

int store_secret_by_partial_arn(struct store *s, const char *arn,
                                struct secret_row *out, struct err *e)
{
  return find(s, SQL_SECRET_BY_PARTIAL_ARN, arg_text(arn), out, e);
}

int store_secret_by_id(struct store *s, int64_t id, struct secret_row *out,
                       struct err *e)
{
  return find(s, SQL_SECRET_BY_ID, arg_int(id), out, e);
}

int name_is_free(struct txn *t, const char *region, const char *name)
{
  struct secret_row row = {0};
  struct err inner = {0}, *e = t->e;
  char key[NAME_KEY_MAX];
  int rc;

  name_key(region, name, key);
  t->e = &inner; /* that there is none is no error here */
  rc = secret_find(t, SQL_SECRET_BY_NAME, arg_text(key), &row);
  t->e = e;
  if (rc == -ERR_NOT_FOUND)
    return 0;
  if (rc != 0)
    return err_set(e, inner.code, "%s", inner.text);
  if (row.deleted_us != 0)
    return err_set(e, ERR_REQUEST,
                   "You can't create this secret because a secret with this "
                   "name is already scheduled for deletion.");
  return err_set(e, ERR_EXISTS,
                 "The operation failed because the secret %s "
                 "already exists.",
                 name);
}

/* arn:PARTITION:SERVICE:REGION:… */
static int region_of(struct txn *t, const char *arn, char out[STORE_REGION_MAX])
{
  const char *at = arn;
  size_t len;

  for (int i = 0; i < 3 && at != NULL; i++)
    at = (at = strchr(at, ':')) == NULL ? NULL : at + 1;
  len = at == NULL ? 0 : strcspn(at, ":");
  if (len == 0 || len >= STORE_REGION_MAX)
    return err_set(t->e, ERR_INTERNAL, "the ARN names no region");
  memcpy(out, at, len);
  out[len] = '\0';
  return 0;
}

int secret_insert(struct txn *t, const struct secret_row *row, int64_t *out_id)
{
  char partial[STORE_ARN_MAX], region[STORE_REGION_MAX], key[NAME_KEY_MAX];
  bool is_replica = row->primary_region[0] != '\0';
  /* The analyzer takes the array for a pointer.
   * NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
  size_t len = strlen(row->arn);
  int rc = region_of(t, row->arn, region);

  if (rc != 0)
    return rc;
  if (len <= SUFFIX_LEN)
    return err_set(t->e, ERR_INTERNAL, "the ARN has no suffix");
  memcpy(partial, row->arn, len - SUFFIX_LEN);
  partial[len - SUFFIX_LEN] = '\0';
  name_key(region, row->name, key);
  return txn_int(t, SQL_SECRET_PUT,
                 SQL_ARGS(arg_text(row->arn), arg_text(partial), arg_text(key),
                          arg_text(row->name), arg_text(region),
                          is_replica ? arg_int(row->id) : arg_text(NULL),
                          arg_text(row->primary_region),
                          arg_text(row->description), arg_text(row->kms_key_id),
                          arg_text(row->key_id), arg_text(row->type),
                          arg_int(row->created_us), arg_int(row->changed_us),
                          arg_int(row->accessed_us), arg_int(row->rotated_us),
                          arg_int(row->deleted_us), arg_int(row->purge_us),
                          arg_int(row->tagged), arg_int(row->policy_id)),
                 out_id);
}

static int insert_free(struct txn *t, const struct secret_row *row,
                       int64_t *out_id)
{
  char region[STORE_REGION_MAX];
  int rc = region_of(t, row->arn, region);

  if (rc == 0)
    rc = name_is_free(t, region, row->name);
  return rc == 0 ? secret_insert(t, row, out_id) : rc;
}

int store_secret_insert(struct store *s, const struct secret_row *row,
                        const struct tag *tags, size_t n_tags,
                        const struct version_put *first, int64_t *out_id,
                        struct err *e)
{
  struct txn t;
  int64_t id = 0;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0 && (rc = insert_free(&t, row, &id)) == 0 && n_tags > 0 &&
      (rc = txn_exec(&t, SQL_SECRET_TAGGED, arg_int(id),
                     arg_int(row->created_us))) == 0)
    rc = tags_put(&t, id, tags, n_tags);
  if (rc == 0 && first != NULL && first->version_id != NULL)
    rc = version_put(&t, id, first, row->created_us);
  rc = txn_finish(&t, rc);
  if (rc == 0)
    *out_id = id;
  return rc;
}

static int list(struct txn *t, int64_t after_id, size_t max,
                struct secret_row *out, size_t *out_n)
{
  struct rows r;
  size_t n = 0;
  int rc = rows_open(&r, t, SQL_SECRET_LIST, arg_int(after_id),
                     arg_int((int64_t)max));

  while (rc == 0 && n < max && (rc = rows_next(&r)) > 0) {
    secret_read(&r, &out[n++]);
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_secret_list(struct store *s, int64_t after_id, size_t max,
                      struct secret_row **out_rows, size_t *out_n,
                      struct err *e)
{
  struct secret_row *rows = calloc(max + 1, sizeof *rows);
  struct txn t;
  int rc;

  if (rows == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = txn_begin(s, false, &t, e);
  if (rc == 0)
    rc = list(&t, after_id, max, rows, out_n);
  rc = txn_finish(&t, rc);
  if (rc != 0) {
    free(rows);
    return rc;
  }
  *out_rows = rows;
  return 0;
}

int store_secret_update(struct store *s, int64_t id,
                        const struct secret_update *update, int64_t now_us,
                        struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_SECRET_UPDATE, arg_int(id),
                  arg_text(update->description), arg_text(update->kms_key_id),
                  arg_text(update->key_id), arg_text(update->type),
                  arg_int(now_us));
  if (rc == 0 && t.changed == 0)
    rc = secret_missing(&t);
  for (size_t i = 0; rc == 0 && i < update->n_rekeys; i++) {
    const struct version_rekey *v = &update->rekeys[i];

    rc = txn_exec(&t, SQL_VERSION_REKEY, arg_int(id), arg_text(v->version_id),
                  arg_blob(v->sealed, v->sealed_len),
                  arg_blob(v->resealed, v->resealed_len), arg_text(v->key_id));
  }
  return txn_finish(&t, rc);
}

int store_external_put(struct store *s, int64_t id, const char *role_arn,
                       const char *metadata, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_EXTERNAL_PUT, arg_int(id), arg_text(role_arn),
                  arg_text(metadata));
  return txn_finish(&t, rc);
}

int store_external_get(struct store *s, int64_t id, struct external_row *out,
                       struct err *e)
{
  struct txn t;
  struct rows r;
  size_t len;
  int rc = txn_begin(s, false, &t, e);

  if (rc != 0)
    return rc;
  rc = rows_open(&r, &t, SQL_EXTERNAL_GET, arg_int(id));
  if (rc == 0 && (rc = rows_next(&r)) > 0) {
    row_array(&r, out->role_arn);
    rc = row_copy(&r, &out->metadata, &len);
  } else if (rc == 0)
    rc = err_set(e, ERR_NOT_FOUND, "no external rotation is configured");
  rc = rows_close(&r, rc);
  return txn_finish(&t, rc > 0 ? 0 : rc);
}
