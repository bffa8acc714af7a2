/* Inside sts: what AssumeRole was asked for. */
#ifndef API_STS_ASSUME_H
#define API_STS_ASSUME_H

#include "api/sts.h"
#include "iam/session.h"

#define STS_NUMBER_TEXT 24
#define STS_KEYS_MAX    64 /* conditions of one decision that are ours */

/* The request, and what hangs on it while it is decided. */
struct asked {
  struct sts_call *c;
  const struct form *in;
  const char *role_arn, *name, *external_id, *source_identity, *policy;
  int64_t duration_s;
  struct iam_entity role;
  struct tag role_tags[STORE_TAGS];
  size_t n_role_tags;
  struct session session; /* its tags come with the request */
  char duration[STS_NUMBER_TEXT];
  const char *values[STS_KEYS_MAX]; /* that the decision was told */
  size_t n_values;
  const char *tag_keys[STORE_TAGS]; /* aws:TagKeys */
};

/* Reads a->in: names, numbers and tags, each within AWS's limits. */
int sts_asked_read(struct asked *a);
/* "1 validation error detected: Value 'x' at 'member' failed …"; value NULL:
 * there is none. */
int sts_refuse(struct sts_call *c, const char *value, const char *member,
               const char *what);

#endif
