/* What may be written behind a setting's name, by type. */
#include "server/config_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/worker.h"
#include "base/log.h"
#include "server/listen_list.h"
#include "server/region_list.h"
#include "store/rows.h"

/* In the order of enum tls_client_auth; the other by what it stands for. */
static const char *const client_words[] = {"off", "optional", "required", NULL};
static const char *const tls_words[] = {"1.2", "1.3", NULL};

void setting_expected(const struct setting *s, char *out, size_t size)
{
  long long least = (long long)s->least, most = (long long)s->most;

  switch (s->type) {
  case CONFIG_TEXT:
    (void)snprintf(out, size, "a text of %lld to %d bytes", least,
                   CONFIG_TEXT_MAX - 1);
    break;
  case CONFIG_REGION:
    (void)snprintf(out, size, "1 to 32 of a-z, 0-9 and -, as in eu-central-1");
    break;
  case CONFIG_REGIONS:
    (void)snprintf(out, size, "%s", REGION_LIST_GRAMMAR);
    break;
  case CONFIG_ACCOUNT:
    (void)snprintf(out, size, "twelve digits");
    break;
  case CONFIG_NODE:
    (void)snprintf(out, size, "a name of at most %d bytes",
                   STORE_OWNER_MAX - 1);
    break;
  case CONFIG_LISTEN:
    (void)snprintf(out, size, "%s", LISTEN_LIST_GRAMMAR);
    break;
  case CONFIG_ADDRESS:
    (void)snprintf(out, size,
                   "a numeric address and a port, as in 127.0.0.1:9200");
    break;
  case CONFIG_LEVEL:
    (void)snprintf(out, size, "debug, info, warn or error");
    break;
  case CONFIG_CLIENTS:
    (void)snprintf(out, size, "off, optional or required");
    break;
  case CONFIG_TLS:
    (void)snprintf(out, size, "1.2 or 1.3");
    break;
  case CONFIG_NUMBER:
    (void)snprintf(out, size, "a number from %lld to %lld", least, most);
    break;
  case CONFIG_SECONDS:
    (void)snprintf(out, size,
                   "%lld to %lld seconds, as in 30, 30s, 2m or 500ms", least,
                   most);
    break;
  case CONFIG_BOOL:
    (void)snprintf(out, size, "yes or no");
    break;
  }
}

static bool text_parse(const struct setting *s, const char *text,
                       union config_value *out)
{
  size_t len = strlen(text);

  if (len < (size_t)s->least || len >= sizeof out->text)
    return false;
  memcpy(out->text, text, len + 1);
  return true;
}

static bool is_account(const char *text)
{
  return strlen(text) == 12 && strspn(text, "0123456789") == 12;
}

/* Digits; *out_rest: what follows them. */
static bool digits_parse(const char *text, int64_t *out, const char **out_rest)
{
  char *end;

  if (!isdigit((unsigned char)text[0]))
    return false;
  errno = 0;
  *out = strtoll(text, &end, 10);
  *out_rest = end;
  return errno == 0;
}

static bool number_parse(const struct setting *s, const char *text,
                         int64_t *out)
{
  const char *rest;

  return digits_parse(text, out, &rest) && *rest == '\0' && *out >= s->least &&
         *out <= s->most;
}

static bool seconds_parse(const struct setting *s, const char *text,
                          int64_t *out_ms)
{
  static const struct {
    const char *unit;
    int64_t ms;
  } units[] = {{"", 1000}, {"s", 1000}, {"m", 60000}, {"ms", 1}};
  const char *rest;
  int64_t n, ms;

  if (!digits_parse(text, &n, &rest))
    return false;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (strcmp(rest, units[i].unit) == 0) {
      if (__builtin_mul_overflow(n, units[i].ms, &ms) || ms < s->least * 1000 ||
          ms > s->most * 1000)
        return false;
      *out_ms = ms;
      return true;
    }
  return false;
}

/* Which of the words, that end in NULL. */
static bool word_parse(const char *const words[], const char *text,
                       int64_t *out)
{
  for (size_t i = 0; words[i] != NULL; i++)
    if (strcasecmp(text, words[i]) == 0) {
      *out = (int64_t)i;
      return true;
    }
  return false;
}

static bool bool_parse(const char *text, int64_t *out)
{
  static const char *const words[] = {"no", "yes", "false", "true", "off",
                                      "on", "0",   "1",     NULL};

  if (!word_parse(words, text, out))
    return false;
  *out %= 2;
  return true;
}

static bool listen_parse(const struct setting *s, const char *text,
                         union config_value *out)
{
  struct listen_entry entries[LISTEN_LIST_MAX];
  size_t n;

  return listen_list_parse(text, entries, &n) && text_parse(s, text, out);
}

static bool address_parse(const struct setting *s, const char *text,
                          union config_value *out)
{
  return (text[0] == '\0' || listen_is_address(text)) &&
         text_parse(s, text, out);
}

static bool regions_parse(const struct setting *s, const char *text,
                          union config_value *out)
{
  struct region_list list;

  return region_list_parse(text, &list) && text_parse(s, text, out);
}

bool setting_parse(const struct setting *s, const char *text,
                   union config_value *out)
{
  switch (s->type) {
  case CONFIG_TEXT:
    return text_parse(s, text, out);
  case CONFIG_REGION:
    return is_region(text) && text_parse(s, text, out);
  case CONFIG_REGIONS:
    return regions_parse(s, text, out);
  case CONFIG_ACCOUNT:
    return is_account(text) && text_parse(s, text, out);
  case CONFIG_NODE:
    return strlen(text) < STORE_OWNER_MAX && text_parse(s, text, out);
  case CONFIG_LISTEN:
    return listen_parse(s, text, out);
  case CONFIG_ADDRESS:
    return address_parse(s, text, out);
  case CONFIG_LEVEL:
    out->number = log_level_parse(text);
    return out->number >= 0;
  case CONFIG_CLIENTS:
    return word_parse(client_words, text, &out->number);
  case CONFIG_TLS:
    return word_parse(tls_words, text, &out->number);
  case CONFIG_NUMBER:
    return number_parse(s, text, &out->number);
  case CONFIG_SECONDS:
    return seconds_parse(s, text, &out->number);
  case CONFIG_BOOL:
    return bool_parse(text, &out->number);
  }
  return false;
}

bool setting_is_text(const struct setting *s)
{
  return s->type < CONFIG_LEVEL;
}

void setting_show(const struct setting *s, const union config_value *v,
                  char *out, size_t size)
{
  static const char *const levels[] = {"debug", "info", "warn", "error"};

  switch (s->type) {
  case CONFIG_LEVEL:
    (void)snprintf(out, size, "%s", levels[v->number]);
    break;
  case CONFIG_CLIENTS:
    (void)snprintf(out, size, "%s", client_words[v->number]);
    break;
  case CONFIG_TLS:
    (void)snprintf(out, size, "%s", tls_words[v->number]);
    break;
  case CONFIG_NUMBER:
    (void)snprintf(out, size, "%lld", (long long)v->number);
    break;
  case CONFIG_SECONDS:
    (void)snprintf(out, size, "%lldms", (long long)v->number);
    break;
  case CONFIG_BOOL:
    (void)snprintf(out, size, "%s", v->number ? "yes" : "no");
    break;
  default:
    (void)snprintf(out, size, "%s", v->text); /* cut */
    break;
  }
}
