/* /live, /health, and what programs ask that expect LocalStack. */
#include "api/health.h"

#include <string.h>

#include "event/audit.h"

/* Any secret that is not there will do. */
#define NO_SECRET_ID 0

static bool store_answers(const struct api *api)
{
  struct secret_row row;
  struct err e = {0};

  return store_secret_by_id(api->store, NO_SECRET_ID, &row, &e) ==
         -ERR_NOT_FOUND;
}

/* NULL: nothing. */
static const char *what_is_wrong(const struct api *api)
{
  struct audit_stats audit = {0};

  if (!api->port->is_running(api->port))
    return "the engine does not run\n";
  if (!store_answers(api))
    return "the store cannot be read\n";
  if (api->audit != NULL)
    audit_stats(api->audit, &audit);
  if (audit.is_failing)
    return "the audit trail cannot be written\n";
  return NULL;
}

static void answer(struct http_reply *reply, const char *problem)
{
  reply->status = problem == NULL ? 200 : 503;
  reply->content_type = "text/plain";
  buf_puts(&reply->body, problem == NULL ? "ok\n" : problem);
}

static void answer_localstack(struct http_reply *reply, const char *problem)
{
  reply->status = problem == NULL ? 200 : 503;
  reply->content_type = "application/json";
  buf_puts(&reply->body, "{\"services\":{");
  buf_json_str(&reply->body, "secretsmanager",
               problem == NULL ? "running" : "error");
  buf_putc(&reply->body, '}');
  buf_json_str(&reply->body, "edition", "keyturn");
  buf_json_str(&reply->body, "version", KEYTURN_VERSION);
  buf_putc(&reply->body, '}');
}

bool health_answer(const struct api *api, const struct http_request *request,
                   struct http_reply *reply)
{
  const char *path = request->path;

  if (strcmp(request->method, "GET") != 0 &&
      strcmp(request->method, "HEAD") != 0)
    return false;
  if (strcmp(path, "/live") == 0)
    answer(reply, NULL);
  else if (strcmp(path, "/health") == 0)
    answer(reply, what_is_wrong(api));
  else if (api->dev && strcmp(path, "/_localstack/health") == 0)
    answer_localstack(reply, what_is_wrong(api));
  else
    return false;
  return true;
}
