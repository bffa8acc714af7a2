/* Random passwords as AWS's GetRandomPassword makes them. */
#ifndef SECRET_PASSWORD_H
#define SECRET_PASSWORD_H

#include "base/err.h"
#include "base/json.h"
#include "base/random.h"
#include "base/secret.h"

/* What rotators leave out unless the options say otherwise: the characters
 * that AWS's own rotation functions leave out, for the sake of URLs and
 * shells. */
#define PASSWORD_ROTATION_EXCLUDE "/@\"'\\"

/* `spec`: members of a GetRandomPassword request (NULL: its defaults: 32
 * characters, every type at least once).  `exclude` adds to
 * ExcludeCharacters, NULL for none.  ERR_PARAMETER when the wishes cannot be
 * met together, ERR_SERIALIZATION when one has the wrong type.  *out: returned,
 * secret_release. */
int password_generate(const json_t *spec, const char *exclude, struct random *r,
                      struct secret *out, struct err *e);

/* Would that work?  Members that are not GetRandomPassword's are refused here.
 */
int password_check(const json_t *spec, const char *exclude, struct err *e);

#endif
