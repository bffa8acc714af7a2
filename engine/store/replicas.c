/* Replicas: rows of their own in another region, until they are promoted.
 *
 * A replica's row has an ARN, a key and a day of access; all that refers to a
 * secret is its primary's.  Every function here leaves secret.replicas at the
 * number of the replica table's rows.
 */
#include "store/store.h"

#include <stdio.h>

#include "store/jobs.h"
#include "store/secrets.h"

/* The primary's row as it is now, and not deleted. */
static int primary_find(struct txn *t, int64_t id, struct secret_row *out)
{
  int rc = secret_find(t, SQL_SECRET_BY_ID, arg_int(id), out);

  if (rc == 0 && out->deleted_us != 0)
    rc = err_set(t->e, ERR_REQUEST,
                 "You can't perform this operation on the secret because it "
                 "was marked for deletion.");
  return rc;
}

/* The replica's own row id: 0 when it is wanted but not there, ERR_NOT_FOUND
 * (without a text) when it is not wanted. */
static int replica_find(struct txn *t, int64_t id, const char *region,
                        int64_t *out)
{
  return txn_int(t, SQL_REPLICA_FIND, SQL_ARGS(arg_int(id), arg_text(region)),
                 out);
}

static int replica_write(struct txn *t, int64_t id, const struct replica_put *r,
                         const char *message, int64_t own_id)
{
  int rc = txn_exec(t, SQL_REPLICA_PUT, arg_int(id), arg_text(r->region),
                    arg_text(r->kms_key_id), arg_text(message),
                    own_id == 0 ? arg_text(NULL) : arg_int(own_id));

  return rc == 0 ? txn_exec(t, SQL_REPLICA_COUNT, arg_int(id)) : rc;
}

static int is_rotating(struct txn *t, int64_t id, bool *out)
{
  struct job_row job;
  int rc = job_find(t, SQL_JOB_ACTIVE, id, &job);

  if (rc != 0 && rc != -ERR_NOT_FOUND)
    return rc;
  *out = rc == 0 && job.phase != STORE_PHASE_RETIRE;
  return 0;
}

/* The secret that has the name in that region; ERR_NOT_FOUND without a text. */
static int find_there(struct txn *t, const char *region, const char *name,
                      struct secret_row *out)
{
  struct err inner = {0}, *e = t->e;
  char key[NAME_KEY_MAX];
  int rc;

  name_key(region, name, key);
  t->e = &inner; /* that there is none is no error here */
  rc = secret_find(t, SQL_SECRET_BY_NAME, arg_text(key), out);
  t->e = e;
  if (rc != 0 && rc != -ERR_NOT_FOUND)
    rc = err_set(e, inner.code, "%s", inner.text);
  return rc;
}

/* Makes room for the name.  *out_why: what stands in the way; NULL: nothing.
 * The first text is the service model's. */
static int make_room(struct txn *t, const struct secret_row *primary,
                     const struct replica_put *r, int64_t now_us,
                     const char **out_why)
{
  struct secret_row there;
  bool rotating = false;
  int rc = find_there(t, r->region, primary->name, &there);

  *out_why = NULL;
  if (rc == -ERR_NOT_FOUND)
    return 0;
  if (rc == 0 && r->overwrites)
    rc = is_rotating(t, there.id, &rotating);
  if (rc != 0)
    return rc;
  if (!r->overwrites)
    *out_why = "Secret with this name already exists in this region";
  else if (there.replica_id != 0 || there.replicas > 0)
    *out_why = "Secret with this name in this region is replicated itself";
  else if (rotating)
    *out_why = "Secret with this name in this region is being rotated";
  else
    return secret_purge(t, &there, now_us);
  return 0;
}

static int row_insert(struct txn *t, const struct secret_row *primary,
                      const struct replica_put *r, int64_t now_us,
                      int64_t *out_id)
{
  struct secret_row row = *primary;

  memcpy(row.primary_region, primary->region, sizeof row.primary_region);
  (void)snprintf(row.arn, sizeof row.arn, "%s", r->arn);
  (void)snprintf(row.kms_key_id, sizeof row.kms_key_id, "%s", r->kms_key_id);
  (void)snprintf(row.key_id, sizeof row.key_id, "%s", r->key_id);
  row.created_us = now_us;
  row.accessed_us = 0;
  return secret_insert(t, &row, out_id);
}

