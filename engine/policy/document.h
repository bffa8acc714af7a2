/* A parsed policy, as evaluate.c, public.c and validate.c read it.  Nothing
 * changes in it once it is parsed.
 */
#ifndef POLICY_DOCUMENT_H
#define POLICY_DOCUMENT_H

#include "policy/condition.h"
#include "policy/who.h"

/* Action or NotAction, Resource or NotResource. */
struct patterns {
  const struct pattern *list;
  size_t n;
  bool negated;
};

struct statement {
  const char *sid; /* or NULL */
  bool deny;
  struct {
    const struct who *list;
    size_t n;
    bool negated, present;
  } principal;
  struct patterns action; /* in lower case */
  struct patterns resource;
  bool any_resource; /* it has none: a trust policy's */
  const struct condition *conditions;
  size_t n_conditions;
};

struct policy {
  struct arena arena; /* all that is below, and the policy itself not */
  enum policy_kind kind;
  bool variables; /* Version 2012-10-17 */
  const struct statement *statements;
  size_t n;
};

/* policy_parse; *out_principal (may be NULL) says of an ERR_POLICY_SYNTAX
 * whether it is a principal that isn't to be had. */
int document_parse(const char *text, size_t len, enum policy_kind kind,
                   struct policy **out, bool *out_principal, struct err *e);

#endif
