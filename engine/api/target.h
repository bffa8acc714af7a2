/* From an HTTP request to an operation and back: X-Amz-Target through one
 * table, JSON in, the operation, JSON or AWS's error shape out.
 */
#ifndef API_TARGET_H
#define API_TARGET_H

#include "api/http.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/keyring.h"
#include "event/audit.h"
#include "iam/directory.h"
#include "rotation/port.h"
#include "store/store.h"

#define API_REGIONS_MAX 32

/* What operations work on.  All borrowed; must outlive the workers.  Nothing
 * in it changes while they run. */
struct api {
  struct store *store;
  struct keyring *keyring;
  struct directory *directory;        /* iam/directory.h */
  struct audit *audit;                /* event/audit.h */
  struct usage *usage;                /* event/usage.h */
  struct metrics *metrics;            /* event/metrics.h */
  struct verifiers *verifiers;        /* api/verifiers.h */
  struct resource_policies *policies; /* secret/resource_policy.h */
  struct clock *clock;
  struct random *random;
  struct random *ids; /* for ids of requests and events: cheap */
  struct engine_port *port;
  char region[33], account[13];
  const char *regions[API_REGIONS_MAX]; /* that requests may name; home first */
  size_t n_regions;
  char store_id[37];
  int64_t started_us;
  int64_t settle_us; /* rotation/kept.h */
  bool dev;
  /* Besides root and the daemon's own user, this group administers. */
  bool has_admin_gid;
  gid_t admin_gid;
};

/* The http_handler; ctx is a const struct api *. */
void api_handle(void *ctx, const struct http_request *request,
                struct http_reply *reply);

#endif
