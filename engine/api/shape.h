/* The shapes that several replies share. */
#ifndef API_SHAPE_H
#define API_SHAPE_H

#include "api/call.h"

/* "VersionIdsToStages" (or ListSecrets' name for it): the versions that carry
 * labels; nothing when there are none. */
int shape_stages(struct call *c, const char *key, int64_t secret_id);
int shape_tags(struct call *c, const struct secret_row *row);
/* RotationEnabled, RotationLambdaARN, RotationRules, NextRotationDate; nothing
 * when rotation was never configured. */
int shape_rotation(struct call *c, const struct secret_row *row);
/* RotationRules as an object.  extended: with our own members. */
void shape_rules(struct call *c, const struct rules_row *rules, bool extended);
/* All that DescribeSecret and ListSecrets have in common but the stages. */
int shape_secret(struct call *c, const struct secret_row *row);
void shape_strings(struct buf *out, const char *key,
                   const char (*texts)[STORE_LABEL_MAX], size_t n);
/* Is the caller's text one of the JSON texts stored?  Writes it raw. */
void shape_raw(struct buf *out, const char *key, const char *json);

#endif
