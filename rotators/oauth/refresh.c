/* refresh.c - create_secret: exchanges the refresh token, once.
 *
 * A server that rotates refresh tokens takes each of them once; presented
 * again, it ends the whole grant (RFC 9700, section 4.14.2).  So whatever may
 * spend the token is noted before it happens, and the raw reply before it is
 * understood.  The note's states, and what leads from one to the next:
 *
 *   UNSPENT ──about to send──▶ SPENDING ──about to send again──▶ RETRYING
 *      ▲                        │ ▲   │                           │ │ │
 *      └──── kept by server ────┘ │   │                           │ │ │
 *                                 └───│── kept, or server error ──┘ │ │
 *                                     │                             │ │
 *                                     ├────────── reply ────────────┘ │
 *                                     ▼                               │
 *                                   REPLY ──▶ AWSPENDING    lost ─────┘
 *                                                 (stays RETRYING)
 *
 * Found by the next attempt: SPENDING means that a reply was lost, or that
 * the server failed.  The token is presented once more, because servers with
 * a reuse grace answer with a pair, and with any other nothing is left to
 * lose.  RETRYING means that this reply was lost too: only the server's word
 * that the token is active (introspection) lets us go on.  A server error is
 * an answer, so it may be waited out: it does not use up the retry.
 *
 * One flight at a time is the engine's duty: it leases the secret.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "http.h"
#include "introspect.h"
#include "note.h"
#include "reply.h"
#include "steps.h"

/* Less than this and the token is not put at risk. */
#define SPEND_MS_MIN 1000

struct refresh {
  struct kt_step *step;
  struct client client;
  struct grant grant;
  struct note note; /* as it is durable */
};

static int64_t now_s(struct kt_step *step)
{
  return step->host->now_ms(step) / 1000;
}

/* Three quarters of the life, so that readers never hold a dead token. */
static int plan_next(struct kt_step *step, int64_t life_s)
{
  return step->host->due_in(step, life_s > 0 ? life_s - life_s / 4 : 0);
}

static int note(struct refresh *x, enum note_state state)
{
  int r = note_save(x->step, x->grant.refresh_token, state);

  if (r == KT_OK)
    x->note.state = state;
  return r;
}

/* ---- the reply ---------------------------------------------------------- */

static int store_tokens(struct refresh *x, const struct tokens *t, int64_t at)
{
  struct kt_step *step = x->step;
  char expires_at[32] = "";
  struct kt_field fields[5] = {
      {"access_token", t->access_token},
      {"refresh_token", x->grant.refresh_token},
      {"token_type", t->token_type != NULL ? t->token_type : "Bearer"},
      {"expires_at", expires_at},
      {"scope", t->scope},
  };
  int r;

  if (t->refresh_token != NULL)
    fields[1].value = t->refresh_token;
  else
    step->host->log(step, KT_INFO,
                    "no new refresh_token came: the old one stays in use");
  if (t->expires_in >= 0)
    (void)snprintf(expires_at, sizeof expires_at, "%" PRId64,
                   at + t->expires_in);
  if (strcasecmp(fields[2].value, "Bearer") != 0)
    step->host->log(step, KT_WARN,
                    "the access token is not of type Bearer: see token_type");
  /* Without "scope" the granted one is as before. */
  r = step->host->put_pending_fields(step, fields, t->scope != NULL ? 5 : 4);
  if (r == KT_OK && t->expires_in >= 0)
    r = plan_next(step, at + t->expires_in - now_s(step));
  return r;
}

/* The token was not taken: back to what was known before. */
static int return_refusal(struct refresh *x, struct refusal refusal)
{
  bool first = x->note.state != NOTE_RETRYING;
  int r = KT_OK;

  if (refusal.fate == FATE_KEPT)
    r = note(x, first ? NOTE_UNSPENT : NOTE_SPENDING);
  else if (refusal.fate == FATE_UNSURE)
    r = note(x, NOTE_SPENDING);
  else if (!first)
    x->step->host->error(
        x->step, "grant-lost",
        "an exchange was sent, its reply was lost, and now the server refuses "
        "the refresh token: the new one cannot be had. A person must consent "
        "again and put the new refresh_token into the secret");
  return r == KT_OK ? refusal.class : r;
}

/* A successful reply, fresh or noted, that came `at`.  `was`: the state that
 * the token was sent in. */
static int accept_reply(struct refresh *x, const struct http_reply *reply,
                        int64_t at, enum note_state was)
{
  struct tokens tokens;
  int r = reply_parse(x->step, reply->body, reply->len, &tokens);

  if (r == KT_OK)
    return store_tokens(x, &tokens, at);
  if (r != KT_MISSING)
    return r;
  x->note.state = was; /* an error after all: nothing was spent by it */
  return return_refusal(x, reply_refusal(x->step, "token_endpoint", reply));
}

static int take_reply(struct refresh *x, const struct http_reply *reply)
{
  enum note_state was = x->note.state;
  int64_t at = now_s(x->step);

  if (reply->status < 200 || reply->status > 299)
    return return_refusal(x, reply_refusal(x->step, "token_endpoint", reply));
  if (reply->too_large) {
    x->step->host->error(x->step, "reply-too-large",
                         "token_endpoint answered with success, but with more "
                         "than %zu bytes: is it really a token endpoint?",
                         HTTP_BODY_MAX);
    return KT_CONFIG;
  }
  /* Not to have the note is no reason to drop what came: storing the value
   * itself may still work. */
  if (note_save_reply(x->step, x->grant.refresh_token, reply->body, reply->len,
                      at) == KT_OK)
    x->note.state = NOTE_REPLY;
  else
    x->step->host->log(x->step, KT_WARN, "the raw reply could not be noted");
  return accept_reply(x, reply, at, was);
}

