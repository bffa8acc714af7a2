/* What is accepted, and everything near it that is not. */
#include "fixture.h"

#define MISMATCH "The request signature we calculated does not match"
#define UNKNOWN  "The security token included in the request is invalid."

static void right_request_is_accepted(void **state)
{
  struct fixture *f = *state;

  fixture_sign(f);
  fixture_header(f, "user-agent", "not signed, as ever");
  fixture_header(f, "content-length", "21");
  for (int i = 0; i < 3; i++) {
    assert_accepted(f);
    assert_string_equal(f->who.access_key_id, KEY_ID);
    assert_string_equal(f->who.region, REGION);
    assert_string_equal(f->who.service, SERVICE);
  }
  assert_int_equal(f->finds, 3); /* a cached signing key spares no lookup */
}

static void empty_body_is_accepted(void **state)
{
  struct fixture *f = *state;

  f->r.body = NULL;
  f->r.body_len = 0;
  fixture_sign(f);
  assert_accepted(f);
}

static void each_changed_byte_of_a_header_is_refused(void **state)
{
  struct fixture *f = *state;
  char hash[DIGEST_HEX_LEN + 1];
  size_t tried = 0;

  assert_int_equal(digest_hash(f->d, BODY, strlen(BODY), hash, NULL), 0);
  fixture_header(f, "x-amz-content-sha256", hash);
  fixture_sign(f);
  assert_accepted(f);
  for (size_t i = 0; i < f->r.n_headers; i++) {
    const char *was = f->headers[i].value;
    char *bent = strdup(was);

    f->headers[i].value = bent;
    for (size_t at = 0; at < strlen(was); at++) {
      for (int flip = 1; flip < 256; flip++) {
        bent[at] = (char)(was[at] ^ flip); /* 0 cuts the value short */
        if (fixture_verify(f) == 0)
          fail_msg("%s: %s was accepted", f->headers[i].name, bent);
        tried++;
      }
      bent[at] = was[at];
    }
    f->headers[i].value = was;
    free(bent);
  }
  assert_accepted(f);
  assert_true(tried > 80000);
}

static void each_changed_byte_of_the_line_is_refused(void **state)
{
  struct fixture *f = *state;
  char path[] = "/a/b.c?d=e%2Ff&g", method[] = "POST";
  char *const texts[] = {path, method};

  f->r.path = path;
  f->r.method = method;
  fixture_sign(f);
  assert_accepted(f);
  for (size_t t = 0; t < 2; t++) {
    char *text = texts[t];

    for (size_t at = 0, len = strlen(text); at < len; at++) {
      char was = text[at];

      for (int flip = 1; flip < 256; flip++) {
        text[at] = (char)(was ^ flip);
        /* %2F and %2f are one escape: the same request. */
        if (fixture_verify(f) == 0 && strcmp(path, "/a/b.c?d=e%2ff&g") != 0)
          fail_msg("%s %s was accepted", method, path);
      }
      text[at] = was;
    }
  }
}

static void each_changed_byte_of_the_body_is_refused(void **state)
{
  struct fixture *f = *state;
  char body[] = BODY;

  f->r.body = body;
  fixture_sign(f);
  assert_accepted(f);
  for (size_t at = 0; at < f->r.body_len; at++) {
    for (int flip = 1; flip < 256; flip++) {
      body[at] = (char)(BODY[at] ^ flip);
      assert_refused(f, ERR_AUTH_SIGNATURE, MISMATCH);
    }
    body[at] = BODY[at];
  }
  f->r.body_len--;
  assert_refused(f, ERR_AUTH_SIGNATURE, MISMATCH);
}

static void lost_header_is_refused(void **state)
{
  struct fixture *f = *state;

  fixture_sign(f);
  for (size_t i = 0; i + 1 < f->r.n_headers; i++) {
    struct sigv4_header was = f->headers[i];

    f->headers[i] = f->headers[f->r.n_headers - 1];
    f->r.n_headers--;
    assert_true(fixture_verify(f) != 0);
    f->r.n_headers++;
    f->headers[i] = was;
  }
  assert_accepted(f);
}

static void missing_signature_is_told(void **state)
{
  struct fixture *f = *state;

  assert_refused(f, ERR_AUTH_MISSING, "Missing Authentication Token");
  assert_string_equal(err_fault(f->e.code),
                      "MissingAuthenticationTokenException");
  fixture_header(f, "authorization", "");
  assert_refused(f, ERR_AUTH_MISSING, "Missing Authentication Token");
  f->r.path = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00";
  assert_refused(f, ERR_AUTH_INCOMPLETE, "in the query string");
}

