/* Failures as text.  A sensitive value is never part of it. */
#include "api/failures.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static size_t spell(const struct place *at, char *out, size_t size)
{
  size_t len = at->up == NULL ? 0 : spell(at->up, out, size);
  char spelled[MEMBER_SPELLED_MAX];
  int n;

  if (at->name == NULL)
    n = snprintf(out + len, size - len, ".%zu.member", at->item + 1);
  else {
    member_spell(at->name, spelled);
    n = snprintf(out + len, size - len, "%s%s", len > 0 ? "." : "", spelled);
  }
  assert(n >= 0 && (size_t)n < size - len); /* the table is not that deep */
  return len + (size_t)n;
}

void place_spell(const struct place *at, char out[PLACE_TEXT_MAX])
{
  (void)spell(at, out, PLACE_TEXT_MAX); /* its length says nothing new */
}

void failures_init(struct failures *f, size_t quote_max)
{
  f->n = 0;
  f->len = 0;
  f->is_cut = false;
  f->quote_max = quote_max;
  f->text[0] = '\0';
}

__attribute__((format(printf, 2, 3))) static void put(struct failures *f,
                                                      const char *fmt, ...)
{
  size_t room = sizeof f->text - f->len;
  va_list ap;
  int n;

  va_start(ap, fmt);
  n = vsnprintf(f->text + f->len, room, fmt, ap);
  va_end(ap);
  if (n < 0 || (size_t)n >= room)
    f->is_cut = true;
  else
    f->len += (size_t)n;
}

/* At most quote_max bytes, and no half of a character. */
static void put_text(struct failures *f, const char *text)
{
  size_t len = strlen(text), n = len < f->quote_max ? len : f->quote_max;

  while (n < len && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
    n--;
  put(f, "%.*s%s", (int)n, text, n < len ? "..." : "");
}

static void put_value(struct failures *f, const struct member_type *type,
                      const json_t *v)
{
  if (json_is_null(v))
    put(f, "null");
  else if (type->kind == MEMBER_STRING)
    put_text(f, json_string_value(v));
  else if (type->kind == MEMBER_NUMBER)
    put(f, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
  else if (type->kind == MEMBER_STRUCTURE)
    put(f, "{...}");
  else {
    put(f, "[");
    for (size_t i = 0; i < json_array_size(v) && !f->is_cut; i++) {
      put(f, "%s", i > 0 ? ", " : "");
      put_value(f, type->item, json_array_get(v, i));
    }
    put(f, "]");
  }
}

/* One failure: the whole of it, or none. */
void failures_add(struct failures *f, const struct member_type *type,
                  const struct place *at, const json_t *v, const char *must)
{
  char place[PLACE_TEXT_MAX];
  size_t before = f->len;
  bool was_cut = f->is_cut;

  place_spell(at, place);
  f->is_cut = false;
  put(f, "%sValue ", f->n++ > 0 ? "; " : "");
  if (v == NULL)
    put(f, "null ");
  else if (!type->sensitive) {
    put(f, "'");
    put_value(f, type, v);
    put(f, "' ");
  }
  put(f, "at '%s' failed to satisfy constraint: Member must %s", place, must);
  if (f->is_cut)
    f->len = before;
  f->is_cut |= was_cut;
  f->text[f->len] = '\0';
}
