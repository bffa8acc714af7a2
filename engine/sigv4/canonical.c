/* Writes the canonical request into a buffer, part by part. */
#include "sigv4/canonical.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* A piece of somebody else's text. */
struct slice {
  const char *text;
  size_t len;
};

struct param {
  struct slice name, value; /* escaped */
};

static bool is_unreserved(unsigned char c)
{
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

static bool is_blank(char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static void escape_byte(struct buf *out, unsigned char c)
{
  static const char hex[] = "0123456789ABCDEF";
  const char text[3] = {'%', hex[c >> 4], hex[c & 15]};

  if (is_unreserved(c))
    buf_putc(out, (char)c);
  else
    buf_put(out, text, sizeof text);
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

/* A segment is escaped although it may be escaped already: every service but
 * S3 signs the path that way. */
static void segment_write(struct slice s, struct buf *out)
{
  for (size_t i = 0; i < s.len; i++)
    escape_byte(out, (unsigned char)s.text[i]);
}

/* Drops empty and "." segments and lets ".." take one back. */
static int segments_resolve(struct slice path,
                            struct slice out[CANONICAL_SEGMENTS_MAX], size_t *n,
                            struct err *e)
{
  const char *at = path.text, *end = path.text + path.len;

  *n = 0;
  while (at < end) {
    const char *slash = memchr(at, '/', (size_t)(end - at));
    struct slice s = {at, (size_t)((slash != NULL ? slash : end) - at)};

    at += s.len + 1;
    if (s.len == 0 || (s.len == 1 && s.text[0] == '.'))
      continue;
    if (s.len == 2 && s.text[0] == '.' && s.text[1] == '.') {
      *n -= *n > 0;
      continue;
    }
    if (*n == CANONICAL_SEGMENTS_MAX)
      return err_set(e, ERR_AUTH_SIGNATURE, "The path has over %d segments.",
                     CANONICAL_SEGMENTS_MAX);
    out[(*n)++] = s;
  }
  return 0;
}

static void path_copy(struct slice path, struct buf *out)
{
  for (size_t i = 0; i < path.len; i++) {
    if (path.text[i] == '/')
      buf_putc(out, '/');
    else
      escape_byte(out, (unsigned char)path.text[i]);
  }
}

static int path_write(struct slice path, bool as_is, struct buf *out,
                      struct err *e)
{
  struct slice segments[CANONICAL_SEGMENTS_MAX];
  size_t n;
  int rc;

  if (as_is) {
    path_copy(path, out);
    return 0;
  }
  rc = segments_resolve(path, segments, &n, e);
  if (rc != 0)
    return rc;
  for (size_t i = 0; i < n; i++) {
    buf_putc(out, '/');
    segment_write(segments[i], out);
  }
  if (n == 0 || (path.len > 0 && path.text[path.len - 1] == '/'))
    buf_putc(out, '/');
  return 0;
}

/* Undoes the escapes that came and makes AWS's own.  A percent sign that
 * begins no escape stands for itself. */
static void query_escape(struct slice s, struct buf *out)
{
  for (size_t i = 0; i < s.len; i++) {
    int high, low;

    if (s.text[i] == '%' && i + 2 < s.len &&
        (high = hex_digit(s.text[i + 1])) >= 0 &&
        (low = hex_digit(s.text[i + 2])) >= 0) {
      escape_byte(out, (unsigned char)(high * 16 + low));
      i += 2;
    } else {
      escape_byte(out, (unsigned char)s.text[i]);
    }
  }
}

static int slice_compare(struct slice a, struct slice b)
{
  size_t n = a.len < b.len ? a.len : b.len;
  int order = n == 0 ? 0 : memcmp(a.text, b.text, n);

  if (order != 0)
    return order;
  return (a.len > b.len) - (a.len < b.len);
}

static int param_compare(const void *a, const void *b)
{
  const struct param *x = a, *y = b;
  int order = slice_compare(x->name, y->name);

  return order != 0 ? order : slice_compare(x->value, y->value);
}

static int params_split(const char *query, struct param *out, size_t *n,
                        struct err *e)
{
  *n = 0;
  while (*query != '\0') {
    size_t len = strcspn(query, "&"), name_len = strcspn(query, "=&");
    struct param p = {{query, name_len}, {query + len, 0}};

    if (name_len < len)
      p.value = (struct slice){query + name_len + 1, len - name_len - 1};
    query += len + (query[len] == '&');
    if (len == 0)
      continue;
    if (*n == CANONICAL_PARAMS_MAX)
      return err_set(e, ERR_AUTH_SIGNATURE, "The query has over %d parameters.",
                     CANONICAL_PARAMS_MAX);
    out[(*n)++] = p;
  }
  return 0;
}

static int query_write(const char *query, struct buf *out, struct err *e)
{
  struct param params[CANONICAL_PARAMS_MAX];
  size_t n, at = 0;
  struct buf escaped CLEANUP_BUF;
  int rc;

  buf_init(&escaped, CANONICAL_MAX, true);
  rc = params_split(query, params, &n, e);
  if (rc != 0)
    return rc;
  (void)buf_reserve(&escaped, 1); /* failure shows in buf_check */
  for (size_t i = 0; i < n; i++) {
    size_t name_at = escaped.len;

    query_escape(params[i].name, &escaped);
    params[i].name.len = escaped.len - name_at;
    query_escape(params[i].value, &escaped);
    params[i].value.len = escaped.len - name_at - params[i].name.len;
  }
  rc = buf_check(&escaped, e);
  if (rc != 0)
    return rc;
  /* Only now, because the buffer moved while it grew. */
  for (size_t i = 0; i < n; i++) {
    params[i].name.text = escaped.data + at;
    at += params[i].name.len;
    params[i].value.text = escaped.data + at;
    at += params[i].value.len;
  }
  qsort(params, n, sizeof params[0], param_compare);
  for (size_t i = 0; i < n; i++) {
    if (i > 0)
      buf_putc(out, '&');
    buf_put(out, params[i].name.text, params[i].name.len);
    buf_putc(out, '=');
    buf_put(out, params[i].value.text, params[i].value.len);
  }
  return 0;
}

/* Trims, and makes one space of every run of blanks. */
static void value_write(const char *value, struct buf *out)
{
  bool begun = false;

  while (*value != '\0') {
    const char *word;

    while (is_blank(*value))
      value++;
    word = value;
    while (*value != '\0' && !is_blank(*value))
      value++;
    if (value == word)
      return;
    if (begun)
      buf_putc(out, ' ');
    buf_put(out, word, (size_t)(value - word));
    begun = true;
  }
}

static void header_write(const struct sigv4_request *r, struct slice name,
                         struct buf *out)
{
  bool more = false;

  buf_put(out, name.text, name.len);
  buf_putc(out, ':');
  for (size_t i = 0; i < r->n_headers; i++) {
    const char *found = r->headers[i].name;

    if (strncmp(found, name.text, name.len) != 0 || found[name.len] != '\0')
      continue;
    if (more)
      buf_putc(out, ',');
    value_write(r->headers[i].value, out);
    more = true;
  }
  buf_putc(out, '\n');
}

int canonical_write(const struct sigv4_request *r, const char *signed_headers,
                    const char *payload_hash, bool path_as_is, struct buf *out,
                    struct err *e)
{
  size_t path_len = strcspn(r->path, "?");
  const char *query = r->path + path_len, *name = signed_headers;
  struct slice path = {r->path, path_len};
  int rc;

  buf_puts(out, r->method);
  buf_putc(out, '\n');
  rc = path_write(path, path_as_is, out, e);
  if (rc != 0)
    return rc;
  buf_putc(out, '\n');
  if (*query == '?' && query[1] != '\0') {
    rc = query_write(query + 1, out, e);
    if (rc != 0)
      return rc;
  }
  buf_putc(out, '\n');
  while (*name != '\0') {
    size_t len = strcspn(name, ";");

    header_write(r, (struct slice){name, len}, out);
    name += len + (name[len] == ';');
  }
  buf_putc(out, '\n');
  buf_puts(out, signed_headers);
  buf_putc(out, '\n');
  buf_puts(out, payload_hash);
  return buf_check(out, e);
}
