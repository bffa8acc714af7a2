/* The resource policies of secrets, parsed and kept.
 *
 * A policy's text never changes under its id (store_policy_put gives another
 * one), so what is kept needs no telling when a policy is replaced: whoever
 * has read the secret's row asks for another id.  Thread-safe.
 */
#ifndef SECRET_RESOURCE_POLICY_H
#define SECRET_RESOURCE_POLICY_H

#include "policy/policy.h"
#include "store/store.h"

struct resource_policies;

/* One of them, counted. */
struct resource_policy {
  const struct policy *policy;
  int64_t id;
};

/* `store`: borrowed until resource_policies_free.  *out: returned. */
int resource_policies_new(struct store *store, struct resource_policies **out,
                          struct err *e);
/* When all that was handed out is given back. */
void resource_policies_free(struct resource_policies *all);

/* The policy of the secret, NULL when it has none (which costs nothing).
 * *out: a reference, resource_policy_put.  A failure is no answer: deny. */
int resource_policy_get(struct resource_policies *all,
                        const struct secret_row *row,
                        const struct resource_policy **out, struct err *e);
/* NULL is accepted. */
void resource_policy_put(const struct resource_policy *p);

#endif