static void missing_or_bad_date_is_told(void **state)
{
  static const char *const bad[] = {
      "",
      "20260301",
      "2026-03-01T23:58:30Z",
      "20260301T235830",
      "20260301T235830Z ",
      "20260229T235830Z",
      "20260301T245830Z",
      "20260301T236030Z",
      "20260301T235860Z",
      "20261301T235830Z",
      "20260300T235830Z",
      "00000000T000000Z",
      "Sun, 01 Mar 2026 23:58:30 GMT",
  };
  struct fixture *f = *state;

  fixture_sign(f);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    *fixture_value(f, "x-amz-date") = bad[i];
    assert_refused(f, ERR_AUTH_INCOMPLETE, "ISO-8601 'basic format'");
  }
  f->headers[2].name = "date"; /* was x-amz-date */
  assert_refused(f, ERR_AUTH_INCOMPLETE, "existence of a 'X-Amz-Date' header");
}

static void skew_of_five_minutes_is_the_bound(void **state)
{
  struct fixture *f = *state;
  int64_t now = f->rules.now_us;

  fixture_sign(f);
  f->rules.now_us = now + SIGV4_SKEW_US + US_PER_S - 1;
  assert_accepted(f);
  f->rules.now_us = now - SIGV4_SKEW_US;
  assert_accepted(f);
  f->rules.now_us = now + SIGV4_SKEW_US + US_PER_S;
  assert_refused(f, ERR_AUTH_EXPIRED,
                 "Signature expired: 20260301T235830Z is now earlier than "
                 "20260301T235831Z (20260302T000331Z - 5 min.)");
  assert_string_equal(err_fault(f->e.code), "InvalidSignatureException");
  f->rules.now_us = now - SIGV4_SKEW_US - 1;
  assert_refused(f, ERR_AUTH_EXPIRED,
                 "Signature not yet current: 20260301T235830Z is still later "
                 "than 20260301T235829Z (20260301T235329Z + 5 min.)");
  assert_int_equal(f->finds, 2); /* nobody was asked for the refused ones */
}

static void twice_signed_header_is_refused(void **state)
{
  struct fixture *f = *state;
  char was[SIGN_VALUE_MAX];

  fixture_header(f, "x-amz-target", "secretsmanager.DeleteSecret");
  fixture_sign(f); /* the signature itself is right */
  assert_refused(f, ERR_AUTH_SIGNATURE,
                 "'x-amz-target' is in the request 2 times");
  f->headers[4].name = "x-other";
  f->r.n_headers--;
  fixture_sign(f);
  assert_accepted(f);
  (void)snprintf(was, sizeof was, "%s", f->authorization);
  fixture_header(f, "authorization", was);
  assert_refused(f, ERR_AUTH_INCOMPLETE, "2 Authorization headers");
}

static void twice_unsigned_header_is_accepted(void **state)
{
  struct fixture *f = *state;

  fixture_sign(f);
  fixture_header(f, "x-forwarded-for", "192.0.2.1");
  fixture_header(f, "x-forwarded-for", "192.0.2.2");
  assert_accepted(f);
}

static void host_must_be_there_and_signed(void **state)
{
  struct fixture *f = *state;
  char text[SIGN_VALUE_MAX];
  char *at;

  fixture_sign(f);
  (void)snprintf(text, sizeof text, "%s", f->authorization);
  at = strstr(text, "host;");
  memmove(at, at + 5, strlen(at + 5) + 1);
  *fixture_value(f, "authorization") = text;
  assert_refused(f, ERR_AUTH_SIGNATURE,
                 "'Host' or ':authority' must be a 'SignedHeader'");
  f->headers[0].name = "x-lost"; /* was host */
  assert_refused(f, ERR_AUTH_SIGNATURE,
                 "'Host' or ':authority' must be a 'SignedHeader'");
  *fixture_value(f, "authorization") = f->authorization;
  assert_refused(f, ERR_AUTH_SIGNATURE, "'host' is in the request 0 times");
}

static void amz_header_added_later_is_refused(void **state)
{
  struct fixture *f = *state;

  fixture_sign(f);
  fixture_header(f, "x-amz-user-agent", "aws-sdk-js/3");
  assert_refused(f, ERR_AUTH_SIGNATURE,
                 "'x-amz-user-agent' must be a 'SignedHeader'");
  f->headers[5].name = "x-amz-date";
  f->headers[5].value = "20260301T235831Z";
  assert_refused(f, ERR_AUTH_SIGNATURE,
                 "'x-amz-date' is in the request 2 times");
}

