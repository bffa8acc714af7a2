/* The patterns by hand: five, all simpler than an engine for them. */
#include "api/pattern.h"

#include <string.h>

#define DIGITS  "0123456789"
#define LOWER   "abcdefghijklmnopqrstuvwxyz"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool is_all(const char *text, const char *of)
{
  return text[strspn(text, of)] == '\0';
}

static bool is_duration(const char *text)
{
  size_t n = strspn(text, DIGITS);

  return n > 0 && strcmp(text + n, "h") == 0;
}

static bool is_expression(const char *text)
{
  return text[0] != '\0' && is_all(text, DIGITS LETTERS "()#?*-/, ");
}

/* The ! that may come first is among the rest as well. */
static bool is_filter_value(const char *text)
{
  return is_all(text, LETTERS DIGITS " :_@/+=.-!");
}

static bool is_region(const char *text)
{
  unsigned words = 0;

  for (size_t n; (n = strspn(text, LOWER)) > 0 && text[n] == '-'; words++)
    text += n + 1;
  return words > 0 && text[0] != '\0' && is_all(text, DIGITS);
}

static bool is_rotation_token(const char *text)
{
  return text[0] != '\0' && is_all(text, LETTERS DIGITS "-");
}

const struct pattern pattern_duration = {"[0-9]+h", is_duration};
const struct pattern pattern_expression = {"[0-9A-Za-z\\(\\)#\\?\\*\\-\\/, ]+",
                                           is_expression};
const struct pattern pattern_filter_value = {
    "^\\!?[a-zA-Z0-9 :_@\\/\\+\\=\\.\\-\\!]*$", is_filter_value};
const struct pattern pattern_region = {"^([a-z]+-)+\\d+$", is_region};
const struct pattern pattern_rotation_token = {"^[a-zA-Z0-9\\-]+$",
                                               is_rotation_token};
