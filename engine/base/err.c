/* Errors: the table of base/err.h made into lookups, and the text writer.
 * Deciding which code fits is the caller's business; so is logging it.
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
  const char *name, *fault;
  int status;
} table[ERR_COUNT] = {[ERR_OK] = {"ERR_OK", "", 200},
#define X(code, fault, status) [code] = {#code, fault, status},
                      ERR_TABLE(X)
#undef X
};

/* How many bytes the UTF-8 character has that begins here; 0: it is none. */
static size_t utf8_len(const char *text)
{
  unsigned char c = (unsigned char)text[0];
  size_t n = c < 0x80                ? 1
             : c >= 0xc2 && c < 0xe0 ? 2
             : c >= 0xe0 && c < 0xf0 ? 3
             : c >= 0xf0 && c < 0xf5 ? 4
                                     : 0;

  for (size_t i = 1; i < n; i++)
    if (((unsigned char)text[i] & 0xc0) != 0x80)
      return 0; /* which a NUL is as well */
  return n;
}

/* A precision, or the end of the room, can cut a character in two; what goes
 * out as JSON must be whole. */
static void mend(char *text)
{
  while (*text != '\0') {
    size_t n = utf8_len(text);

    if (n == 0)
      *text = '?';
    text += n == 0 ? 1 : n;
  }
}

void err_write(struct err *e, enum err_code code, const char *fmt, ...)
{
  va_list ap;

  if (e == NULL)
    return;
  e->code = code;
  va_start(ap, fmt);
  (void)vsnprintf(e->text, sizeof e->text, fmt, ap); /* cut is fine */
  va_end(ap);
  mend(e->text);
}

int err_wrap(struct err *e, const char *fmt, ...)
{
  char inner[ERR_TEXT_MAX];
  va_list ap;
  size_t n;

  if (e == NULL)
    return -(int)ERR_INTERNAL;
  memcpy(inner, e->text, sizeof inner);
  va_start(ap, fmt);
  (void)vsnprintf(e->text, sizeof e->text, fmt, ap); /* cut is fine */
  va_end(ap);
  n = strlen(e->text);
  (void)snprintf(e->text + n, sizeof e->text - n, ": %s", inner);
  mend(e->text);
  return -(int)e->code;
}

void err_clear(struct err *e)
{
  if (e == NULL)
    return;
  e->code = ERR_OK;
  e->text[0] = '\0';
}

static enum err_code known(enum err_code code)
{
  return (unsigned)code < ERR_COUNT ? code : ERR_INTERNAL;
}

const char *err_name(enum err_code code)
{
  return table[known(code)].name;
}

const char *err_fault(enum err_code code)
{
  return table[known(code)].fault;
}

int err_status(enum err_code code)
{
  return table[known(code)].status;
}
