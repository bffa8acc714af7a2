/* What cannot be signed is said to be so; canonical forms beyond AWS's suite
 * are those of its Python signer.
 */
#include "sigv4/sign.h"

#include "base/cleanup.h"
#include "fixture.h"
#include "sigv4/canonical.h"

static void assert_unsignable(struct fixture *f, const char *region,
                              const char *text)
{
  struct secret secret CLEANUP_SECRET = {0};
  struct sigv4_signer signer = {KEY_ID, region, SERVICE, &secret, false};

  assert_int_equal(secret_copy(KEY, strlen(KEY), &secret, NULL), 0);
  assert_true(sigv4_sign(f->d, &f->r, &signer, f->authorization, &f->e) < 0);
  if (strstr(f->e.text, text) == NULL)
    fail_msg("%s", f->e.text);
}

static void unsignable_requests_are_refused(void **state)
{
  struct fixture *f = *state;
  char *name = malloc(SIGNED_HEADERS_MAX);
  char region[SCOPE_WORD_MAX + 2];
  struct sigv4_header many[SIGN_HEADERS_MAX + 1];

  memset(region, 'r', sizeof region);
  region[sizeof region - 1] = '\0';
  assert_unsignable(f, region, "region, service or access key id is too long");
  f->headers[0].name = "x-host";
  assert_unsignable(f, REGION, "has the headers host and x-amz-date");
  f->headers[0].name = "host";
  *fixture_value(f, "x-amz-date") = "today";
  assert_unsignable(f, REGION, "basic format");
  *fixture_value(f, "x-amz-date") = STAMP;
  memset(name, 'n', SIGNED_HEADERS_MAX - 1);
  name[SIGNED_HEADERS_MAX - 1] = '\0';
  fixture_header(f, name, "");
  assert_unsignable(f, REGION, "header names to sign are too long");
  for (size_t i = 0; i <= SIGN_HEADERS_MAX; i++)
    many[i] = f->headers[i % 4];
  f->r.headers = many;
  f->r.n_headers = SIGN_HEADERS_MAX + 1;
  assert_unsignable(f, REGION, "over 32 headers");
  free(name);
}

static void assert_line(const char *path, bool as_is, const char *want)
{
  const struct sigv4_request r = {.method = "GET", .path = path};
  struct buf got CLEANUP_BUF;
  char all[512];

  buf_init(&got, CANONICAL_MAX, true);
  assert_int_equal(canonical_write(&r, "host", "HASH", as_is, &got, NULL), 0);
  (void)snprintf(all, sizeof all, "GET\n%s\nhost:\n\nhost\nHASH", want);
  assert_string_equal(got.data, all);
}

static void paths_are_resolved_and_escaped(void **state)
{
  (void)state;
  assert_line("/", false, "/\n");
  assert_line("/..", false, "/\n");
  assert_line("/../../a", false, "/a\n");
  assert_line("/a/..", false, "/\n");
  assert_line("/a/../", false, "/\n");
  assert_line("/a/b/..", false, "/a\n");
  assert_line("/a/.", false, "/a\n");
  assert_line("/a/./", false, "/a/\n");
  assert_line("/...", false, "/...\n");
  assert_line("/a%20b", false, "/a%2520b\n"); /* escaped once more */
  assert_line("/a//b", true, "/a//b\n");
  assert_line("/a+b:c*d~e", false, "/a%2Bb%3Ac%2Ad~e\n");
}

static void queries_are_sorted_and_escaped(void **state)
{
  (void)state;
  assert_line("/?", false, "/\n");
  assert_line("/?a", false, "/\na=");
  assert_line("/?=", false, "/\n=");
  assert_line("/?b=2&a=1", false, "/\na=1&b=2");
  assert_line("/?a=2&a=1&a", false, "/\na=&a=1&a=2");
  assert_line("/?a-=1&a=2", false, "/\na=2&a-=1"); /* by name, not by text */
  assert_line("/?a=b=c", false, "/\na=b%3Dc");
  assert_line("/?a=%2f%2F%7e", false, "/\na=%2F%2F~");
  assert_line("/?a=%&b=%2&c=%zz", false, "/\na=%25&b=%252&c=%25zz");
  assert_line("/?a=b+c", false, "/\na=b%2Bc");
  assert_line("/?a&&b&", false, "/\na=&b=");
  assert_line("/?a=/?x", false, "/\na=%2F%3Fx");
}

static void stamps_come_back_as_they_went(void **state)
{
  static const char *const stamps[] = {"19700101T000000Z", "20000229T235959Z",
                                       "20260301T235830Z", "19691231T235959Z",
                                       "99991231T235959Z", "00010101T000000Z"};

  (void)state;
  for (size_t i = 0; i < sizeof stamps / sizeof stamps[0]; i++) {
    char again[STAMP_LEN + 1];
    int64_t us;

    assert_int_equal(stamp_parse(stamps[i], &us, NULL), 0);
    stamp_format(us, again);
    assert_string_equal(again, stamps[i]);
    stamp_format(us + 999999, again); /* cut, before 1970 too */
    assert_string_equal(again, stamps[i]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(unsignable_requests_are_refused,
                                      fixture_setup, fixture_teardown),
      cmocka_unit_test(paths_are_resolved_and_escaped),
      cmocka_unit_test(queries_are_sorted_and_escaped),
      cmocka_unit_test(stamps_come_back_as_they_went),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
