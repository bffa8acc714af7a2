/* Capped buffers and the JSON writer. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_write_beyond_the_cap_fails_and_stays_failed(void **state)
{
  struct buf b;
  struct err e = {0};

  (void)state;
  buf_init(&b, 8, false);
  buf_puts(&b, "12345678");
  assert_int_equal(buf_check(&b, &e), 0);
  buf_putc(&b, '9');
  buf_puts(&b, "");
  assert_int_equal(buf_check(&b, &e), -ERR_NOMEM);
  assert_string_equal(b.data, "12345678");
  buf_release(&b);
}

static void json_text_escapes_what_rfc_8259_asks_for(void **state)
{
  struct buf b;

  (void)state;
  buf_init(&b, 1000, true);
  buf_json_string(&b, "a\"\\\n\x01\xc3\xa9z", 8);
  assert_string_equal(b.data, "\"a\\\"\\\\\\u000a\\u0001\xc3\xa9z\"");
  buf_release(&b);
}

/* One byte at a time, to hold the eight at a time against. */
static void string_by_bytes(struct buf *b, const char *text, size_t len)
{
  buf_putc(b, '"');
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];

    if (c < 0x20)
      buf_printf(b, "\\u%04x", c);
    else if (c == '"' || c == '\\')
      buf_printf(b, "\\%c", c);
    else
      buf_putc(b, (char)c);
  }
  buf_putc(b, '"');
}

static void json_text_is_the_same_at_every_place_of_every_byte(void **state)
{
  char text[24];
  struct buf b, want;

  (void)state;
  buf_init(&b, 1000, false);
  buf_init(&want, 1000, false);
  for (size_t len = 1; len <= sizeof text; len++)
    for (size_t at = 0; at < len; at++)
      for (int c = 0; c < 256; c++) {
        memset(text, 'a' + c % 26, sizeof text);
        text[len / 2] = '\xff'; /* beside all kinds of neighbours */
        text[at] = (char)c;
        buf_clear(&b);
        buf_clear(&want);
        buf_json_string(&b, text, len);
        string_by_bytes(&want, text, len);
        assert_int_equal(b.len, want.len);
        assert_memory_equal(b.data, want.data, want.len);
      }
  buf_release(&b);
  buf_release(&want);
}

static void commas_come_where_they_are_due(void **state)
{
  struct buf b;

  (void)state;
  buf_init(&b, 1000, false);
  buf_putc(&b, '{');
  buf_json_str(&b, "A", "x");
  buf_json_str(&b, "none", NULL);
  buf_json_int(&b, "B", -5);
  buf_json_bool(&b, "C", true);
  buf_json_time(&b, "D", 1700000000123456);
  buf_json_time(&b, "never", 0);
  buf_putc(&b, '}');
  assert_string_equal(b.data,
                      "{\"A\":\"x\",\"B\":-5,\"C\":true,\"D\":1700000000.123}");
  buf_release(&b);
}

static void a_shift_drops_the_front_and_wipes_the_rest(void **state)
{
  struct buf b;

  (void)state;
  buf_init(&b, 1000, true);
  buf_puts(&b, "headbody");
  buf_shift(&b, 4);
  assert_string_equal(b.data, "body");
  assert_memory_equal(b.data + 4, "\0\0\0\0", 4);
  buf_clear(&b);
  assert_memory_equal(b.data, "\0\0\0\0\0\0\0\0", 8);
  buf_release(&b);
}

static void growth_keeps_what_was_there(void **state)
{
  struct buf b;

  (void)state;
  buf_init(&b, 100000, true);
  for (int i = 0; i < 5000; i++)
    buf_printf(&b, "%04d", i);
  assert_int_equal(b.len, 20000);
  assert_memory_equal(b.data + 4 * 4321, "4321", 4);
  buf_release(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_write_beyond_the_cap_fails_and_stays_failed),
      cmocka_unit_test(json_text_escapes_what_rfc_8259_asks_for),
      cmocka_unit_test(json_text_is_the_same_at_every_place_of_every_byte),
      cmocka_unit_test(commas_come_where_they_are_due),
      cmocka_unit_test(a_shift_drops_the_front_and_wipes_the_rest),
      cmocka_unit_test(growth_keeps_what_was_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
