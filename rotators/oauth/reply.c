/* reply.c - reads replies, and maps errors to classes.
 *
 * A server's words are not trusted: an error code is shown only if it is in
 * the table, a description only in short words, because a token that a
 * server quotes is a long one.
 */
#include "reply.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define DESCRIPTION_MAX 200
#define WORD_MAX        20
#define LIFETIME_MAX    INT64_C(3153600000) /* 100 years */

#define CONSENT                                                     \
  "a person must consent again and put the new refresh_token into " \
  "the secret"

static const struct {
  const char *error; /* as the server spells it */
  const char *code;  /* for alerts */
  int class;
  enum fate fate;
  const char *advice;
} errors[] = {
    {"invalid_grant", "invalid-grant", KT_REAUTH_REQUIRED, FATE_DEAD,
     "the refresh token is expired, revoked or used already: " CONSENT},
    {"interaction_required", "interaction-required", KT_REAUTH_REQUIRED,
     FATE_DEAD, CONSENT},
    {"consent_required", "consent-required", KT_REAUTH_REQUIRED, FATE_DEAD,
     CONSENT},
    {"login_required", "login-required", KT_REAUTH_REQUIRED, FATE_DEAD,
     CONSENT},
    /* GitHub's and Slack's spellings. */
    {"bad_refresh_token", "invalid-grant", KT_REAUTH_REQUIRED, FATE_DEAD,
     "the refresh token is expired, revoked or used already: " CONSENT},
    {"invalid_refresh_token", "invalid-grant", KT_REAUTH_REQUIRED, FATE_DEAD,
     "the refresh token is expired, revoked or used already: " CONSENT},
    {"incorrect_client_credentials", "invalid-client", KT_CONFIG, FATE_KEPT,
     "correct client_id or client_secret"},
    {"invalid_client", "invalid-client", KT_CONFIG, FATE_KEPT,
     "correct client_id, client_secret or client_auth"},
    {"unauthorized_client", "unauthorized-client", KT_CONFIG, FATE_KEPT,
     "let the client of client_id use refresh tokens"},
    {"unsupported_grant_type", "unsupported-grant-type", KT_CONFIG, FATE_KEPT,
     "this token_endpoint takes no refresh tokens"},
    {"invalid_scope", "invalid-scope", KT_CONFIG, FATE_KEPT,
     "correct the option scope: no more than was granted"},
    {"invalid_request", "invalid-request", KT_CONFIG, FATE_KEPT,
     "the server wants another request: see client_auth"},
    {"invalid_target", "invalid-target", KT_CONFIG, FATE_KEPT,
     "the server wants a resource to be named"},
    {"invalid_dpop_proof", "dpop", KT_CONFIG, FATE_KEPT,
     "tokens bound by DPoP cannot be rotated"},
    {"use_dpop_nonce", "dpop", KT_CONFIG, FATE_KEPT,
     "tokens bound by DPoP cannot be rotated"},
    {"access_denied", "access-denied", KT_DENIED, FATE_KEPT,
     "let the client use this endpoint"},
    {"temporarily_unavailable", "busy", KT_BUSY, FATE_KEPT,
     "it is tried again"},
    {"slow_down", "busy", KT_BUSY, FATE_KEPT, "it is tried again"},
    {"server_error", "server-error", KT_AMBIGUOUS, FATE_UNSURE,
     "whether the refresh token was spent is not known"},
};

/* ---- replies that bring something --------------------------------------- */

static json_t *parse_object(const char *body, size_t len)
{
  json_t *json = json_loadb(body, len, 0, NULL);

  if (json_is_object(json))
    return json;
  json_decref(json);
  return NULL;
}

/* NULL for what is absent, empty, no string, or finds no memory. */
static const char *copy_text(struct kt_step *step, const json_t *json,
                             const char *name)
{
  const json_t *value = json_object_get(json, name);
  size_t len = json_string_length(value);
  char *copy;

  if (len == 0)
    return NULL;
  copy = step->host->scratch(step, len + 1);
  if (copy != NULL)
    memcpy(copy, json_string_value(value), len + 1);
  return copy;
}

/* A number; some servers send it as a string. */
static int64_t read_lifetime(const json_t *value)
{
  double seconds = -1;
  char *end;

  if (json_is_number(value)) {
    seconds = json_number_value(value);
  } else if (json_string_length(value) > 0) {
    seconds = strtod(json_string_value(value), &end);
    if (*end != '\0')
      return -1;
  }
  return seconds >= 0 && seconds <= (double)LIFETIME_MAX ? (int64_t)seconds
                                                         : -1;
}

int reply_parse(struct kt_step *step, const char *body, size_t len,
                struct tokens *out)
{
  json_t *json = parse_object(body, len);
  struct tokens t = {.expires_in = -1};
  int r = KT_OK;