static void blanks_around_and_in_values_do_not_matter(void **state)
{
  struct fixture *f = *state;

  fixture_header(f, "x-note", "two words");
  fixture_sign(f);
  *fixture_value(f, "x-note") = " \t two \t  words ";
  *fixture_value(f, "host") = "  secrets.example.com:8443\t";
  assert_accepted(f);
  *fixture_value(f, "x-note") = "twowords";
  assert_refused(f, ERR_AUTH_SIGNATURE, MISMATCH);
}

static void scope_must_be_ours(void **state)
{
  static const struct {
    const char *region, *service, *text;
  } cases[] = {
      {"eu-central-1", SERVICE, "to a valid region, not 'eu-central-1'."},
      {"eu-west-11", SERVICE, "to a valid region, not 'eu-west-11'."},
      {"eu-west-", SERVICE, "to a valid region, not 'eu-west-'."},
      {REGION, "sts", "to correct service: 'secretsmanager'."},
      {REGION, "secretsmanager2", "to correct service: 'secretsmanager'."},
  };
  struct fixture *f = *state;

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    fixture_sign_as(f, KEY_ID, cases[i].region, cases[i].service);
    assert_refused(f, ERR_AUTH_SIGNATURE, cases[i].text);
    f->r.n_headers--;
  }
  fixture_sign_as(f, KEY_ID, "us-east-1", SERVICE);
  assert_accepted(f);
  assert_string_equal(f->who.region, "us-east-1");
}

static void scope_date_must_be_the_day_of_the_request(void **state)
{
  struct fixture *f = *state;

  fixture_sign(f);
  memcpy(strstr(f->authorization, "20260301"), "20260302", 8);
  assert_refused(f, ERR_AUTH_SIGNATURE,
                 "Date in Credential scope does not match YYYYMMDD from "
                 "ISO-8601 version of date from HTTP: '20260302' != "
                 "'20260301', from '20260301T235830Z'.");
}

static void request_is_accepted_past_midnight(void **state)
{
  struct fixture *f = *state;

  fixture_sign(f);
  f->rules.now_us += 120 * US_PER_S; /* it is the 2nd of March by now */
  assert_accepted(f);
}

static void unknown_key_is_unrecognized(void **state)
{
  struct fixture *f = *state;

  fixture_sign_as(f, "AKIDNOBODY", REGION, SERVICE);
  assert_refused(f, ERR_AUTH_UNRECOGNIZED, UNKNOWN);
  assert_string_equal(err_fault(f->e.code), "UnrecognizedClientException");
  assert_int_equal(err_status(f->e.code), 400);
}

static void lookup_that_fails_is_no_verdict(void **state)
{
  struct fixture *f = *state;

  fixture_sign(f);
  f->find_rc = -ERR_BUSY;
  assert_refused(f, ERR_BUSY, "the lookup failed");
}

static void changed_key_is_refused_at_once(void **state)
{
  struct fixture *f = *state;

  fixture_sign(f);
  assert_accepted(f); /* the signing key is in the cache now */
  f->key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEZ";
  assert_refused(f, ERR_AUTH_SIGNATURE, MISMATCH);
  f->key = KEY;
  assert_accepted(f);
  f->find_rc = -ERR_NOT_FOUND;
  assert_refused(f, ERR_AUTH_UNRECOGNIZED, UNKNOWN);
}

static void session_token_must_be_the_keys_own(void **state)
{
  struct fixture *f = *state;

  fixture_header(f, "x-amz-security-token", "FwoGZXIvYXdzEXAMPLE");
  fixture_sign(f);
  assert_refused(f, ERR_AUTH_UNRECOGNIZED, UNKNOWN); /* the key has none */
  f->session = "FwoGZXIvYXdzEXAMPLF";
  assert_refused(f, ERR_AUTH_UNRECOGNIZED, UNKNOWN);
  f->session = "FwoGZXIvYXdzEXAMPLE1";
  assert_refused(f, ERR_AUTH_UNRECOGNIZED, UNKNOWN);
  f->session = "FwoGZXIvYXdzEXAMPLE";
  assert_accepted(f);
  *fixture_value(f, "x-amz-security-token") = "";
  assert_refused(f, ERR_AUTH_SIGNATURE, MISMATCH);
}

