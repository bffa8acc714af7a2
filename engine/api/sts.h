/* The Security Token Service, as far as agents need it: GetCallerIdentity and
 * AssumeRole.  AWS's query protocol: a form in, XML out.
 *
 * The caller has authenticated the request for service "sts" before.
 */
#ifndef API_STS_H
#define API_STS_H

#include "api/form.h"
#include "api/target.h"
#include "iam/principal.h"
#include "policy/policy.h"
#include "store/iam.h"

#define STS_SOURCE "sts.amazonaws.com"

/* One request.  All borrowed. */
struct sts_call {
  const struct api *api;
  const struct principal *who;
  /* Finds the condition keys that every request has (aws:SourceIp …); sts adds
   * its own, and what the request's tags are. */
  policy_find_key *find_key;
  void *find_ctx;
  int64_t now_us;
  struct err *e;
  struct http_reply *reply;

  /* For the audit trail: what it was.  Set as far as it was understood. */
  const char *action; /* static text; "" for an unknown one */
  bool reads;
  char resource[IAM_ARN_MAX]; /* the role; "" for none */
  char response_arn[PRINCIPAL_ARN_MAX];
};

/* Is this a request for STS: a form, and no X-Amz-Target? */
bool sts_is_meant(const struct http_request *request);
/* Sets the fields for the audit trail above, and answers with status 200; or
 * gives an error, which sts_reply_error writes. */
int sts_handle(struct sts_call *c, const struct http_request *request);
/* Of authentication, too. */
void sts_reply_error(struct http_reply *reply, const struct err *e);

/* For sts.c: AssumeRole. */
int sts_assume_role(struct sts_call *c, const struct form *in);
/* <tag>text</tag>, escaped; nothing for NULL. */
void sts_xml(struct buf *out, const char *tag, const char *text);

#endif
