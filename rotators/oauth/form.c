/* form.c - percent-encoding and base64 into scratch memory.
 *
 * RFC 6749 section 2.3.1 wants id and secret form-encoded before they become
 * a Basic credential; the encoding here escapes all but the unreserved
 * characters, which servers that forget to decode do not notice for ordinary
 * credentials.
 */
#include "form.h"

#include <string.h>

static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789-._~";

static void put(struct form *f, char c)
{
  if (f->failed || f->len + 1 >= f->size) {
    f->failed = true;
    return;
  }
  f->text[f->len++] = c;
}

static void put_encoded(struct form *f, const char *text)
{
  static const char hex[] = "0123456789ABCDEF";

  for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
    if (strchr(unreserved, *c) != NULL) {
      put(f, (char)*c);
    } else {
      put(f, '%');
      put(f, hex[*c >> 4]);
      put(f, hex[*c & 15]);
    }
  }
}

void form_init(struct form *f, struct kt_step *step, size_t room)
{
  memset(f, 0, sizeof *f);
  f->failed = room > SIZE_MAX / 4 - 64;
  if (f->failed)
    return;
  f->size = room * 3 + 64; /* and some for the separators */
  f->text = step->host->scratch(step, f->size);
  f->failed = f->text == NULL;
}

void form_add(struct form *f, const char *name, const char *value)
{
  if (f->len > 0)
    put(f, '&');
  put_encoded(f, name);
  put(f, '=');
  put_encoded(f, value);
}

static void put_base64(struct form *f, const char *text, size_t len)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";

  for (size_t i = 0; i < len; i += 3) {
    uint32_t group = (uint32_t)(unsigned char)text[i] << 16;

    if (i + 1 < len)
      group |= (uint32_t)(unsigned char)text[i + 1] << 8;
    if (i + 2 < len)
      group |= (uint32_t)(unsigned char)text[i + 2];
    put(f, digits[group >> 18]);
    put(f, digits[group >> 12 & 63]);
    put(f, i + 1 < len ? digits[group >> 6 & 63] : '=');
    put(f, i + 2 < len ? digits[group & 63] : '=');
  }
}

static int make_basic(struct kt_step *step, const struct client *client,
                      const char **out_header)
{
  size_t room = form_client_room(client);
  struct form pair, header;

  form_init(&pair, step, room);
  put_encoded(&pair, client->id);
  put(&pair, ':');
  put_encoded(&pair, client->secret);
  form_init(&header, step, pair.len * 2);
  for (const char *c = "Authorization: Basic "; *c != '\0'; c++)
    put(&header, *c);
  if (!pair.failed)
    put_base64(&header, pair.text, pair.len);
  if (pair.failed || header.failed)
    return KT_BUSY;
  *out_header = header.text;
  return KT_OK;
}

size_t form_client_room(const struct client *client)
{
  return strlen(client->id) + (client->secret ? strlen(client->secret) : 0) +
         sizeof "client_id" + sizeof "client_secret";
}

int form_authenticate(struct form *f, struct kt_step *step,
                      const struct client *client, const char **out_header)
{
  *out_header = NULL;
  if (client->auth == CLIENT_BASIC)
    return make_basic(step, client, out_header);
  form_add(f, "client_id", client->id);
  if (client->auth == CLIENT_POST)
    form_add(f, "client_secret", client->secret);
  return f->failed ? KT_BUSY : KT_OK;
}
