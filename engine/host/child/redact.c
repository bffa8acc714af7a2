/* Redaction by plain search, longest form first at each place.  A value is
 * looked for as it is and in the spellings that drivers and servers quote it
 * in: JSON, URL, SQL.
 */
#include "child/redact.h"

#include <string.h>

#include "base/cleanup.h"
#include "child/members.h"
#include "host/wire.h"

#define FORMS_BYTES_MAX (1u << 20)
#define LONG_VALUE      4096
static const char mask[] = "[redacted]";

enum form {
  FORM_RAW,
  FORM_JSON,
  FORM_JSON_ASCII, /* \u for what is not ASCII, \/ */
  FORM_URL_UPPER,
  FORM_URL_LOWER,
  FORM_URL_PLUS, /* as application/x-www-form-urlencoded */
  FORM_SQL,      /* '' */
  FORM_SQL_BACKSLASH,
  FORM_COUNT
};

void redact_init(struct redact *r)
{
  memset(r, 0, sizeof *r);
  buf_init(&r->forms, FORMS_BYTES_MAX, true);
}

void redact_release(struct redact *r)
{
  buf_release(&r->forms);
}

void redact_add(struct redact *r, const void *data, size_t len,
                const json_t *schema)
{
  if (len < REDACT_LEN_MIN)
    return;
  if (r->n_values == REDACT_VALUES_MAX) {
    r->overflow = true;
    return;
  }
  r->values[r->n_values].data = data;
  r->values[r->n_values].len = len;
  r->values[r->n_values++].schema = schema;
}

/* One UTF-16 unit, or two, as JSON escapes; p is valid UTF-8. */
static size_t put_unicode(struct buf *b, const unsigned char *p)
{
  size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
  unsigned c = p[0] & (0xff >> (n + 1));

  for (size_t i = 1; i < n; i++)
    c = c << 6 | (p[i] & 0x3f);
  if (c >= 0x10000)
    buf_printf(b, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
               0xdc00 + ((c - 0x10000) & 0x3ff));
  else
    buf_printf(b, "\\u%04x", c);
  return n;
}

static void put_json_ascii(struct buf *b, const unsigned char *p, size_t len)
{
  static const char named[] = "\b\f\n\r\t", letters[] = "bfnrt";
  size_t n;

  if (!wire_is_text(p, len))
    return; /* no JSON text holds it */
  for (size_t i = 0; i < len; i += n) {
    const char *at = strchr(named, p[i]);

    n = 1;
    if (p[i] >= 0x80)
      n = put_unicode(b, p + i);
    else if (at != NULL)
      buf_printf(b, "\\%c", letters[at - named]);
    else if (p[i] < 0x20)
      buf_printf(b, "\\u%04x", p[i]);
    else if (p[i] == '"' || p[i] == '\\' || p[i] == '/')
      buf_printf(b, "\\%c", p[i]);
    else
      buf_putc(b, (char)p[i]);
  }
}

static void put_json(struct buf *b, const char *p, size_t len)
{
  size_t at = b->len;

  buf_json_string(b, p, len);
  if (b->failed)
    return;
  memmove(b->data + at, b->data + at + 1, b->len - at - 2); /* the quotes */
  b->len -= 2;
  b->data[b->len] = '\0';
}

static bool is_unreserved(unsigned char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || (c != 0 && strchr("-._~", c) != NULL);
}

static void put_char(struct buf *b, enum form f, unsigned char c)
{
  switch (f) {
  case FORM_URL_UPPER:
  case FORM_URL_LOWER:
  case FORM_URL_PLUS:
    if (is_unreserved(c))
      buf_putc(b, (char)c);
    else if (f == FORM_URL_PLUS && c == ' ')
      buf_putc(b, '+');
    else
      buf_printf(b, f == FORM_URL_LOWER ? "%%%02x" : "%%%02X", c);
    return;
  case FORM_SQL:
    if (c == '\'')
      buf_putc(b, '\'');
    break;
  case FORM_SQL_BACKSLASH:
    if (c == '\'' || c == '"' || c == '\\')
      buf_putc(b, '\\');
    break;
  default:
    break;
  }
  buf_putc(b, (char)c);
}

