/* Public until a condition says otherwise: what S3 documents for buckets, and
 * what its engine finds for secrets.
 */
#include "policy/public.h"

#include <string.h>
#include <strings.h>

#include "policy/document.h"
#include "policy/match.h"

#define V4_BITS_MIN 8 /* wider ranges are "very broad" */
#define V6_BITS_MIN 32

/* How the values of a key must be, to hold the asker down. */
enum fixing {
  FIXED_TEXT,   /* no wildcard, no variable */
  FIXED_ARN,    /* the same, or at least the account is fixed */
  FIXED_PATH,   /* what stands before the first `/` */
  FIXED_ID,     /* what stands before the first `:` */
  FIXED_NETWORK /* no very broad range */
};

static const struct {
  const char *key;
  enum fixing fixing;
} keys[] = {
    {"aws:SourceIp", FIXED_NETWORK},
    {"aws:SourceVpc", FIXED_TEXT},
    {"aws:SourceVpce", FIXED_TEXT},
    {"aws:SourceArn", FIXED_ARN},
    {"aws:SourceAccount", FIXED_TEXT},
    {"aws:SourceOwner", FIXED_TEXT},
    {"aws:SourceOrgID", FIXED_TEXT},
    {"aws:SourceOrgPaths", FIXED_PATH},
    {"aws:PrincipalArn", FIXED_ARN},
    {"aws:PrincipalAccount", FIXED_TEXT},
    {"aws:PrincipalOrgID", FIXED_TEXT},
    {"aws:PrincipalOrgPaths", FIXED_PATH},
    {"aws:PrincipalServiceName", FIXED_TEXT},
    {"aws:userid", FIXED_ID},
};

static bool is_plain(struct slice s)
{
  for (size_t i = 0; i < s.len; i++)
    if ((unsigned char)s.text[i] >= MARK_FIRST)
      return false;
  return s.len > 0;
}

/* What stands before the n-th `c`, or all. */
static struct slice head(struct slice s, char c, int n, struct slice *out_rest)
{
  const char *at = s.text, *end = s.text + s.len;

  for (; n > 0; n--) {
    const char *found = memchr(at, (unsigned char)c, (size_t)(end - at));

    at = found == NULL ? end : found + 1;
    if (found == NULL)
      break;
  }
  *out_rest = (struct slice){at, (size_t)(end - at)};
  return (struct slice){s.text, s.len - out_rest->len};
}

/* Its account is fixed; of a text, in which `*` takes colons too, all before
 * that as well. */
static bool account_is_fixed(struct slice arn, bool text)
{
  struct slice rest, name, before = head(arn, ':', 4, &rest);
  struct slice account = head(rest, ':', 1, &name);

  return (!text || is_plain(before)) && is_plain(account) && account.len > 1 &&
         name.len > 0;
}

static bool value_is_fixed(const struct operand *o, enum fixing fixing,
                           enum operand_type type)
{
  struct slice s = o->pattern.s, rest;

  switch (fixing) {
  case FIXED_NETWORK:
    return o->network.bits >=
           (o->network.length == 4 ? V4_BITS_MIN : V6_BITS_MIN);
  case FIXED_ARN:
    return is_plain(s) || account_is_fixed(s, type == OPERAND_STRING);
  case FIXED_PATH:
    return is_plain(head(s, '/', 1, &rest));
  case FIXED_ID:
    return is_plain(head(s, ':', 1, &rest));
  default:
    return is_plain(s);
  }
}

/* With ForAllValues, IfExists or a negation it holds without the key. */
static bool needs_its_key(const struct condition *c)
{
  return c->quantifier != FOR_ALL_VALUES && !c->if_exists &&
         !c->operation->negated;
}

static bool condition_restricts(const struct condition *c)
{
  enum operand_type type = c->operation->type;

  if (!needs_its_key(c))
    return false;
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    bool fixed = true;

    if (strcasecmp(c->key, keys[i].key) != 0 ||
        (keys[i].fixing == FIXED_NETWORK
             ? type != OPERAND_ADDRESS
             : type != OPERAND_STRING && type != OPERAND_ARN))
      continue;
    for (size_t j = 0; j < c->n_values; j++)
      fixed = fixed && value_is_fixed(&c->values[j], keys[i].fixing, type);
    return fixed; /* without values it never holds */
  }
  return false;
}

static bool speaks_to_everyone(const struct statement *s)
{
  if (s->principal.negated)
    return true;
  for (size_t i = 0; i < s->principal.n; i++)
    if (s->principal.list[i].form == WHO_ANYONE)
      return true;
  return false;
}

bool policy_is_public(const struct policy *p, size_t *out_statement)
{
  for (size_t i = 0; i < p->n; i++) {
    const struct statement *s = &p->statements[i];
    bool restricted = s->deny || !speaks_to_everyone(s);

    for (size_t j = 0; j < s->n_conditions && !restricted; j++)
      restricted = condition_restricts(&s->conditions[j]);
    if (restricted)
      continue;
    if (out_statement != NULL)
      *out_statement = i;
    return true;
  }
  return false;
}
