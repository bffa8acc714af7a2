/* ReplicateSecretToRegions, RemoveRegionsFromReplication,
 * StopReplicationToReplica. */
#include <string.h>

#include "api/ops.h"
#include "api/replica.h"

static int reply(struct call *c, const struct secret_row *row)
{
  int rc;

  buf_putc(c->out, '{');
  buf_json_str(c->out, "ARN", row->arn);
  rc = replicas_write(c, row, true);
  buf_putc(c->out, '}');
  return rc;
}

int op_replicate_secret(struct call *c)
{
  struct replicas_wanted wanted;
  struct secret_row row;
  int rc = call_secret(c, true, &row);

  if (rc == 0)
    rc = replicas_read(c, &wanted);
  if (rc == -ERR_ENCRYPT) { /* which AWS has for CreateSecret alone */
    c->e->code = ERR_PARAMETER;
    rc = -ERR_PARAMETER;
  }
  if (rc == 0)
    rc = replicas_authorize(c, &row, &wanted);
  if (rc == 0)
    rc = replicas_add(c, &row, &wanted);
  return rc == 0 ? reply(c, &row) : rc;
}

int op_remove_regions(struct call *c)
{
  const json_t *list = json_object_get(c->in, "RemoveReplicaRegions"), *one;
  const char *regions[STORE_REPLICAS];
  struct secret_row row;
  size_t i, n = 0;
  int rc = call_secret(c, true, &row);

  if (rc == 0 && json_array_size(list) > STORE_REPLICAS)
    rc = err_set(c->e, ERR_PARAMETER, "A secret has no more than %d replicas.",
                 STORE_REPLICAS);
  if (rc != 0)
    return rc;
  json_array_foreach (list, i, one)
    regions[n++] = json_string_value(one);
  rc = store_replica_remove(c->api->store, row.id, regions, n, c->e);
  return rc == 0 ? reply(c, &row) : rc;
}

/* Called in the replica's region, where call_secret would refuse it. */
int op_stop_replication(struct call *c)
{
  int rc;

  if (!c->has_secret)
    return err_set(c->e, ERR_NOT_FOUND,
                   "Secrets Manager can't find the specified secret.");
  if (c->secret.replica_id == 0)
    return err_set(c->e, ERR_PARAMETER,
                   "The secret is no replica; StopReplicationToReplica is "
                   "called in the region of a replica.");
  rc = replica_promote(c, &c->secret);
  if (rc != 0)
    return rc;
  buf_putc(c->out, '{');
  buf_json_str(c->out, "ARN", c->secret.arn);
  buf_putc(c->out, '}');
  return 0;
}
