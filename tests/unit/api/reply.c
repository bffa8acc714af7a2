/* The text of replies. */
#include "api/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static void is_said(int64_t second, const char *text)
{
  struct reply_date d = {0};

  reply_date_set(&d, second * US_PER_S + 999999);
  assert_string_equal(d.text, text);
}

static void the_date_is_as_rfc_9110_writes_it(void **state)
{
  (void)state;
  is_said(784111777, "Sun, 06 Nov 1994 08:49:37 GMT"); /* its own example */
  is_said(0, "Thu, 01 Jan 1970 00:00:00 GMT");
  is_said(951782400, "Tue, 29 Feb 2000 00:00:00 GMT");
  is_said(4102444799, "Thu, 31 Dec 2099 23:59:59 GMT");
}

static void the_date_goes_on(void **state)
{
  struct reply_date d = {0};

  (void)state;
  reply_date_set(&d, 59 * US_PER_S);
  reply_date_set(&d, 59 * US_PER_S + 999999);
  assert_string_equal(d.text + 17, "00:00:59 GMT");
  reply_date_set(&d, 60 * US_PER_S);
  assert_string_equal(d.text + 17, "00:01:00 GMT");
  reply_date_set(&d, 58 * US_PER_S); /* a clock that was set back */
  assert_string_equal(d.text + 17, "00:00:58 GMT");
}

static void a_head_has_what_is_set(void **state)
{
  struct http_reply reply = {.status = 200, .content_type = "text/plain"};
  struct reply_date d = {0};
  struct buf out;

  (void)state;
  reply_date_set(&d, 784111777 * US_PER_S);
  buf_init(&reply.body, 100, true);
  buf_puts(&reply.body, "twelve bytes");
  buf_init(&out, REPLY_HEAD_MAX, false);
  reply_head(&reply, &d, false, &out);
  assert_string_equal(out.data, "HTTP/1.1 200 OK\r\n"
                                "Server: keyturn\r\n"
                                "Cache-Control: no-store\r\n"
                                "Content-Length: 12\r\n"
                                "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                "Content-Type: text/plain\r\n\r\n");
  buf_release(&out);
  buf_release(&reply.body);
}

static void the_largest_head_fits(void **state)
{
  struct http_reply reply = {.status = 503, .content_type = "text/plain"};
  struct reply_date d = {0};
  struct buf out;

  (void)state;
  memset(reply.request_id, 'i', sizeof reply.request_id - 1);
  memset(reply.error_type, 'e', sizeof reply.error_type - 1);
  reply.body.len = HTTP_REPLY_MAX;
  reply_date_set(&d, 784111777 * US_PER_S);
  buf_init(&out, REPLY_HEAD_MAX, false);
  reply_head(&reply, &d, true, &out);
  assert_false(out.failed);
  assert_non_null(strstr(out.data, "\r\nConnection: close\r\n\r\n"));
  assert_non_null(strstr(out.data, "\r\nx-amzn-ErrorType: eeee"));
  assert_non_null(strstr(out.data, "\r\nx-amzn-RequestId: iiii"));
  buf_release(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_date_is_as_rfc_9110_writes_it),
      cmocka_unit_test(the_date_goes_on),
      cmocka_unit_test(a_head_has_what_is_set),
      cmocka_unit_test(the_largest_head_fits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
