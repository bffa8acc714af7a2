/* Authorization headers of every wrong form, by table and by chance. */
#include "fixture.h"

#define SCHEME "AWS4-HMAC-SHA256 "
#define CRED \
  "Credential=AKIDEXAMPLE/20260301/eu-west-1/secretsmanager/aws4_request"
#define NAMES "SignedHeaders=content-type;host;x-amz-date;x-amz-target"
#define SIG    \
  "Signature=" \
  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *const good[] = {
    SCHEME CRED ", " NAMES ", " SIG,
    SCHEME CRED "," NAMES "," SIG,
    SCHEME SIG ", " NAMES ", " CRED,
    SCHEME "  " CRED "  ,  " NAMES "," SIG,
    " " SCHEME CRED "," NAMES "," SIG "  ",
    SCHEME "Credential=a/20260301/r/s/aws4_request," NAMES "," SIG,
    SCHEME CRED ",SignedHeaders=host," SIG,
};

static const struct {
  const char *value, *text;
} bad[] = {
    {"", "requires the algorithm"},
    {"Basic dXNlcjpwYXNz", "requires the algorithm 'AWS4-HMAC-SHA256'"},
    {"Bearer eyJ0eXAiOiJKV1Qi", "requires the algorithm"},
    {"aws4-hmac-sha256 " CRED "," NAMES "," SIG, "requires the algorithm"},
    {"AWS4-HMAC-SHA1 " CRED "," NAMES "," SIG, "requires the algorithm"},
    {"AWS4-ECDSA-P256-SHA256 " CRED "," NAMES "," SIG, "requires the algo"},
    {"AWS4-HMAC-SHA256\t" CRED "," NAMES "," SIG, "not printable ASCII"},
    {"AWS4-HMAC-SHA256," CRED "," NAMES "," SIG, "requires the algorithm"},
    {"AWS4-HMAC-SHA256",
     "Authorization header requires 'Credential' parameter. Authorization "
     "header requires 'Signature' parameter. Authorization header requires "
     "'SignedHeaders' parameter."},
    {SCHEME, "requires 'Credential' parameter. Authorization header requires"},
    {SCHEME NAMES ", " SIG, "Authorization header requires 'Credential'"},
    {SCHEME CRED ", " SIG, "Authorization header requires 'SignedHeaders'"},
    {SCHEME CRED ", " NAMES, "Authorization header requires 'Signature'"},
    {SCHEME CRED ", " NAMES ", " SIG ", " SIG, "'Signature' twice"},
    {SCHEME CRED ", " CRED ", " NAMES ", " SIG, "'Credential' twice"},
    {SCHEME CRED ", " NAMES ", " SIG ", Extra=1", "unknown parameter 'Extra'"},
    {SCHEME CRED ", " NAMES ", credential=x, " SIG, "parameter 'credential'"},
    {SCHEME CRED ", " NAMES ",, " SIG, "missing equal-sign"},
    {SCHEME CRED ", " NAMES ", " SIG ",", "missing equal-sign"},
    {SCHEME ", " CRED ", " NAMES ", " SIG, "missing equal-sign"},
    {SCHEME CRED " " NAMES " " SIG, "requires 'Signature' parameter"},
    {SCHEME CRED ", hello, " SIG, "'hello' not a valid key=value pair"},
    {SCHEME "Credential =a/b/c/d/e, " NAMES ", " SIG,
     "parameter 'Credential '"},
    {SCHEME "Credential=, " NAMES ", " SIG, "exactly 5 slash-delimited"},
    {SCHEME "Credential=a/b/c/aws4_request, " NAMES ", " SIG,
     "got 'a/b/c/aws4"},
    {SCHEME "Credential=a/b/c/d/e/aws4_request, " NAMES ", " SIG, "exactly 5"},
    {SCHEME "Credential=////, " NAMES ", " SIG, "'' is no access key id"},
    {SCHEME "Credential=a b/20260301/r/s/aws4_request, " NAMES ", " SIG,
     "'a b' is no access key id"},
    {SCHEME "Credential= a/20260301/r/s/aws4_request, " NAMES ", " SIG,
     "' a' is no access key id"},
    {SCHEME "Credential=a/202603011/r/s/aws4_request, " NAMES ", " SIG,
     "is no date"},
    {SCHEME "Credential=a/20260301//s/aws4_request, " NAMES ", " SIG,
     "'' is no region"},
    {SCHEME "Credential=a/20260301/r\"/s/aws4_request, " NAMES ", " SIG,
     "is no region"},
    {SCHEME "Credential=a/20260301/r//aws4_request, " NAMES ", " SIG,
     "'' is no service"},
    {SCHEME CRED ", SignedHeaders=, " SIG, "sorted, each once"},
    {SCHEME CRED ", SignedHeaders=;host, " SIG, "sorted, each once"},
    {SCHEME CRED ", SignedHeaders=host;, " SIG, "sorted, each once"},
    {SCHEME CRED ", SignedHeaders=host;;x-amz-date, " SIG, "sorted, each"},
    {SCHEME CRED ", SignedHeaders=x-amz-date;host, " SIG, "sorted, each once"},
    {SCHEME CRED ", SignedHeaders=host;host, " SIG, "sorted, each once"},
    {SCHEME CRED ", SignedHeaders=Host;x-amz-date, " SIG, "in lower case"},
    {SCHEME CRED ", SignedHeaders=host; x-amz-date, " SIG, "separated by"},
    {SCHEME CRED ", SignedHeaders=host:x;x-amz-date, " SIG, "separated by"},
    {SCHEME CRED ", " NAMES ", Signature=", "64 lower-case hexadecimal"},
    {SCHEME CRED ", " NAMES ", " SIG "0", "64 lower-case hexadecimal"},
    {SCHEME CRED ", " NAMES ", Signature=012345", "64 lower-case hexadecimal"},
    {SCHEME CRED ", " NAMES
                 ", Signature=0123456789ABCDEF0123456789abcdef0123456789abcdef"
                 "0123456789abcdef",
     "64 lower-case hexadecimal"},
    {SCHEME CRED ", " NAMES "\n, " SIG, "not printable ASCII"},
    {SCHEME CRED ", " NAMES "\xc3\xa4, " SIG, "not printable ASCII"},
    {SCHEME CRED ", " NAMES "\x7f, " SIG, "not printable ASCII"},
};

