/* Replicas: what a request says of them, and how they are told of. */
#ifndef API_REPLICA_H
#define API_REPLICA_H

#include "api/call.h"

/* The regions that a request names, with a key for each. */
struct replicas_wanted {
  size_t n;
  struct {
    const char *region; /* borrowed from the request */
    const char *kms_key_id;
    char key_id[UUID_TEXT_LEN + 1];
  } list[STORE_REPLICAS];
  bool overwrites;
};

/* AddReplicaRegions and ForceOverwriteReplicaSecret, for a secret of the
 * region; none is an empty list.  ERR_PARAMETER: a region that is not
 * configured, is the secret's own, or comes twice. */
int replicas_read(struct call *c, struct replicas_wanted *out);
/* May the caller use the keys, the secret's and the replicas'?  ERR_ACCESS. */
int replicas_authorize(struct call *c, const struct secret_row *row,
                       const struct replicas_wanted *wanted);
/* Adds them to the secret. */
int replicas_add(struct call *c, const struct secret_row *row,
                 const struct replicas_wanted *wanted);
/* "ReplicationStatus" of a secret; nothing when it has no replicas, unless
 * `always`. */
int replicas_write(struct call *c, const struct secret_row *row, bool always);
/* ERR_PARAMETER, in AWS's words, when the secret has replicas. */
int replicas_refuse(struct call *c, const struct secret_row *row);
/* Makes a secret of its own of a replica. */
int replica_promote(struct call *c, const struct secret_row *row);

#endif
