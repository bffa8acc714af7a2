/* Walks a JSON pointer through a text that is known to be JSON, counting
 * lines on the way.
 */
#include "cli/position.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define KEY_MAX 4096

struct scanner {
  const char *at, *end;
  struct position pos;
};

static bool is_at(const struct scanner *s, const char *any)
{
  return s->at < s->end && *s->at != '\0' && strchr(any, *s->at) != NULL;
}

/* Bytes 0x80 to 0xbf go on a character that was counted. */
static void step(struct scanner *s)
{
  if (s->at == s->end)
    return;
  if (*s->at == '\n') {
    s->pos.line++;
    s->pos.column = 1;
  } else if (((unsigned char)s->at[1] & 0xc0) != 0x80 || s->at + 1 == s->end) {
    s->pos.column++;
  }
  s->at++;
}

static void skip(struct scanner *s, const char *any)
{
  while (is_at(s, any))
    step(s);
}

static void skip_string(struct scanner *s)
{
  step(s);
  while (s->at < s->end && *s->at != '"') {
    if (*s->at == '\\')
      step(s);
    step(s);
  }
  step(s);
}

static void skip_value(struct scanner *s)
{
  unsigned depth = 0;

  do {
    if (is_at(s, "\"")) {
      skip_string(s);
    } else if (is_at(s, "{[")) {
      depth++;
      step(s);
    } else if (is_at(s, "}]")) {
      depth--;
      step(s);
    } else {
      step(s);
      while (s->at < s->end && !is_at(s, "\"{}[], \t\r\n:"))
        step(s);
    }
    if (depth > 0)
      skip(s, ", \t\r\n:");
  } while (depth > 0 && s->at < s->end);
}

/* A key's text can hold escapes: jansson reads it. */
static bool key_is(const char *text, size_t len, const char *key)
{
  CLEANUP_JSON json_t *j = json_loadb(text, len, JSON_DECODE_ANY, NULL);

  return json_is_string(j) && strcmp(json_string_value(j), key) == 0;
}

/* Goes to a member's value; its key's place is told. */
static bool to_member(struct scanner *s, const char *key, struct position *out)
{
  step(s);
  for (skip(s, " \t\r\n"); is_at(s, "\""); skip(s, ", \t\r\n")) {
    struct position here = s->pos;
    const char *from = s->at;
    bool is_it;

    skip_string(s);
    is_it = key_is(from, (size_t)(s->at - from), key);
    skip(s, ": \t\r\n");
    if (is_it) {
      *out = here;
      return true;
    }
    skip_value(s);
  }
  return false;
}

static bool to_element(struct scanner *s, const char *token,
                       struct position *out)
{
  char *rest;
  unsigned long index = strtoul(token, &rest, 10);

  if (token[0] < '0' || token[0] > '9' || *rest != '\0')
    return false;
  step(s);
  skip(s, " \t\r\n");
  while (s->at < s->end && !is_at(s, "]")) {
    if (index-- == 0) {
      *out = s->pos;
      return true;
    }
    skip_value(s);
    skip(s, ", \t\r\n");
  }
  return false;
}

/* Takes "/token" off the pointer; ~1 is a slash, ~0 a tilde. */
static bool next_token(const char **pointer, char *out, size_t size)
{
  const char *p = *pointer;
  size_t n = 0;

  if (*p != '/')
    return false;
  for (p++; *p != '\0' && *p != '/'; p++) {
    char c = *p;

    if (c == '~' && (p[1] == '0' || p[1] == '1'))
      c = *++p == '1' ? '/' : '~';
    if (n + 1 == size)
      return false;
    out[n++] = c;
  }
  out[n] = '\0';
  *pointer = p;
  return true;
}

struct position position_find(const char *text, size_t len, const char *pointer)
{
  struct scanner s = {text, text + len, {1, 1}};
  struct position found;
  char token[KEY_MAX];

  skip(&s, " \t\r\n");
  found = s.pos;
  while (next_token(&pointer, token, sizeof token)) {
    if (is_at(&s, "{") ? !to_member(&s, token, &found)
                       : !is_at(&s, "[") || !to_element(&s, token, &found))
      break;
  }
  return found;
}
