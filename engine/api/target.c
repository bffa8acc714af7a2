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

#include "api/authorize.h"
#include "api/ops.h"
#include "base/cleanup.h"
#include "base/log.h"

#define JSON_TYPE "application/x-amz-json-1.1"

static const struct op {
  const char *target;
  op_fn *fn;
  bool reads;
} ops[] = {
#define X(target, function, reads) {target, function, reads},
    OPS_TABLE(X)
#undef X
};

static const struct op *op_find(const char *target)
{
  for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
    if (strcmp(ops[i].target, target) == 0)
      return &ops[i];
  return NULL;
}

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

static int run(const struct api *api, const struct op *op,
               const struct http_request *request, struct http_reply *reply,
               struct err *e)
{
  CLEANUP_JSON json_t *in = NULL;
  struct call c = {.api = api, .out = &reply->body, .e = e};
  int rc = authorize(api, request, e);

  if (rc != 0)
    return rc;
  rc = request->body_len == 0 ? json_read("{}", 2, &json_limits_request, &in, e)
                              : json_read(request->body, request->body_len,
                                          &json_limits_request, &in, e);
  if (rc == 0 && !json_is_object(in))
    rc = err_set(e, ERR_SERIALIZATION, "the body must be a JSON object");
  if (rc != 0)
    return rc;
  c.in = in;
  c.now_us = clock_now_us(api->clock);
  rc = op->fn(&c);
  return rc != 0 ? rc : buf_check(&reply->body, e);
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

  if (strcmp(request->path, "/live") == 0 ||
      strcmp(request->path, "/health") == 0) {
    bool up = api->port->is_running(api->port);

    reply_plain(reply, up ? 200 : 503, up ? "ok\n" : "not ready\n");
    return;
  }
  if (strcmp(request->method, "POST") != 0) {
    reply_plain(reply, 405, "POST / with X-Amz-Target, or GET /health\n");
    return;
  }
  random_uuid(api->random, reply->request_id);
  reply->content_type = JSON_TYPE;
  op = target == NULL ? NULL : op_find(target);
  if (op == NULL)
    rc = err_set(&e, ERR_UNKNOWN_OPERATION, "no operation '%.100s'",
                 target == NULL ? "" : target);
  else
    rc = run(api, op, request, reply, &e);
  if (rc != 0) {
    reply_error(reply, target == NULL ? "" : target, &e);
    return;
  }
  reply->status = 200;
}
