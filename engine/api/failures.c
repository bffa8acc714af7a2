/* Failures as text.  A sensitive value is never part of it. */
#include "api/failures.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* as_aws: "tags.2.member.key", otherwise "Tags[1].Key". */
static size_t spell(const struct place *at, bool as_aws, char *out)
{
  size_t len = at->up == NULL ? 0 : spell(at->up, as_aws, out);
  size_t room = PLACE_TEXT_MAX - len;
  char name[MEMBER_SPELLED_MAX];
  int n;

  if (at->name == NULL && as_aws)
    n = snprintf(out + len, room, ".%zu.member", at->item + 1);
  else if (at->name == NULL)
    n = snprintf(out + len, room, "[%zu]", at->item);
  else {
    member_spell(at->name, name);
    n = snprintf(out + len, room, "%s%s", len > 0 ? "." : "",
                 as_aws ? name : at->name);
  }
  assert(n >= 0 && (size_t)n < room); /* the table is not that deep */
  return len + (size_t)n;
}

void place_spell(const struct place *at, char out[PLACE_TEXT_MAX])
{
  (void)spell(at, false, out); /* its length says nothing new */
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

/* At most quote_max bytes, and no half of a character.  What would break the
 * line, or move a terminal's cursor, is shown as ?. */
static void put_text(struct failures *f, const char *text)
{
  size_t len = strlen(text), n = len < f->quote_max ? len : f->quote_max;
  size_t from = f->len;

  while (n < len && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
    n--;
  put(f, "%.*s%s", (int)n, text, n < len ? "..." : "");
  for (; from < f->len; from++)
    if ((unsigned char)f->text[from] < 0x20 || f->text[from] == 0x7f)
      f->text[from] = '?';
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

  (void)spell(at, true, place); /* its length says nothing new */
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
