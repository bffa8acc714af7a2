/* The table of operators, and reading a policy's values for them. */
#include <string.h>

#include "policy/condition.h"

#define FOR_ALL   "ForAllValues:"
#define FOR_ANY   "ForAnyValue:"
#define IF_EXISTS "IfExists"

static const struct operation operations[] = {
    {"StringEquals", OPERAND_STRING, RELATION_EQUAL, false},
    {"StringNotEquals", OPERAND_STRING, RELATION_EQUAL, true},
    {"StringEqualsIgnoreCase", OPERAND_STRING, RELATION_EQUAL_FOLDED, false},
    {"StringNotEqualsIgnoreCase", OPERAND_STRING, RELATION_EQUAL_FOLDED, true},
    {"StringLike", OPERAND_STRING, RELATION_LIKE, false},
    {"StringNotLike", OPERAND_STRING, RELATION_LIKE, true},
    {"NumericEquals", OPERAND_NUMBER, RELATION_EQUAL, false},
    {"NumericNotEquals", OPERAND_NUMBER, RELATION_EQUAL, true},
    {"NumericLessThan", OPERAND_NUMBER, RELATION_LESS, false},
    {"NumericLessThanEquals", OPERAND_NUMBER, RELATION_LESS_EQUAL, false},
    {"NumericGreaterThan", OPERAND_NUMBER, RELATION_GREATER, false},
    {"NumericGreaterThanEquals", OPERAND_NUMBER, RELATION_GREATER_EQUAL, false},
    {"DateEquals", OPERAND_DATE, RELATION_EQUAL, false},
    {"DateNotEquals", OPERAND_DATE, RELATION_EQUAL, true},
    {"DateLessThan", OPERAND_DATE, RELATION_LESS, false},
    {"DateLessThanEquals", OPERAND_DATE, RELATION_LESS_EQUAL, false},
    {"DateGreaterThan", OPERAND_DATE, RELATION_GREATER, false},
    {"DateGreaterThanEquals", OPERAND_DATE, RELATION_GREATER_EQUAL, false},
    {"Bool", OPERAND_BOOL, RELATION_EQUAL, false},
    {"BinaryEquals", OPERAND_BINARY, RELATION_EQUAL, false},
    {"IpAddress", OPERAND_ADDRESS, RELATION_EQUAL, false},
    {"NotIpAddress", OPERAND_ADDRESS, RELATION_EQUAL, true},
    {"ArnEquals", OPERAND_ARN, RELATION_LIKE, false},
    {"ArnNotEquals", OPERAND_ARN, RELATION_LIKE, true},
    {"ArnLike", OPERAND_ARN, RELATION_LIKE, false},
    {"ArnNotLike", OPERAND_ARN, RELATION_LIKE, true},
    {"Null", OPERAND_NULL, RELATION_EQUAL, false},
};

static bool prefix_take(const char **name, const char *prefix)
{
  size_t len = strlen(prefix);

  if (strncmp(*name, prefix, len) != 0)
    return false;
  *name += len;
  return true;
}

bool condition_operator_find(const char *name, struct condition *out)
{
  struct condition c = {.quantifier = SINGLE_VALUE};
  size_t len;

  if (prefix_take(&name, FOR_ALL))
    c.quantifier = FOR_ALL_VALUES;
  else if (prefix_take(&name, FOR_ANY))
    c.quantifier = FOR_ANY_VALUE;
  len = strlen(name);
  if (len > strlen(IF_EXISTS) &&
      strcmp(name + len - strlen(IF_EXISTS), IF_EXISTS) == 0) {
    c.if_exists = true;
    len -= strlen(IF_EXISTS);
  }
  for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
    if (strlen(operations[i].name) == len &&
        memcmp(operations[i].name, name, len) == 0)
      c.operation = &operations[i];
  if (c.operation == NULL || (c.operation->type == OPERAND_NULL &&
                              (c.if_exists || c.quantifier != SINGLE_VALUE)))
    return false;
  *out = c;
  return true;
}

/* What a text of each type may have in it. */
static unsigned operand_special(const struct operation *o, bool variables)
{
  unsigned special = 0;

  if (variables && (o->type == OPERAND_STRING || o->type == OPERAND_ARN ||
                    o->type == OPERAND_BOOL))
    special |= PATTERN_VARIABLE;
  if (o->relation == RELATION_LIKE)
    special |= PATTERN_WILD;
  return special;
}

/* What a value must be, for the one who wrote another; NULL: it is. */
static const char *operand_type_read(const struct operation *o,
                                     struct operand *out)
{
  struct slice s = out->pattern.s;

  switch (o->type) {
  case OPERAND_NUMBER:
    return decimal_read(s, &out->number) ? NULL : "a number";
  case OPERAND_DATE:
    return time_read(s, &out->time_us) ? NULL
                                       : "a date such as 2026-01-31T00:00:00Z";
  case OPERAND_ADDRESS:
    return network_read(s, true, &out->network)
               ? NULL
               : "an address or a range such as 192.0.2.0/24";
  case OPERAND_BOOL:
  case OPERAND_NULL:
    return out->pattern.variable || truth_read(s, &out->truth)
               ? NULL
               : "true or false";
  case OPERAND_BINARY:
    return is_base64(s) ? NULL : "base64";
  default:
    return NULL;
  }
}

int condition_operand_read(struct arena *a, const struct condition *c,
                           struct slice text, bool variables,
                           struct operand *out, struct err *e)
{
  struct operand o = {.pattern = {.all = false}};
  const char *expected;
  int rc = pattern_compile(a, text, operand_special(c->operation, variables),
                           &o.pattern, e);

  if (rc != 0)
    return rc;
  expected = operand_type_read(c->operation, &o);
  if (expected != NULL)
    return err_set(e, ERR_POLICY_SYNTAX, "\"%.*s\" is not %s",
                   (int)(text.len < 80 ? text.len : 80), text.text, expected);
  *out = o;
  return 0;
}