  t.access_token = copy_text(step, json, "access_token");
  t.refresh_token = copy_text(step, json, "refresh_token");
  t.token_type = copy_text(step, json, "token_type");
  t.scope = copy_text(step, json, "scope");
  t.expires_in = read_lifetime(json_object_get(json, "expires_in"));
  if (t.access_token != NULL) {
    *out = t;
  } else if (json_object_get(json, "error") != NULL) {
    r = KT_MISSING;
  } else {
    step->host->error(step, "reply-invalid",
                      "token_endpoint answered with success, but not with %s: "
                      "is it really a token endpoint?",
                      json == NULL ? "a JSON object" : "an access_token");
    r = KT_CONFIG;
  }
  json_decref(json);
  return r;
}

int reply_is_active(struct kt_step *step, const struct http_reply *reply,
                    bool *out_active)
{
  json_t *json = parse_object(reply->body, reply->len);
  const json_t *active = json_object_get(json, "active");
  int r = KT_OK;

  if (json_is_boolean(active)) {
    *out_active = json_is_true(active);
  } else {
    step->host->error(step, "introspection-invalid",
                      "introspection_endpoint did not answer with \"active\": "
                      "true or false");
    r = KT_CONFIG;
  }
  json_decref(json);
  return r;
}

/* ---- refusals ----------------------------------------------------------- */

/* Copies printable words; long ones become "...", and so does the rest. */
static void describe(const char *text, char out[DESCRIPTION_MAX])
{
  size_t n = 0;

  while (n + WORD_MAX + 6 < DESCRIPTION_MAX) {
    size_t len = 0;

    while (*text != '\0' && !isgraph((unsigned char)*text))
      text++;
    while (isgraph((unsigned char)text[len]))
      len++;
    if (len == 0)
      break;
    if (n > 0)
      out[n++] = ' ';
    if (len <= WORD_MAX) {
      memcpy(out + n, text, len);
      n += len;
    } else {
      memcpy(out + n, "...", 3);
      n += 3;
    }
    text += len;
  }
  out[n] = '\0';
}

static size_t find_error(const json_t *json)
{
  const char *word = json_string_value(json_object_get(json, "error"));
  size_t i = 0;

  while (i < sizeof errors / sizeof *errors &&
         (word == NULL || strcmp(errors[i].error, word) != 0))
    i++;
  return i;
}

/* By the status alone. */
static struct refusal judge_status(struct kt_step *step, const char *name,
                                   const struct http_reply *reply)
{
  struct refusal kept = {FATE_KEPT, KT_CONFIG};

  if (reply->status == 429 || reply->status == 503 || reply->status == 408) {
    kept.class = KT_BUSY;
    if (reply->retry_after > 0)
      step->host->error(step, "busy", "%s answered %ld: not before %ld seconds",
                        name, reply->status, reply->retry_after);
    else
      step->host->error(step, "busy", "%s answered %ld: it is tried again",
                        name, reply->status);
    return kept;
  }
  if (reply->status >= 500) {
    step->host->error(step, "server-error",
                      "%s answered %ld: the server, or a proxy before it, "
                      "failed",
                      name, reply->status);
    return (struct refusal){FATE_UNSURE, KT_AMBIGUOUS};
  }
  if (reply->status == 401) {
    step->host->error(step, "invalid-client",
                      "%s answered 401: correct client_id, client_secret or "
                      "client_auth",
                      name);
  } else if (reply->status == 403) {
    kept.class = KT_DENIED;
    step->host->error(step, "access-denied",
                      "%s answered 403: let the client use this endpoint",
                      name);
  } else if (reply->status >= 300 && reply->status < 400) {
    step->host->error(step, "redirect",
                      "%s answered %ld: redirects are not followed, name the "
                      "final URL",
                      name, reply->status);
  } else {
    step->host->error(step, "reply-unexpected",
                      "%s answered %ld without a known error: is it the right "
                      "URL?",
                      name, reply->status);
  }
  return kept;
}

struct refusal reply_refusal(struct kt_step *step, const char *name,
                             const struct http_reply *reply)
{
  struct refusal found = {FATE_UNSURE, KT_AMBIGUOUS};
  char text[DESCRIPTION_MAX] = "";
  json_t *json = parse_object(reply->body, reply->len);
  size_t i = find_error(json);
  const char *words =
      json_string_value(json_object_get(json, "error_description"));
  /* Overload and a failing server outrank what their reply says. */
  bool by_status = reply->status >= 500 || reply->status == 429 ||
                   i == sizeof errors / sizeof *errors;

  if (by_status) {
    found = judge_status(step, name, reply);
  } else {
    found.fate = errors[i].fate;
    found.class = errors[i].class;
    if (words != NULL)
      describe(words, text);
    step->host->error(step, errors[i].code, "%s answered %s%s%s%s: %s", name,
                      errors[i].error, text[0] != '\0' ? " (" : "", text,
                      text[0] != '\0' ? ")" : "", errors[i].advice);
  }
  json_decref(json);
  return found;
}
