/* Checks a signature, cheapest question first; secrets are asked for only
 * when everything else is in order.
 *
 * An unknown access key is not told apart by time: whatever is refused for its
 * signature has cost the derivation of a signing key and one HMAC, be it of
 * nobody's secret, or where a signing key was at hand.  Only who signs right
 * saves the derivation.  (tests/bench/key_timing.c measures it.)
 */
#include "sigv4/verify.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "sigv4/canonical.h"
#include "sigv4/key_cache.h"

#define SECRET_KEY_LEN 40 /* of all that are given out */
#define KEEP_MAX       8192 /* bytes of buffer kept from one request to the next */

#define MISMATCH                                                            \
  "The request signature we calculated does not match the signature you "   \
  "provided. Check your AWS Secret Access Key and signing method. Consult " \
  "the service documentation for details."
#define UNRECOGNIZED "The security token included in the request is invalid."

struct sigv4 {
  struct digest *digest;
  struct key_cache *keys;
  struct secret nobody; /* what stands for the secret of an unknown key */
  struct buf canonical; /* secret: a session token is part of it */
};

int sigv4_new(size_t keys_max, struct sigv4 **out, struct err *e)
{
  struct sigv4 *v = calloc(1, sizeof *v);
  int rc;

  if (v == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  buf_init(&v->canonical, CANONICAL_MAX, true);
  if ((rc = digest_new(&v->digest, e)) != 0 ||
      (rc = key_cache_new(keys_max, &v->keys, e)) != 0 ||
      (rc = secret_alloc(SECRET_KEY_LEN, &v->nobody, e)) != 0) {
    sigv4_free(v);
    return rc;
  }
  /* Known to all, and harmless: what it signs is refused in any case. */
  memset(v->nobody.data, 0, v->nobody.len);
  *out = v;
  return 0;
}

void sigv4_free(struct sigv4 *v)
{
  if (v == NULL)
    return;
  buf_release(&v->canonical);
  secret_release(&v->nobody);
  key_cache_free(v->keys);
  digest_free(v->digest);
  free(v);
}

static const char *header_value(const struct sigv4_request *r, const char *name,
                                size_t *out_count)
{
  const char *value = NULL;

  *out_count = 0;
  for (size_t i = 0; i < r->n_headers; i++) {
    if (strcmp(r->headers[i].name, name) != 0)
      continue;
    value = r->headers[i].value;
    (*out_count)++;
  }
  return value;
}

static bool is_signed_in_query(const char *path)
{
  const char *query = strchr(path, '?');

  return query != NULL && (strstr(query, "X-Amz-Signature=") != NULL ||
                           strstr(query, "X-Amz-Algorithm=") != NULL);
}

static int authorization_find(const struct sigv4_request *r, const char **out,
                              struct err *e)
{
  size_t n;
  const char *value = header_value(r, "authorization", &n);

  if (n > 1)
    return err_set(e, ERR_AUTH_INCOMPLETE,
                   "The request has %zu Authorization headers.", n);
  if (n == 1 && value[strspn(value, " ")] != '\0') {
    *out = value;
    return 0;
  }
  if (is_signed_in_query(r->path))
    return err_set(e, ERR_AUTH_INCOMPLETE,
                   "A signature in the query string is not accepted: sign "
                   "with an Authorization header.");
  return err_set(e, ERR_AUTH_MISSING, "Missing Authentication Token");
}

/* Ways to write a request line that a signer and we might read differently. */
static int line_check(const struct sigv4_request *r, struct err *e)
{
  if (r->path[0] != '/')
    return err_set(e, ERR_AUTH_SIGNATURE,
                   "The request path must begin with a slash.");
  if (r->method[0] == '\0' ||
      r->method[strspn(r->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0')
    return err_set(e, ERR_AUTH_SIGNATURE,
                   "The request method must be capital letters.");
  return 0;
}

static bool must_be_signed(const char *name)
{
  return strcmp(name, "host") == 0 || strncmp(name, "x-amz-", 6) == 0;
}

/* What has to be signed is, and what is signed came once. */
static int headers_check(const struct sigv4_request *r,
                         const struct authorization *a, struct err *e)
{
  const char *at = a->signed_headers;

  if (!authorization_covers(a, "host"))
    return err_set(e, ERR_AUTH_SIGNATURE,
                   "'Host' or ':authority' must be a 'SignedHeader' in the "
                   "AWS Authorization.");
  for (size_t i = 0; i < r->n_headers; i++) {
    const char *name = r->headers[i].name;

    if (must_be_signed(name) && !authorization_covers(a, name))
      return err_set(e, ERR_AUTH_SIGNATURE,
                     "'%.64s' must be a 'SignedHeader' in the AWS "
                     "Authorization.",
                     name);
  }
  while (*at != '\0') {
    size_t len = strcspn(at, ";"), n = 0;

    for (size_t i = 0; i < r->n_headers; i++)
      n += strncmp(r->headers[i].name, at, len) == 0 &&
           r->headers[i].name[len] == '\0';
    if (n != 1)
      return err_set(e, ERR_AUTH_SIGNATURE,
                     "The signed header '%.*s' is in the request %zu times, "
                     "not once.",
                     len < 64 ? (int)len : 64, at, n);
    at += len + (at[len] == ';');
  }
  return 0;
}

static int scope_check(const struct scope *scope, const char *stamp,
                       const struct sigv4_rules *rules, struct err *e)
{
  if (strcmp(scope->service, rules->service) != 0)
    return err_set(e, ERR_AUTH_SIGNATURE,
                   "Credential should be scoped to correct service: '%s'.",
                   rules->service);
  if (strncmp(scope->date, stamp, STAMP_DATE_LEN) != 0)
    return err_set(e, ERR_AUTH_SIGNATURE,
                   "Date in Credential scope does not match YYYYMMDD from "
                   "ISO-8601 version of date from HTTP: '%s' != '%.*s', from "
                   "'%s'.",
                   scope->date, STAMP_DATE_LEN, stamp, stamp);
  for (size_t i = 0; i < rules->n_regions; i++)
    if (strcmp(scope->region, rules->regions[i]) == 0)
      return 0;
  return err_set(e, ERR_AUTH_SIGNATURE,
                 "Credential should be scoped to a valid region, not '%s'.",
                 scope->region);
}

/* In whole seconds, as stamps are: a clock that shows the very bound agrees. */
static int skew_check(int64_t at_us, const struct sigv4_rules *rules,
                      struct err *e)
{
  int64_t now_us = rules->now_us - rules->now_us % US_PER_S;
  char at[STAMP_LEN + 1], now[STAMP_LEN + 1], bound[STAMP_LEN + 1];
  int minutes = (int)(rules->skew_us / (60 * US_PER_S));

  if (at_us >= now_us - rules->skew_us && at_us <= now_us + rules->skew_us)
    return 0;
  stamp_format(at_us, at);
  stamp_format(now_us, now);
  if (at_us < now_us) {
    stamp_format(now_us - rules->skew_us, bound);
    return err_set(e, ERR_AUTH_EXPIRED,
                   "Signature expired: %s is now earlier than %s (%s - %d "
                   "min.)",
                   at, bound, now, minutes);
  }
  stamp_format(now_us + rules->skew_us, bound);
  return err_set(e, ERR_AUTH_EXPIRED,
                 "Signature not yet current: %s is still later than %s (%s + "
                 "%d min.)",
                 at, bound, now, minutes);
}

static int payload_check(const struct sigv4_request *r, const char *hash,
                         struct err *e)
{
  size_t n;
  const char *sent = header_value(r, "x-amz-content-sha256", &n);

  if (n == 0 || strcmp(sent, hash) == 0)
    return 0;
  if (strcmp(sent, "UNSIGNED-PAYLOAD") == 0 ||
      strncmp(sent, "STREAMING-", 10) == 0)
    return err_set(e, ERR_AUTH_SIGNATURE,
                   "Unsigned and streamed payloads are not accepted: "
                   "x-amz-content-sha256 must be the SHA-256 of the body.");
  return err_set(e, ERR_AUTH_SIGNATURE,
                 "The provided 'x-amz-content-sha256' header does not match "
                 "what was computed.");
}

/* Everything but the key: the text that was to be signed. */
static int text_make(struct sigv4 *v, const struct sigv4_request *r,
                     const struct authorization *a, const char *stamp,
                     bool path_as_is, char out[SIGNATURE_TEXT_MAX],
                     struct err *e)
{
  char hash[DIGEST_HEX_LEN + 1];
  int rc;

  if ((rc = digest_hash(v->digest, r->body, r->body_len, hash, e)) != 0 ||
      (rc = payload_check(r, hash, e)) != 0)
    return rc;
  rc =
      canonical_write(r, a->signed_headers, hash, path_as_is, &v->canonical, e);
  if (rc == 0)
    rc = signature_text(v->digest, &a->scope, stamp, v->canonical.data,
                        v->canonical.len, out, e);
  if (rc != 0 || v->canonical.cap > KEEP_MAX) {
    buf_release(&v->canonical);
    buf_init(&v->canonical, CANONICAL_MAX, true);
  }
  buf_clear(&v->canonical);
  return rc;
}

static int token_check(const struct sigv4_request *r,
                       const struct sigv4_key *key, struct err *e)
{
  size_t n;
  const char *sent = header_value(r, "x-amz-security-token", &n);
  size_t len = n == 0 ? 0 : strlen(sent);

  if ((n == 0) == (key->session_token.len == 0) &&
      len == key->session_token.len &&
      (len == 0 || CRYPTO_memcmp(sent, key->session_token.data, len) == 0))
    return 0;
  return err_set(e, ERR_AUTH_UNRECOGNIZED, UNRECOGNIZED);
}

/* Does the key make that signature of the text? */
static int signature_fits(struct sigv4 *v, const struct authorization *a,
                          const char *text, const struct secret *key, bool *out,
                          struct err *e)
{
  char right[DIGEST_HEX_LEN + 1];
  int rc = signature_make(v->digest, key, text, right, e);

  if (rc == 0)
    *out = CRYPTO_memcmp(right, a->signature, DIGEST_HEX_LEN) == 0;
  secret_wipe(right, sizeof right); /* it would sign a forged request */
  return rc;
}

/* Is `a->signature` the HMAC of `text` under that secret's signing key?  The
 * same work whenever it is not. */
static int signature_check(struct sigv4 *v, const struct authorization *a,
                           const char *text, const struct secret *secret,
                           bool is_known, struct err *e)
{
  struct secret fresh CLEANUP_SECRET = {0};
  const struct secret *kept;
  bool fits = false;
  int rc = 0;

  kept = key_cache_find(v->keys, a->access_key_id, &a->scope, secret);
  if (kept != NULL)
    rc = signature_fits(v, a, text, kept, &fits, e);
  if (rc != 0 || (fits && is_known))
    return rc;
  rc = signature_key(v->digest, &a->scope, secret, &fresh, e);
  if (rc == 0 && kept == NULL)
    rc = signature_fits(v, a, text, &fresh, &fits, e);
  if (rc != 0)
    return rc;
  if (!is_known)
    return err_set(e, ERR_AUTH_UNRECOGNIZED, UNRECOGNIZED);
  if (!fits)
    return err_set(e, ERR_AUTH_SIGNATURE, MISMATCH);
  (void)key_cache_put(v->keys, a->access_key_id, &a->scope, secret, &fresh,
                      NULL); /* not kept: derived again next time */
  return 0;
}

static int key_check(struct sigv4 *v, const struct sigv4_request *r,
                     const struct sigv4_rules *rules,
                     const struct authorization *a, const char *text,
                     struct err *e)
{
  struct sigv4_key key = {{0}, {0}};
  int rc = rules->find(rules->find_ctx, a->access_key_id, &key, e);

  if (rc == -ERR_NOT_FOUND)
    return signature_check(v, a, text, &v->nobody, false, e);
  if (rc != 0)
    return rc;
  rc = signature_check(v, a, text, &key.secret_access_key, true, e);
  if (rc == 0)
    rc = token_check(r, &key, e);
  secret_release(&key.secret_access_key);
  secret_release(&key.session_token);
  return rc;
}

int sigv4_verify(struct sigv4 *v, const struct sigv4_request *r,
                 const struct sigv4_rules *rules, struct sigv4_identity *out,
                 struct err *e)
{
  struct authorization a;
  char text[SIGNATURE_TEXT_MAX];
  const char *header, *stamp;
  int64_t at_us = 0;
  size_t n;
  int rc;

  assert(rules->n_regions > 0 && rules->skew_us >= 0);
  if ((rc = authorization_find(r, &header, e)) != 0 ||
      (rc = authorization_parse(header, &a, e)) != 0 ||
      (rc = line_check(r, e)) != 0)
    return rc;
  stamp = header_value(r, "x-amz-date", &n);
  if (n == 0)
    return err_set(e, ERR_AUTH_INCOMPLETE,
                   "Authorization header requires existence of a 'X-Amz-Date' "
                   "header.");
  if ((rc = stamp_parse(stamp, &at_us, e)) != 0 ||
      (rc = headers_check(r, &a, e)) != 0 ||
      (rc = scope_check(&a.scope, stamp, rules, e)) != 0 ||
      (rc = skew_check(at_us, rules, e)) != 0 ||
      (rc = text_make(v, r, &a, stamp, rules->path_as_is, text, e)) != 0 ||
      (rc = key_check(v, r, rules, &a, text, e)) != 0)
    return rc;
  memcpy(out->access_key_id, a.access_key_id, sizeof out->access_key_id);
  memcpy(out->region, a.scope.region, sizeof out->region);
  memcpy(out->service, a.scope.service, sizeof out->service);
  return 0;
}
