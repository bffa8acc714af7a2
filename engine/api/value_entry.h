/* A secret's value as GetSecretValue and BatchGetSecretValue give it. */
#ifndef API_VALUE_ENTRY_H
#define API_VALUE_ENTRY_H

#include "api/call.h"

/* The whole object, {"ARN": … "CreatedDate": …}, and the day of access noted.
 * Without an id and a stage: AWSCURRENT.  A failure has written nothing;
 * ERR_NOT_FOUND: there is no such version, or it has no value yet. */
int value_entry(struct call *c, const struct secret_row *row,
                const char *version_id, const char *stage);

#endif
