/* reply.h - what a token endpoint's reply says (RFC 6749 section 5). */
#ifndef OAUTH_REPLY_H
#define OAUTH_REPLY_H
#include <stdbool.h>

#include <keyturn/rotator.h>

#include "http.h"

/* A successful one.  Texts are in scratch memory; NULL: not in the reply. */
struct tokens {
  const char *access_token, *refresh_token, *token_type, *scope;
  int64_t expires_in; /* seconds; -1: not said */
};

/* What an error means to the refresh token that was presented. */
enum fate {
  FATE_KEPT,   /* not spent: it may be presented again */
  FATE_UNSURE, /* may be spent */
  FATE_DEAD    /* refused for good */
};

struct refusal {
  enum fate fate;
  int class;
};

/* KT_OK; KT_MISSING: an error reply, see reply_refusal; KT_CONFIG, told: not
 * what a token endpoint says. */
int reply_parse(struct kt_step *step, const char *body, size_t len,
                struct tokens *out);

/* Judges a reply that brought no tokens, and tells why.  `status` 2xx: an
 * error in a successful reply, as some servers do it. */
struct refusal reply_refusal(struct kt_step *step, const char *name,
                             const struct http_reply *reply);

/* The member "active" of an introspection reply (RFC 7662); KT_CONFIG, told:
 * it has none. */
int reply_is_active(struct kt_step *step, const struct http_reply *reply,
                    bool *out_active);

#endif
