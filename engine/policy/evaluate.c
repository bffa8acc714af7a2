/* Decides a request.  Each policy is read once, from its first statement to
 * its last; what the answers of all of them come to is at the end.
 *
 *     a Deny of any policy ── applies ─▶ DENIED
 *       │ none does
 *     the resource's policy names him ── within one account ─▶ ALLOWED
 *       │ not so directly
 *     identity (within one account: or the resource's policy names his role;
 *       │       across accounts: and the resource's policy allows)
 *     boundary, when there is one
 *     session, when there is one ─▶ ALLOWED
 *
 * Source: IAM User Guide, "Determining whether a request is allowed or denied
 * within an account" and "Cross-account policy evaluation logic".
 */
#include <string.h>

#include "policy/document.h"
#include "policy/match.h"

/* What one policy says. */
struct verdict {
  const struct statement *deny, *allow;
  enum naming naming; /* how directly `allow` names him */
};

struct evaluation {
  const struct policy_request *r;
  const struct policy_input *in;
  struct slice action, resource;
  struct err *e;
};

static bool action_applies(const struct patterns *p, struct slice action)
{
  for (size_t i = 0; i < p->n; i++)
    if (p->list[i].all || text_matches(p->list[i].s, action, true))
      return !p->negated;
  return p->negated;
}

/* A pattern whose variable has no value is like nothing, and a NotResource
 * with such a one speaks of nothing. */
static int resource_applies(const struct evaluation *v,
                            const struct patterns *p, bool *out)
{
  bool invalid = false;

  *out = p->negated;
  for (size_t i = 0; i < p->n; i++) {
    char buffer[EXPANDED_MAX];
    struct slice pattern;
    int rc = 1;

    if (!p->list[i].all)
      rc = pattern_expand(&p->list[i], v->r, buffer, &pattern, v->e);
    if (rc < 0)
      return rc;
    invalid = invalid || rc == 0;
    if (p->list[i].all || (rc == 1 && resource_matches(pattern, v->resource))) {
      *out = !p->negated;
      return 0;
    }
  }
  if (invalid)
    *out = false;
  return 0;
}

/* NAMING_NONE: the statement does not speak of him. */
static enum naming statement_names(const struct evaluation *v,
                                   const struct statement *s)
{
  if (!s->principal.present)
    return NAMING_NAMED;
  if (!s->principal.negated)
    return who_named(s->principal.list, s->principal.n, v->r);
  /* "The NotPrincipal element with a Deny effect will always deny any IAM
   * principal that has a permissions boundary policy attached." */
  if (s->deny && v->in->boundary != NULL)
    return NAMING_NAMED;
  return who_spared(s->principal.list, s->principal.n, s->deny, v->r)
             ? NAMING_NONE
             : NAMING_ROLE;
}

static int conditions_apply(const struct evaluation *v,
                            const struct statement *s, bool *out)
{
  enum truth all = TRUTH_YES;

  for (size_t i = 0; i < s->n_conditions && all != TRUTH_NO; i++) {
    enum truth one;
    int rc = condition_hold(&s->conditions[i], v->r, &one, v->e);

    if (rc != 0)
      return rc;
    if (one != TRUTH_YES)
      all = one;
  }
  /* What can't be told does not allow, and denies. */
  *out = all == TRUTH_YES || (all == TRUTH_UNKNOWN && s->deny);
  return 0;
}

static int statement_apply(const struct evaluation *v,
                           const struct statement *s, enum naming *out)
{
  enum naming naming = NAMING_NONE;
  bool applies = true;
  int rc = 0;

  if (action_applies(&s->action, v->action))
    naming = statement_names(v, s);
  if (naming == NAMING_NONE) {
    *out = NAMING_NONE;
    return 0;
  }
  if (!s->any_resource)
    rc = resource_applies(v, &s->resource, &applies);
  if (rc == 0 && applies)
    rc = conditions_apply(v, s, &applies);
  if (rc == 0)
    *out = applies ? naming : NAMING_NONE;
  return rc;
}

static int policy_read(const struct evaluation *v, const struct policy *p,
                       struct verdict *out)
{
  *out = (struct verdict){NULL, NULL, NAMING_NONE};
  for (size_t i = 0; p != NULL && i < p->n && out->deny == NULL; i++) {
    const struct statement *s = &p->statements[i];
    enum naming naming;
    int rc;

    if (!s->deny && out->naming == NAMING_NAMED)
      continue; /* it can't say more */
    rc = statement_apply(v, s, &naming);
    if (rc != 0)
      return rc;
    if (s->deny && naming != NAMING_NONE)
      out->deny = s;
    else if (!s->deny && naming > out->naming) {
      out->allow = s;
      out->naming = naming;
    }
  }
  return 0;
}

