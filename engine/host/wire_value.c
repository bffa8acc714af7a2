/* Values and texts inside messages: bytes that are UTF-8 travel as they are,
 * others in base64 (RFC 4648, padded, nothing but the alphabet), so that a
 * secret with any bytes in it survives JSON.
 */
#include <string.h>

#include "host/wire.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Bytes of the character at p, 0 when it is not one (or is NUL). */
static size_t char_len(const unsigned char *p, size_t left)
{
  size_t n;
  unsigned long c;

  if (p[0] < 0x80)
    return p[0] != 0;
  if (p[0] >= 0xc2 && p[0] <= 0xdf)
    n = 2;
  else if ((p[0] & 0xf0) == 0xe0)
    n = 3;
  else if (p[0] >= 0xf0 && p[0] <= 0xf4)
    n = 4;
  else
    return 0;
  if (left < n)
    return 0;
  c = p[0] & (0xff >> (n + 1));
  for (size_t i = 1; i < n; i++) {
    if ((p[i] & 0xc0) != 0x80)
      return 0;
    c = c << 6 | (p[i] & 0x3f);
  }
  if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10ffff)) ||
      (c >= 0xd800 && c <= 0xdfff))
    return 0;
  return n;
}

bool wire_is_text(const void *data, size_t len)
{
  const unsigned char *p = data;
  size_t n;

  for (size_t i = 0; i < len; i += n) {
    n = char_len(p + i, len - i);
    if (n == 0)
      return false;
  }
  return true;
}

void wire_clean_text(char *text, size_t len)
{
  unsigned char *p = (unsigned char *)text;
  size_t n;

  for (size_t i = 0; i < len; i += n) {
    n = char_len(p + i, len - i);
    if (n == 0) {
      p[i] = '?';
      n = 1;
    } else if (n == 1 && (p[i] < 0x20 || p[i] == 0x7f)) {
      p[i] = ' ';
    }
  }
}

size_t wire_cut(const char *text, size_t len, size_t max)
{
  if (len <= max)
    return len;
  while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
    max--;
  return max;
}

static void put_base64(struct buf *b, const unsigned char *p, size_t len)
{
  buf_putc(b, '"');
  for (size_t i = 0; i < len; i += 3) {
    size_t n = len - i < 3 ? len - i : 3;
    unsigned v = (unsigned)p[i] << 16;
    char out[4];

    v |= n > 1 ? (unsigned)p[i + 1] << 8 : 0;
    v |= n > 2 ? p[i + 2] : 0;
    for (unsigned k = 0; k < 4; k++)
      out[k] = k <= n ? alphabet[v >> (18 - 6 * k) & 63] : '=';
    buf_put(b, out, sizeof out);
  }
  buf_putc(b, '"');
}

void wire_put_value(struct buf *b, const void *data, size_t len)
{
  if (wire_is_text(data, len)) {
    buf_json_key(b, "text");
    buf_json_string(b, data, len);
  } else {
    buf_json_key(b, "base64");
    put_base64(b, data, len);
  }
}

static int sextet(char c)
{
  const char *at = c == '\0' ? NULL : strchr(alphabet, c);

  return at == NULL ? -1 : (int)(at - alphabet);
}

/* Decodes one group of four; returns its bytes, 0 when it is malformed.
 * Only the last group may be padded. */
static size_t group_read(const char *p, bool is_last, unsigned char out[3])
{
  size_t pad = 0;
  unsigned v = 0;

  if (is_last && p[3] == '=')
    pad = p[2] == '=' ? 2 : 1;
  for (size_t k = 0; k < 4; k++) {
    int s = k >= 4 - pad ? 0 : sextet(p[k]);

    if (s < 0)
      return 0;
    v = v << 6 | (unsigned)s;
  }
  /* The bits that padding leaves over must be 0: one spelling a value. */
  if ((v & ((1u << (8 * pad)) - 1)) != 0)
    return 0;
  for (size_t k = 0; k < 3 - pad; k++)
    out[k] = (unsigned char)(v >> (16 - 8 * k));
  return 3 - pad;
}

static int read_base64(const char *text, size_t len, struct secret *out,
                       struct err *e)
{
  struct secret s;
  size_t n, done = 0;
  int rc;

  if (len % 4 != 0)
    return err_set(e, ERR_SERIALIZATION, "a value is not base64");
  rc = secret_alloc(len / 4 * 3, &s, e);
  if (rc != 0)
    return rc;
  for (size_t i = 0; i < len; i += 4) {
    unsigned char part[3];

    n = group_read(text + i, i + 4 == len, part);
    if (n == 0) {
      secret_release(&s);
      return err_set(e, ERR_SERIALIZATION, "a value is not base64");
    }
    memcpy(s.data + done, part, n);
    done += n;
  }
  s.data[done] = '\0';
  s.len = done;
  *out = s;
  return 0;
}

int wire_value_in(const json_t *object, const char *what, struct secret *out,
                  struct err *e)
{
  const json_t *text = json_object_get(object, "text");
  const json_t *base64 = json_object_get(object, "base64");

  if (text != NULL && base64 != NULL)
    return err_set(e, ERR_SERIALIZATION, "%s: two values", what);
  if (text != NULL)
    return secret_copy(json_string_value(text), json_string_length(text), out,
                       e);
  if (base64 != NULL)
    return read_base64(json_string_value(base64), json_string_length(base64),
                       out, e);
  return err_set(e, ERR_NOT_FOUND, "%s: no value", what);
}

int wire_value(const struct wire_message *m, struct secret *out, struct err *e)
{
  return wire_value_in(m->body, wire_type_name(m->type), out, e);
}
