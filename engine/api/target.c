/* Dispatch and the shape of replies.
 *
 * Errors: {"__type": Name, "Message": text}, the name in a header too; the
 * names and statuses come from base/err.h.  A fault of ours (status 500) says
 * nothing about itself to the client but its request id: the log has the
 * text.
 */
#include "api/target.h"

#include <stdio.h>
#include <string.h>

#include "api/authenticate.h"
#include "api/authorize.h"
#include "api/health.h"
#include "api/ops.h"
#include "api/sts.h"
#include "api/trail.h"
#include "api/validate.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "event/audit.h"
#include "secret/name.h"
#include "secret/resolve.h"

#define JSON_TYPE "application/x-amz-json-1.1"
#define SERVICE   "secretsmanager"

static void reply_error(struct http_reply *reply, const char *target,
                        const struct err *e)
{
  const char *text = e->text;

  reply->status = err_status(e->code);
  (void)snprintf(reply->error_type, sizeof reply->error_type, "%s",
                 err_fault(e->code));
  if (reply->status >= 500 || e->code == ERR_DECRYPT) /* not the client's */
    log_error("api_fault", log_str("target", target),
              log_str("request_id", reply->request_id),
              log_str("code", err_name(e->code)), log_str("error", e->text));
  /* What an operator can act on is said; the rest is in the log. */
  if (e->code == ERR_INTERNAL || e->code == ERR_CORRUPT)
    text = "An internal fault; keyturnd's log has it under this request id.";
  buf_clear(&reply->body);
  buf_putc(&reply->body, '{');
  buf_json_str(&reply->body, "__type", err_fault(e->code));
  buf_json_str(&reply->body, "Message", text);
  buf_putc(&reply->body, '}');
}

static int resolve(struct call *c)
{
  bool is_new = c->op->resource == OP_NEW;
  int rc;

  (void)snprintf(c->resource, sizeof c->resource, "*");
  if (c->op->resource == OP_ALL)
    return 0;
  rc = call_str(c, is_new ? "Name" : "SecretId", c->op->resource != OP_MAYBE, 1,
                is_new ? STORE_NAME_MAX - 1 : 2048, &c->spelled);
  if (rc != 0 || c->spelled == NULL)
    return rc;
  if (is_new) {
    rc = name_check(c->spelled, c->e);
    name_to_likely_arn(c->region, c->api->account, c->spelled, c->resource);
    return rc;
  }
  rc = secret_resolve(c->api->store, c->region, c->spelled, &c->secret, c->e);
  c->has_secret = rc == 0;
  if (rc == -ERR_NOT_FOUND) { /* which only who may ask is told */
    err_clear(c->e);
    name_to_likely_arn(c->region, c->api->account, c->spelled, c->resource);
    return 0;
  }
  if (rc == 0)
    memcpy(c->resource, c->secret.arn, sizeof c->resource);
  return rc;
}

static int body_read(const struct http_request *request, json_t **out,
                     struct err *e)
{
  bool empty = request->body_len == 0;
  int rc = json_read(empty ? "{}" : request->body,
                     empty ? 2 : request->body_len, &json_limits_body, out, e);

  if (rc == 0 && !json_is_object(*out))
    rc = err_set(e, ERR_SERIALIZATION, "the body must be a JSON object");
  return rc;
}

static int answer(struct call *c, struct caller *caller, json_t **in)
{
  int rc = authenticate(c->api, c->http, SERVICE, caller, c->e);

  c->region = caller->region;
  if (rc == 0)
    rc = body_read(c->http, in, c->e);
  c->in = *in;
  if (rc == 0 && c->op->shape != NULL)
    rc = validate(c->op->shape, c->in, c->e);
  if (rc == 0)
    rc = resolve(c);
  if (rc == 0)
    rc = authorize(c);
  if (rc == 0)
    rc = audit_ready(c->api->audit, !c->op->reads, c->e);
  if (rc == 0)
    rc = c->op->fn(c);
  return rc != 0 ? rc : buf_check(c->out, c->e);
}

/* What came of it is written down before anybody is told. */
static int run(const struct api *api, const struct op *op,
               const struct http_request *request, struct http_reply *reply,
               struct err *e)
{
  CLEANUP_JSON json_t *in = NULL;
  struct caller caller;
  struct err why = {0};
  struct call c;
  int rc;

  memset(&c, 0, offsetof(struct call, secret)); /* which is large */
  c.api = api;
  c.op = op;
  c.http = request;
  c.request_id = reply->request_id;
  c.caller = &caller;
  c.out = &reply->body;
  c.e = e;
  c.now_us = clock_now_us(api->clock);
  rc = answer(&c, &caller, &in);

  if (trail_write(&c, reply->request_id, rc == 0 ? NULL : e, &why) != 0)
    rc = err_set(e, caller.who == NULL ? ERR_INTERNAL : why.code,
                 "no answer without its audit record: %s", why.text);
  caller_release(&caller);
  return rc;
}

static int refuse_unknown(const struct api *api,
                          const struct http_request *request,
                          const struct http_reply *reply, const char *target,
                          struct err *e)
{
  struct err why = {0};
  int rc = err_set(e, ERR_UNKNOWN_OPERATION, "no operation '%.100s'",
                   target == NULL ? "" : target);

  if (trail_write_unknown(api, request, reply->request_id, e, &why) != 0)
    rc = err_set(e, ERR_INTERNAL, "no answer without its audit record: %s",
                 why.text);
  return rc;
}

static void reply_plain(struct http_reply *reply, int status, const char *text)
{
  reply->status = status;
  reply->content_type = "text/plain";
  buf_puts(&reply->body, text);
}

void api_handle(void *ctx, const struct http_request *request,
                struct http_reply *reply)
{
  const struct api *api = ctx;
  const char *target = http_header(request, "x-amz-target");
  struct err e = {0};
  const struct op *op;
  int rc;

  if (health_answer(api, request, reply))
    return;
  if (strcmp(request->method, "POST") != 0) {
    reply_plain(reply, 405, "POST / with X-Amz-Target, or GET /health\n");
    return;
  }
  random_uuid(api->ids, reply->request_id);
  if (sts_is_meant(request)) {
    sts_answer(api, request, reply);
    return;
  }
  reply->content_type = JSON_TYPE;
  op = target == NULL ? NULL : op_find(target);
  rc = op == NULL ? refuse_unknown(api, request, reply, target, &e)
                  : run(api, op, request, reply, &e);
  if (rc != 0) {
    reply_error(reply, target == NULL ? "" : target, &e);
    return;
  }
  reply->status = 200;
}
