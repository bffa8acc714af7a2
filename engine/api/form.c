/* Decodes names and values into one buffer, NUL-terminated. */
#include "api/form.h"

#include <stdio.h>
#include <string.h>

static int hex_of(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One name or value.  False: a broken %XX, or a NUL that would cut it. */
static bool decode(const char *from, size_t len, struct buf *to)
{
  for (size_t i = 0; i < len; i++) {
    int high = i + 2 < len ? hex_of(from[i + 1]) : -1,
        low = i + 2 < len ? hex_of(from[i + 2]) : -1;
    char c = from[i];

    if (c == '+')
      c = ' ';
    else if (c == '%') {
      if (high < 0 || low < 0)
        return false;
      c = (char)(high << 4 | low);
      i += 2;
    }
    if (c == '\0')
      return false;
    buf_putc(to, c);
  }
  buf_putc(to, '\0');
  return true;
}

/* NAME=VALUE, or NAME alone. */
static int field_read(const char *at, size_t len, struct form *out,
                      struct err *e)
{
  const char *is = memchr(at, '=', len);
  size_t name_len = is == NULL ? len : (size_t)(is - at);
  size_t name = out->text.len, value;

  if (out->n == FORM_FIELDS_MAX)
    return err_set(e, ERR_VALIDATION, "A request has at most %d parameters.",
                   FORM_FIELDS_MAX);
  if (!decode(at, name_len, &out->text))
    return err_set(e, ERR_VALIDATION, "A parameter's name is not encoded.");
  value = out->text.len;
  if (!decode(is == NULL ? "" : is + 1, is == NULL ? 0 : len - name_len - 1,
              &out->text))
    return err_set(e, ERR_VALIDATION, "A parameter's value is not encoded.");
  if (out->text.failed)
    return err_set(e, ERR_VALIDATION, "A request has at most %d bytes.",
                   FORM_BYTES_MAX);
  if (form_get(out, out->text.data + name) != NULL)
    return err_set(e, ERR_VALIDATION, "A parameter was given twice.");
  out->fields[out->n].name = name;
  out->fields[out->n++].value = value;
  return 0;
}

int form_read(const char *body, size_t len, struct form *out, struct err *e)
{
  int rc = 0;

  out->n = 0;
  buf_init(&out->text, FORM_BYTES_MAX, false);
  while (rc == 0 && len > 0) {
    const char *end = memchr(body, '&', len);
    size_t n = end == NULL ? len : (size_t)(end - body);

    if (n > 0)
      rc = field_read(body, n, out, e);
    body += n;
    len -= n;
    if (len > 0) { /* the & */
      body++;
      len--;
    }
  }
  return rc;
}

void form_release(struct form *f)
{
  buf_release(&f->text);
}

const char *form_get(const struct form *f, const char *name)
{
  for (size_t i = 0; i < f->n; i++)
    if (strcmp(f->text.data + f->fields[i].name, name) == 0)
      return f->text.data + f->fields[i].value;
  return NULL;
}

const char *form_member(const struct form *f, const char *name, unsigned n,
                        const char *leaf)
{
  char full[96];

  (void)snprintf(full, sizeof full, "%s.member.%u%s%s", name, n,
                 leaf == NULL ? "" : ".", leaf == NULL ? "" : leaf);
  return form_get(f, full);
}
