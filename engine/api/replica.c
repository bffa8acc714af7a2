/* Replicas in requests and replies. */
#include "api/replica.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/authorize.h"
#include "base/cleanup.h"
#include "secret/key.h"
#include "secret/name.h"
#include "secret/value.h"

#define DEFAULT_KEY "alias/aws/secretsmanager"

static bool is_configured(const struct api *api, const char *region)
{
  for (size_t i = 0; i < api->n_regions; i++)
    if (strcmp(api->regions[i], region) == 0)
      return true;
  return false;
}

static int region_check(struct call *c, const struct replicas_wanted *so_far,
                        const char *region)
{
  if (strcmp(region, c->region) == 0)
    return err_set(c->e, ERR_PARAMETER,
                   "Invalid replica region: %s is the region of the secret "
                   "itself.",
                   region);
  if (!is_configured(c->api, region))
    return err_set(c->e, ERR_PARAMETER,
                   "Invalid replica region: %.128s is not configured; "
                   "keyturnd's setting replica_regions names those that are.",
                   region);
  for (size_t i = 0; i < so_far->n; i++)
    if (strcmp(so_far->list[i].region, region) == 0)
      return err_set(c->e, ERR_PARAMETER,
                     "Invalid replica region: %s is there twice.", region);
  return 0;
}

/* The key that is used where none is named leaves no trace, as for a secret's
 * own. */
static int one_read(struct call *c, const json_t *json,
                    struct replicas_wanted *out)
{
  const char *region = json_str(json, "Region");
  const char *key = json_str(json, "KmsKeyId");
  const struct key_place at = {region, c->api->account};
  char id[UUID_TEXT_LEN + 1] = "";
  int rc;

  if (region == NULL)
    return err_set(c->e, ERR_PARAMETER,
                   "You must provide a Region for each replica.");
  rc = region_check(c, out, region);
  if (rc == 0 && out->n == STORE_REPLICAS)
    rc = err_set(c->e, ERR_PARAMETER,
                 "A secret can have no more than %d replicas.", STORE_REPLICAS);
  if (rc == 0 && key != NULL)
    rc = key_resolve(c->api->store, c->api->keyring, &at, key, id, c->e);
  if (rc != 0)
    return rc;
  out->list[out->n].region = region;
  out->list[out->n].kms_key_id = id[0] == '\0' ? "" : key;
  memcpy(out->list[out->n].key_id, id, sizeof id);
  out->n++;
  return 0;
}

int replicas_read(struct call *c, struct replicas_wanted *out)
{
  const json_t *list = json_object_get(c->in, "AddReplicaRegions"), *one;
  size_t i;
  int rc = 0;

  out->n = 0;
  out->overwrites = json_bool(c->in, "ForceOverwriteReplicaSecret", false);
  json_array_foreach (list, i, one) {
    rc = one_read(c, one, out);
    if (rc != 0)
      break;
  }
  return rc;
}

/* "… you also need kms:Decrypt permission to the key.  To encrypt the
 * replicated secret …, you need kms:GenerateDataKey and kms:Encrypt" (model).
 */
static int authorize_there(struct call *c, const struct secret_row *row,
                           const char *region, const char *key_id)
{
  struct secret_row there = *row;
  int rc;

  (void)snprintf(there.region, sizeof there.region, "%s", region);
  name_in_region(row->arn, region, there.arn);
  rc = authorize_key(c, "kms:GenerateDataKey", &there, key_id);
  return rc == 0 ? authorize_key(c, "kms:Encrypt", &there, key_id) : rc;
}

int replicas_authorize(struct call *c, const struct secret_row *row,
                       const struct replicas_wanted *wanted)
{
  int rc = 0;

  if (wanted->n > 0)
    rc = authorize_key(c, "kms:Decrypt", row, value_key(c->api->keyring, row));
  for (size_t i = 0; rc == 0 && i < wanted->n; i++)
    if (wanted->list[i].key_id[0] != '\0')
      rc = authorize_there(c, row, wanted->list[i].region,
                           wanted->list[i].key_id);
  return rc;
}

int replicas_add(struct call *c, const struct secret_row *row,
                 const struct replicas_wanted *wanted)
{
  int rc = 0;

  for (size_t i = 0; rc == 0 && i < wanted->n; i++) {
    char arn[STORE_ARN_MAX];
    const struct replica_put put = {
        .region = wanted->list[i].region,
        .arn = arn,
        .kms_key_id = wanted->list[i].kms_key_id,
        .key_id = wanted->list[i].key_id,
        .overwrites = wanted->overwrites,
    };

    name_in_region(row->arn, put.region, arn);
    rc = store_replica_add(c->api->store, row->id, &put, c->now_us, c->e);
  }
  return rc;
}

/* A replica shows its primary's row, so it is in sync as soon as it is there.
 */
static void status_write(struct buf *out, const struct replica_row *r)
{
  bool is_there = r->message[0] == '\0';

  buf_putc(out, '{');
  buf_json_str(out, "Region", r->region);
  buf_json_str(out, "KmsKeyId",
               r->kms_key_id[0] != '\0' ? r->kms_key_id : DEFAULT_KEY);
  buf_json_str(out, "Status", is_there ? "InSync" : "Failed");
  buf_json_str(out, "StatusMessage",
               is_there ? "Replication succeeded" : r->message);
  buf_json_time(out, "LastAccessedDate", r->accessed_us);
  buf_putc(out, '}');
}

int replicas_write(struct call *c, const struct secret_row *row, bool always)
{
  CLEANUP_FREE struct replica_row *rows = NULL;
  size_t n = 0;
  int rc;

  if (!always && (row->replicas == 0 || row->replica_id != 0))
    return 0;
  rows = calloc(STORE_REPLICAS, sizeof *rows);
  if (rows == NULL)
    return err_set(c->e, ERR_NOMEM, "no memory for replicas");
  rc = store_replica_list(c->api->store, row->id, rows, STORE_REPLICAS, &n,
                          c->e);
  if (rc != 0)
    return rc;
  buf_json_key(c->out, "ReplicationStatus");
  buf_putc(c->out, '[');
  for (size_t i = 0; i < n; i++) {
    if (i > 0)
      buf_putc(c->out, ',');
    status_write(c->out, &rows[i]);
  }
  buf_putc(c->out, ']');
  return 0;
}

int replicas_refuse(struct call *c, const struct secret_row *row)
{
  CLEANUP_FREE struct replica_row *rows = NULL;
  char text[512] = "";
  size_t n = 0, len = 0;
  int rc;

  if (row->replicas == 0)
    return 0;
  rows = calloc(STORE_REPLICAS, sizeof *rows);
  if (rows == NULL)
    return err_set(c->e, ERR_NOMEM, "no memory for replicas");
  rc = store_replica_list(c->api->store, row->id, rows, STORE_REPLICAS, &n,
                          c->e);
  for (size_t i = 0; rc == 0 && i < n && len < sizeof text; i++)
    len += (size_t)snprintf(text + len, sizeof text - len, "%s%s",
                            i > 0 ? ", " : "", rows[i].region); /* may be cut */
  if (rc != 0)
    return rc;
  return err_set(c->e, ERR_PARAMETER,
                 "You can't delete secret %s that still has replica regions "
                 "[%s].",
                 row->arn, text);
}