static void put_form(struct buf *b, enum form f, const char *p, size_t len)
{
  if (f == FORM_RAW)
    buf_put(b, p, len);
  else if (f == FORM_JSON)
    put_json(b, p, len);
  else if (f == FORM_JSON_ASCII)
    put_json_ascii(b, (const unsigned char *)p, len);
  else
    for (size_t i = 0; i < len; i++)
      put_char(b, f, (unsigned char)p[i]);
}

static size_t form_len(const struct redact *r, size_t at)
{
  size_t len;

  memcpy(&len, r->forms.data + at, sizeof len);
  return len;
}

/* Takes the last form back when it is empty or known. */
static void form_keep(struct redact *r, size_t at, size_t len)
{
  const char *data = r->forms.data + at + sizeof len;
  bool known = len == 0;

  for (size_t i = 0; i < at && !known; i += sizeof len + form_len(r, i))
    known = form_len(r, i) == len &&
            memcmp(r->forms.data + i + sizeof len, data, len) == 0;
  if (known) {
    r->forms.len = at;
    return;
  }
  memcpy(r->forms.data + at, &len, sizeof len);
  r->n_forms++;
}

static void forms_add(struct redact *r, const char *p, size_t len)
{
  static const char zeros[sizeof(size_t)];

  if (len < REDACT_LEN_MIN)
    return;
  for (int f = 0; f < FORM_COUNT; f++) {
    size_t at = r->forms.len;

    if (len > LONG_VALUE && f > FORM_JSON)
      return; /* nobody quotes a whole document */
    if (r->n_forms == REDACT_FORMS_MAX)
      r->overflow = true;
    if (r->overflow)
      return;
    buf_put(&r->forms, zeros, sizeof zeros);
    put_form(&r->forms, (enum form)f, p, len);
    if (r->forms.failed)
      r->overflow = true;
    else
      form_keep(r, at, r->forms.len - at - sizeof zeros);
  }
}

static void json_add(struct redact *r, const json_t *value,
                     const json_t *schema)
{
  const json_t *properties = json_object_get(schema, "properties");
  const char *key;
  json_t *member;
  size_t i;

  if (json_is_string(value))
    forms_add(r, json_string_value(value), json_string_length(value));
  json_array_foreach (value, i, member) {
    json_add(r, member, json_object_get(schema, "items"));
  }
  /* jansson's macro takes no const object, and changes none. */
  json_object_foreach ((json_t *)(uintptr_t)value, key, member) {
    const json_t *p = json_object_get(properties, key);

    if (p == NULL || json_bool(p, "writeOnly", false))
      json_add(r, member, NULL);
    else if (!json_is_string(member))
      json_add(r, member, p);
  }
}

static void expand(struct redact *r)
{
  for (; r->n_expanded < r->n_values; r->n_expanded++) {
    const char *data = r->values[r->n_expanded].data;
    size_t len = r->values[r->n_expanded].len;
    CLEANUP_JSON json_t *json = NULL;

    forms_add(r, data, len);
    if (json_read(data, len, &json_limits_request, &json, NULL) == 0)
      json_add(r, json, r->values[r->n_expanded].schema);
  }
}

/* The longest form that starts here. */
static size_t match_len(const struct redact *r, const char *text, size_t len)
{
  size_t best = 0, n;

  for (size_t i = 0; i < r->forms.len; i += sizeof n + n) {
    const char *form = r->forms.data + i + sizeof n;

    n = form_len(r, i);
    if (n > best && n <= len && form[0] == text[0] &&
        memcmp(text, form, n) == 0)
      best = n;
  }
  return best;
}

void redact_apply(struct redact *r, const char *text, size_t len,
                  struct buf *out)
{
  size_t from = 0, i = 0;

  expand(r);
  if (r->overflow) {
    buf_puts(out, mask);
    return;
  }
  while (i < len) {
    size_t n = match_len(r, text + i, len - i);

    if (n == 0) {
      i++;
      continue;
    }
    buf_put(out, text + from, i - from);
    buf_puts(out, mask);
    i += n;
    from = i;
  }
  buf_put(out, text + from, len - from);
}
