/* A walk over text that is known to be a JSON object. */
#include "child/members.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"

static size_t space_skip(const char *t, size_t len, size_t i)
{
  while (i < len && (t[i] == ' ' || t[i] == '\t' || t[i] == '\n' ||
                     t[i] == '\r' || t[i] == ',' || t[i] == ':'))
    i++;
  return i;
}

static size_t string_end(const char *t, size_t len, size_t i)
{
  for (i++; i < len && t[i] != '"'; i++)
    if (t[i] == '\\')
      i++;
  return i < len ? i + 1 : len;
}

static size_t value_end(const char *t, size_t len, size_t i)
{
  unsigned depth = 0;

  while (i < len) {
    if (t[i] == '"') {
      i = string_end(t, len, i);
    } else if (t[i] == '{' || t[i] == '[') {
      depth++;
      i++;
    } else if (depth > 0) {
      depth -= t[i] == '}' || t[i] == ']';
      i++;
    } else {
      return i + strcspn(t + i, ",} \t\r\n");
    }
    if (depth == 0 && (t[i - 1] == '"' || t[i - 1] == '}' || t[i - 1] == ']'))
      return i;
  }
  return len;
}

bool member_next(const char *text, size_t len, size_t *pos, struct member *out)
{
  size_t i = space_skip(text, len, *pos);

  if (*pos == 0 && i < len && text[i] == '{')
    i = space_skip(text, len, i + 1);
  if (i >= len || text[i] != '"')
    return false;
  out->key = text + i;
  i = string_end(text, len, i);
  out->key_len = (size_t)(text + i - out->key);
  i = space_skip(text, len, i);
  out->value = text + i;
  i = value_end(text, len, i);
  out->value_len = (size_t)(text + i - out->value);
  *pos = i;
  return true;
}

bool member_is(const struct member *m, const char *name)
{
  CLEANUP_JSON json_t *key = NULL;

  if (memchr(m->key, '\\', m->key_len) == NULL)
    return m->key_len == strlen(name) + 2 &&
           memcmp(m->key + 1, name, m->key_len - 2) == 0;
  key = json_loadb(m->key, m->key_len, JSON_DECODE_ANY, NULL);
  return json_is_string(key) && strcmp(json_string_value(key), name) == 0;
}

/* Which of the fields the member is; n when none. */
static size_t field_of(const struct member *m, const struct kt_field *fields,
                       size_t n)
{
  size_t i = 0;

  while (i < n && !member_is(m, fields[i].name))
    i++;
  return i;
}

static bool has_member(const char *text, size_t len, const char *name)
{
  struct member m;
  size_t pos = 0;

  while (member_next(text, len, &pos, &m))
    if (member_is(&m, name))
      return true;
  return false;
}

void members_replace(const char *text, size_t len,
                     const struct kt_field *fields, size_t n_fields,
                     struct buf *out)
{
  const char *copied = text, *last = NULL;
  struct member m;
  size_t pos = 0;

  while (member_next(text, len, &pos, &m)) {
    size_t i = field_of(&m, fields, n_fields);

    last = text + pos;
    if (i == n_fields)
      continue;
    buf_put(out, copied, (size_t)(m.value - copied));
    buf_json_string(out, fields[i].value, strlen(fields[i].value));
    copied = m.value + m.value_len;
  }
  if (last == NULL) /* an empty object */
    last = (const char *)memchr(text, '{', len) + 1;
  buf_put(out, copied, (size_t)(last - copied));
  for (size_t i = 0; i < n_fields; i++)
    if (!has_member(text, len, fields[i].name))
      buf_json_str(out, fields[i].name, fields[i].value);
  buf_put(out, last, (size_t)(text + len - last));
}
