/* From a call to event/audit.h's record.  What a request says gets in by the
 * members that the model's table lets in, and no other way. */
#include "api/trail.h"

#include <stdio.h>
#include <string.h>

#include "api/authenticate.h"
#include "api/members.h"
#include "api/meter.h"
#include "api/ops.h"
#include "base/cleanup.h"
#include "event/audit.h"

static const char *const identity_types[] = {
    [PRINCIPAL_ROOT] = "Root",
    [PRINCIPAL_USER] = "IAMUser",
    [PRINCIPAL_SESSION] = "AssumedRole",
};

static void add_identity(struct audit_request *r, const struct caller *caller)
{
  const struct principal *who = caller->who;

  r->identity_type = "Unknown";
  if (caller->access_key_id[0] != '\0')
    r->access_key_id = caller->access_key_id;
  if (who == NULL)
    return;
  r->identity_type = identity_types[who->kind];
  r->principal_id = who->id;
  r->principal_arn = who->arn;
  r->account = who->account;
  if (who->kind == PRINCIPAL_USER)
    r->user_name = who->name;
  if (who->kind == PRINCIPAL_SESSION) {
    r->role_arn = who->role_arn;
    r->role_name = who->name;
    r->session_us = who->issued_us;
  }
}

/* The text of a member at the start of a reply, where call_begin and those
 * after it put ARN, Name and VersionId; NULL: it is not there. */
static const char *from_reply(const struct call *c, const char *key, char *out,
                              size_t size)
{
  char head[24];
  const char *at = c->out->data;
  size_t n;

  (void)snprintf(head, sizeof head, "\"%s\":\"", key);
  at = at == NULL ? NULL : strstr(at, head);
  if (at == NULL)
    return NULL;
  at += strlen(head);
  n = strcspn(at, "\"\\");
  if (at[n] != '"' || n >= size)
    return NULL;
  memcpy(out, at, n);
  out[n] = '\0';
  return out;
}

/* Of what changed a secret, and of nothing else: no reply of those has a
 * value in it. */
struct response {
  char arn[STORE_ARN_MAX], name[STORE_NAME_MAX], version[STORE_ID_MAX];
};

static void add_response(struct audit_request *r, const struct call *c,
                         struct response *text)
{
  if (c->op->reads || c->op->shape == NULL)
    return;
  r->response_arn = from_reply(c, "ARN", text->arn, sizeof text->arn);
  r->response_name = from_reply(c, "Name", text->name, sizeof text->name);
  r->response_version_id =
      from_reply(c, "VersionId", text->version, sizeof text->version);
}

/* From where, and with what. */
struct origin {
  char address[80];
};

static void add_origin(struct audit_request *r,
                       const struct http_request *request, struct origin *text)
{
  const struct http_peer *peer = request->peer;

  r->source_address = peer->address;
  r->user_agent = http_header(request, "user-agent");
  r->host = http_header(request, "host");
  r->vpc_endpoint = peer->endpoint[0] == '\0' ? NULL : peer->endpoint;
  r->tls_version = peer->tls_version;
  r->cipher = peer->tls_cipher;
  if (peer->is_unix) {
    (void)snprintf(text->address, sizeof text->address, "unix:uid=%ld,pid=%ld",
                   (long)peer->uid, (long)peer->pid);
    r->source_address = text->address;
  }
}

int trail_write_unknown(const struct api *api,
                        const struct http_request *request,
                        const char *request_id, const struct err *out,
                        struct err *e)
{
  struct origin origin;
  char event_id[UUID_TEXT_LEN + 1];
  struct audit_request r = {
      .event_id = event_id,
      .request_id = request_id,
      .time_us = clock_now_us(api->clock),
      .event_source = "keyturn",
      .event_name = "UnknownOperation",
      .region = api->region,
      .read_only = true,
      .error_code = err_fault(out->code),
      .error_message = out->text,
  };

  random_uuid(api->ids, event_id);
  add_origin(&r, request, &origin);
  return audit_request(api->audit, &r, e);
}

static int record(const struct call *c, const char *request_id,
                  const struct err *out, struct err *e)
{
  struct response response;
  struct origin origin;
  struct params params;
  char event_id[UUID_TEXT_LEN + 1];
  struct audit_request r = {
      .event_id = event_id,
      .request_id = request_id,
      .time_us = c->now_us,
      .event_source = c->op->source,
      .event_name = c->op->name,
      .region =
          c->caller->region[0] != '\0' ? c->caller->region : c->api->region,
      .read_only = c->op->reads,
      .resource_arn = c->has_secret ? c->secret.arn : NULL,
  };

  random_uuid(c->api->ids, event_id);
  add_origin(&r, c->http, &origin);
  add_identity(&r, c->caller);
  if (out == NULL)
    add_response(&r, c, &response);
  if (c->in != NULL) {
    params_read(c->op->shape != NULL ? c->op->shape : &shape_keyturn, c->in,
                &params);
    r.params = params.list;
    r.n_params = params.n;
  }
  if (out != NULL) {
    r.error_code = err_fault(out->code);
    r.error_message = out->text;
  }
  return audit_request(c->api->audit, &r, e);
}

int trail_write(const struct call *c, const char *request_id,
                const struct err *out, struct err *e)
{
  int rc = record(c, request_id, out, e);

  meter(c, rc == 0 ? out : e);
  return rc;
}

int trail_write_value(const struct call *c, const char *secret_id,
                      const struct secret_row *row, const struct err *out,
                      struct err *e)
{
  CLEANUP_JSON json_t *in = json_object();
  struct call one = *c;

  if (in == NULL ||
      json_object_set_new(in, "SecretId", json_string(secret_id)) != 0)
    return err_set(e, ERR_NOMEM, "no memory for an audit record");
  one.op = op_find("secretsmanager.GetSecretValue");
  one.in = in;
  one.has_secret = row != NULL;
  if (row != NULL)
    one.secret = *row;
  return record(&one, c->request_id, out, e);
}
