/* Status line, headers and the refusals of requests that are none. */
#include "api/reply.h"

#include "base/secret.h"

static const char *status_text(int status)
{
  switch (status) {
  case 200:
    return "OK";
  case 400:
    return "Bad Request";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 413:
    return "Payload Too Large";
  case 503:
    return "Service Unavailable";
  default:
    return status < 500 ? "Error" : "Internal Server Error";
  }
}

void reply_head(const struct http_reply *reply, bool closes, struct buf *out)
{
  buf_printf(out,
             "HTTP/1.1 %d %s\r\nServer: keyturn\r\nContent-Type: %s\r\n"
             "Content-Length: %zu\r\nCache-Control: no-store\r\n",
             reply->status, status_text(reply->status), reply->content_type,
             reply->body.len);
  if (reply->request_id[0] != '\0')
    buf_printf(out, "x-amzn-RequestId: %s\r\n", reply->request_id);
  if (reply->error_type[0] != '\0')
    buf_printf(out, "x-amzn-ErrorType: %s\r\n", reply->error_type);
  if (closes)
    buf_puts(out, "Connection: close\r\n");
  buf_puts(out, "\r\n");
}

void reply_refuse_bad(struct http_reply *out)
{
  *out = (struct http_reply){.status = 400, .content_type = "text/plain"};
  buf_init(&out->body, 256, true);
  buf_puts(&out->body, "this is not an HTTP/1.1 request\n");
}

/* In the shape that clients of the API show to their users. */
void reply_refuse_large(bool in_body, struct http_reply *out)
{
  *out = (struct http_reply){.status = 413,
                             .content_type = "application/x-amz-json-1.1",
                             .error_type = "RequestEntityTooLargeException"};
  buf_init(&out->body, 512, true);
  buf_printf(&out->body, "{\"__type\":\"%s\",\"Message\":\"", out->error_type);
  if (in_body)
    buf_printf(&out->body,
               "The request is larger than %d bytes; a secret value has at "
               "most %d.\"}",
               HTTP_BODY_MAX, SECRET_VALUE_MAX);
  else
    buf_printf(&out->body,
               "The request has more than %d headers, or more than %d bytes of "
               "them.\"}",
               HTTP_HEADERS_MAX, HTTP_HEADER_BYTES_MAX);
}
