/* AWS's own signing suite: canonical request, string to sign and signature of
 * every case, in both forms; the verdict over it, and signing it ourselves.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "sigv4/canonical.h"
#include "sigv4/sign.h"
#include "sigv4/verify.h"

#define CASES_MIN   38
#define HEADERS_MAX 16

/* Right signatures that we refuse all the same. */
static const struct {
  const char *name, *why;
} refused[] = {
    {"get-header-key-duplicate", "my-header1' is in the request 3 times"},
    {"get-header-value-order", "my-header1' is in the request 4 times"},
    {"post-sts-header-after", "'x-amz-security-token' must be"},
};

struct vector {
  char *text; /* of the request; its lines are cut in place */
  struct sigv4_header headers[HEADERS_MAX];
  struct sigv4_request r;
  const char *authorization; /* NULL in the query form */
};

struct context {
  json_t *json;
  const char *name, *id, *region, *service, *token;
  struct secret secret;
  int64_t at_us;
  char stamp[STAMP_LEN + 1];
  bool path_as_is;
};

static const char *vectors;

static char *file_read(const char *name, const char *file, size_t *out_len)
{
  char path[1024], *text = calloc(1, 65536);
  FILE *f;

  (void)snprintf(path, sizeof path, "%s/%s/%s", vectors, name, file);
  f = fopen(path, "rb");
  assert_non_null(f);
  *out_len = fread(text, 1, 65535, f);
  (void)fclose(f);
  return text;
}

static void assert_file(const char *name, const char *file, const char *text,
                        size_t len)
{
  size_t want_len;
  char *want = file_read(name, file, &want_len);

  if (len != want_len || memcmp(text, want, len) != 0)
    fail_msg("%s/%s: got\n%.*s\nwanted\n%s", name, file, (int)len, text, want);
  free(want);
}

static void lower(char *text)
{
  for (; *text != '\0' && *text != ':'; text++)
    if (*text >= 'A' && *text <= 'Z')
      *text = (char)(*text - 'A' + 'a');
}

/* Cuts one header, with its continuation lines, out of the text. */
static char *header_cut(struct vector *v, char *at)
{
  struct sigv4_header *h = &v->headers[v->r.n_headers++];
  char *colon, *end = at;

  assert_true(v->r.n_headers <= HEADERS_MAX);
  do {
    end = strchr(end + 1, '\n');
    assert_non_null(end);
  } while (end[1] == ' ' || end[1] == '\t');
  *end = '\0';
  lower(at);
  colon = strchr(at, ':');
  assert_non_null(colon);
  *colon = '\0';
  h->name = at;
  h->value = colon + 1;
  if (strcmp(h->name, "authorization") == 0)
    v->authorization = h->value;
  return end + 1;
}

static void vector_read(const char *name, const char *file, struct vector *v)
{
  size_t len;
  char *at, *end, *space;

  memset(v, 0, sizeof *v);
  v->text = file_read(name, file, &len);
  v->r.headers = v->headers;
  v->r.method = v->text;
  space = strchr(v->text, ' ');
  end = strchr(v->text, '\n');
  *space = *end = '\0';
  v->r.path = space + 1;
  *strrchr(space + 1, ' ') = '\0'; /* the path itself may have spaces */
  at = end + 1;
  while (*at != '\n' && *at != '\0')
    at = header_cut(v, at);
  at += *at == '\n';
  v->r.body = at;
  v->r.body_len = len - (size_t)(at - v->text);
}

static void context_read(const char *name, struct context *c)
{
  const char *secret, *time;
  json_t *token;
  size_t len;
  char *text = file_read(name, "context.json", &len);
  int at = 0;

  memset(c, 0, sizeof *c);
  c->name = name;
  c->json = json_loadb(text, len, 0, NULL);
  free(text);
  assert_int_equal(json_unpack(c->json, "{s:{s:s,s:s},s:s,s:s,s:s}",
                               "credentials", "access_key_id", &c->id,
                               "secret_access_key", &secret, "region",
                               &c->region, "service", &c->service, "timestamp",
                               &time),
                   0);
  token = json_object_get(json_object_get(c->json, "credentials"), "token");
  c->token = token == NULL ? NULL : json_string_value(token);
  c->path_as_is = json_is_false(json_object_get(c->json, "normalize"));
  for (; *time != '\0'; time++)
    if (*time != '-' && *time != ':')
      c->stamp[at++] = *time;
  assert_int_equal(stamp_parse(c->stamp, &c->at_us, NULL), 0);
  assert_int_equal(secret_copy(secret, strlen(secret), &c->secret, NULL), 0);
}

