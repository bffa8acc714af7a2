/* Wildcards without recursion: after a difference only the last `*` takes one
 * character more, because what earlier ones took can't help any further.
 */
#include "policy/match.h"

#include <stdint.h>
#include <string.h>

#define ARN_SEGMENTS 6

static char fold_byte(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool slice_equal(struct slice a, struct slice b)
{
  return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

bool slice_equal_folded(struct slice a, struct slice b)
{
  if (a.len != b.len)
    return false;
  for (size_t i = 0; i < a.len; i++)
    if (fold_byte(a.text[i]) != fold_byte(b.text[i]))
      return false;
  return true;
}

/* Where the character after the one at `at` begins. */
static size_t next_character(struct slice s, size_t at)
{
  at++;
  while (at < s.len && ((unsigned char)s.text[at] & 0xc0) == 0x80)
    at++;
  return at;
}

bool text_matches(struct slice pattern, struct slice text, bool fold)
{
  size_t p = 0, t = 0, star = SIZE_MAX, taken = 0;

  while (t < text.len) {
    char c = p < pattern.len ? pattern.text[p] : '\0';

    if (p < pattern.len && c == MARK_ANY) {
      if (p + 1 == pattern.len)
        return true;
      star = p++;
      taken = t;
    } else if (p < pattern.len && c == MARK_ONE) {
      p++;
      t = next_character(text, t);
    } else if (p < pattern.len &&
               c == (fold ? fold_byte(text.text[t]) : text.text[t])) {
      p++;
      t++;
    } else if (star != SIZE_MAX) {
      p = star + 1;
      taken = next_character(text, taken);
      t = taken;
    } else {
      return false;
    }
  }
  while (p < pattern.len && pattern.text[p] == MARK_ANY)
    p++;
  return p == pattern.len;
}

/* Takes what stands before the next colon, and the colon; false: there is
 * none. */
static bool segment_take(struct slice *s, struct slice *out)
{
  const char *colon = memchr(s->text, ':', s->len);

  if (colon == NULL)
    return false;
  *out = (struct slice){s->text, (size_t)(colon - s->text)};
  s->len -= out->len + 1;
  s->text = colon + 1;
  return true;
}

bool resource_matches(struct slice pattern, struct slice arn)
{
  struct slice p, a;

  for (int i = 1; i < ARN_SEGMENTS; i++) {
    if (!segment_take(&pattern, &p))
      return pattern.len > 0 && pattern.text[pattern.len - 1] == MARK_ANY &&
             text_matches(pattern, arn, false);
    if (!segment_take(&arn, &a) || !text_matches(p, a, false))
      return false;
  }
  return text_matches(pattern, arn, false);
}

static bool is_arn(struct slice s)
{
  struct slice first;

  if (!segment_take(&s, &first) || first.len != 3 ||
      memcmp(first.text, "arn", 3) != 0)
    return false;
  for (int i = 2; i < ARN_SEGMENTS; i++)
    if (!segment_take(&s, &first))
      return false;
  return true;
}

enum arn_match arn_matches(struct slice pattern, struct slice arn)
{
  struct slice p, a;
  bool same = true;

  if (!is_arn(arn))
    return ARN_NONE;
  for (int i = 1; i < ARN_SEGMENTS; i++) {
    if (!segment_take(&pattern, &p) || !segment_take(&arn, &a))
      return ARN_NONE;
    same = same && text_matches(p, a, false);
  }
  return same && text_matches(pattern, arn, false) ? ARN_MATCHES : ARN_DIFFERS;
}
