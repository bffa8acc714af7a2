/* Statements that can never apply, whatever is asked. */
#ifndef POLICY_IMPOSSIBLE_H
#define POLICY_IMPOSSIBLE_H

#include "policy/document.h"

/* A pattern of Action that is like no action that a secret knows. */
bool action_is_foreign(const struct pattern *p);
/* NotAction that leaves none of them. */
bool actions_are_exhausted(const struct patterns *p);

/* No resource of the statement is this secret; when `arn` is NULL, any
 * secret.  What has variables is taken to be it. */
bool resources_are_foreign(const struct patterns *p, const char *arn);

/* The key of a condition that contradicts another one of the statement, or
 * itself; NULL: there is none, or none that is seen. */
const char *condition_impossible(const struct statement *s);

#endif