static void key_with_a_session_needs_its_token(void **state)
{
  struct fixture *f = *state;

  f->session = "FwoGZXIvYXdzEXAMPLE";
  fixture_sign(f);
  assert_refused(f, ERR_AUTH_UNRECOGNIZED, UNKNOWN);
}

static void empty_session_token_is_refused(void **state)
{
  struct fixture *f = *state;

  fixture_header(f, "x-amz-security-token", "");
  fixture_sign(f);
  assert_refused(f, ERR_AUTH_UNRECOGNIZED, UNKNOWN);
}

static void payload_hash_must_agree(void **state)
{
  static const struct {
    const char *hash, *text;
  } cases[] = {
      {"UNSIGNED-PAYLOAD", "Unsigned and streamed payloads"},
      {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "Unsigned and streamed payloads"},
      {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", "Unsigned and streamed payloads"},
      {"", "does not match what was computed"},
      {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
       "does not match what was computed"},
  };
  struct fixture *f = *state;
  char right[DIGEST_HEX_LEN + 1];

  fixture_header(f, "x-amz-content-sha256", NULL);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    *fixture_value(f, "x-amz-content-sha256") = cases[i].hash;
    fixture_sign(f);
    assert_refused(f, ERR_AUTH_SIGNATURE, cases[i].text);
    f->r.n_headers--;
  }
  assert_int_equal(digest_hash(f->d, BODY, strlen(BODY), right, NULL), 0);
  *fixture_value(f, "x-amz-content-sha256") = right;
  fixture_sign(f);
  assert_accepted(f);
}

static void odd_request_lines_are_refused(void **state)
{
  static const char *const paths[] = {"", "*", "?a", "x/",
                                      "http://secrets.example.com/"};
  static const char *const methods[] = {"", "post", "PO ST", "POST\n/"};
  struct fixture *f = *state;

  fixture_sign(f);
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    f->r.path = paths[i];
    assert_refused(f, ERR_AUTH_SIGNATURE, "must begin with a slash");
  }
  f->r.path = "/";
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
    f->r.method = methods[i];
    assert_refused(f, ERR_AUTH_SIGNATURE, "must be capital letters");
  }
}

static void endless_paths_and_queries_are_refused(void **state)
{
  struct fixture *f = *state;
  char *path = malloc(200001);

  fixture_sign(f);
  f->r.path = path;
  for (size_t i = 0; i < 200000; i++)
    path[i] = "/a"[i % 2];
  path[200000] = '\0';
  assert_refused(f, ERR_AUTH_SIGNATURE, "over 64 segments");
  memset(path, '&', 200000);
  memcpy(path, "/?", 2);
  for (size_t i = 3; i < 200000; i += 2)
    path[i] = 'a';
  assert_refused(f, ERR_AUTH_SIGNATURE, "over 64 parameters");
  memset(path + 1, ' ', 199999); /* three bytes each once escaped */
  assert_true(fixture_verify(f) == -ERR_NOMEM);
  path[1] = '?';
  assert_true(fixture_verify(f) == -ERR_NOMEM);
  f->r.path = "/";
  assert_accepted(f);
  free(path);
}

int main(void)
{
#define TEST(name) \
  cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
  const struct CMUnitTest tests[] = {
      TEST(right_request_is_accepted),
      TEST(empty_body_is_accepted),
      TEST(each_changed_byte_of_a_header_is_refused),
      TEST(each_changed_byte_of_the_line_is_refused),
      TEST(each_changed_byte_of_the_body_is_refused),
      TEST(lost_header_is_refused),
      TEST(missing_signature_is_told),
      TEST(missing_or_bad_date_is_told),
      TEST(skew_of_five_minutes_is_the_bound),
      TEST(twice_signed_header_is_refused),
      TEST(twice_unsigned_header_is_accepted),
      TEST(host_must_be_there_and_signed),
      TEST(amz_header_added_later_is_refused),
      TEST(blanks_around_and_in_values_do_not_matter),
      TEST(scope_must_be_ours),
      TEST(scope_date_must_be_the_day_of_the_request),
      TEST(request_is_accepted_past_midnight),
      TEST(unknown_key_is_unrecognized),
      TEST(lookup_that_fails_is_no_verdict),
      TEST(changed_key_is_refused_at_once),
      TEST(session_token_must_be_the_keys_own),
      TEST(key_with_a_session_needs_its_token),
      TEST(empty_session_token_is_refused),
      TEST(payload_hash_must_agree),
      TEST(odd_request_lines_are_refused),
      TEST(endless_paths_and_queries_are_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