static void assert_signs(struct digest *d, const struct context *c,
                         const struct vector *v, const char *signed_headers,
                         const char *form)
{
  struct buf canonical CLEANUP_BUF;
  struct scope scope = {0};
  struct secret key CLEANUP_SECRET = {0};
  char hash[DIGEST_HEX_LEN + 1], text[SIGNATURE_TEXT_MAX], file[64];
  char signature[DIGEST_HEX_LEN + 1];

  (void)snprintf(scope.date, sizeof scope.date, "%.8s", c->stamp);
  (void)snprintf(scope.region, sizeof scope.region, "%s", c->region);
  (void)snprintf(scope.service, sizeof scope.service, "%s", c->service);
  buf_init(&canonical, CANONICAL_MAX, true);
  assert_int_equal(digest_hash(d, v->r.body, v->r.body_len, hash, NULL), 0);
  assert_int_equal(canonical_write(&v->r, signed_headers, hash, c->path_as_is,
                                   &canonical, NULL),
                   0);
  (void)snprintf(file, sizeof file, "%s-canonical-request.txt", form);
  assert_file(c->name, file, canonical.data, canonical.len);
  assert_int_equal(signature_text(d, &scope, c->stamp, canonical.data,
                                  canonical.len, text, NULL),
                   0);
  (void)snprintf(file, sizeof file, "%s-string-to-sign.txt", form);
  assert_file(c->name, file, text, strlen(text));
  assert_int_equal(signature_key(d, &scope, &c->secret, &key, NULL), 0);
  assert_int_equal(signature_make(d, &key, text, signature, NULL), 0);
  (void)snprintf(file, sizeof file, "%s-signature.txt", form);
  assert_file(c->name, file, signature, strlen(signature));
}

static int context_find(void *ctx, const char *id, struct sigv4_key *out,
                        struct err *e)
{
  const struct context *c = ctx;
  int rc;

  assert_string_equal(id, c->id);
  rc = secret_copy(c->secret.data, c->secret.len, &out->secret_access_key, e);
  if (rc == 0 && c->token != NULL)
    rc = secret_copy(c->token, strlen(c->token), &out->session_token, e);
  return rc;
}

static void assert_verdict(struct sigv4 *s, struct context *c,
                           const struct vector *v)
{
  const struct sigv4_rules rules = {.regions = &c->region,
                                    .n_regions = 1,
                                    .service = c->service,
                                    .now_us = c->at_us,
                                    .skew_us = SIGV4_SKEW_US,
                                    .path_as_is = c->path_as_is,
                                    .find = context_find,
                                    .find_ctx = c};
  struct sigv4_identity who;
  struct err e = {0};
  int rc = sigv4_verify(s, &v->r, &rules, &who, &e);

  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    if (strcmp(refused[i].name, c->name) != 0)
      continue;
    assert_int_equal(rc, -ERR_AUTH_SIGNATURE);
    assert_non_null(strstr(e.text, refused[i].why));
    return;
  }
  if (rc != 0)
    fail_msg("%s: %s", c->name, e.text);
  assert_string_equal(who.access_key_id, c->id);
}

/* Signed again without its Authorization header, it gets the same one. */
static void assert_signed_alike(struct digest *d, const struct context *c,
                                const struct vector *v)
{
  struct sigv4_header headers[HEADERS_MAX];
  struct sigv4_request r = v->r;
  const struct sigv4_signer signer = {c->id, c->region, c->service, &c->secret,
                                      c->path_as_is};
  struct authorization a;
  char out[SIGN_VALUE_MAX];

  assert_int_equal(authorization_parse(v->authorization, &a, NULL), 0);
  r.headers = headers;
  r.n_headers = 0;
  for (size_t i = 0; i < v->r.n_headers; i++)
    if (authorization_covers(&a, v->headers[i].name))
      headers[r.n_headers++] = v->headers[i];
  assert_int_equal(sigv4_sign(d, &r, &signer, out, NULL), 0);
  assert_string_equal(out, v->authorization);
}