static void right_forms_are_read(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    struct authorization a;
    struct err e = {0};

    if (authorization_parse(good[i], &a, &e) != 0)
      fail_msg("%s: %s", good[i], e.text);
    assert_string_equal(a.signature, &SIG[strlen("Signature=")]);
    assert_string_equal(a.scope.date, "20260301");
    assert_true(authorization_covers(&a, "host"));
    assert_false(authorization_covers(&a, "hos"));
    assert_false(authorization_covers(&a, "hosts"));
    assert_false(authorization_covers(&a, ""));
  }
}

static void wrong_forms_are_refused(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct authorization a;
    struct err e = {0};
    int rc = authorization_parse(bad[i].value, &a, &e);

    if (rc != -ERR_AUTH_INCOMPLETE || strstr(e.text, bad[i].text) == NULL)
      fail_msg("%s: %d: %s", bad[i].value, rc, e.text);
  }
}

static void wrong_terminator_is_a_wrong_signature(void **state)
{
  struct authorization a;
  struct err e = {0};

  (void)state;
  assert_int_equal(authorization_parse(
                       SCHEME "Credential=a/20260301/r/s/aws4_requesT, " NAMES
                              ", " SIG,
                       &a, &e),
                   -ERR_AUTH_SIGNATURE);
  assert_non_null(strstr(e.text, "valid terminator: 'aws4_request', not "
                                 "'aws4_requesT'."));
}

static void long_parts_are_refused(void **state)
{
  static const char *const before[] = {
      SCHEME NAMES "," SIG ",Credential=",
      SCHEME NAMES "," SIG ",Credential=a/20260301/",
      SCHEME NAMES "," SIG ",Credential=a/20260301/r/",
      SCHEME CRED "," SIG ",SignedHeaders=",
      SCHEME CRED "," NAMES ",Signature=",
      SCHEME CRED "," NAMES "," SIG ",",
      SCHEME,
  };
  static const char *const after[] = {
      "/20260301/r/s/aws4_request",
      "/s/aws4_request",
      "/aws4_request",
      "",
      "",
      "=",
      "",
  };
  char *text = malloc(20000);

  (void)state;
  for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
    struct authorization a;
    struct err e = {0};
    size_t n = strlen(before[i]);

    memcpy(text, before[i], n);
    memset(text + n, 'a', 15000);
    (void)snprintf(text + n + 15000, 1000, "%s", after[i]);
    assert_int_equal(authorization_parse(text, &a, &e), -ERR_AUTH_INCOMPLETE);
    assert_true(strlen(e.text) < 300);
  }
  free(text);
}

/* xorshift64*: the same bends in every run. */
static size_t draw(uint64_t *seed, size_t below)
{
  *seed ^= *seed >> 12;
  *seed ^= *seed << 25;
  *seed ^= *seed >> 27;
  return (size_t)((*seed * 2685821657736338717U) >> 33) % below;
}

