/* One HTTP request read in any pieces, within its caps. */
#include "api/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct http_peer peer = {.is_unix = true};
static const char whole[] = "POST / HTTP/1.1\r\nHost: x\r\n"
                            "X-Amz-Target: secretsmanager.GetSecretValue\r\n"
                            "Content-Length: 5\r\n\r\nhello";

/* Feeds the text in pieces of n bytes; the last state. */
static enum request_state feed(struct request *r, const char *text, size_t n)
{
  enum request_state state = REQUEST_MORE;
  size_t len = strlen(text);

  while (len > 0 && state == REQUEST_MORE) {
    size_t used = 0, now = len < n ? len : n;

    state = request_feed(r, text, now, &used);
    text += used;
    len -= used;
  }
  return state;
}

static void every_cut_gives_the_same_request(void **state)
{
  (void)state;
  for (size_t n = 1; n < sizeof whole; n++) {
    struct http_request view;
    struct request r;

    request_init(&r);
    assert_int_equal(feed(&r, whole, n), REQUEST_DONE);
    request_view(&r, &peer, &view);
    assert_string_equal(view.method, "POST");
    assert_string_equal(view.path, "/");
    assert_int_equal(view.n_headers, 3);
    assert_string_equal(http_header(&view, "x-amz-target"),
                        "secretsmanager.GetSecretValue");
    assert_null(http_header(&view, "x-other"));
    assert_int_equal(view.body_len, 5);
    assert_string_equal(view.body, "hello");
    assert_true(request_keeps_alive(&r));
    request_release(&r);
  }
}

static void an_expecting_client_is_told_to_go_on(void **state)
{
  static const char head[] = "POST / HTTP/1.1\r\nHost: x\r\n"
                             "Expect: 100-continue\r\n"
                             "Content-Length: 2\r\n\r\n";
  struct http_request view;
  struct request r;

  (void)state;
  request_init(&r);
  assert_int_equal(feed(&r, head, 1000), REQUEST_CONTINUE);
  assert_int_equal(feed(&r, "ok", 1), REQUEST_DONE);
  request_view(&r, &peer, &view);
  assert_string_equal(view.body, "ok");
  request_release(&r);
}

/* Whichever way it is cut. */
static void refused(const char *text, enum request_state want)
{
  for (size_t n = 1; n <= strlen(text) && n < 200; n++) {
    struct request r;

    request_init(&r);
    if (feed(&r, text, n) != want)
      fail_msg("not refused as it should be, in pieces of %zu: %s", n, text);
    request_release(&r);
  }
}

static void what_is_no_request_is_refused(void **state)
{
  (void)state;
  refused("hello\r\n\r\n", REQUEST_BAD);
  refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
          REQUEST_BAD);
  refused("POST / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n"
          "Connection: upgrade\r\n\r\n",
          REQUEST_BAD);
}

#define HEAD   "POST / HTTP/1.1\r\nHost: x\r\n"
#define CHUNKS "Transfer-Encoding: chunked\r\n"

static void a_length_stands_once(void **state)
{
  (void)state;
  refused(HEAD "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", REQUEST_BAD);
  refused(HEAD "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", REQUEST_BAD);
  refused(HEAD "Content-Length: 1, 1\r\n\r\na", REQUEST_BAD);
  refused(HEAD "Content-Length: +1\r\n\r\na", REQUEST_BAD);
  refused(HEAD "Content-Length: 0x1\r\n\r\na", REQUEST_BAD);
  refused(HEAD "Content-Length: 1\r\n" CHUNKS "\r\n0\r\n\r\n", REQUEST_BAD);
  refused(HEAD CHUNKS "Content-Length: 1\r\n\r\n0\r\n\r\n", REQUEST_BAD);
  refused(HEAD CHUNKS CHUNKS "\r\n0\r\n\r\n", REQUEST_BAD);
}

static void a_host_stands_once(void **state)
{
  (void)state;
  refused("POST / HTTP/1.1\r\n\r\n", REQUEST_BAD);
  refused(HEAD "Host: x\r\n\r\n", REQUEST_BAD);
  refused(HEAD "hOST: y\r\n\r\n", REQUEST_BAD);
}

static void folded_and_half_ended_lines_are_refused(void **state)
{
  (void)state;
  refused(HEAD "A: b\r\n c\r\n\r\n", REQUEST_BAD);
  refused(HEAD "A: b\r\n\tc\r\n\r\n", REQUEST_BAD);
  refused(HEAD "A:\r\n c\r\n\r\n", REQUEST_BAD);
  refused(HEAD " A: b\r\n\r\n", REQUEST_BAD);
  refused("\r\n\r\n" HEAD "A: b\r\n c\r\n\r\n", REQUEST_BAD);
  refused("POST / HTTP/1.1\nHost: x\r\n\r\n", REQUEST_BAD);
  refused("POST / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", REQUEST_BAD);
  refused(HEAD "\n", REQUEST_BAD);
}

