/* A request held against its shape (api/members.h), with AWS's messages. */
#ifndef API_VALIDATE_H
#define API_VALIDATE_H

#include "api/members.h"

/* 0: every member that is there is of its type and within its limits, those
 * that must be there are, names look like names, and a ClientRequestToken was
 * given where AWS wants one.  Members that the shape lacks are ignored, as are
 * those that are null.
 *
 * ERR_SERIALIZATION: one has the wrong type.  ERR_VALIDATION: all that fail,
 * "2 validation errors detected: Value …"; a sensitive value is never quoted,
 * and where all would not fit, values are cut.  shape->no_token: there is no
 * token. */
int validate(const struct shape *shape, const json_t *in, struct err *e);

#endif
