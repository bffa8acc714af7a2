/* Compiles texts to patterns, and writes a request's values into them. */
#include "policy/pattern.h"

#include <string.h>

#define QUOTED_MAX 80 /* characters of the text that an error shows */

struct compile {
  struct slice in;
  size_t at;
  unsigned special;
  char *out;
  size_t n;
  struct err *e;
};

static int variable_refuse(const struct compile *c, size_t from)
{
  size_t left = c->in.len - from;

  return err_set(c->e, ERR_POLICY_SYNTAX,
                 "\"%.*s\" is no variable; these are: ${key}, "
                 "${key, 'default'}, ${*}, ${?} and ${$}",
                 (int)(left < QUOTED_MAX ? left : QUOTED_MAX),
                 c->in.text + from);
}

static void put(struct compile *c, const char *text, size_t len)
{
  memcpy(c->out + c->n, text, len);
  c->n += len;
}

static void put_mark(struct compile *c, char mark)
{
  c->out[c->n++] = mark;
}

/* From after the key: `, 'text'`.  False: it is not that. */
static bool default_compile(struct compile *c)
{
  const char *end = c->in.text + c->in.len, *at = c->in.text + c->at, *quote;

  if (at == end || *at != ',')
    return true;
  at++;
  while (at < end && *at == ' ')
    at++;
  if (at == end || *at != '\'')
    return false;
  at++;
  quote = memchr(at, '\'', (size_t)(end - at));
  if (quote == NULL)
    return false;
  put_mark(c, MARK_DEFAULT);
  put(c, at, (size_t)(quote - at));
  c->at = (size_t)(quote + 1 - c->in.text);
  return true;
}

/* From c->at to `}` or a comma, without the blanks around it: AWS's examples
 * have some. */
static struct slice key_take(struct compile *c)
{
  const char *end = c->in.text + c->in.len;
  struct slice key = {c->in.text + c->at, 0};
  const char *at = key.text;

  while (at < end && *at != '}' && *at != ',')
    at++;
  c->at = (size_t)(at - c->in.text);
  while (key.text < at && *key.text == ' ')
    key.text++;
  while (key.text < at && at[-1] == ' ')
    at--;
  key.len = (size_t)(at - key.text);
  return key;
}

/* At `${`. */
static int variable_compile(struct compile *c, struct pattern *out)
{
  size_t from = c->at;
  struct slice key;

  c->at += 2;
  key = key_take(c);
  if (key.len == 0)
    return variable_refuse(c, from);
  if (key.len == 1 && strchr("*?$", *key.text) != NULL) {
    put(c, key.text, 1);
  } else {
    out->variable = true;
    put_mark(c, MARK_KEY);
    put(c, key.text, key.len);
    put_mark(c, '\0');
    if (!default_compile(c))
      return variable_refuse(c, from);
    put_mark(c, MARK_END);
  }
  if (c->at == c->in.len || c->in.text[c->at] != '}')
    return variable_refuse(c, from);
  c->at++;
  return 0;
}

static int compile(struct compile *c, struct pattern *out)
{
  while (c->at < c->in.len) {
    char byte = c->in.text[c->at];
    int rc;

    if ((c->special & PATTERN_VARIABLE) != 0 && byte == '$' &&
        c->at + 1 < c->in.len && c->in.text[c->at + 1] == '{') {
      rc = variable_compile(c, out);
      if (rc != 0)
        return rc;
      continue;
    }
    c->at++;
    if ((c->special & PATTERN_WILD) != 0 && (byte == '*' || byte == '?')) {
      out->wild = true;
      byte = byte == '*' ? MARK_ANY : MARK_ONE;
    } else if ((c->special & PATTERN_FOLD) != 0 && byte >= 'A' && byte <= 'Z') {
      byte = (char)(byte - 'A' + 'a');
    }
    put_mark(c, byte);
  }
  return 0;
}

int pattern_compile(struct arena *a, struct slice text, unsigned special,
                    struct pattern *out, struct err *e)
{
  struct compile c = {.in = text, .special = special, .e = e};
  struct pattern p = {.all = false};
  int rc;

  /* No variable grows: its marks are no more than `${`, the comma or space or
   * quotes, and `}`. */
  c.out = arena_take(a, text.len + 1, 1);
  if (c.out == NULL)
    return err_set(e, ERR_NOMEM, "no memory for a policy");
  rc = compile(&c, &p);
  if (rc != 0)
    return rc;
  p.s = (struct slice){c.out, c.n};
  p.all = p.wild && c.n == 1 && c.out[0] == MARK_ANY;
  *out = p;
  return 0;
}

/* A value that would be taken for marks is none: it isn't UTF-8. */
static bool is_text(const char *value)
{
  for (; *value != '\0'; value++)
    if ((unsigned char)*value >= MARK_FIRST)
      return false;
  return true;
}

/* Where a mark stands; `end` when it does not. */
static const char *mark_find(const char *at, const char *end, char mark)
{
  const char *found = memchr(at, (unsigned char)mark, (size_t)(end - at));

  return found == NULL ? end : found;
}

/* The value of the variable whose key begins at `key` and whose MARK_END is at
 * `end`: 1, 0 or negative. */
static int value_find(const struct policy_request *r, const char *key,
                      const char *end, struct slice *out, struct err *e)
{
  struct policy_values v = {NULL, 0};
  int rc = r->find_key(r->find_ctx, key, &v, e);

  if (rc < 0)
    return rc;
  if (rc == 0 || v.n == 0) {
    const char *after = key + strlen(key) + 1;

    if (*after != MARK_DEFAULT)
      return 0;
    *out = (struct slice){after + 1, (size_t)(end - after - 1)};
    return 1;
  }
  if (v.n > 1 || !is_text(v.values[0]))
    return 0;
  *out = (struct slice){v.values[0], strlen(v.values[0])};
  return 1;
}

int pattern_expand(const struct pattern *p, const struct policy_request *r,
                   char buffer[EXPANDED_MAX], struct slice *out, struct err *e)
{
  const char *at = p->s.text, *end = at + p->s.len;
  size_t n = 0;

  if (!p->variable) {
    *out = p->s;
    return 1;
  }
  while (at < end) {
    struct slice piece = {at, (size_t)(mark_find(at, end, MARK_KEY) - at)};

    at += piece.len;
    if (piece.len == 0) {
      const char *last = mark_find(at, end, MARK_END);
      int rc = value_find(r, at + 1, last, &piece, e);

      if (rc <= 0)
        return rc;
      at = last + 1;
    }
    if (piece.len > EXPANDED_MAX - n)
      return err_set(e, ERR_LIMIT,
                     "a policy's text with its variables filled in is longer "
                     "than %d bytes",
                     EXPANDED_MAX);
    memcpy(buffer + n, piece.text, piece.len);
    n += piece.len;
  }
  *out = (struct slice){buffer, n};
  return 1;
}
