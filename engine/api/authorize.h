/* May this principal do this to this secret?  Policies decide: his own, the
 * secret's, his boundary, his session's.  A name, an ARN or a part of one was
 * resolved to one secret before anybody is asked.
 */
#ifndef API_AUTHORIZE_H
#define API_AUTHORIZE_H

#include "api/call.h"
#include "api/context.h"

/* The operation of the call on c->resource.  ERR_ACCESS in AWS's words;
 * whatever cannot be evaluated is denied as well, and logged. */
int authorize(struct call *c);
/* Another action of the same caller on another secret: each one of a batch.
 * `spelled`: as the caller names it; row NULL: it names none that is there,
 * which only who may ask is to be told. */
int authorize_secret(struct call *c, const char *action, const char *spelled,
                     const struct secret_row *row);

/* May he use that KMS key, in the secret's region, for the secret
 * ("kms:Decrypt", "kms:GenerateDataKey")?  The default key is for everybody.
 * ERR_ACCESS in the words that Secrets Manager has for it. */
int authorize_key(struct call *c, const char *action,
                  const struct secret_row *row, const char *key_id);

/* What policies are asked: who asks for what, and what he is given by his own
 * policies. */
struct question {
  struct policy_request request;
  struct policy_input policies;
  const char *arns[2];
};

/* The call's own question, without the secret's policy, for the one who asks
 * what another one would change.  *q borrows from *x: context_release. */
void authorize_question(struct call *c, struct context *x, struct question *q);

/* Which statement of which policy decided. */
struct explanation {
  enum policy_effect effect;
  enum policy_kind kind;
  int statement;    /* from 0; -1: none did */
  char sid[257];    /* of that statement; "" for none */
  char policy[512]; /* an identity's, as the directory calls it; else "" */
};

/* For the one who asks why: decides for another principal, and says nothing
 * to the log.  row NULL: `resource` names no secret that is there.  `context`:
 * condition keys and their values, or NULL; those of this request are not
 * taken for his. */
int authorize_explain(struct call *c, const struct principal *as,
                      const char *action, const char *resource,
                      const struct secret_row *row, const json_t *context,
                      struct explanation *out, struct err *e);

#endif
