/* Words of ASCII letters; other bytes of UTF-8 belong to the word they are in.
 */
#include "api/filter_words.h"

#include <string.h>
#include <strings.h>

#define BETWEEN " \t\r\n/_+=.@-"

static bool is_upper(char c)
{
  return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
  return c >= 'a' && c <= 'z';
}

/* Does a word begin at p, inside what no separator divides?  p[-1] is there.
 * In a run of capitals the last but one does, where small ones follow. */
static bool begins_hump(const char *p)
{
  if (!is_upper(p[0]))
    return false;
  return !is_upper(p[-1]) || (is_upper(p[1]) && is_lower(p[2]));
}

bool word_next(const char **at, const char **out_word, size_t *out_len)
{
  const char *start = *at + strspn(*at, BETWEEN), *end = start;

  if (*start == '\0')
    return false;
  do
    end++;
  while (*end != '\0' && strchr(BETWEEN, *end) == NULL && !begins_hump(end));
  *at = end;
  *out_word = start;
  *out_len = (size_t)(end - start);
  return true;
}

static bool begins_word_of(const char *wanted, size_t len, const char *text)
{
  const char *word;
  size_t n;

  while (word_next(&text, &word, &n))
    if (n >= len && strncasecmp(word, wanted, len) == 0)
      return true;
  return false;
}

bool words_begin(const char *wanted, const char *const *texts, size_t n)
{
  const char *word;
  size_t len;

  while (word_next(&wanted, &word, &len)) {
    size_t i = 0;

    while (i < n && (texts[i] == NULL || !begins_word_of(word, len, texts[i])))
      i++;
    if (i == n)
      return false;
  }
  return true;
}