static void header_form(struct digest *d, struct sigv4 *s, struct context *c)
{
  struct authorization a;
  struct vector v;

  vector_read(c->name, "header-signed-request.txt", &v);
  assert_non_null(v.authorization);
  assert_int_equal(authorization_parse(v.authorization, &a, NULL), 0);
  assert_file(c->name, "header-signature.txt", a.signature,
              strlen(a.signature));
  assert_signs(d, c, &v, a.signed_headers, "header");
  assert_verdict(s, c, &v);
  assert_signed_alike(d, c, &v);
  free(v.text);
}

/* Cuts one parameter out of the query, with its ampersand. */
static void param_cut(const char *path, const char *name)
{
  char *at = strstr(path, name), *end;

  assert_non_null(at);
  end = strchr(at, '&');
  if (end != NULL)
    memmove(at, end + 1, strlen(end));
  else
    at[-1] = '\0';
}

/* "a%3Bb" back to "a;b". */
static void names_copy(const char *path, char *out, size_t size)
{
  static const char name[] = "X-Amz-SignedHeaders=";
  const char *at = strstr(path, name);
  size_t n = 0;

  assert_non_null(at);
  for (at += strlen(name); *at != '\0' && *at != '&'; at++) {
    assert_true(n + 1 < size);
    out[n++] = *at == '%' ? ';' : *at;
    at += *at == '%' ? 2 : 0;
  }
  out[n] = '\0';
}

static void query_form(struct digest *d, struct sigv4 *s, struct context *c)
{
  const struct sigv4_rules rules = {.regions = &c->region,
                                    .n_regions = 1,
                                    .service = c->service,
                                    .now_us = c->at_us,
                                    .skew_us = SIGV4_SKEW_US,
                                    .find = context_find,
                                    .find_ctx = c};
  struct sigv4_identity who;
  struct vector v;
  struct err e = {0};
  char names[256];

  vector_read(c->name, "query-signed-request.txt", &v);
  assert_int_equal(sigv4_verify(s, &v.r, &rules, &who, &e),
                   -ERR_AUTH_INCOMPLETE);
  assert_non_null(strstr(e.text, "in the query string is not accepted"));
  names_copy(v.r.path, names, sizeof names);
  param_cut(v.r.path, "X-Amz-Signature=");
  if (strcmp(c->name, "post-sts-header-after") == 0)
    param_cut(v.r.path, "X-Amz-Security-Token="); /* added after signing */
  assert_signs(d, c, &v, names, "query");
  free(v.text);
}

static void aws_suite_passes(void **state)
{
  struct digest *d;
  struct sigv4 *s;
  struct dirent *entry;
  DIR *dir = opendir(vectors);
  int n = 0;

  (void)state;
  assert_non_null(dir);
  assert_int_equal(digest_new(&d, NULL), 0);
  assert_int_equal(sigv4_new(8, &s, NULL), 0);
  while ((entry = readdir(dir)) != NULL) {
    struct context c;

    if (entry->d_name[0] == '.')
      continue;
    context_read(entry->d_name, &c);
    header_form(d, s, &c);
    query_form(d, s, &c);
    secret_release(&c.secret);
    json_decref(c.json);
    n++;
  }
  (void)closedir(dir);
  sigv4_free(s);
  digest_free(d);
  assert_true(n >= CASES_MIN);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(aws_suite_passes)};
  static char path[1024];
  const char *folder = getenv("KEYTURN_VECTORS");
  DIR *dir;

  (void)snprintf(path, sizeof path, "%s/sigv4", folder != NULL ? folder : ".");
  vectors = path;
  dir = opendir(vectors);
  if (folder == NULL || dir == NULL) {
    (void)fprintf(stderr, "skipped: no AWS signing suite at KEYTURN_VECTORS\n");
    return 77;
  }
  (void)closedir(dir);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
