/* llhttp's callbacks gathered into one request.
 *
 * The head is one plain buffer of NUL-terminated texts; callbacks may bring a
 * text in pieces, so offsets are kept, not pointers.  llhttp runs strict: no
 * Transfer-Encoding beside Content-Length.  It joins folded lines; names that
 * are none it lets through, and they are refused here.
 */
#include "api/request.h"

#include <ctype.h>
#include <string.h>

static struct request *self(llhttp_t *parser)
{
  return parser->data;
}

static int overflow(struct request *r)
{
  r->too_large = true;
  return -1;
}

static int head_put(struct request *r, const char *at, size_t len)
{
  /* A NUL would cut the text short for everyone behind us. */
  if (memchr(at, '\0', len) != NULL)
    return -1;
  buf_put(&r->head, at, len);
  return r->head.failed ? overflow(r) : 0;
}

static int head_end(struct request *r)
{
  buf_putc(&r->head, '\0');
  return r->head.failed ? overflow(r) : 0;
}

static int on_method(llhttp_t *p, const char *at, size_t len)
{
  return head_put(self(p), at, len);
}

static int on_method_complete(llhttp_t *p)
{
  struct request *r = self(p);
  int rc = head_end(r);

  r->path = r->head.len;
  return rc;
}

static int on_url(llhttp_t *p, const char *at, size_t len)
{
  return head_put(self(p), at, len);
}

static int on_url_complete(llhttp_t *p)
{
  return head_end(self(p));
}

static int on_header_field(llhttp_t *p, const char *at, size_t len)
{
  struct request *r = self(p);

  if (r->in_value || r->n_headers == 0) {
    if (r->n_headers == HTTP_HEADERS_MAX)
      return overflow(r);
    r->in_value = false;
    r->headers[r->n_headers++].name = r->head.len;
  }
  return head_put(r, at, len);
}

/* RFC 9110, 5.6.2 */
static bool is_token(const char *text)
{
  size_t n = strspn(text, "!#$%&'*+-.^_`|~0123456789"
                          "abcdefghijklmnopqrstuvwxyz"
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

  return n > 0 && text[n] == '\0';
}

static int on_header_field_complete(llhttp_t *p)
{
  struct request *r = self(p);
  size_t start = r->headers[r->n_headers - 1].name;
  int rc = head_end(r);

  if (rc != 0)
    return rc;
  if (!is_token(r->head.data + start))
    return -1;
  for (char *c = r->head.data + start; *c != '\0'; c++)
    *c = (char)tolower((unsigned char)*c);
  r->headers[r->n_headers - 1].value = r->head.len;
  r->in_value = true;
  return 0;
}

static int on_header_value(llhttp_t *p, const char *at, size_t len)
{
  return head_put(self(p), at, len);
}

static int on_header_value_complete(llhttp_t *p)
{
  return head_end(self(p));
}

static int on_headers_complete(llhttp_t *p)
{
  struct request *r = self(p);

  if (p->upgrade)
    return -1;
  r->in_body = true;
  if (p->content_length > HTTP_BODY_MAX)
    return overflow(r);
  for (size_t i = 0; i < r->n_headers; i++)
    if (strcmp(r->head.data + r->headers[i].name, "expect") == 0)
      r->expects =
          strcasecmp(r->head.data + r->headers[i].value, "100-continue") == 0;
  return r->expects ? HPE_PAUSED : 0;
}

static int on_body(llhttp_t *p, const char *at, size_t len)
{
  struct request *r = self(p);

  buf_put(&r->body, at, len);
  return r->body.failed ? overflow(r) : 0;
}

static int on_message_complete(llhttp_t *p)
{
  struct request *r = self(p);

  r->done = true;
  r->keeps_alive = llhttp_should_keep_alive(p) == 1;
  return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_method = on_method,
    .on_method_complete = on_method_complete,
    .on_url = on_url,
    .on_url_complete = on_url_complete,
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void request_init(struct request *r)
{
  memset(r, 0, sizeof *r);
  buf_init(&r->head, HTTP_HEADER_BYTES_MAX, false);
  buf_init(&r->body, HTTP_BODY_MAX, true);
  llhttp_init(&r->parser, HTTP_REQUEST, &settings);
  r->parser.data = r;
}

void request_release(struct request *r)
{
  buf_release(&r->head);
  buf_release(&r->body);
}

void request_clear(struct request *r)
{
  request_release(r);
  request_init(r);
}

enum request_state request_feed(struct request *r, const char *data, size_t len,
                                size_t *out_used)
{
  enum llhttp_errno rc = llhttp_execute(&r->parser, data, len);

  if (rc == HPE_PAUSED) {
    *out_used = (size_t)(llhttp_get_error_pos(&r->parser) - data);
    llhttp_resume(&r->parser);
    if (r->done)
      return REQUEST_DONE;
    return REQUEST_CONTINUE;
  }
  *out_used = len;
  if (rc == HPE_OK)
    return REQUEST_MORE;
  return r->too_large ? REQUEST_TOO_LARGE : REQUEST_BAD;
}

void request_view(struct request *r, const struct http_peer *peer,
                  struct http_request *out)
{
  for (size_t i = 0; i < r->n_headers; i++) {
    r->view[i].name = r->head.data + r->headers[i].name;
    r->view[i].value = r->head.data + r->headers[i].value;
  }
  out->method = r->head.data;
  out->path = r->head.data + r->path;
  out->headers = r->view;
  out->n_headers = r->n_headers;
  out->body = r->body.data == NULL ? "" : r->body.data;
  out->body_len = r->body.len;
  out->peer = peer;
}

bool request_keeps_alive(const struct request *r)
{
  return r->keeps_alive;
}
