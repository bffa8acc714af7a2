/* The shapes that several replies share. */
#ifndef API_SHAPE_H
#define API_SHAPE_H

#include "api/parts.h"

/* "VersionIdsToStages" (or ListSecrets' name for it): the versions that carry
 * labels; nothing when there are none. */
void shape_stages(struct buf *out, const char *key, const struct parts *of);
/* RotationRules as an object.  extended: with our own members. */
void shape_rules(struct call *c, const struct rules_row *rules, bool extended);
/* All that DescribeSecret and ListSecrets have in common but the stages.  `of`:
 * what belongs to the secret. */
int shape_secret(struct call *c, const struct secret_row *row,
                 const struct parts *of);
void shape_strings(struct buf *out, const char *key,
                   const char (*texts)[STORE_LABEL_MAX], size_t n);
/* Is the caller's text one of the JSON texts stored?  Writes it raw. */
void shape_raw(struct buf *out, const char *key, const char *json);

#endif
