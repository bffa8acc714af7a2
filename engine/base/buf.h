/* Growing byte buffers with a cap, zeroed whenever memory is given back.
 *
 * A buffer made with `secret` lives in secret memory (base/secret.h); a
 * plain one must never be given a secret.  Once a write did not fit, the
 * buffer stays `failed` and further writes do nothing: check it once at the
 * end.  Also a writer of JSON text for replies of fixed shape.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct buf {
  char *data; /* NUL-terminated; NULL while empty */
  size_t len, cap, max;
  bool secret, failed;
};

/* `max`: the most bytes it may ever hold. */
void buf_init(struct buf *b, size_t max, bool secret);
void buf_release(struct buf *b);
/* Empties it, zeroes what it held, keeps the memory. */
void buf_clear(struct buf *b);

void buf_put(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Makes room for n more bytes and returns where they go, or NULL. */
char *buf_reserve(struct buf *b, size_t n);
/* Appends what is left of a file.  ERR_IO, or ERR_NOMEM when it does not fit;
 * no path in the text. */
int buf_read(struct buf *b, int fd, struct err *e);
/* Drops the first n bytes. */
void buf_shift(struct buf *b, size_t n);
/* 0, or ERR_NOMEM when a write did not fit. */
int buf_check(const struct buf *b, struct err *e);

/* JSON: `"text"` with everything escaped that RFC 8259 asks for.  Bytes of
 * 0x80 and above are passed through: the input is UTF-8. */
void buf_json_string(struct buf *b, const char *text, size_t len);
/* Inside an object: writes `,` where one is due and `"key":`. */
void buf_json_key(struct buf *b, const char *key);
/* key and value; a NULL value writes nothing at all (AWS leaves unset fields
 * out). */
void buf_json_str(struct buf *b, const char *key, const char *value);
void buf_json_int(struct buf *b, const char *key, int64_t value);
void buf_json_bool(struct buf *b, const char *key, bool value);
/* AWS's time: seconds with milliseconds, as a number.  0 writes nothing. */
void buf_json_time(struct buf *b, const char *key, int64_t time_us);

#endif
