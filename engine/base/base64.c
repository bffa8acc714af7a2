/* Base64; no table lookups by what comes in, only by six bits. */
#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_encode(const struct secret *in, struct secret *out, struct err *e)
{
  struct secret s;
  int rc = secret_alloc((in->len + 2) / 3 * 4, &s, e);
  size_t o = 0;

  if (rc != 0)
    return rc;
  for (size_t i = 0; i < in->len; i += 3) {
    size_t left = in->len - i;
    uint32_t v = (uint32_t)in->data[i] << 16;

    v |= left > 1 ? (uint32_t)in->data[i + 1] << 8 : 0;
    v |= left > 2 ? in->data[i + 2] : 0;
    s.data[o++] = (unsigned char)letters[v >> 18];
    s.data[o++] = (unsigned char)letters[v >> 12 & 63];
    s.data[o++] = left > 1 ? (unsigned char)letters[v >> 6 & 63] : '=';
    s.data[o++] = left > 2 ? (unsigned char)letters[v & 63] : '=';
  }
  *out = s;
  return 0;
}

static int value_of(char c)
{
  const char *at = c == '\0' ? NULL : strchr(letters, c);

  return at == NULL ? -1 : (int)(at - letters);
}

/* Four letters to three bytes; false when one is no letter. */
static bool group(const char *text, unsigned n_pad, unsigned char *to)
{
  uint32_t v = 0;

  for (unsigned i = 0; i < 4; i++) {
    int d = i >= 4 - n_pad ? 0 : value_of(text[i]);

    if (d < 0)
      return false;
    v = v << 6 | (uint32_t)d;
  }
  to[0] = (unsigned char)(v >> 16);
  to[1] = (unsigned char)(v >> 8);
  to[2] = (unsigned char)v;
  return true;
}

int base64_decode(const char *text, size_t len, struct secret *out,
                  struct err *e)
{
  unsigned n_pad = 0;
  struct secret s;
  int rc;

  while (n_pad < 2 && n_pad < len && text[len - 1 - n_pad] == '=')
    n_pad++;
  if (len % 4 != 0)
    return err_set(e, ERR_SERIALIZATION, "the value is not base64");
  rc = secret_alloc(len / 4 * 3, &s, e);
  if (rc != 0)
    return rc;
  for (size_t i = 0; i < len; i += 4)
    if (!group(text + i, i + 4 == len ? n_pad : 0, s.data + i / 4 * 3)) {
      secret_release(&s);
      return err_set(e, ERR_SERIALIZATION, "the value is not base64");
    }
  s.len -= n_pad;
  s.data[s.len] = '\0';
  *out = s;
  return 0;
}
