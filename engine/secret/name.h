/* Names and ARNs of secrets: how they look, how they are made.
 *
 * Source: Secrets Manager service model 2017-10-17 (NameType, SecretIdType)
 * and the user guide's rules for names.
 */
#ifndef SECRET_NAME_H
#define SECRET_NAME_H

#include <stdbool.h>

#include "base/err.h"
#include "base/random.h"
#include "store/rows.h"

#define NAME_SUFFIX_LEN 6 /* "-" and six random characters end an ARN */

/* 1-512 characters of A-Za-z0-9 and /_+=.@-, otherwise ERR_VALIDATION. */
int name_check(const char *name, struct err *e);
/* arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-xxxxxx */
void name_to_arn(const char *region, const char *account, const char *name,
                 struct random *r, char out[STORE_ARN_MAX]);
/* What the ARN of a secret that is not there (yet) looks like to policies: the
 * ARN that `id` is, or the one that a name would have with any suffix. */
void name_to_likely_arn(const char *region, const char *account, const char *id,
                        char out[STORE_ARN_MAX]);
/* The same secret's ARN in another region: a replica's, or its primary's. */
void name_in_region(const char *arn, const char *region,
                    char out[STORE_ARN_MAX]);
/* Does the text start as an ARN does?  Then it is never taken for a name. */
bool name_is_arn(const char *text);

#endif