/* ---- the exchange ------------------------------------------------------- */

static int make_request(struct refresh *x, struct http_request *out)
{
  struct http_request request = {.name = "token_endpoint",
                                 .url = x->client.token_endpoint,
                                 .cafile = x->client.cafile};
  const char *scope = NULL;
  struct form form;
  int r = field_read(x->step, KT_OPTIONS, NULL, "scope", &scope);

  if (r != KT_OK)
    return r;
  form_init(&form, x->step,
            strlen(x->grant.refresh_token) +
                (scope != NULL ? strlen(scope) : 0) +
                form_client_room(&x->client) + 64);
  form_add(&form, "grant_type", "refresh_token");
  form_add(&form, "refresh_token", x->grant.refresh_token);
  if (scope != NULL)
    form_add(&form, "scope", scope);
  r = form_authenticate(&form, x->step, &x->client, &request.header);
  if (r == KT_OK && form.failed)
    r = KT_BUSY;
  request.form = form.text;
  if (r == KT_OK)
    *out = request;
  return r;
}

/* Notes, announces, sends.  KT_OK: *out says what came of it. */
static int send_token(struct refresh *x, const struct http_request *request,
                      struct http_reply *out)
{
  enum note_state before = x->note.state;
  int64_t patience_ms = http_patience_ms(x->step);
  int r;

  if (patience_ms < SPEND_MS_MIN) {
    x->step->host->error(x->step, "too-late",
                         "too little time is left to exchange the token");
    return KT_BUSY;
  }
  r = note(x, before == NOTE_UNSPENT ? NOTE_SPENDING : NOTE_RETRYING);
  if (r != KT_OK)
    return r;
  r = x->step->host->mutating(x->step);
  if (r == KT_OK)
    r = http_exchange(x->step, request, http_patience_ms(x->step), out);
  if (r != KT_OK)
    (void)note(x, before); /* else the retry counts as used: no harm */
  return r;
}

static int exchange(struct refresh *x)
{
  struct http_request request = {0};
  struct http_reply reply = {0};
  enum note_state before;
  int r = make_request(x, &request);

  while (r == KT_OK) {
    before = x->note.state;
    r = send_token(x, &request, &reply);
    if (r != KT_OK || reply.outcome != HTTP_LOST)
      break;
    /* Once more, at once: a server's reuse grace is short. */
    if (x->note.state == NOTE_RETRYING ||
        http_patience_ms(x->step) < SPEND_MS_MIN)
      return reply.class;
    x->step->host->log(x->step, KT_WARN,
                       "the reply was lost: presenting the token once more");
  }
  if (r != KT_OK)
    return r;
  if (reply.outcome == HTTP_ANSWERED)
    return take_reply(x, &reply);
  r = note(x, before);
  return r == KT_OK ? reply.class : r;
}

/* Two replies are lost.  KT_OK: the server says that the token is good. */
static int ask_about_token(struct refresh *x)
{
  bool active = false;
  int r = KT_MISSING;

  if (x->client.introspection_endpoint != NULL)
    r = introspect(x->step, &x->client, x->grant.refresh_token, "refresh_token",
                   &active);
  if (r == KT_UNREACHABLE || r == KT_BUSY)
    return r;
  if (r == KT_OK && active)
    return note(x, NOTE_UNSPENT);
  x->step->host->error(
      x->step, "grant-unknown",
      "the token was sent twice and both replies were lost%s. Rotate again to "
      "try it once more; if that is refused, a person must consent again",
      r == KT_OK ? "; the server says that it is not active" : "");
  return KT_REAUTH_REQUIRED;
}

static bool has_pending(struct kt_step *step)
{
  const void *data;
  size_t len;

  return step->host->get_value(step, KT_SECRET, "AWSPENDING", &data, &len) ==
         KT_OK;
}

int refresh_create(struct kt_step *step)
{
  struct refresh x = {.step = step};
  struct http_reply noted = {.outcome = HTTP_ANSWERED, .status = 200};
  int r;

  if (has_pending(step))
    return KT_OK; /* finish_secret plans the next rotation */
  r = client_read(step, "AWSCURRENT", &x.client);
  if (r == KT_OK)
    r = grant_read(step, "AWSCURRENT", &x.grant);
  if (r == KT_OK)
    r = note_read(step, x.grant.refresh_token, &x.note);
  if (r == KT_OK && x.note.state == NOTE_RETRYING)
    r = ask_about_token(&x);
  if (r != KT_OK)
    return r;
  if (x.note.state != NOTE_REPLY)
    return exchange(&x);
  noted.body = (char *)(uintptr_t)x.note.reply; /* only read */
  noted.len = x.note.reply_len;
  return accept_reply(&x, &noted, x.note.reply_at, NOTE_SPENDING);
}

/* What create_secret planned may have been lost with its process. */
int refresh_finish(struct kt_step *step)
{
  const char *text = NULL;
  int64_t expires_at, now = now_s(step);
  char *end;
  int r = field_read(step, KT_SECRET, "AWSPENDING", "expires_at", &text);

  if (r != KT_OK || text == NULL)
    return r;
  expires_at = strtoll(text, &end, 10);
  if (*end != '\0' || expires_at <= now)
    return KT_OK;
  return plan_next(step, expires_at - now);
}
