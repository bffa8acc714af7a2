/* Redaction by plain search: a step has few values and its texts are short.
 * A value is looked for as it is and as JSON would write it.
 */
#include "kit/redact.h"

#include <string.h>

void redact_release(struct redact *r)
{
  for (size_t i = 0; i < r->n; i++)
    secret_release(&r->values[i]);
  r->n = 0;
}

static void value_add(struct redact *r, const void *data, size_t len)
{
  if (len < REDACT_LEN_MIN)
    return;
  for (size_t i = 0; i < r->n; i++)
    if (r->values[i].len == len && memcmp(r->values[i].data, data, len) == 0)
      return;
  if (r->n == REDACT_MAX || secret_copy(data, len, &r->values[r->n], NULL) != 0)
    r->overflow = true;
  else
    r->n++;
}

void redact_add(struct redact *r, const void *data, size_t len)
{
  struct buf json;

  value_add(r, data, len);
  buf_init(&json, 6 * SECRET_VALUE_MAX + 2, true);
  buf_json_string(&json, data, len);
  if (json.failed)
    r->overflow = true;
  else
    value_add(r, json.data + 1, json.len - 2);
  buf_release(&json);
}

void redact_add_json(struct redact *r, const json_t *value,
                     const json_t *schema)
{
  const json_t *properties = json_object_get(schema, "properties");
  const char *key;
  json_t *member;
  size_t i;

  if (json_is_string(value))
    redact_add(r, json_string_value(value), json_string_length(value));
  json_array_foreach (value, i, member)
    redact_add_json(r, member, json_object_get(schema, "items"));
  /* jansson's macro takes no const object, and changes none. */
  json_object_foreach ((json_t *)(uintptr_t)value, key, member) {
    const json_t *p = json_object_get(properties, key);

    if (p == NULL || json_is_true(json_object_get(p, "writeOnly")))
      redact_add_json(r, member, NULL);
    else if (!json_is_string(member))
      redact_add_json(r, member, p);
  }
}

/* The longest value that starts here. */
static size_t match_len(const struct redact *r, const char *text, size_t len)
{
  size_t best = 0;

  for (size_t i = 0; i < r->n; i++) {
    const struct secret *v = &r->values[i];

    if (v->len > best && v->len <= len && memcmp(text, v->data, v->len) == 0)
      best = v->len;
  }
  return best;
}

void redact_apply(const struct redact *r, const char *text, size_t len,
                  struct buf *out)
{
  size_t from = 0, i = 0;

  if (r->overflow) {
    buf_puts(out, "[redacted]");
    return;
  }
  while (i < len) {
    size_t n = match_len(r, text + i, len - i);

    if (n == 0) {
      i++;
      continue;
    }
    buf_put(out, text + from, i - from);
    buf_puts(out, "[redacted]");
    i += n;
    from = i;
  }
  buf_put(out, text + from, len - from);
}

const struct secret *redact_find(const struct redact *r, const char *text,
                                 size_t len)
{
  for (size_t i = 0; i < r->n; i++)
    if (memmem(text, len, r->values[i].data, r->values[i].len) != NULL)
      return &r->values[i];
  return NULL;
}
