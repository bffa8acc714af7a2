/* A replica on its own: its primary's values, sealed for it. */
#include <stdlib.h>
#include <string.h>

#include "api/replica.h"
#include "base/cleanup.h"
#include "secret/value.h"

#define TRIES 3 /* the primary may change while its values are read */

struct copies {
  struct version_row *versions; /* with their sealed values */
  struct sealed *resealed;
  struct version_rekey *list;
  size_t n;
};

static void copies_release(struct copies *k)
{
  for (size_t i = 0; i < k->n; i++) {
    version_row_release(&k->versions[i]);
    sealed_release(&k->resealed[i]);
  }
  free(k->versions);
  free(k->resealed);
  free(k->list);
}

/* One value, opened as the replica shows it and sealed for what it becomes. */
static int copy_one(struct call *c, const struct secret_row *row,
                    struct version_row *v, struct sealed *out)
{
  CLEANUP_SECRET struct secret value = {0};
  int rc = value_open(c->api->keyring, row, v, &value, c->e);

  return rc == 0 ? value_seal(c->api->keyring, row, v->version_id, &value, out,
                              c->e)
                 : rc;
}

static int copy_all(struct call *c, const struct secret_row *row,
                    const struct version_row *versions, size_t n,
                    struct copies *k)
{
  int rc = 0;

  for (size_t i = 0; rc == 0 && i < n; i++) {
    struct version_row *v = &k->versions[k->n];
    struct sealed *resealed = &k->resealed[k->n];

    if (!versions[i].has_value)
      continue;
    rc = store_version_get(c->api->store, row->id, versions[i].version_id, NULL,
                           v, c->e);
    if (rc != 0)
      break;
    rc = copy_one(c, row, v, resealed);
    if (rc == 0) {
      k->list[k->n] = (struct version_rekey){.sealed = v->sealed,
                                             .sealed_len = v->sealed_len,
                                             .resealed = resealed->data,
                                             .resealed_len = resealed->len};
      memcpy(k->list[k->n].version_id, v->version_id, STORE_ID_MAX);
      memcpy(k->list[k->n].key_id, resealed->key_id, UUID_TEXT_LEN + 1);
    }
    k->n++;
  }
  return rc;
}

static int promote_once(struct call *c, const struct secret_row *row)
{
  CLEANUP_FREE struct version_row *versions = NULL;
  struct copies k = {0};
  size_t n = 0;
  int rc =
      store_version_list(c->api->store, row->id, true, &versions, &n, c->e);

  if (rc != 0)
    return rc;
  k.versions = calloc(n + 1, sizeof *k.versions);
  k.resealed = calloc(n + 1, sizeof *k.resealed);
  k.list = calloc(n + 1, sizeof *k.list);
  if (k.versions == NULL || k.resealed == NULL || k.list == NULL)
    rc = err_set(c->e, ERR_NOMEM, "no memory to promote a replica");
  else
    rc = copy_all(c, row, versions, n, &k);
  if (rc == 0)
    rc =
        store_replica_promote(c->api->store, row, k.list, k.n, c->now_us, c->e);
  copies_release(&k);
  return rc;
}

int replica_promote(struct call *c, const struct secret_row *row)
{
  int rc = promote_once(c, row);

  for (int i = 1; rc == -ERR_BUSY && i < TRIES; i++) {
    err_clear(c->e);
    rc = promote_once(c, row);
  }
  return rc;
}
