/* A right request to Secrets Manager, and rules that accept it. */
#ifndef TESTS_UNIT_SIGV4_FIXTURE_H
#define TESTS_UNIT_SIGV4_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "sigv4/sign.h"
#include "sigv4/verify.h"

#define KEY_ID  "AKIDEXAMPLE"
#define KEY     "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define REGION  "eu-west-1"
#define SERVICE "secretsmanager"
#define STAMP   "20260301T235830Z"
#define BODY    "{\"SecretId\":\"db/app\"}"

#define FIXTURE_HEADERS_MAX 12

struct fixture {
  struct sigv4 *v;
  struct digest *d;
  struct sigv4_header headers[FIXTURE_HEADERS_MAX];
  struct sigv4_request r;
  char authorization[SIGN_VALUE_MAX]; /* what `sign` made last */
  struct sigv4_rules rules;
  int finds;           /* how often a key was looked up */
  int find_rc;         /* what the lookup is to fail with, or 0 */
  const char *key;     /* what the lookup knows */
  const char *session; /* NULL: none */
  struct sigv4_identity who;
  struct err e;
};

static inline int fixture_find(void *ctx, const char *id, struct sigv4_key *out,
                               struct err *e)
{
  struct fixture *f = ctx;
  int rc;

  f->finds++;
  if (f->find_rc != 0)
    return err_set(e, (enum err_code)(-f->find_rc), "the lookup failed");
  if (strcmp(id, KEY_ID) != 0)
    return err_set(e, ERR_NOT_FOUND, "no such key");
  rc = secret_copy(f->key, strlen(f->key), &out->secret_access_key, e);
  if (rc == 0 && f->session != NULL)
    rc = secret_copy(f->session, strlen(f->session), &out->session_token, e);
  return rc;
}

static inline void fixture_header(struct fixture *f, const char *name,
                                  const char *value)
{
  assert_true(f->r.n_headers < FIXTURE_HEADERS_MAX);
  f->headers[f->r.n_headers].name = name;
  f->headers[f->r.n_headers++].value = value;
}

/* The value of a header, to be changed. */
static inline const char **fixture_value(struct fixture *f, const char *name)
{
  for (size_t i = 0; i < f->r.n_headers; i++)
    if (strcmp(f->headers[i].name, name) == 0)
      return &f->headers[i].value;
  fail_msg("no header %s", name);
  return NULL;
}

/* Signs with every header that is there now, then adds Authorization. */
static inline void fixture_sign_as(struct fixture *f, const char *id,
                                   const char *region, const char *service)
{
  struct secret secret;
  struct sigv4_signer signer = {id, region, service, &secret, false};

  assert_int_equal(secret_copy(KEY, strlen(KEY), &secret, NULL), 0);
  assert_int_equal(sigv4_sign(f->d, &f->r, &signer, f->authorization, NULL), 0);
  secret_release(&secret);
  fixture_header(f, "authorization", f->authorization);
}

static inline void fixture_sign(struct fixture *f)
{
  fixture_sign_as(f, KEY_ID, REGION, SERVICE);
}

/* The request before it is signed. */
static inline void fixture_request(struct fixture *f)
{
  f->r = (struct sigv4_request){.method = "POST",
                                .path = "/",
                                .headers = f->headers,
                                .body = BODY,
                                .body_len = strlen(BODY)};
  fixture_header(f, "host", "secrets.example.com:8443");
  fixture_header(f, "content-type", "application/x-amz-json-1.1");
  fixture_header(f, "x-amz-date", STAMP);
  fixture_header(f, "x-amz-target", "secretsmanager.GetSecretValue");
}

static inline int fixture_setup(void **state)
{
  static const char *const regions[] = {"us-east-1", REGION};
  struct fixture *f = calloc(1, sizeof *f);

  assert_int_equal(sigv4_new(8, &f->v, NULL), 0);
  assert_int_equal(digest_new(&f->d, NULL), 0);
  f->key = KEY;
  f->rules = (struct sigv4_rules){.regions = regions,
                                  .n_regions = 2,
                                  .service = SERVICE,
                                  .skew_us = SIGV4_SKEW_US,
                                  .find = fixture_find,
                                  .find_ctx = f};
  assert_int_equal(stamp_parse(STAMP, &f->rules.now_us, NULL), 0);
  fixture_request(f);
  *state = f;
  return 0;
}

static inline int fixture_teardown(void **state)
{
  struct fixture *f = *state;

  sigv4_free(f->v);
  digest_free(f->d);
  free(f);
  return 0;
}

static inline int fixture_verify(struct fixture *f)
{
  memset(&f->who, 0, sizeof f->who);
  err_clear(&f->e);
  return sigv4_verify(f->v, &f->r, &f->rules, &f->who, &f->e);
}

/* Fails with that code and a text that holds `text`; tells nothing of who. */
static inline void assert_refused(struct fixture *f, enum err_code code,
                                  const char *text)
{
  int rc = fixture_verify(f);

  if (rc != -(int)code || f->e.code != code || strstr(f->e.text, text) == NULL)
    fail_msg("%s: %s (wanted %s: %s)",
             rc == 0 ? "accepted" : err_name(f->e.code), f->e.text,
             err_name(code), text);
  assert_string_equal(f->who.access_key_id, "");
}

static inline void assert_accepted(struct fixture *f)
{
  if (fixture_verify(f) != 0)
    fail_msg("%s: %s", err_name(f->e.code), f->e.text);
}

#endif
