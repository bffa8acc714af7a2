/* Compares texts with patterns (policy/pattern.h), in time that grows with
 * the product of their lengths at most.
 */
#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include "policy/pattern.h"

enum arn_match { ARN_MATCHES, ARN_DIFFERS, ARN_NONE /* one is no ARN */ };

bool slice_equal(struct slice a, struct slice b);
/* A to Z are as a to z. */
bool slice_equal_folded(struct slice a, struct slice b);

/* The wildcards of an expanded pattern; `text` with A to Z as a to z when
 * `fold`, which the pattern must be, too. */
bool text_matches(struct slice pattern, struct slice text, bool fold);

/* As a Resource element compares: each of the first five segments by itself,
 * the rest as one; a pattern that ends early with `*` goes on to the end. */
bool resource_matches(struct slice pattern, struct slice arn);

/* As the ARN operators compare: six segments, each by itself. */
enum arn_match arn_matches(struct slice pattern, struct slice arn);

#endif
