/* The Security Token Service, as far as agents need it: GetCallerIdentity and
 * AssumeRole.  AWS's query protocol: a form in, XML out.
 */
#ifndef API_STS_H
#define API_STS_H

#include "api/form.h"
#include "api/target.h"
#include "iam/principal.h"
#include "policy/policy.h"
#include "store/iam.h"

/* Is this a request for STS: a form, and no X-Amz-Target? */
bool sts_is_meant(const struct http_request *request);
/* Authenticates, answers, and writes the trail. */
void sts_answer(const struct api *api, const struct http_request *request,
                struct http_reply *reply);

/* An authenticated request.  All borrowed. */
struct sts_call {
  const struct api *api;
  const struct principal *who;
  /* Finds the condition keys that every request has (aws:SourceIp …); sts adds
   * its own, and what the request's tags are. */
  policy_find_key *find_key;
  void *find_ctx;
  int64_t now_us;
  struct err *e;
  struct buf *out;
  const char *request_id;
};

/* Writes the answer, or gives an error, which sts_reply_error writes. */
int sts_handle(struct sts_call *c, const struct form *in);
/* Of authentication, too. */
void sts_reply_error(struct http_reply *reply, const struct err *e);

/* Between the files of sts. */
int sts_assume_role(struct sts_call *c, const struct form *in);
/* <tag>text</tag>, escaped; nothing for NULL. */
void sts_xml(struct buf *out, const char *tag, const char *text);

#endif
