/* llhttp's callbacks gathered into one request.
 *
 * The head is one plain buffer of NUL-terminated texts; callbacks may bring a
 * text in pieces, so offsets are kept, not pointers.  llhttp runs strict: no
 * Transfer-Encoding beside Content-Length, no second Content-Length.  It joins
 * folded lines, and lets through lines that end in LF alone, names that are
 * none, a second Host and trailers: all of these are refused here, for two
 * programs might understand them in two ways.
 */
#include "api/request.h"

#include <string.h>

#define KEEP_BYTES 8192 /* a buffer that is larger is given back */

/* Where in the head the bytes before llhttp are. */
enum scan { SCAN_START, SCAN_LINE, SCAN_LINE_END, SCAN_DONE };

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

  if (r->in_body)
    return -1; /* a trailer */
  if (r->in_value || r->n_headers == 0) {
    if (r->n_headers == HTTP_HEADERS_MAX)
      return overflow(r);
    r->in_value = false;
    r->headers[r->n_headers++].name = r->head.len;
  }
  return head_put(r, at, len);
}

/* To lower case; false for what is no name (RFC 9110, 5.6.2). */
static bool name_lower(char *name)
{
  char *c = name;

  for (; *c != '\0'; c++)
    if (*c >= 'A' && *c <= 'Z')
      *c |= 0x20;
    else if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ||
               *c == '-' || strchr("!#$%&'*+.^_`|~", *c) != NULL))
      return false;
  return c > name;
}

static int on_header_field_complete(llhttp_t *p)
{
  struct request *r = self(p);
  size_t start = r->headers[r->n_headers - 1].name;
  int rc = head_end(r);

  if (rc != 0)
    return rc;
  if (!name_lower(r->head.data + start))
    return -1;
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

/* The headers that say where a request ends, and to whom it is sent. */
struct framing {
  unsigned n_host, n_transfer_encoding;
  bool expects;
};

static struct framing framing_of(const struct request *r)
{
  struct framing f = {0};

  for (size_t i = 0; i < r->n_headers; i++) {
    const char *name = r->head.data + r->headers[i].name;

    if (strcmp(name, "host") == 0)
      f.n_host++;
    else if (strcmp(name, "transfer-encoding") == 0)
      f.n_transfer_encoding++;
    else if (strcmp(name, "expect") == 0)
      f.expects =
          strcasecmp(r->head.data + r->headers[i].value, "100-continue") == 0;
  }
  return f;
}

static int on_headers_complete(llhttp_t *p)
{
  struct request *r = self(p);
  struct framing f = framing_of(r);

  if (p->upgrade || f.n_host > 1 || (f.n_host == 0 && p->http_minor > 0) ||
      f.n_transfer_encoding > 1)
    return -1;
  r->in_body = true;
  if (p->content_length > HTTP_BODY_MAX)
    return overflow(r);
  r->expects = f.expects;
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

static void start(struct request *r)
{
  llhttp_init(&r->parser, HTTP_REQUEST, &settings);
  r->parser.data = r;
  r->n_headers = r->path = 0;
  r->scan = SCAN_START;
  r->last = '\0';
  r->in_value = r->in_body = r->too_large = false;
  r->expects = r->done = r->keeps_alive = false;
}

void request_init(struct request *r)
{
  memset(r, 0, sizeof *r);
  buf_init(&r->head, HTTP_HEADER_BYTES_MAX, false);
  buf_init(&r->body, HTTP_BODY_MAX, true);
  start(r);
}

void request_release(struct request *r)
{
  buf_release(&r->head);
  buf_release(&r->body);
}

static void clear(struct buf *b)
{
  if (b->cap > KEEP_BYTES)
    buf_release(b);
  else
    buf_clear(b);
}

void request_clear(struct request *r)
{
  clear(&r->head);
  clear(&r->body);
  start(r);
}

/* Is there a folded line in the head, or one that ends in LF alone? */
static bool is_malformed(struct request *r, const char *data, size_t len)
{
  const char *at = data, *end = data + len;

  while (at < end && r->scan != SCAN_DONE) {
    if (r->scan == SCAN_START) { /* empty lines, which llhttp skips, too */
      if (*at == '\r' || *at == '\n')
        at++;
      else
        r->scan = SCAN_LINE;
    } else if (r->scan == SCAN_LINE_END) {
      if (*at == ' ' || *at == '\t')
        return true;
      r->scan = *at == '\r' ? SCAN_DONE : SCAN_LINE;
    } else {
      const char *lf = memchr(at, '\n', (size_t)(end - at));

      if (lf == NULL) {
        r->last = end[-1];
        return false;
      }
      if ((lf == data ? r->last : lf[-1]) != '\r')
        return true;
      r->scan = SCAN_LINE_END;
      r->last = '\n';
      at = lf + 1;
    }
  }
  return false;
}

enum request_state request_feed(struct request *r, const char *data, size_t len,
                                size_t *out_used)
{
  enum llhttp_errno rc;

  if (is_malformed(r, data, len)) {
    *out_used = len;
    return REQUEST_BAD;
  }
  rc = llhttp_execute(&r->parser, data, len);
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

size_t request_body_memory(const struct request *r)
{
  return r->body.cap;
}