/* They would come after the signature was looked for. */
static void trailers_are_refused(void **state)
{
  (void)state;
  refused(HEAD CHUNKS "\r\n1\r\na\r\n0\r\nX: y\r\n\r\n", REQUEST_BAD);
}

static void a_body_may_have_any_lines(void **state)
{
  static const char body[] = "a\n b\r\n\tc\n\n";

  (void)state;
  for (size_t n = 1; n < 100; n++) {
    struct http_request view;
    struct request r;
    char text[200];

    (void)snprintf(text, sizeof text, HEAD "Content-Length: %zu\r\n\r\n%s",
                   sizeof body - 1, body);
    request_init(&r);
    assert_int_equal(feed(&r, text, n), REQUEST_DONE);
    request_view(&r, &peer, &view);
    assert_string_equal(view.body, body);
    request_release(&r);
  }
}

/* It holds nothing of the one before, and needs no memory anew. */
static void a_request_is_used_again(void **state)
{
  struct http_request view;
  struct request r;
  const char *head, *body;

  (void)state;
  request_init(&r);
  assert_int_equal(feed(&r, whole, 1000), REQUEST_DONE);
  head = r.head.data;
  body = r.body.data;
  request_clear(&r);
  assert_int_equal(request_body_memory(&r), r.body.cap);
  assert_int_equal(feed(&r, HEAD "\r\n", 1000), REQUEST_DONE);
  request_view(&r, &peer, &view);
  assert_int_equal(view.n_headers, 1);
  assert_string_equal(view.body, "");
  assert_ptr_equal(r.head.data, head);
  assert_ptr_equal(r.body.data, body);
  request_release(&r);
}

static void large_requests_are_refused(void **state)
{
  static char text[40000];
  size_t n;

  (void)state;
  refused(HEAD "Content-Length: 524289\r\n\r\n", REQUEST_TOO_LARGE);
  n = (size_t)snprintf(text, sizeof text, "POST / HTTP/1.1\r\nA: ");
  memset(text + n, 'a', 20000);
  refused(text, REQUEST_TOO_LARGE);
  n = (size_t)snprintf(text, sizeof text, "POST / HTTP/1.1\r\n");
  for (int i = 0; i < 33; i++)
    n += (size_t)snprintf(text + n, sizeof text - n, "H%d: x\r\n", i);
  (void)snprintf(text + n, sizeof text - n, "\r\n");
  refused(text, REQUEST_TOO_LARGE);
}

static void a_chunked_body_is_bounded_too(void **state)
{
  enum request_state s;
  struct request r;
  char chunk[4200];
  size_t used;

  (void)state;
  request_init(&r);
  s = feed(&r,
           "POST / HTTP/1.1\r\nHost: x\r\n"
           "Transfer-Encoding: chunked\r\n\r\n",
           1000);
  memset(chunk, 'x', sizeof chunk);
  memcpy(chunk, "1000\r\n", 6);
  memcpy(chunk + 6 + 4096, "\r\n", 2);
  for (int i = 0; i < 200 && s == REQUEST_MORE; i++)
    s = request_feed(&r, chunk, 6 + 4096 + 2, &used);
  assert_int_equal(s, REQUEST_TOO_LARGE);
  request_release(&r);
}

static void random_bytes_never_hurt(void **state)
{
  unsigned seed = 1;

  (void)state;
  for (int i = 0; i < 20000; i++) {
    char text[sizeof whole];
    struct request r;

    memcpy(text, whole, sizeof whole);
    for (int k = 0; k < 3; k++) {
      seed = seed * 1103515245u + 12345u;
      text[(seed >> 8) % (sizeof whole - 1)] = (char)(1 + (seed >> 24) % 255);
    }
    request_init(&r);
    (void)feed(&r, text, 1 + (seed >> 4) % 60); /* any state; ASan watches */
    request_release(&r);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_cut_gives_the_same_request),
      cmocka_unit_test(an_expecting_client_is_told_to_go_on),
      cmocka_unit_test(what_is_no_request_is_refused),
      cmocka_unit_test(a_length_stands_once),
      cmocka_unit_test(a_host_stands_once),
      cmocka_unit_test(folded_and_half_ended_lines_are_refused),
      cmocka_unit_test(trailers_are_refused),
      cmocka_unit_test(a_body_may_have_any_lines),
      cmocka_unit_test(a_request_is_used_again),
      cmocka_unit_test(large_requests_are_refused),
      cmocka_unit_test(a_chunked_body_is_bounded_too),
      cmocka_unit_test(random_bytes_never_hurt),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
