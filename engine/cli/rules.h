/* How a secret rotates, as a plan says it, as the API takes it, and as people
 * compare it.
 *
 * A view is an object of strings, numbers, arrays and objects under the
 * plan's keys, without what is at its default: two views that are equal mean
 * the same rotation.
 */
#ifndef CLI_RULES_H
#define CLI_RULES_H

#include "base/json.h"

/* The keys of a view in the order in which they are shown; ended by NULL. */
extern const char *const rules_keys[];

/* All four: returned, json_decref; NULL: no memory.  `rotation`: of a plan
 * that was checked; `reply`: DescribeRotation's. */
json_t *rules_view(const json_t *rotation);
json_t *rules_view_of(const json_t *reply);
/* The members of RotationRules, those too that go back to their default. */
json_t *rules_request(const json_t *rotation);
/* The same with what PreviewSchedule judges, up to and including the member
 * of the plan `last`. */
json_t *rules_request_to(const json_t *rotation, const char *last);

#endif
