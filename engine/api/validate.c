/* The validator: types first, then every constraint of every member, then
 * what the model leaves to words (names, tokens).
 */
#include "api/validate.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/failures.h"
#include "secret/name.h"

#define QUOTE_SHORT 64 /* bytes of a value, where the whole would not fit */

/* ---- types ------------------------------------------------------------- */

/* How many bytes base64 stands for; false when it is none. */
static bool base64_len(const char *text, size_t len, size_t *out)
{
  size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "abcdefghijklmnopqrstuvwxyz0123456789+/");
  size_t pad = len - n;

  *out = len / 4 * 3 - pad;
  return len % 4 == 0 && pad <= 2 && strspn(text + n, "=") == pad;
}

static bool is_base64(const json_t *v)
{
  size_t ignored;

  return json_is_string(v) &&
         base64_len(json_string_value(v), json_string_length(v), &ignored);
}

static bool is_of_kind(enum member_kind kind, const json_t *v)
{
  switch (kind) {
  case MEMBER_STRING:
    return json_is_string(v);
  case MEMBER_BLOB:
    return is_base64(v);
  case MEMBER_BOOLEAN:
    return json_is_boolean(v);
  case MEMBER_NUMBER:
    return json_is_integer(v);
  case MEMBER_LIST:
    return json_is_array(v);
  default:
    return json_is_object(v);
  }
}

static int wrong_type(const struct member_type *type, const struct place *at,
                      struct err *e)
{
  static const char *const words[] = {
      [MEMBER_STRING] = "a string",       [MEMBER_BLOB] = "base64",
      [MEMBER_BOOLEAN] = "true or false", [MEMBER_NUMBER] = "a whole number",
      [MEMBER_LIST] = "a list",           [MEMBER_STRUCTURE] = "an object"};
  char place[PLACE_TEXT_MAX];

  place_spell(at, place);
  return err_set(e, ERR_SERIALIZATION, "%s must be %s", place,
                 words[type->kind]);
}

static int types_check(const struct member *members, size_t n,
                       const struct place *up, const json_t *in, struct err *e);

static int type_check(const struct member_type *type, const struct place *at,
                      const json_t *v, struct err *e)
{
  int rc = 0;

  if (v == NULL || json_is_null(v))
    return 0;
  if (!is_of_kind(type->kind, v))
    return wrong_type(type, at, e);
  if (type->kind == MEMBER_STRUCTURE)
    return types_check(type->members, type->n_members, at, v, e);
  for (size_t i = 0; rc == 0 && i < json_array_size(v); i++)
    rc = type_check(type->item, &(struct place){at, NULL, i},
                    json_array_get(v, i), e);
  return rc;
}

static int types_check(const struct member *members, size_t n,
                       const struct place *up, const json_t *in, struct err *e)
{
  int rc = 0;

  for (size_t i = 0; rc == 0 && i < n; i++)
    rc = type_check(members[i].type, &(struct place){up, members[i].name, 0},
                    json_object_get(in, members[i].name), e);
  return rc;
}

/* ---- constraints ------------------------------------------------------- */

/* What a value must do and does not, or what its type asks at all. */
#define MUSTS     4
#define MUST_TEXT 320

struct musts {
  char text[MUSTS][MUST_TEXT];
  size_t n;
};

__attribute__((format(printf, 2, 3))) static void must(struct musts *m,
                                                       const char *fmt, ...)
{
  va_list ap;

  assert(m->n < MUSTS);
  va_start(ap, fmt);
  (void)vsnprintf(m->text[m->n++], MUST_TEXT, fmt, ap); /* the table's fit */
  va_end(ap);
}

static size_t characters(const char *text)
{
  size_t n = 0;

  for (; *text != '\0'; text++)
    n += ((unsigned char)*text & 0xc0) != 0x80;
  return n;
}

static int64_t size_of(const struct member_type *type, const json_t *v)
{
  size_t len;

  switch (type->kind) {
  case MEMBER_STRING:
    return (int64_t)(type->in_bytes ? json_string_length(v)
                                    : characters(json_string_value(v)));
  case MEMBER_BLOB:
    (void)base64_len(json_string_value(v), json_string_length(v), &len);
    return (int64_t)len; /* it is base64: types came first */
  case MEMBER_LIST:
    return (int64_t)json_array_size(v);
  default:
    return json_integer_value(v);
  }
}

static bool is_one_of(const char *text, const char *const *values)
{
  for (; *values != NULL; values++)
    if (strcmp(text, *values) == 0)
      return true;
  return false;
}

static void must_be_one_of(struct musts *m, const char *const *values)
{
  char list[MUST_TEXT - 32] = "";
  size_t len = 0;

  for (size_t i = 0; values[i] != NULL; i++)
    len += (size_t)snprintf(list + len, sizeof list - len, "%s%s",
                            i > 0 ? ", " : "", values[i]);
  must(m, "satisfy enum value set: [%s]", list);
}

