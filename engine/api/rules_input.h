/* Rotation rules as a request brings them, merged into the stored ones. */
#ifndef API_RULES_INPUT_H
#define API_RULES_INPUT_H

#include "api/call.h"

/* RotationLambdaARN: the rotator's ARN, or its bare name.  Must be installed
 * (ERR_PARAMETER; for an ARN ERR_ACCESS, as AWS says that a function cannot be
 * invoked).  Absent: the rules keep theirs. */
int rules_take_rotator(struct call *c, const json_t *from,
                       struct rules_row *rules, struct rotator_info *out);
/* The members of a RotationRules object; those that are not given stay.  An
 * unknown member is ERR_PARAMETER.  The result is a schedule that parses.
 * as_aws: while none of our own members is there, only what Secrets Manager
 * takes as ScheduleExpression. */
int rules_take(struct call *c, const json_t *object, bool as_aws,
               struct rules_row *rules);
/* Do the secret's value and the options fit what the rotator asks for? */
int rules_fit(struct call *c, const struct secret_row *row,
              const struct rules_row *rules, const struct rotator_info *info);

#endif
