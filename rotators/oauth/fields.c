/* fields.c - reads client and grant out of a secret, and refuses endpoints
 * that a token must not be sent to: plain http beyond loopback, credentials
 * in the URL.
 */
#include "fields.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <string.h>

int field_read(struct kt_step *step, enum kt_source source, const char *stage,
               const char *name, const char **out_value)
{
  const char *value = NULL;
  int r = step->host->get_field(step, source, stage, name, &value);

  if (r != KT_OK && r != KT_MISSING)
    return r;
  if (r == KT_MISSING || value[0] == '\0')
    value = NULL;
  *out_value = value;
  return KT_OK;
}

/* libcurl resolves localhost to the loopback addresses without asking. */
static bool is_loopback(const char *host)
{
  size_t n = strspn(host, "0123456789.");

  return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
         (strncmp(host, "127.", 4) == 0 && host[n] == '\0');
}

static bool has_part(CURLU *url, CURLUPart part)
{
  char *text = NULL;
  bool found = curl_url_get(url, part, &text, 0) == CURLUE_OK;

  curl_free(text);
  return found;
}

/* What is wrong with the endpoint, or NULL. */
static const char *find_fault(CURLU *url, const char *text)
{
  const char *fault = NULL;
  char *scheme = NULL, *host = NULL;

  for (const char *c = text; *c != '\0'; c++)
    if (*c <= ' ' || *c > '~')
      return "holds a space or another character that URLs escape";
  if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK ||
      curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
      curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
    fault = "is no https URL";
  else if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
    fault = "must not hold a user name or a password";
  else if (has_part(url, CURLUPART_FRAGMENT))
    fault = "must not have a fragment (#)";
  else if (strcmp(scheme, "http") == 0 && !is_loopback(host))
    fault = "must be https: http is for loopback addresses only";
  else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
    fault = "is no https URL";
  curl_free(scheme);
  curl_free(host);
  return fault;
}

static int check_endpoint(struct kt_step *step, const char *name,
                          const char *text)
{
  CURLU *url;
  const char *fault;

  if (text == NULL)
    return KT_OK;
  url = curl_url();
  if (url == NULL)
    return KT_BUSY;
  fault = find_fault(url, text);
  curl_url_cleanup(url);
  if (fault == NULL)
    return KT_OK;
  step->host->error(step, "endpoint", "\"%s\" %s", name, fault);
  return KT_CONFIG;
}

static int read_auth(struct kt_step *step, const char *word, struct client *c)
{
  if (word == NULL)
    c->auth = c->secret != NULL ? CLIENT_BASIC : CLIENT_NONE;
  else if (strcmp(word, "client_secret_basic") == 0)
    c->auth = CLIENT_BASIC;
  else if (strcmp(word, "client_secret_post") == 0)
    c->auth = CLIENT_POST;
  else if (strcmp(word, "none") == 0)
    c->auth = CLIENT_NONE;
  else {
    step->host->error(step, "client-auth",
                      "\"client_auth\" must be client_secret_basic, "
                      "client_secret_post or none");
    return KT_CONFIG;
  }
  if (c->auth == CLIENT_NONE) {
    c->secret = NULL;
  } else if (c->secret == NULL) {
    step->host->error(step, "field-missing",
                      "the secret needs \"client_secret\", or "
                      "\"client_auth\": \"none\"");
    return KT_CONFIG;
  }
  return KT_OK;
}

static int require(struct kt_step *step, const char *name, const char *value)
{
  if (value != NULL)
    return KT_OK;
  step->host->error(step, "field-missing", "the secret needs \"%s\"", name);
  return KT_CONFIG;
}

static int require_version(struct kt_step *step, const char *stage)
{
  const void *data;
  size_t len;

  return step->host->get_value(step, KT_SECRET, stage, &data, &len);
}

struct wanted {
  const char *name, **into;
  bool required;
};

static int read_members(struct kt_step *step, const char *stage,
                        const struct wanted *wanted, size_t n)
{
  int r = require_version(step, stage);

  for (size_t i = 0; i < n && r == KT_OK; i++) {
    r = field_read(step, KT_SECRET, stage, wanted[i].name, wanted[i].into);
    if (r == KT_OK && wanted[i].required)
      r = require(step, wanted[i].name, *wanted[i].into);
  }
  return r;
}

int client_read(struct kt_step *step, const char *stage, struct client *out)
{
  struct client c = {0};
  const char *auth = NULL;
  const struct wanted wanted[] = {
      {"token_endpoint", &c.token_endpoint, true},
      {"client_id", &c.id, true},
      {"client_secret", &c.secret, false},
      {"client_auth", &auth, false},
      {"introspection_endpoint", &c.introspection_endpoint, false},
      {"probe_url", &c.probe_url, false},
      {"cafile", &c.cafile, false},
  };
  int r = read_members(step, stage, wanted, sizeof wanted / sizeof *wanted);

  if (r == KT_OK)
    r = read_auth(step, auth, &c);
  if (r == KT_OK)
    r = check_endpoint(step, "token_endpoint", c.token_endpoint);
  if (r == KT_OK)
    r = check_endpoint(step, "introspection_endpoint",
                       c.introspection_endpoint);
  if (r == KT_OK)
    r = check_endpoint(step, "probe_url", c.probe_url);
  if (r == KT_OK)
    *out = c;
  return r;
}

int grant_read(struct kt_step *step, const char *stage, struct grant *out)
{
  struct grant g = {0};
  const struct wanted wanted[] = {
      {"refresh_token", &g.refresh_token, true},
      {"access_token", &g.access_token, false},
  };
  int r = read_members(step, stage, wanted, sizeof wanted / sizeof *wanted);

  if (r == KT_OK)
    *out = g;
  return r;
}
