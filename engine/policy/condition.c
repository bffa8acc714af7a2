/* Does a condition hold for a request?
 *
 *   key                ForAllValues  ForAnyValue  neither, ...IfExists  else
 *   not there          yes           no           yes                   negated
 *   nothing but ""     yes           no           compared compared several
 * values     each          some         unknown               unknown
 */
#include "policy/condition.h"

#include <string.h>

#include "policy/match.h"

/* How one value of a request stands to one of the policy. */
enum comparison {
  COMPARED_SAME,
  COMPARED_OTHER,
  COMPARED_INVALID, /* a variable of the policy's has no value */
  COMPARED_UNKNOWN  /* one of them is not of the operator's type */
};

static bool relation_holds(enum relation relation, int order)
{
  switch (relation) {
  case RELATION_LESS:
    return order < 0;
  case RELATION_LESS_EQUAL:
    return order <= 0;
  case RELATION_GREATER:
    return order > 0;
  case RELATION_GREATER_EQUAL:
    return order >= 0;
  default:
    return order == 0;
  }
}

static enum comparison compared(bool same)
{
  return same ? COMPARED_SAME : COMPARED_OTHER;
}

static enum comparison number_compare(const struct operation *o,
                                      const struct operand *operand,
                                      struct slice value)
{
  struct decimal d;

  if (!decimal_read(value, &d))
    return COMPARED_UNKNOWN;
  return compared(
      relation_holds(o->relation, decimal_compare(&d, &operand->number)));
}

static enum comparison date_compare(const struct operation *o,
                                    const struct operand *operand,
                                    struct slice value)
{
  int64_t us;

  if (!time_read(value, &us))
    return COMPARED_UNKNOWN;
  return compared(relation_holds(o->relation, (us > operand->time_us) -
                                                  (us < operand->time_us)));
}

static enum comparison address_compare(const struct operand *operand,
                                       struct slice value)
{
  struct network n;

  if (!network_read(value, false, &n))
    return COMPARED_UNKNOWN;
  return compared(network_contains(&operand->network, &n));
}

static enum comparison bool_compare(struct slice pattern, struct slice value)
{
  bool wanted, is;

  if (!truth_read(pattern, &wanted) || !truth_read(value, &is))
    return COMPARED_UNKNOWN;
  return compared(wanted == is);
}

static enum comparison arn_compare(struct slice pattern, struct slice value)
{
  switch (arn_matches(pattern, value)) {
  case ARN_MATCHES:
    return COMPARED_SAME;
  case ARN_DIFFERS:
    return COMPARED_OTHER;
  default:
    return COMPARED_UNKNOWN;
  }
}

static enum comparison text_compare(const struct operation *o,
                                    struct slice pattern, struct slice value)
{
  switch (o->type) {
  case OPERAND_BOOL:
    return bool_compare(pattern, value);
  case OPERAND_ARN:
    return arn_compare(pattern, value);
  case OPERAND_BINARY:
    return is_base64(value) ? compared(slice_equal(pattern, value))
                            : COMPARED_UNKNOWN;
  default:
    break;
  }
  switch (o->relation) {
  case RELATION_LIKE:
    return compared(text_matches(pattern, value, false));
  case RELATION_EQUAL_FOLDED:
    return compared(slice_equal_folded(pattern, value));
  default:
    return compared(slice_equal(pattern, value));
  }
}

static int operand_compare(const struct condition *c,
                           const struct operand *operand, struct slice value,
                           const struct policy_request *r, enum comparison *out,
                           struct err *e)
{
  const struct operation *o = c->operation;
  char buffer[EXPANDED_MAX];
  struct slice pattern;
  int rc;

  switch (o->type) {
  case OPERAND_NUMBER:
    *out = number_compare(o, operand, value);
    return 0;
  case OPERAND_DATE:
    *out = date_compare(o, operand, value);
    return 0;
  case OPERAND_ADDRESS:
    *out = address_compare(operand, value);
    return 0;
  default:
    break;
  }
  rc = pattern_expand(&operand->pattern, r, buffer, &pattern, e);
  if (rc < 0)
    return rc;
  *out = rc == 0 ? COMPARED_INVALID : text_compare(o, pattern, value);
  return 0;
}

/* One value of the request: it is like one of the policy's, or, negated, like
 * none of them. */
static int value_hold(const struct condition *c, struct slice value,
                      const struct policy_request *r, enum truth *out,
                      struct err *e)
{
  bool invalid = false, unknown = false;

  for (size_t i = 0; i < c->n_values; i++) {
    enum comparison is;
    int rc = operand_compare(c, &c->values[i], value, r, &is, e);

    if (rc != 0)
      return rc;
    if (is == COMPARED_SAME) {
      *out = c->operation->negated ? TRUTH_NO : TRUTH_YES;
      return 0;
    }
    invalid = invalid || is == COMPARED_INVALID;
    unknown = unknown || is == COMPARED_UNKNOWN;
  }
  if (invalid && c->operation->negated)
    *out = TRUTH_NO;
  else if (unknown)
    *out = TRUTH_UNKNOWN;
  else
    *out = c->operation->negated ? TRUTH_YES : TRUTH_NO;
  return 0;
}

/* Some value, or each of them. */
static int set_hold(const struct condition *c, const struct policy_values *v,
                    const struct policy_request *r, enum truth *out,
                    struct err *e)
{
  enum truth last = c->quantifier == FOR_ANY_VALUE ? TRUTH_YES : TRUTH_NO;
  enum truth all = last == TRUTH_YES ? TRUTH_NO : TRUTH_YES;

  for (size_t i = 0; i < v->n; i++) {
    struct slice value = {v->values[i], strlen(v->values[i])};
    enum truth one;
    int rc = value_hold(c, value, r, &one, e);

    if (rc != 0)
      return rc;
    if (one == last) {
      *out = last;
      return 0;
    }
    if (one == TRUTH_UNKNOWN)
      all = TRUTH_UNKNOWN;
  }
  *out = all;
  return 0;
}

/* "A null dataset, such as an empty string." */
static bool is_null(const struct policy_values *v)
{
  for (size_t i = 0; i < v->n; i++)
    if (*v->values[i] != '\0')
      return false;
  return true;
}

static enum truth null_hold(const struct condition *c, bool null)
{
  for (size_t i = 0; i < c->n_values; i++)
    if (c->values[i].truth == null)
      return TRUTH_YES;
  return TRUTH_NO;
}

static enum truth missing_hold(const struct condition *c)
{
  switch (c->quantifier) {
  case FOR_ALL_VALUES:
    return TRUTH_YES;
  case FOR_ANY_VALUE:
    return TRUTH_NO;
  default:
    return c->if_exists || c->operation->negated ? TRUTH_YES : TRUTH_NO;
  }
}

int condition_hold(const struct condition *c, const struct policy_request *r,
                   enum truth *out, struct err *e)
{
  struct policy_values v = {NULL, 0};
  int rc = r->find_key(r->find_ctx, c->key, &v, e);

  if (rc < 0)
    return rc;
  if (rc == 0)
    v.n = 0;
  if (c->operation->type == OPERAND_NULL)
    *out = null_hold(c, is_null(&v));
  else if (v.n == 0 || (c->quantifier != SINGLE_VALUE && is_null(&v)))
    *out = missing_hold(c);
  else if (c->quantifier != SINGLE_VALUE)
    return set_hold(c, &v, r, out, e);
  else if (v.n > 1)
    *out = TRUTH_UNKNOWN;
  else
    return value_hold(c, (struct slice){v.values[0], strlen(v.values[0])}, r,
                      out, e);
  return 0;
}
