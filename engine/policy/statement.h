/* Reads the parts of one statement. */
#ifndef POLICY_STATEMENT_H
#define POLICY_STATEMENT_H

#include "base/json.h"
#include "policy/document.h"

/* What it makes lives in p's arena. */
int statement_read(json_t *value, struct policy *p, struct statement *out,
                   bool *out_principal, struct err *e);

/* Its Condition. */
int conditions_read(json_t *value, struct policy *p, struct statement *out,
                    struct err *e);

#endif