/* Which policy, and which of its statements. */
static void decide(struct policy_decision *out, enum policy_effect effect,
                   enum policy_kind kind, size_t index, const struct policy *p,
                   const struct statement *s)
{
  *out = (struct policy_decision){
      .effect = effect, .kind = kind, .policy = index, .statement = -1};
  if (p != NULL && s != NULL) {
    out->statement = (int)(s - p->statements);
    out->sid = s->sid;
  }
}

/* One of the policies that are at most one of their kind.  *out is set when it
 * denies. */
static int limit_read(const struct evaluation *v, const struct policy *p,
                      enum policy_kind kind, struct verdict *out_verdict,
                      struct policy_decision *out)
{
  int rc = policy_read(v, p, out_verdict);

  if (rc == 0 && out_verdict->deny != NULL)
    decide(out, POLICY_DENIED, kind, 0, p, out_verdict->deny);
  return rc;
}

/* All of an identity's; the first that allows is in *out_allow. */
static int identity_read(const struct evaluation *v,
                         struct policy_decision *out_allow,
                         struct policy_decision *out)
{
  for (size_t i = 0; i < v->in->n_identity && out->effect != POLICY_DENIED;
       i++) {
    const struct policy *p = v->in->identity[i];
    struct verdict verdict;
    int rc = policy_read(v, p, &verdict);

    if (rc != 0)
      return rc;
    if (verdict.deny != NULL)
      decide(out, POLICY_DENIED, POLICY_IDENTITY, i, p, verdict.deny);
    else if (verdict.allow != NULL && out_allow->effect != POLICY_ALLOWED)
      decide(out_allow, POLICY_ALLOWED, POLICY_IDENTITY, i, p, verdict.allow);
  }
  return 0;
}

/* The answers of all the policies; nobody denies. */
struct answers {
  struct policy_decision identity; /* ALLOWED when one allows */
  struct verdict resource, boundary, session;
};

static void allow_combine(const struct evaluation *v, const struct answers *a,
                          struct policy_decision *out)
{
  const struct policy *resource = v->in->resource;
  enum policy_kind kind = resource != NULL ? resource->kind : POLICY_RESOURCE;
  bool home = strcmp(v->r->principal_account, v->r->resource_account) == 0;
  bool must = !home || kind == POLICY_TRUST;
  bool identity = a->identity.effect == POLICY_ALLOWED || v->r->is_root;

  if (must && a->resource.allow == NULL) {
    decide(out, POLICY_NOT_ALLOWED, kind, 0, NULL, NULL);
    return;
  }
  if (home && a->resource.naming == NAMING_NAMED) {
    decide(out, POLICY_ALLOWED, kind, 0, resource, a->resource.allow);
    return;
  }
  if (!identity && !(home && a->resource.naming == NAMING_ROLE)) {
    decide(out, POLICY_NOT_ALLOWED, POLICY_IDENTITY, 0, NULL, NULL);
    return;
  }
  if (!v->r->is_root && v->in->boundary != NULL && a->boundary.allow == NULL) {
    decide(out, POLICY_NOT_ALLOWED, POLICY_BOUNDARY, 0, NULL, NULL);
    return;
  }
  if (!v->r->is_root && v->in->session != NULL && a->session.allow == NULL) {
    decide(out, POLICY_NOT_ALLOWED, POLICY_SESSION, 0, NULL, NULL);
    return;
  }
  *out = a->identity;
  if (!identity || must)
    decide(out, POLICY_ALLOWED, kind, 0, resource, a->resource.allow);
  else if (a->identity.effect != POLICY_ALLOWED) /* root may */
    decide(out, POLICY_ALLOWED, POLICY_IDENTITY, 0, NULL, NULL);
}

int policy_evaluate(const struct policy_request *r,
                    const struct policy_input *in, struct policy_decision *out,
                    struct err *e)
{
  struct evaluation v = {.r = r, .in = in, .e = e};
  struct policy_decision d = {.effect = POLICY_NOT_ALLOWED};
  struct answers a = {.identity = d};
  enum policy_kind kind =
      in->resource != NULL ? in->resource->kind : POLICY_RESOURCE;
  int rc;

  v.action = (struct slice){r->action, strlen(r->action)};
  v.resource = (struct slice){r->resource, strlen(r->resource)};
  rc = identity_read(&v, &a.identity, &d);
  if (rc == 0 && d.effect != POLICY_DENIED)
    rc = limit_read(&v, in->resource, kind, &a.resource, &d);
  if (rc == 0 && d.effect != POLICY_DENIED)
    rc = limit_read(&v, in->boundary, POLICY_BOUNDARY, &a.boundary, &d);
  if (rc == 0 && d.effect != POLICY_DENIED)
    rc = limit_read(&v, in->session, POLICY_SESSION, &a.session, &d);
  if (rc != 0)
    return rc;
  if (d.effect != POLICY_DENIED)
    allow_combine(&v, &a, &d);
  *out = d;
  return 0;
}