/* Flips, drops, doubles or puts something in. */
static void bend(uint64_t *seed, char *text, size_t size)
{
  static const char *const words[] = {",",
                                      "=",
                                      "/",
                                      ";",
                                      " ",
                                      ", ",
                                      "Credential=",
                                      "SignedHeaders=",
                                      "host",
                                      "%",
                                      "\n",
                                      "\xff",
                                      "x-amz-",
                                      "Signature=",
                                      "aws4_request",
                                      "AWS4-"};
  size_t len = strlen(text), at = draw(seed, len + 1), n;

  switch (draw(seed, 4)) {
  case 0:
    if (at < len)
      text[at] = (char)(text[at] ^ (1 + draw(seed, 255)));
    return;
  case 1:
    n = 1 + draw(seed, 20);
    n = n < len - at ? n : len - at;
    memmove(text + at, text + at + n, len - at - n + 1);
    return;
  case 2:
    n = 1 + draw(seed, 60);
    n = n < len - at ? n : len - at;
    if (len + n < size) {
      memmove(text + at + n, text + at, len - at + 1);
    }
    return;
  default: {
    const char *word = words[draw(seed, sizeof words / sizeof words[0])];

    n = strlen(word);
    if (len + n < size) {
      memmove(text + at + n, text + at, len - at + 1);
      memcpy(text + at, word, n);
    }
  }
  }
}

static void assert_printable(const char *text)
{
  for (; *text != '\0'; text++)
    assert_true(*text >= ' ' && *text <= '~');
}

/* A bent header may still say the same (a space more, another order); it is
 * accepted only then. */
static void bent_headers_are_refused_or_say_the_same(void **state)
{
  struct fixture *f = *state;
  uint64_t seed = 20260301;
  struct authorization want, got;
  size_t same = 0;
  char *text = malloc(4096);

  fixture_sign(f);
  assert_accepted(f);
  memset(&want, 0, sizeof want);
  assert_int_equal(authorization_parse(f->authorization, &want, NULL), 0);
  *fixture_value(f, "authorization") = text;
  for (int i = 0; i < 100000; i++) {
    size_t bends = 1 + draw(&seed, 3);

    (void)snprintf(text, 4096, "%s", f->authorization);
    while (bends-- > 0)
      bend(&seed, text, 4096);
    if (fixture_verify(f) != 0) {
      assert_true(f->e.code >= ERR_AUTH_MISSING);
      assert_printable(f->e.text);
      continue;
    }
    same++;
    assert_int_equal(authorization_parse(text, &got, NULL), 0);
    assert_string_equal(got.access_key_id, want.access_key_id);
    assert_memory_equal(got.signature, want.signature, DIGEST_HEX_LEN);
    assert_string_equal(got.signed_headers, want.signed_headers);
    assert_string_equal(got.scope.date, want.scope.date);
    assert_string_equal(got.scope.region, want.scope.region);
    assert_string_equal(got.scope.service, want.scope.service);
  }
  assert_true(same > 0 && same < 5000);
  free(text);
}

/* The same for the other headers and the path: any difference that the
 * canonical form keeps is refused.  No blanks are put in here. */
static void bent_requests_are_refused(void **state)
{
  struct fixture *f = *state;
  uint64_t seed = 1;
  char *text = malloc(4096);

  fixture_sign(f);
  assert_accepted(f);
  for (int i = 0; i < 20000; i++) {
    const char **at = &f->headers[draw(&seed, 4)].value, *was = *at;

    (void)snprintf(text, 4096, "%s", was);
    bend(&seed, text, 4096);
    *at = text;
    if (fixture_verify(f) == 0) {
      const char *said = text + strspn(text, " \n");
      size_t len = strlen(was);

      /* Only blanks at the ends may differ. */
      assert_int_equal(strncmp(said, was, len), 0);
      assert_int_equal(said[len + strspn(said + len, " \n")], '\0');
    }
    *at = was;
  }
  for (int i = 0; i < 20000; i++) {
    (void)snprintf(text, 4096, "/");
    for (size_t n = 1 + draw(&seed, 8); n > 0; n--)
      bend(&seed, text, 4096);
    f->r.path = text;
    (void)fixture_verify(f); /* "/?" and "//" are "/": not all are refused */
  }
  free(text);
}

int main(void)
{
#define TEST(name) \
  cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(right_forms_are_read),
      cmocka_unit_test(wrong_forms_are_refused),
      cmocka_unit_test(wrong_terminator_is_a_wrong_signature),
      cmocka_unit_test(long_parts_are_refused),
      TEST(bent_headers_are_refused_or_say_the_same),
      TEST(bent_requests_are_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
