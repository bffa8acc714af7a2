/* Dispatch, XML, errors.
 *
 * Errors have the names that the query protocol gives them, which are not
 * those of base/err.h; clients know both.
 */
#include "api/sts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/authenticate.h"
#include "api/context.h"
#include "api/members.h"
#include "api/ops.h"
#include "api/trail.h"
#include "base/cleanup.h"
#include "base/log.h"

#define NAMESPACE "https://sts.amazonaws.com/doc/2011-06-15/"
#define VERSION   "2011-06-15"
#define XML_TYPE  "text/xml"
#define SERVICE   "sts"
#define SOURCE    "sts.amazonaws.com"
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

static const struct member_type text_type = {.kind = MEMBER_STRING};
static const struct member assume_role_members[] = {
    {"RoleArn", &text_type, MEMBER_AUDIT},
    {"RoleSessionName", &text_type, MEMBER_AUDIT},
    {"DurationSeconds", &text_type, MEMBER_AUDIT},
    {"SourceIdentity", &text_type, MEMBER_AUDIT},
};
static const struct shape shape_assume_role = {
    .target = "sts.AssumeRole",
    .members = assume_role_members,
    .n_members = sizeof assume_role_members / sizeof *assume_role_members,
};

static int get_caller_identity(struct sts_call *c, const struct form *in)
{
  (void)in;
  sts_xml(c->out, "Arn", c->who->arn);
  sts_xml(c->out, "UserId", c->who->id);
  sts_xml(c->out, "Account", c->who->account);
  return 0;
}

static const struct {
  struct op op; /* for the audit trail and the meters */
  int (*run)(struct sts_call *c, const struct form *in);
} actions[] = {
    {{.target = "sts.GetCallerIdentity",
      .action = "sts:GetCallerIdentity",
      .name = "GetCallerIdentity",
      .source = SOURCE,
      .reads = true},
     get_caller_identity},
    {{.target = "sts.AssumeRole",
      .action = "sts:AssumeRole",
      .name = "AssumeRole",
      .source = SOURCE,
      .shape = &shape_assume_role},
     sts_assume_role},
};
enum { ACTIONS = sizeof actions / sizeof *actions };

/* Its place in the table; ACTIONS: there is none. */
static size_t action_find(const struct form *in)
{
  const char *action = form_get(in, "Action"),
             *version = form_get(in, "Version");
  size_t i = 0;

  if (action == NULL || version == NULL || strcmp(version, VERSION) != 0)
    return ACTIONS;
  while (i < ACTIONS && strcmp(actions[i].op.name, action) != 0)
    i++;
  return i;
}

int sts_handle(struct sts_call *c, const struct form *in)
{
  const char *action = form_get(in, "Action"),
             *version = form_get(in, "Version");
  size_t i = action_find(in);
  int rc;

  if (i == ACTIONS)
    return err_set(c->e, ERR_UNKNOWN_OPERATION,
                   "Could not find operation %.64s for version %.32s",
                   action == NULL ? "NO_ACTION_SPECIFIED" : action,
                   version == NULL ? "NO_VERSION_SPECIFIED" : version);
  buf_printf(c->out, "<%sResponse xmlns=\"" NAMESPACE "\"><%sResult>", action,
             action);
  rc = actions[i].run(c, in);
  buf_printf(c->out, "</%sResult><ResponseMetadata>", action);
  sts_xml(c->out, "RequestId", c->request_id);
  buf_printf(c->out, "</ResponseMetadata></%sResponse>\n", action);
  return rc == 0 ? buf_check(c->out, c->e) : rc;
}

/* ---- the request ----------------------------------------------------------
 */

/* What the audit trail may be told, as the JSON that it reads. */
static json_t *told(const struct form *in)
{
  static const char *const names[] = {"RoleArn", "RoleSessionName",
                                      "DurationSeconds", "SourceIdentity"};
  json_t *out = json_object();

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (form_get(in, names[i]) != NULL)
      (void)json_object_set_new(out, names[i],
                                json_string(form_get(in, names[i])));
  return out;
}

static int handle(struct call *c, const struct form *in, const char *request_id)
{
  CLEANUP_FREE struct context *x = calloc(1, sizeof *x);
  struct sts_call call = {.api = c->api,
                          .who = c->caller->who,
                          .find_key = context_find,
                          .find_ctx = x,
                          .now_us = c->now_us,
                          .e = c->e,
                          .out = c->out,
                          .request_id = request_id};
  int rc;

  if (x == NULL)
    return err_set(c->e, ERR_NOMEM, "out of memory");
  x->api = c->api;
  x->who = c->caller->who;
  x->http = c->http;
  x->region = c->caller->region;
  x->now_us = c->now_us;
  x->name = c->op->name;
  rc = sts_handle(&call, in);
  context_release(x);
  return rc;
}

/* What came of it is written down before anybody is told. */
static int run(const struct api *api, const struct http_request *request,
               const struct op *op, const struct form *in,
               struct http_reply *reply, struct err *e)
{
  CLEANUP_JSON json_t *json = told(in);
  struct caller caller;
  struct call c = {.api = api,
                   .op = op,
                   .http = request,
                   .caller = &caller,
                   .in = json,
                   .out = &reply->body,
                   .e = e,
                   .now_us = clock_now_us(api->clock)};
  struct err why = {0};
  int rc = authenticate(api, request, SERVICE, &caller, e);

  if (rc == 0)
    rc = handle(&c, in, reply->request_id);
  if (trail_write(&c, reply->request_id, rc == 0 ? NULL : e, &why) != 0)
    rc = err_set(e, ERR_INTERNAL, "no answer without its audit record: %s",
                 why.text);
  caller_release(&caller);
  return rc;
}

static int answer(const struct api *api, const struct http_request *request,
                  struct form *in, struct http_reply *reply, struct err *e)
{
  struct sts_call nobody = {.e = e};
  size_t i;
  int rc = form_read(request->body, request->body_len, in, e);

  if (rc != 0)
    return rc;
  i = action_find(in);
  if (i == ACTIONS)
    return sts_handle(&nobody, in); /* which says so */
  return run(api, request, &actions[i].op, in, reply, e);
}

void sts_answer(const struct api *api, const struct http_request *request,
                struct http_reply *reply)
{
  CLEANUP_FREE struct form *in = malloc(sizeof *in);
  struct err e = {0};
  int rc = in == NULL ? err_set(&e, ERR_NOMEM, "out of memory")
                      : answer(api, request, in, reply, &e);

  if (in != NULL)
    form_release(in);
  if (rc != 0) {
    sts_reply_error(reply, &e);
    return;
  }
  reply->status = 200;
  reply->content_type = XML_TYPE;
}