/* v NULL: all that the type asks. */
static void musts_of(const struct member_type *type, const json_t *v,
                     struct musts *m)
{
  const char *what = type->kind == MEMBER_NUMBER ? "value" : "length";
  const char *text = json_string_value(v);
  int64_t size = v == NULL || type->kind == MEMBER_BOOLEAN ||
                         type->kind == MEMBER_STRUCTURE
                     ? 0
                     : size_of(type, v);

  m->n = 0;
  if (type->pattern != NULL && (v == NULL || !type->pattern->matches(text)))
    must(m, "satisfy regular expression pattern: %s", type->pattern->text);
  if (type->max != 0 && (v == NULL || size > type->max))
    must(m, "have %s less than or equal to %" PRId64, what, type->max);
  if (type->min != 0 && (v == NULL || size < type->min))
    must(m, "have %s greater than or equal to %" PRId64, what, type->min);
  if (type->values != NULL && (v == NULL || !is_one_of(text, type->values)))
    must_be_one_of(m, type->values);
}

/* AWS names no item of a list of texts: it shows the list, and all that an
 * item must do. */
static void texts_check(struct failures *f, const struct member_type *type,
                        const struct place *at, const json_t *list)
{
  char all[MUSTS * MUST_TEXT] = "";
  bool fits = true, has_null = false;
  struct musts m = {.n = 0};
  size_t len = 0;

  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *v = json_array_get(list, i);

    has_null |= json_is_null(v);
    if (!json_is_null(v))
      musts_of(type->item, v, &m);
    fits &= m.n == 0;
  }
  if (fits && !has_null)
    return;
  musts_of(type->item, NULL, &m);
  if (has_null)
    must(&m, "not be null");
  for (size_t i = 0; i < m.n; i++)
    len += (size_t)snprintf(all + len, sizeof all - len, "%sMember must %s",
                            i > 0 ? ", " : "", m.text[i]);
  (void)snprintf(m.text[0], MUST_TEXT, "satisfy constraint: [%.280s]", all);
  failures_add(f, type, at, list, m.text[0]);
}

static void members_check(struct failures *f, const struct member *members,
                          size_t n, const struct place *up, const json_t *in);

static void list_check(struct failures *f, const struct member_type *type,
                       const struct place *at, const json_t *list)
{
  if (type->item->kind != MEMBER_STRUCTURE) {
    texts_check(f, type, at, list);
    return;
  }
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *v = json_array_get(list, i);
    struct place inner = {at, NULL, i};

    if (json_is_null(v))
      failures_add(f, type->item, &inner, NULL, "not be null");
    else
      members_check(f, type->item->members, type->item->n_members, &inner, v);
  }
}

static void member_check(struct failures *f, const struct member *member,
                         const struct place *at, const json_t *v)
{
  const struct member_type *type = member->type;
  struct musts m;

  if (v == NULL || json_is_null(v)) {
    if (member->flags & MEMBER_REQUIRED)
      failures_add(f, type, at, NULL, "not be null");
    return;
  }
  musts_of(type, v, &m);
  for (size_t i = 0; i < m.n; i++)
    failures_add(f, type, at, v, m.text[i]);
  if (type->kind == MEMBER_LIST)
    list_check(f, type, at, v);
  else if (type->kind == MEMBER_STRUCTURE)
    members_check(f, type->members, type->n_members, at, v);
}

static void members_check(struct failures *f, const struct member *members,
                          size_t n, const struct place *up, const json_t *in)
{
  for (size_t i = 0; i < n; i++)
    member_check(f, &members[i], &(struct place){up, members[i].name, 0},
                 json_object_get(in, members[i].name));
}

/* ---- what the model leaves to words ------------------------------------ */

static int words_check(const struct shape *shape, const json_t *in,
                       struct err *e)
{
  int rc = 0;

  for (size_t i = 0; rc == 0 && i < shape->n_members; i++) {
    unsigned flags = shape->members[i].flags;
    const char *text = json_str(in, shape->members[i].name);

    if (text != NULL && (flags & MEMBER_NAME ||
                         (flags & MEMBER_SECRET_ID && !name_is_arn(text))))
      rc = name_check(text, e);
    else if (text == NULL && flags & MEMBER_TOKEN)
      rc = err_set(e, shape->no_token,
                   "You must provide a ClientRequestToken value. We recommend "
                   "a UUID-type value.");
  }
  return rc;
}

static void failures_of(struct failures *f, const struct shape *shape,
                        const json_t *in, size_t quote_max)
{
  failures_init(f, quote_max);
  members_check(f, shape->members, shape->n_members, NULL, in);
}

int validate(const struct shape *shape, const json_t *in, struct err *e)
{
  struct failures f;
  int rc = types_check(shape->members, shape->n_members, NULL, in, e);

  if (rc != 0)
    return rc;
  failures_of(&f, shape, in, sizeof f.text);
  if (f.n == 0)
    return words_check(shape, in, e);
  if (f.is_cut)
    failures_of(&f, shape, in, QUOTE_SHORT);
  return err_set(e, ERR_VALIDATION, "%u validation error%s detected: %s", f.n,
                 f.n == 1 ? "" : "s", f.text);
}