static int add(struct txn *t, int64_t id, const struct replica_put *r,
               int64_t now_us)
{
  struct secret_row primary;
  int64_t own_id = 0;
  const char *why = NULL;
  int rc = primary_find(t, id, &primary);

  if (rc != 0)
    return rc;
  rc = replica_find(t, id, r->region, &own_id);
  if (rc == 0 && own_id != 0)
    return 0;
  if (rc == -ERR_NOT_FOUND && primary.replicas >= STORE_REPLICAS)
    return err_set(t->e, ERR_PARAMETER,
                   "A secret can have no more than %d replicas.",
                   STORE_REPLICAS);
  if (rc != 0 && rc != -ERR_NOT_FOUND)
    return rc;
  rc = make_room(t, &primary, r, now_us, &why);
  if (rc == 0 && why == NULL)
    rc = row_insert(t, &primary, r, now_us, &own_id);
  return rc == 0 ? replica_write(t, id, r, why == NULL ? "" : why, own_id) : rc;
}

int store_replica_add(struct store *s, int64_t id,
                      const struct replica_put *replica, int64_t now_us,
                      struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = add(&t, id, replica, now_us);
  return txn_finish(&t, rc);
}

static int list(struct txn *t, int64_t id, struct replica_row *out, size_t max,
                size_t *out_n)
{
  struct rows r;
  size_t n = 0;
  int rc = rows_open(&r, t, SQL_REPLICA_LIST, arg_int(id));

  while (rc == 0 && n < max && (rc = rows_next(&r)) > 0) {
    row_array(&r, out[n].region);
    row_array(&r, out[n].kms_key_id);
    row_array(&r, out[n].message);
    out[n].accessed_us = row_int(&r);
    n++;
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_replica_list(struct store *s, int64_t id, struct replica_row *out,
                       size_t max, size_t *out_n, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = list(&t, id, out, max, out_n);
  return txn_finish(&t, rc);
}

static int remove_one(struct txn *t, int64_t id, const char *region)
{
  int64_t own_id = 0;
  int rc = replica_find(t, id, region, &own_id);

  if (rc == -ERR_NOT_FOUND)
    return err_set(t->e, ERR_PARAMETER,
                   "The secret isn't replicated to the region %s.", region);
  if (rc == 0)
    rc = txn_exec(t, SQL_REPLICA_REMOVE, arg_int(id), arg_text(region));
  if (rc == 0 && own_id != 0)
    rc = txn_exec(t, SQL_SECRET_PURGE, arg_int(own_id));
  return rc;
}

int store_replica_remove(struct store *s, int64_t id,
                         const char *const *regions, size_t n, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  for (size_t i = 0; rc == 0 && i < n; i++)
    rc = remove_one(&t, id, regions[i]);
  if (rc == 0)
    rc = txn_exec(&t, SQL_REPLICA_COUNT, arg_int(id));
  return txn_finish(&t, rc);
}

/* Each value that the caller has seen is there still, and no other. */
static int versions_copy(struct txn *t, const struct secret_row *replica,
                         const struct version_rekey *values, size_t n)
{
  int64_t count = 0;
  int rc =
      txn_int(t, SQL_VERSION_VALUES, SQL_ARGS(arg_int(replica->id)), &count);
  bool same = count == (int64_t)n;

  for (size_t i = 0; rc == 0 && same && i < n; i++) {
    const struct version_rekey *v = &values[i];

    rc = txn_exec(t, SQL_VERSION_COPY, arg_int(replica->id),
                  arg_int(replica->replica_id), arg_text(v->version_id),
                  arg_blob(v->sealed, v->sealed_len), arg_text(v->key_id),
                  arg_blob(v->resealed, v->resealed_len));
    same = t->changed == 1;
  }
  if (rc == 0 && !same)
    rc = err_set(t->e, ERR_BUSY,
                 "the primary secret changed at the same time; try again");
  return rc;
}

static int promote(struct txn *t, const struct secret_row *replica,
                   const struct version_rekey *values, size_t n, int64_t now_us)
{
  struct sql_arg from = arg_int(replica->id), to = arg_int(replica->replica_id);
  int64_t own_id = 0;
  int rc = replica_find(t, replica->id, replica->region, &own_id);

  if (rc == -ERR_NOT_FOUND || (rc == 0 && own_id != replica->replica_id))
    return secret_missing(t);
  if (rc == 0)
    rc = versions_copy(t, replica, values, n);
  if (rc == 0)
    rc = txn_exec(t, SQL_LABEL_COPY, from, to);
  if (rc == 0)
    rc = txn_exec(t, SQL_TAG_COPY, from, to);
  if (rc == 0)
    rc = txn_exec(t, SQL_POLICY_COPY, from, to);
  if (rc == 0)
    rc = txn_exec(t, SQL_REPLICA_REMOVE, from, arg_text(replica->region));
  if (rc == 0)
    rc = txn_exec(t, SQL_REPLICA_COUNT, from);
  return rc == 0 ? txn_exec(t, SQL_REPLICA_ALONE, to, arg_int(now_us)) : rc;
}

int store_replica_promote(struct store *s, const struct secret_row *replica,
                          const struct version_rekey *values, size_t n,
                          int64_t now_us, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = promote(&t, replica, values, n, now_us);
  return txn_finish(&t, rc);
}
