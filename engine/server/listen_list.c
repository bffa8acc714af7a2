/* Words of entries, one after the other. */
#include "server/listen_list.h"

#include <string.h>

#include "api/worker.h"

#define SPACE    " \t"
#define ENDPOINT "endpoint="
#define NAME                   \
  "abcdefghijklmnopqrstuvwxyz" \
  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

static bool word_copy(const char *word, size_t len, char *out, size_t size)
{
  if (len == 0 || len >= size)
    return false;
  memcpy(out, word, len);
  out[len] = '\0';
  return true;
}

static bool option_parse(const char *word, size_t len, struct listen_entry *out)
{
  size_t key = strlen(ENDPOINT);

  if (len == 3 && memcmp(word, "tls", 3) == 0 && !out->is_tls) {
    out->is_tls = true;
    return true;
  }
  return len > key && memcmp(word, ENDPOINT, key) == 0 &&
         out->endpoint[0] == '\0' &&
         word_copy(word + key, len - key, out->endpoint,
                   sizeof out->endpoint) &&
         strspn(out->endpoint, NAME) == len - key;
}

/* *at: behind it, at the comma or the end. */
static bool entry_parse(const char **at, struct listen_entry *out)
{
  size_t n = 0;

  memset(out, 0, sizeof *out);
  for (;; n++) {
    const char *word = *at + strspn(*at, SPACE);
    size_t len = strcspn(word, SPACE ",");

    *at = word + len;
    if (len == 0)
      return n > 0;
    if (n == 0 ? !word_copy(word, len, out->address, sizeof out->address) ||
                     !listen_is_address(out->address)
               : !option_parse(word, len, out))
      return false;
  }
}

bool listen_list_parse(const char *text, struct listen_entry *out,
                       size_t *out_n)
{
  size_t n = 0;

  if (text[strspn(text, SPACE)] != '\0')
    for (;;) {
      if (n == LISTEN_LIST_MAX || !entry_parse(&text, &out[n]))
        return false;
      n++;
      if (*text == '\0')
        break;
      text++; /* the comma */
    }
  *out_n = n;
  return true;
}
