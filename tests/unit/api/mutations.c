/* One bit of a signed request is changed, each in turn, as it is on the wire:
 * over 200,000 requests, made by AWS's own clients (signed/, with and without
 * session tokens) and by our signer.  None is accepted, but where the bit says
 * nothing that is signed.  Which these are is listed below, and for each one
 * that is accepted it is shown that both signer and verifier read the same
 * text: the canonical request and the Authorization header, taken apart, are
 * what they were.  (Blanks are trimmed, too, but no bit makes one of what is
 * none.)
 */
#include <ctype.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/request.h"
#include "base/clock.h"
#include "sigv4/canonical.h"
#include "sigv4/sign.h"
#include "sigv4/verify.h"

#define KEY     "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define KEY_ID  "AKIDEXAMPLE"
#define REGION  "eu-west-1"
#define SERVICE "secretsmanager"
#define STAMP   "20260301T235830Z"

enum {
  MUTATIONS_MIN = 200000,
  WIRE_MAX = 20000,
  RECORDED_MIN = 8,
  NAME_BYTES = 64
};

/* Where a bit may be changed and the request is as good as before. */
enum harmless {
  NAME_CASE, /* the case of a letter in the name of a header */
  UNSIGNED,  /* in a header that is not signed, name or value */
  VERSION,   /* HTTP/1.1 becomes HTTP/1.0 */
  ESCAPE,    /* the case of a hexadecimal digit in the query: %2f, %2F */
  HARMLESS_COUNT
};

static const char *const harmless_names[HARMLESS_COUNT] = {
    "the case of a header's name", "a header that is not signed",
    "the version of HTTP", "the case of an escape in the query"};

/* What a request says, once it is read. */
struct reading {
  struct request request;
  struct sigv4_header headers[HTTP_HEADERS_MAX];
  struct sigv4_request r;
  struct authorization a;
  struct buf canonical;
};

struct fixture {
  struct sigv4 *v;
  struct digest *d;
  char token[512]; /* the session token of the request; "" for none */
  struct sigv4_rules rules;
  size_t tried, harmless[HARMLESS_COUNT];
};

static const struct http_peer peer = {.address = "127.0.0.1"};

static int key_find(void *ctx, const char *id, struct sigv4_key *out,
                    struct err *e)
{
  const struct fixture *f = ctx;
  int rc;

  if (strcmp(id, KEY_ID) != 0)
    return err_set(e, ERR_NOT_FOUND, "no such key");
  rc = secret_copy(KEY, strlen(KEY), &out->secret_access_key, e);
  if (rc == 0 && f->token[0] != '\0')
    rc = secret_copy(f->token, strlen(f->token), &out->session_token, e);
  return rc;
}

static const char *header_of(const struct sigv4_request *r, const char *name)
{
  for (size_t i = 0; i < r->n_headers; i++)
    if (strcmp(r->headers[i].name, name) == 0)
      return r->headers[i].value;
  return NULL;
}

/* As a worker reads it; false when it is no whole request. */
static bool wire_read(const char *wire, size_t len, struct reading *out)
{
  struct http_request view;
  size_t used = 0;

  request_init(&out->request);
  if (request_feed(&out->request, wire, len, &used) != REQUEST_DONE ||
      used != len)
    return false;
  request_view(&out->request, &peer, &view);
  for (size_t i = 0; i < view.n_headers; i++)
    out->headers[i] =
        (struct sigv4_header){view.headers[i].name, view.headers[i].value};
  out->r = (struct sigv4_request){.method = view.method,
                                  .path = view.path,
                                  .headers = out->headers,
                                  .n_headers = view.n_headers,
                                  .body = view.body,
                                  .body_len = view.body_len};
  return true;
}

static int verify(struct fixture *f, const struct reading *read, struct err *e)
{
  struct sigv4_identity who;

  return sigv4_verify(f->v, &read->r, &f->rules, &who, e);
}

/* The text that was signed, and the header's parts. */
static void meaning_read(struct fixture *f, struct reading *read)
{
  char hash[DIGEST_HEX_LEN + 1];
  struct err e = {0};

  buf_init(&read->canonical, CANONICAL_MAX, false);
  memset(&read->a, 0, sizeof read->a);
  assert_int_equal(
      authorization_parse(header_of(&read->r, "authorization"), &read->a, &e),
      0);
  assert_int_equal(digest_hash(f->d, read->r.body, read->r.body_len, hash, &e),
                   0);
  assert_int_equal(canonical_write(&read->r, read->a.signed_headers, hash,
                                   false, &read->canonical, &e),
                   0);
}

