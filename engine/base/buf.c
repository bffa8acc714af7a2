/* Growing byte buffers and the JSON writer over them.  The writer knows no
 * nesting: it looks at the last byte to decide whether a comma is due.
 */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"

#define BUF_FIRST  256
#define READ_CHUNK 4096

void buf_init(struct buf *b, size_t max, bool secret)
{
  memset(b, 0, sizeof *b);
  b->max = max;
  b->secret = secret;
}

static void block_free(struct buf *b)
{
  if (b->data == NULL)
    return;
  if (b->secret) {
    secret_free(b->data);
  } else {
    secret_wipe(b->data, b->cap);
    free(b->data);
  }
}

void buf_release(struct buf *b)
{
  if (b == NULL)
    return;
  block_free(b);
  b->data = NULL;
  b->len = b->cap = 0;
  b->failed = false;
}

void buf_clear(struct buf *b)
{
  if (b->data != NULL)
    secret_wipe(b->data, b->cap);
  b->len = 0;
  b->failed = false;
}

char *buf_reserve(struct buf *b, size_t n)
{
  size_t need, cap;
  char *data;

  if (b->failed)
    return NULL;
  if (__builtin_add_overflow(b->len, n, &need) || need > b->max) {
    b->failed = true;
    return NULL;
  }
  if (b->data != NULL && need < b->cap)
    return b->data + b->len;
  /* With what secret memory puts in front of it, a power of two: a byte more
   * would take twice the room there. */
  cap = BUF_FIRST;
  while (cap - SECRET_BLOCK_HEAD <= need)
    cap *= 2;
  cap -= SECRET_BLOCK_HEAD;
  data = b->secret ? secret_malloc(cap) : malloc(cap);
  if (data == NULL) {
    b->failed = true;
    return NULL;
  }
  if (b->data != NULL)
    memcpy(data, b->data, b->len);
  data[b->len] = '\0';
  block_free(b);
  b->data = data;
  b->cap = cap;
  return b->data + b->len;
}

void buf_put(struct buf *b, const void *data, size_t len)
{
  char *to = buf_reserve(b, len);

  if (to == NULL)
    return;
  if (len > 0)
    memcpy(to, data, len);
  b->len += len;
  b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *text)
{
  buf_put(b, text, strlen(text));
}

void buf_putc(struct buf *b, char c)
{
  buf_put(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
  va_list ap, again;
  char *to;
  int n;

  va_start(ap, fmt);
  va_copy(again, ap);
  n = vsnprintf(NULL, 0, fmt, ap);
  va_end(ap);
  if (n < 0) {
    b->failed = true;
  } else if ((to = buf_reserve(b, (size_t)n)) != NULL) {
    (void)vsnprintf(to, (size_t)n + 1, fmt, again); /* measured above */
    b->len += (size_t)n;
  }
  va_end(again);
}

void buf_shift(struct buf *b, size_t n)
{
  if (n > b->len)
    n = b->len;
  if (n == 0)
    return;
  memmove(b->data, b->data + n, b->len - n);
  secret_wipe(b->data + b->len - n, n);
  b->len -= n;
  b->data[b->len] = '\0';
}

int buf_read(struct buf *b, int fd, struct err *e)
{
  for (;;) {
    char *at = buf_reserve(b, READ_CHUNK);
    ssize_t n;

    if (at == NULL)
      return buf_check(b, e);
    n = read(fd, at, READ_CHUNK);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return err_set(e, ERR_IO, "%s", strerror(errno));
    if (n == 0)
      return 0;
    b->len += (size_t)n;
    at[n] = '\0';
  }
}

int buf_check(const struct buf *b, struct err *e)
{
  if (b->failed)
    return err_set(e, ERR_NOMEM, "a text is larger than its cap of %zu bytes",
                   b->max);
  return 0;
}

/* How much of it goes into a JSON string as it is: eight bytes at a time, with
 * the high bit of each byte that may not. */
static size_t plain_len(const char *text, size_t len)
{
  const uint64_t ones = UINT64_MAX / 255, highs = ones << 7;
  size_t i = 0;

  for (uint64_t w; len - i >= sizeof w; i += sizeof w) {
    uint64_t quote, slash, control;

    memcpy(&w, text + i, sizeof w);
    quote = w ^ (ones * '"');
    slash = w ^ (ones * '\\');
    control = w - ones * 0x20; /* and of bytes of 0x80 on, which are masked */
    quote = (quote - ones) & ~quote;
    slash = (slash - ones) & ~slash;
    if (((quote | slash | (control & ~w)) & highs) != 0)
      break;
  }
  while (i < len && (unsigned char)text[i] >= 0x20 && text[i] != '"' &&
         text[i] != '\\')
    i++;
  return i;
}

void buf_json_string(struct buf *b, const char *text, size_t len)
{
  buf_putc(b, '"');
  while (len > 0) {
    size_t n = plain_len(text, len);

    buf_put(b, text, n);
    if (n == len)
      break;
    if (text[n] == '"' || text[n] == '\\') {
      buf_putc(b, '\\');
      buf_putc(b, text[n]);
    } else {
      buf_printf(b, "\\u%04x", (unsigned char)text[n]);
    }
    text += n + 1;
    len -= n + 1;
  }
  buf_putc(b, '"');
}

void buf_json_key(struct buf *b, const char *key)
{
  char last = b->len > 0 ? b->data[b->len - 1] : '{';

  if (last != '{' && last != '[')
    buf_putc(b, ',');
  buf_json_string(b, key, strlen(key));
  buf_putc(b, ':');
}

void buf_json_str(struct buf *b, const char *key, const char *value)
{
  if (value == NULL)
    return;
  buf_json_key(b, key);
  buf_json_string(b, value, strlen(value));
}

void buf_json_int(struct buf *b, const char *key, int64_t value)
{
  buf_json_key(b, key);
  buf_printf(b, "%lld", (long long)value);
}

void buf_json_bool(struct buf *b, const char *key, bool value)
{
  buf_json_key(b, key);
  buf_puts(b, value ? "true" : "false");
}

void buf_json_time(struct buf *b, const char *key, int64_t time_us)
{
  if (time_us == 0)
    return;
  buf_json_key(b, key);
  buf_printf(b, "%lld.%03d", (long long)(time_us / 1000000),
             (int)(time_us / 1000 % 1000));
}
