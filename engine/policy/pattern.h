/* Texts of a policy with wildcards and variables.
 *
 * A pattern is UTF-8 in which bytes that UTF-8 never uses stand for what is
 * not text: so a `*` that came out of a variable, or out of ${*}, can't be
 * taken for a wildcard.
 */
#ifndef POLICY_PATTERN_H
#define POLICY_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/arena.h"
#include "policy/policy.h"

#define MARK_ANY     '\xff' /* any number of characters */
#define MARK_ONE     '\xfe' /* one character */
#define MARK_KEY     '\xfd' /* the key of a variable and a NUL follow, */
#define MARK_DEFAULT '\xfc' /* then perhaps this and the default, */
#define MARK_END     '\xfb' /* then this */
#define MARK_FIRST   0xfb   /* no byte of UTF-8 is so large */

struct slice {
  const char *text;
  size_t len;
};

struct pattern {
  struct slice s; /* a NUL follows */
  bool all;       /* it is "*" */
  bool wild;      /* has MARK_ANY or MARK_ONE */
  bool variable;  /* has MARK_KEY */
};

/* What is special in a text. */
#define PATTERN_WILD     1U /* `*` and `?` */
#define PATTERN_VARIABLE 2U /* ${key}, ${key, 'default'}, ${*}, ${?}, ${$} */
#define PATTERN_FOLD     4U /* A to Z become a to z */

/* ERR_POLICY_SYNTAX: a variable that is not one; ERR_NOMEM. */
int pattern_compile(struct arena *a, struct slice text, unsigned special,
                    struct pattern *out, struct err *e);

#define EXPANDED_MAX 4096

/* With the request's values in place of variables.  1: *out points into p or
 * into `buffer`; 0: a variable has no value, or more than one; negative: it
 * could not be found out, or does not fit. */
int pattern_expand(const struct pattern *p, const struct policy_request *r,
                   char buffer[EXPANDED_MAX], struct slice *out, struct err *e);

#endif