static bool means_the_same(const struct reading *x, const struct reading *y)
{
  return x->canonical.len == y->canonical.len &&
         memcmp(x->canonical.data, y->canonical.data, x->canonical.len) == 0 &&
         strcmp(x->a.access_key_id, y->a.access_key_id) == 0 &&
         strcmp(x->a.scope.date, y->a.scope.date) == 0 &&
         strcmp(x->a.scope.region, y->a.scope.region) == 0 &&
         strcmp(x->a.scope.service, y->a.scope.service) == 0 &&
         strcmp(x->a.signed_headers, y->a.signed_headers) == 0 &&
         strcmp(x->a.signature, y->a.signature) == 0;
}

static void reading_release(struct reading *read)
{
  request_release(&read->request);
}

/* ---- where the bit is ---------------------------------------------------- */

/* The line of the head that has this byte; NULL behind the head. */
static const char *line_of(const char *wire, size_t at, size_t *out_len)
{
  const char *line = wire, *end;

  while ((end = strstr(line, "\r\n")) != NULL && end != line) {
    if ((size_t)(end - wire) > at) {
      *out_len = (size_t)(end - line);
      return line;
    }
    line = end + 2;
  }
  return NULL;
}

static bool is_signed_header(const struct authorization *a, const char *line,
                             size_t name_len)
{
  char name[NAME_BYTES];

  assert_true(name_len < sizeof name);
  for (size_t i = 0; i < name_len; i++)
    name[i] = (char)tolower((unsigned char)line[i]);
  name[name_len] = '\0';
  return authorization_covers(a, name) || strcmp(name, "authorization") == 0;
}

/* Is there a reason why this byte of the original may change to `now`? */
static bool reason_find(const char *wire, size_t at, char now,
                        const struct authorization *a, enum harmless *out)
{
  size_t len = 0;
  const char *line = line_of(wire, at, &len);
  const char *colon = line == NULL ? NULL : memchr(line, ':', len);
  bool is_case = isalpha((unsigned char)wire[at]) && (wire[at] ^ now) == 0x20;

  if (line == wire) {
    const char *query = memchr(line, '?', len), *version;

    version = strstr(line, " HTTP/") + strlen(" HTTP/");
    if (wire + at >= version)
      *out = VERSION;
    else if (query != NULL && wire + at > query && is_case)
      *out = ESCAPE;
    else
      return false;
    return true;
  }
  if (colon == NULL)
    return false;
  if (!is_signed_header(a, line, (size_t)(colon - line)))
    *out = UNSIGNED;
  else if (wire + at < colon && is_case)
    *out = NAME_CASE;
  else
    return false;
  return true;
}

/* ---- a request, bit by bit ----------------------------------------------- */

static void bit_change(struct fixture *f, const char *name, char *wire,
                       size_t len, size_t bit, const struct reading *was)
{
  size_t at = bit / 8;
  char before = wire[at];
  enum harmless reason;
  struct reading now;
  struct err e = {0};

  wire[at] = (char)(before ^ (1 << bit % 8));
  if (wire_read(wire, len, &now) && verify(f, &now, &e) == 0) {
    char changed = wire[at];

    wire[at] = before;
    if (!reason_find(wire, at, changed, &was->a, &reason))
      fail_msg("%s: accepted with byte %zu changed from %02x to %02x", name, at,
               before, changed);
    meaning_read(f, &now);
    if (!means_the_same(was, &now))
      fail_msg("%s: byte %zu, %s, changed what was signed", name, at,
               harmless_names[reason]);
    buf_release(&now.canonical);
    f->harmless[reason]++;
  }
  wire[at] = before;
  reading_release(&now);
  f->tried++;
}

static void every_bit_changed(struct fixture *f, const char *name, char *wire,
                              size_t len)
{
  struct reading was;
  struct err e = {0};
  const char *token;

  assert_true(wire_read(wire, len, &was));
  token = header_of(&was.r, "x-amz-security-token");
  (void)snprintf(f->token, sizeof f->token, "%s", token == NULL ? "" : token);
  assert_int_equal(
      stamp_parse(header_of(&was.r, "x-amz-date"), &f->rules.now_us, &e), 0);
  if (verify(f, &was, &e) != 0)
    fail_msg("%s: refused as it is: %s", name, e.text);
  meaning_read(f, &was);
  for (size_t bit = 0; bit < len * 8; bit++)
    bit_change(f, name, wire, len, bit, &was);
  buf_release(&was.canonical);
  reading_release(&was);
}

