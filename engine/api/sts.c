/* Dispatch, XML, errors.
 *
 * Errors have the names that the query protocol gives them, which are not
 * those of base/err.h; clients know both.
 */
#include "api/sts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"

#define NAMESPACE "https://sts.amazonaws.com/doc/2011-06-15/"
#define VERSION   "2011-06-15"
#define XML_TYPE  "text/xml"
#define FORM_TYPE "application/x-www-form-urlencoded"

bool sts_is_meant(const struct http_request *request)
{
  const char *type = http_header(request, "content-type");

  return type != NULL && http_header(request, "x-amz-target") == NULL &&
         strncasecmp(type, FORM_TYPE, strlen(FORM_TYPE)) == 0;
}

void sts_xml(struct buf *out, const char *tag, const char *text)
{
  if (text == NULL)
    return;
  buf_printf(out, "<%s>", tag);
  for (; *text != '\0'; text++)
    switch (*text) {
    case '&':
      buf_puts(out, "&amp;");
      break;
    case '<':
      buf_puts(out, "&lt;");
      break;
    case '>':
      buf_puts(out, "&gt;");
      break;
    default: /* XML has no way to write most control characters */
      buf_putc(out, (unsigned char)*text < ' ' ? ' ' : *text);
    }
  buf_printf(out, "</%s>", tag);
}

/* ---- errors ---------------------------------------------------------------
 */

static const struct {
  enum err_code code;
  const char *name;
  int status;
} faults[] = {
    {ERR_AUTH_MISSING, "MissingAuthenticationToken", 403},
    {ERR_AUTH_INCOMPLETE, "IncompleteSignature", 400},
    {ERR_AUTH_UNRECOGNIZED, "InvalidClientTokenId", 403},
    {ERR_AUTH_SIGNATURE, "SignatureDoesNotMatch", 403},
    {ERR_AUTH_EXPIRED, "SignatureDoesNotMatch", 403},
    {ERR_AUTH_EXPIRED_TOKEN, "ExpiredToken", 403},
    {ERR_ACCESS, "AccessDenied", 403},
    {ERR_VALIDATION, "ValidationError", 400},
    {ERR_PARAMETER, "ValidationError", 400},
    {ERR_NO_ENTITY, "NoSuchEntity", 404},
    {ERR_LIMIT, "PackedPolicyTooLarge", 400},
    {ERR_POLICY_SYNTAX, "MalformedPolicyDocument", 400},
    {ERR_UNKNOWN_OPERATION, "InvalidAction", 400},
    {ERR_THROTTLED, "Throttling", 400},
    {ERR_BUSY, "ServiceUnavailable", 503},
};

void sts_reply_error(struct http_reply *reply, const struct err *e)
{
  const char *name = "InternalFailure", *text = e->text;
  struct buf *out = &reply->body;

  reply->status = 500;
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    if (faults[i].code == e->code) {
      name = faults[i].name;
      reply->status = faults[i].status;
    }
  if (reply->status >= 500) {
    log_error("api_fault", log_str("target", "sts"),
              log_str("request_id", reply->request_id),
              log_str("code", err_name(e->code)), log_str("error", e->text));
    text = "An internal fault; keyturnd's log has it under this request id.";
  }
  reply->content_type = XML_TYPE;
  reply->error_type[0] = '\0'; /* the query protocol has no such header */
  buf_clear(out);
  buf_printf(out, "<ErrorResponse xmlns=\"" NAMESPACE "\"><Error>");
  sts_xml(out, "Type", reply->status >= 500 ? "Receiver" : "Sender");
  sts_xml(out, "Code", name);
  sts_xml(out, "Message", text);
  buf_puts(out, "</Error>");
  sts_xml(out, "RequestId", reply->request_id);
  buf_puts(out, "</ErrorResponse>\n");
}

/* ---- operations -----------------------------------------------------------
 */

static int get_caller_identity(struct sts_call *c, const struct form *in)
{
  (void)in;
  sts_xml(&c->reply->body, "Arn", c->who->arn);
  sts_xml(&c->reply->body, "UserId", c->who->id);
  sts_xml(&c->reply->body, "Account", c->who->account);
  return 0;
}

static const struct {
  const char *name;
  int (*run)(struct sts_call *c, const struct form *in);
  bool reads;
} actions[] = {
    {"GetCallerIdentity", get_caller_identity, true},
    {"AssumeRole", sts_assume_role, false},
};

static int run(struct sts_call *c, const struct form *in)
{
  const char *action = form_get(in, "Action"),
             *version = form_get(in, "Version");
  struct buf *out = &c->reply->body;
  size_t i, n = sizeof actions / sizeof *actions;
  int rc;

  for (i = 0; action != NULL && i < n; i++)
    if (strcmp(actions[i].name, action) == 0)
      break;
  if (action == NULL || i == n || version == NULL ||
      strcmp(version, VERSION) != 0)
    return err_set(c->e, ERR_UNKNOWN_OPERATION,
                   "Could not find operation %.64s for version %.32s",
                   action == NULL ? "NO_ACTION_SPECIFIED" : action,
                   version == NULL ? "NO_VERSION_SPECIFIED" : version);
  c->action = actions[i].name;
  c->reads = actions[i].reads;
  buf_printf(out, "<%sResponse xmlns=\"" NAMESPACE "\"><%sResult>", c->action,
             c->action);
  rc = actions[i].run(c, in);
  buf_printf(out, "</%sResult><ResponseMetadata>", c->action);
  sts_xml(out, "RequestId", c->reply->request_id);
  buf_printf(out, "</ResponseMetadata></%sResponse>\n", c->action);
  return rc == 0 ? buf_check(out, c->e) : rc;
}

int sts_handle(struct sts_call *c, const struct http_request *request)
{
  struct form *in = malloc(sizeof *in);
  int rc;

  c->action = "";
  c->resource[0] = c->response_arn[0] = '\0';
  if (in == NULL)
    return err_set(c->e, ERR_NOMEM, "out of memory");
  rc = form_read(request->body, request->body_len, in, c->e);
  if (rc == 0)
    rc = run(c, in);
  form_release(in);
  free(in);
  if (rc != 0)
    return rc;
  c->reply->status = 200;
  c->reply->content_type = XML_TYPE;
  return 0;
}
