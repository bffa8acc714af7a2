/* probe.c - test_secret and check: what can be learned without spending.
 *
 * The access token is tested, as readers will use it: by introspection, else
 * by a request to probe_url.  A spent refresh token makes AWSCURRENT dead
 * whatever its access token still opens, and it must be called so: else the
 * engine would drop AWSPENDING, and with it the grant.
 */
#include <string.h>

#include "form.h"
#include "http.h"
#include "introspect.h"
#include "reply.h"
#include "steps.h"

/* ---- test_secret -------------------------------------------------------- */

/* RFC 6750's tokens, and nothing that could end a header line. */
static bool fits_header(const char *token)
{
  for (const char *c = token; *c != '\0'; c++)
    if (*c <= ' ' || *c > '~')
      return false;
  return true;
}

static int make_bearer(struct kt_step *step, const char *token,
                       const char **out_header)
{
  static const char start[] = "Authorization: Bearer ";
  size_t len = strlen(token) + 1;
  char *text = step->host->scratch(step, sizeof start - 1 + len);

  if (!fits_header(token)) {
    step->host->error(step, "access-token",
                      "the access token holds characters that no Bearer token "
                      "may have");
    return KT_CONFIG;
  }
  if (text == NULL)
    return KT_BUSY;
  memcpy(text, start, sizeof start - 1);
  memcpy(text + sizeof start - 1, token, len);
  *out_header = text;
  return KT_OK;
}

static int judge_probe(struct kt_step *step, long status)
{
  if (status >= 200 && status <= 299)
    return KT_OK;
  if (status == 401) {
    step->host->error(step, "access-token-refused",
                      "probe_url answered 401: it does not take the access "
                      "token");
    return KT_AUTH;
  }
  if (status == 403) {
    step->host->error(step, "probe-denied",
                      "probe_url answered 403: the token is known, but its "
                      "scope does not reach: take another probe_url");
    return KT_DENIED;
  }
  if (status == 408 || status == 429 || status >= 500) {
    step->host->error(step, "busy", "probe_url answered %ld", status);
    return KT_BUSY;
  }
  step->host->error(step, "probe-unexpected",
                    "probe_url answered %ld, not 2xx: is it the right URL?",
                    status);
  return KT_CONFIG;
}

static int probe_url(struct kt_step *step, const struct client *client,
                     const char *token)
{
  struct http_request request = {
      .name = "probe_url", .url = client->probe_url, .cafile = client->cafile};
  struct http_reply reply = {0};
  int r = make_bearer(step, token, &request.header);

  if (r == KT_OK)
    r = http_ask(step, &request, &reply);
  return r == KT_OK ? judge_probe(step, reply.status) : r;
}

static int test_access_token(struct kt_step *step, const struct client *client,
                             const char *token)
{
  bool active = false;
  int r = KT_OK;

  if (client->introspection_endpoint != NULL) {
    r = introspect(step, client, token, "access_token", &active);
    if (r == KT_OK && !active) {
      step->host->error(step, "access-token-inactive",
                        "introspection_endpoint says that the access token is "
                        "not active");
      return KT_AUTH;
    }
  }
  if (r == KT_OK && client->probe_url != NULL)
    r = probe_url(step, client, token);
  if (client->introspection_endpoint == NULL && client->probe_url == NULL)
    step->host->log(step, KT_WARN,
                    "nothing was tested: the secret names neither "
                    "introspection_endpoint nor probe_url");
  return r;
}

/* Has AWSCURRENT's refresh token been exchanged for AWSPENDING's? */
static bool is_spent(struct kt_step *step, const struct grant *current)
{
  const char *pending = NULL;

  return strcmp(step->stage, "AWSCURRENT") == 0 &&
         step->host->get_field(step, KT_SECRET, "AWSPENDING", "refresh_token",
                               &pending) == KT_OK &&
         strcmp(pending, current->refresh_token) != 0;
}

int probe_test(struct kt_step *step)
{
  struct client client;
  struct grant grant;
  int r = client_read(step, step->stage, &client);

  if (r == KT_OK)
    r = grant_read(step, step->stage, &grant);
  if (r != KT_OK)
    return r;
  if (is_spent(step, &grant)) {
    step->host->error(step, "token-spent",
                      "AWSCURRENT's refresh token was exchanged for that of "
                      "AWSPENDING: only the latter is of use");
    return KT_AUTH;
  }
  if (grant.access_token == NULL) {
    step->host->log(step, KT_WARN,
                    "nothing was tested: there is no access_token yet");
    return KT_OK;
  }
  return test_access_token(step, &client, grant.access_token);
}

/* ---- check -------------------------------------------------------------- */

/* Any answer will do: it came through TLS, from the right server. */
static int reach_token_endpoint(struct kt_step *step,
                                const struct client *client)
{
  struct http_request request = {.name = "token_endpoint",
                                 .url = client->token_endpoint,
                                 .cafile = client->cafile,
                                 .head = true};
  struct http_reply reply = {0};

  return http_ask(step, &request, &reply);
}

static int check_grant(struct kt_step *step, const struct client *client)
{
  struct grant grant;
  bool active = false;
  int r = grant_read(step, "AWSCURRENT", &grant);

  if (r != KT_OK)
    return r;
  if (client->introspection_endpoint == NULL) {
    step->host->log(step, KT_WARN,
                    "whether the refresh token is good is not known: the "
                    "secret names no introspection_endpoint");
    return KT_OK;
  }
  r = introspect(step, client, grant.refresh_token, "refresh_token", &active);
  if (r == KT_OK && !active) {
    step->host->error(step, "grant-inactive",
                      "introspection_endpoint says that the refresh token is "
                      "not active: a person must consent again and put the "
                      "new refresh_token into the secret");
    return KT_REAUTH_REQUIRED;
  }
  return r;
}

int probe_check(struct kt_step *step)
{
  struct client client;
  int r = client_read(step, "AWSCURRENT", &client);

  if (r == KT_OK)
    r = reach_token_endpoint(step, &client);
  if (r == KT_OK)
    r = check_grant(step, &client);
  if (r == KT_OK && client.probe_url == NULL &&
      client.introspection_endpoint == NULL)
    step->host->log(step, KT_WARN,
                    "rotations will not be tested: the secret names neither "
                    "introspection_endpoint nor probe_url");
  if (r == KT_OK)
    step->host->log(step, KT_INFO, "ready: token_endpoint answers");
  return r;
}