/* Signs with our own signer, all but the User-Agent. */
static size_t wire_make(struct fixture *f, const char *path, const char *body,
                        char out[WIRE_MAX])
{
  const struct sigv4_header headers[] = {
      {"host", "secrets.example.com:8443"},
      {"x-amz-date", STAMP},
      {"x-amz-target", "secretsmanager.PutSecretValue"},
      {"x-amz-security-token", "a/session+token=="},
      {"content-type", "application/x-amz-json-1.1"},
  };
  const struct sigv4_request r = {.method = "POST",
                                  .path = path,
                                  .headers = headers,
                                  .n_headers = 5,
                                  .body = body,
                                  .body_len = strlen(body)};
  struct secret key = {0};
  const struct sigv4_signer signer = {KEY_ID, REGION, SERVICE, &key, false};
  char authorization[SIGN_VALUE_MAX];
  struct err e = {0};
  int n = 0;

  assert_int_equal(secret_copy(KEY, strlen(KEY), &key, &e), 0);
  assert_int_equal(sigv4_sign(f->d, &r, &signer, authorization, &e), 0);
  secret_release(&key);
  n = snprintf(out, WIRE_MAX, "POST %s HTTP/1.1\r\n", path);
  for (size_t i = 0; i < r.n_headers; i++)
    n += snprintf(out + n, (size_t)(WIRE_MAX - n), "%s: %s\r\n",
                  headers[i].name, headers[i].value);
  n += snprintf(out + n, (size_t)(WIRE_MAX - n),
                "Authorization: %s\r\nUser-Agent: keyturn\r\n"
                "Content-Length: %zu\r\n\r\n%s",
                authorization, strlen(body), body);
  assert_true(n > 0 && n < WIRE_MAX);
  return (size_t)n;
}

static int setup(void **state)
{
  static const char *const regions[] = {"us-east-1", REGION};
  struct fixture *f = calloc(1, sizeof *f);

  assert_int_equal(sigv4_new(8, &f->v, NULL), 0);
  assert_int_equal(digest_new(&f->d, NULL), 0);
  f->rules = (struct sigv4_rules){.regions = regions,
                                  .n_regions = 2,
                                  .service = SERVICE,
                                  .skew_us = SIGV4_SKEW_US,
                                  .find = key_find,
                                  .find_ctx = f};
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  sigv4_free(f->v);
  digest_free(f->d);
  free(f);
  return 0;
}

static void recorded_requests_change(struct fixture *f)
{
  static char wire[WIRE_MAX];
  char folder[512], path[1024];
  const struct dirent *entry;
  size_t n = 0, len;
  DIR *dir;

  (void)snprintf(folder, sizeof folder, "%s/tests/unit/api/signed",
                 getenv("KEYTURN_SOURCE"));
  dir = opendir(folder);
  assert_non_null(dir);
  while ((entry = readdir(dir)) != NULL) {
    FILE *file;

    if (strstr(entry->d_name, ".request") == NULL)
      continue;
    (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    file = fopen(path, "rb");
    assert_non_null(file);
    len = fread(wire, 1, sizeof wire - 1, file);
    (void)fclose(file);
    wire[len] = '\0';
    every_bit_changed(f, entry->d_name, wire, len);
    n++;
  }
  (void)closedir(dir);
  assert_true(n >= RECORDED_MIN);
}

static void our_own_requests_change(struct fixture *f)
{
  static char wire[WIRE_MAX], body[WIRE_MAX / 2];
  size_t len;

  len = wire_make(f, "/", "", wire);
  every_bit_changed(f, "no body", wire, len);
  len = wire_make(f, "/a%20b/c?x=%2f%7e&b=2&b=1&a", "{}", wire);
  every_bit_changed(f, "path and query", wire, len);
  for (size_t i = 0; i < 900; i++)
    (void)snprintf(body + i * 10, 11, "0123%05zu/", i);
  len = wire_make(f, "/", body, wire);
  every_bit_changed(f, "9 KB of body", wire, len);
  /* Text with bytes of every kind. */
  for (size_t i = 0; i < 9000; i++)
    body[i] = (char)(1 + i * 7 % 255);
  body[9000] = '\0';
  len = wire_make(f, "/", body, wire);
  every_bit_changed(f, "9 KB of bytes", wire, len);
}

static void no_changed_bit_is_accepted(void **state)
{
  struct fixture *f = *state;

  recorded_requests_change(f);
  our_own_requests_change(f);
  print_message("%zu requests with one bit changed; none accepted, but:\n",
                f->tried);
  for (size_t i = 0; i < HARMLESS_COUNT; i++) {
    print_message("  %zu in %s\n", f->harmless[i], harmless_names[i]);
    assert_true(f->harmless[i] > 0); /* else the list says too much */
  }
  assert_true(f->tried >= MUTATIONS_MIN);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
      no_changed_bit_is_accepted, setup, teardown)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}
