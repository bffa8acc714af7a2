/* The condition keys of a request: from their names in a policy to what this
 * request has for them.
 *
 * Source of the names, and of which action has which: AWS Service
 * Authorization Reference, "AWS Secrets Manager"; IAM User Guide, "AWS global
 * condition context keys".  A key is there only for the actions that document
 * it: a member that an operation ignores decides nothing.
 */
#ifndef API_CONTEXT_H
#define API_CONTEXT_H

#include "api/call.h"

enum { CONTEXT_VALUES_MAX = 160, CONTEXT_TEXT_MAX = 4096 };

struct context {
  const struct api *api;
  const struct principal *who;
  const struct http_request *http; /* NULL: no request, only a question */
  const char *region;              /* that the request names */
  int64_t now_us;
  const char *name;             /* of the operation: "GetSecretValue" */
  const json_t *in;             /* its members; NULL: none */
  const struct secret_row *row; /* NULL: no secret */
  const char *key_of;           /* of a KMS key: the secret's ARN; else NULL */
  const json_t *given;          /* {"key": "value" or [values]} that win */

  /* What the values handed out lie in. */
  const char *values[CONTEXT_VALUES_MAX];
  size_t n_values;
  char text[CONTEXT_TEXT_MAX];
  size_t text_len;
  struct tag *tags; /* the secret's, once somebody asked */
  size_t n_tags;
  bool has_tags;
  const struct resource_policy *attached; /* the secret's, or NULL */
};

/* A policy_find_key; ctx is a struct context. */
int context_find(void *ctx, const char *name, struct policy_values *out,
                 struct err *e);
void context_release(struct context *x);

#endif
