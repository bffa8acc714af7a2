/* One condition of a statement: an operator, a key, and the values of the
 * policy.
 */
#ifndef POLICY_CONDITION_H
#define POLICY_CONDITION_H

#include "policy/literal.h"
#include "policy/pattern.h"

enum operand_type {
  OPERAND_STRING,
  OPERAND_NUMBER,
  OPERAND_DATE,
  OPERAND_BOOL,
  OPERAND_BINARY,
  OPERAND_ADDRESS,
  OPERAND_ARN,
  OPERAND_NULL
};

enum relation {
  RELATION_EQUAL,
  RELATION_EQUAL_FOLDED,
  RELATION_LIKE,
  RELATION_LESS,
  RELATION_LESS_EQUAL,
  RELATION_GREATER,
  RELATION_GREATER_EQUAL
};

/* A row of AWS's table of operators. */
struct operation {
  const char *name;
  enum operand_type type;
  enum relation relation;
  bool negated;
};

/* How several values of a request are taken together. */
enum quantifier { SINGLE_VALUE, FOR_ALL_VALUES, FOR_ANY_VALUE };

/* A value of the policy, read as the operator's type. */
struct operand {
  struct pattern pattern; /* string, ARN, bool, binary */
  union {
    struct decimal number;
    int64_t time_us;
    struct network network;
    bool truth; /* null */
  };
};

struct condition {
  const struct operation *operation;
  enum quantifier quantifier;
  bool if_exists;
  const char *key;
  const struct operand *values;
  size_t n_values;
};

/* UNKNOWN: the values can't be compared. */
enum truth { TRUTH_NO, TRUTH_YES, TRUTH_UNKNOWN };

/* "ForAnyValue:StringLikeIfExists" and the like: fills in all but the key and
 * the values.  False: there is no such operator. */
bool condition_operator_find(const char *name, struct condition *out);

/* One value of the policy.  `variables`: the document's version has them.
 * ERR_POLICY_SYNTAX, ERR_NOMEM. */
int condition_operand_read(struct arena *a, const struct condition *c,
                           struct slice text, bool variables,
                           struct operand *out, struct err *e);

/* Negative: the key or a variable could not be found out. */
int condition_hold(const struct condition *c, const struct policy_request *r,
                   enum truth *out, struct err *e);

#endif
