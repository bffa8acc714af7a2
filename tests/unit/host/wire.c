/* The message table, frames, and values with any bytes in them. */
#include "host/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static int read_as(const char *json, enum wire_side from)
{
  struct wire_message m;
  struct err e = {0};
  int rc = wire_read(json, strlen(json), from, &m, &e);

  if (rc == 0)
    wire_release(&m);
  return rc;
}

static void only_what_the_table_lists_is_read(void **state)
{
  static const char *const refused[] = {
      "",
      "[]",
      "{}",
      "{\"type\":7}",
      "{\"type\":\"surprise\"}",
      "{\"type\":\"mutating\"}",
      "{\"type\":\"mutating\",\"id\":0}",
      "{\"type\":\"mutating\",\"id\":-1}",
      "{\"type\":\"mutating\",\"id\":\"1\"}",
      "{\"type\":\"mutating\",\"id\":1.0}",
      "{\"type\":\"mutating\",\"id\":1,\"id\":1}",
      "{\"type\":\"mutating\",\"id\":1,\"more\":1}",
      "{\"type\":\"mutating\",\"id\":1}x",
      "{\"type\":\"mutating\",\"id\":99999999999999999999}",
      "{\"type\":\"get_value\",\"id\":1,\"source\":3,\"stage\":\"A\"}",
      "{\"type\":\"log\",\"id\":1,\"level\":0,\"line\":{\"a\":{\"b\":[]}}}",
      "{\"type\":\"describe\",\"version\":\"1\",\"rotators\":[]}",
      "{\"type\":\"describe\",\"version\":\"1\",\"rotators\":[7]}",
      "{\"type\":\"describe\",\"version\":\"1\",\"rotators\":[{\"name\":"
      "\"a\"}]}",
      "{\"type\":\"end\"}",                           /* the engine's to say */
      "{\"type\":\"refuse\",\"reason\":\"\\u0000\"}", /* no NUL in texts */
  };

  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    if (read_as(refused[i], WIRE_CHILD) == 0)
      fail_msg("accepted: %s", refused[i]);
  assert_int_equal(read_as("{\"type\":\"mutating\",\"id\":1}", WIRE_CHILD), 0);
  assert_int_equal(read_as("{\"type\":\"end\"}", WIRE_ENGINE), 0);
  assert_int_not_equal(read_as("{\"type\":\"mutating\",\"id\":1}", WIRE_ENGINE),
                       0);
  assert_int_equal(
      read_as("{\"type\":\"describe\",\"version\":\"1\",\"rotators\":[{"
              "\"name\":\"a\",\"version\":\"1\",\"summary\":\"s\",\"flags\":0,"
              "\"grace_s\":0,\"steps\":7}]}",
              WIRE_CHILD),
      0);
}

#define START                                                               \
  "{\"type\":\"start\",\"id\":1,\"step\":0,\"rotator\":\"r\","              \
  "\"stage\":\"AWSPENDING\",\"arn\":\"a\",\"version\":\"v\",\"attempt\":1," \
  "\"maybe_set\":false,\"remaining_ms\":1"

static void a_start_may_bring_values(void **state)
{
  static const char *const refused[] = {
      START ",\"values\":[]}",
      START ",\"values\":[7]}",
      START ",\"values\":[{\"source\":0,\"stage\":\"A\"}]}",
      START ",\"values\":[{\"source\":3,\"stage\":\"A\",\"class\":6}]}",
      START ",\"values\":[{\"source\":0,\"stage\":\"A\",\"class\":6,"
            "\"more\":1}]}",
  };

  (void)state;
  assert_int_equal(read_as(START "}", WIRE_ENGINE), 0);
  assert_int_equal(read_as(START ",\"values\":[{\"source\":0,\"stage\":\"A\","
                                 "\"class\":0,\"text\":\"x\"},"
                                 "{\"source\":1,\"stage\":\"A\","
                                 "\"class\":6}]}",
                           WIRE_ENGINE),
                   0);
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    if (read_as(refused[i], WIRE_ENGINE) == 0)
      fail_msg("accepted: %s", refused[i]);
}

/* A frame with the value, read back as another process would. */
static void round_trip(const void *data, size_t len)
{
  CLEANUP_BUF struct buf b = {0};
  CLEANUP_SECRET struct secret out = {0};
  struct wire_message m;
  struct err e = {0};
  size_t at, n;

  buf_init(&b, WIRE_FRAME_MAX + WIRE_HEADER_LEN, true);
  at = wire_begin(&b, WIRE_SAVE, 42);
  wire_put_value(&b, data, len);
  assert_int_equal(wire_end(&b, at, &e), 0);
  assert_int_equal(wire_frame(&b, 0, &n, &e), 1);
  if (wire_read(b.data + WIRE_HEADER_LEN, n, WIRE_CHILD, &m, &e) != 0)
    fail_msg("%s", e.text);
  assert_int_equal(m.type, WIRE_SAVE);
  assert_int_equal(m.id, 42);
  assert_int_equal(wire_value(&m, &out, &e), 0);
  assert_int_equal(out.len, len);
  assert_memory_equal(out.data, data, len);
  wire_release(&m);
}

static void values_of_any_bytes_survive(void **state)
{
  unsigned char bytes[4096];

  (void)state;
  round_trip("", 0);
  round_trip("plain", 5);
  round_trip("\"\\\n\x01\xc3\xa4\xf0\x9f\x94\x91", 10);
  round_trip("nul\0inside", 10);
  for (size_t len = 1; len < 300; len++) {
    for (size_t i = 0; i < len; i++)
      bytes[i] = (unsigned char)(0xff - i * 31);
    round_trip(bytes, len);
  }
  memset(bytes, 0, sizeof bytes);
  round_trip(bytes, sizeof bytes);
}

static int value_of(const char *json)
{
  CLEANUP_SECRET struct secret out = {0};
  struct wire_message m;
  struct err e = {0};
  int rc;

  assert_int_equal(wire_read(json, strlen(json), WIRE_CHILD, &m, &e), 0);
  rc = wire_value(&m, &out, &e);
  wire_release(&m);
  return rc;
}

static void base64_has_one_spelling(void **state)
{
  static const char *const bad[] = {"A",        "AA",       "AAA",      "AA=A",
                                    "=AAA",     "A===",     "AB==",     "AAB=",
                                    "AA AAAAA", "AAAA====", "AA==AAAA", "AA-_"};
  char json[128];

  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    (void)snprintf(json, sizeof json,
                   "{\"type\":\"save\",\"id\":1,\"base64\":\"%s\"}", bad[i]);
    if (value_of(json) != -ERR_SERIALIZATION)
      fail_msg("accepted: %s", bad[i]);
  }
  assert_int_equal(value_of("{\"type\":\"save\",\"id\":1,\"base64\":\"AA==\"}"),
                   0);
  assert_int_equal(value_of("{\"type\":\"save\",\"id\":1}"), -ERR_NOT_FOUND);
  assert_int_equal(
      value_of("{\"type\":\"save\",\"id\":1,\"text\":\"\",\"base64\":\"\"}"),
      -ERR_SERIALIZATION);
}

static void text_is_utf8_without_nul(void **state)
{
  static const char *const bad[] = {"\x80",
                                    "\xc0\x80",
                                    "\xc1\xbf",
                                    "\xe0\x80\x80",
                                    "\xed\xa0\x80",
                                    "\xf0\x80\x80\x80",
                                    "\xf4\x90\x80\x80",
                                    "\xf5\x80\x80\x80",
                                    "\xc3",
                                    "\xe2\x82",
                                    "\xff",
                                    "a\xc3("};
  char text[] = "a\x01\xc3\xa4\xff\n";

  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_false(wire_is_text(bad[i], strlen(bad[i])));
  assert_false(wire_is_text("a\0b", 3));
  assert_true(wire_is_text("\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x91", 9));
  wire_clean_text(text, strlen(text));
  assert_string_equal(text, "a \xc3\xa4? ");
  assert_int_equal(wire_cut("a\xc3\xa4z", 4, 2), 1);
  assert_int_equal(wire_cut("a\xc3\xa4z", 4, 3), 3);
  assert_int_equal(wire_cut("abc", 3, 9), 3);
}

static void frames_are_capped_and_may_come_in_pieces(void **state)
{
  CLEANUP_BUF struct buf b = {0}, big = {0};
  struct err e = {0};
  size_t at, n = 0;

  (void)state;
  buf_init(&b, 4096, true);
  at = wire_begin(&b, WIRE_CANCEL, 7);
  assert_int_equal(wire_end(&b, at, &e), 0);
  n = b.len;
  for (size_t i = 0; i < n; i++) {
    size_t len;
    struct buf part = {.data = b.data, .len = i};

    assert_int_equal(wire_frame(&part, 0, &len, &e), 0);
  }
  assert_int_equal(wire_frame(&b, 0, &n, &e), 1);
  /* What does not fit leaves earlier frames as they were. */
  at = wire_begin(&b, WIRE_LOG, 8);
  while (!b.failed)
    buf_json_str(&b, "line", "0123456789abcdef");
  assert_int_equal(wire_end(&b, at, &e), -ERR_LIMIT);
  assert_int_equal(b.len, at);
  assert_int_equal(wire_frame(&b, 0, &n, &e), 1);
  assert_int_equal(n + WIRE_HEADER_LEN, at);
  buf_init(&big, 64, true);
  buf_put(&big, "\x00\x10\x00\x00", 4);
  assert_int_equal(wire_frame(&big, 0, &n, &e), 0);
  buf_clear(&big);
  buf_put(&big, "\x00\x10\x00\x01", 4);
  assert_int_equal(wire_frame(&big, 0, &n, &e), -ERR_LIMIT);
}

/* Whatever bytes come, reading them is safe: with the sanitizers' help. */
static void mutations_are_read_or_refused(void **state)
{
  static const char *const seeds[] = {
      "{\"type\":\"describe\",\"version\":\"0.1.0\",\"rotators\":[{\"name\":"
      "\"a\",\"version\":\"1\",\"summary\":\"s\",\"flags\":0,\"grace_s\":0,"
      "\"steps\":7,\"secret_schema\":\"{}\"}]}",
      "{\"type\":\"put_pending\",\"id\":3,\"base64\":\"AAECAwQ=\"}",
      "{\"type\":\"done\",\"id\":9,\"class\":3,\"code\":\"c\",\"message\":"
      "\"m\\u00e4\"}",
      "{\"type\":\"get_value\",\"id\":1,\"source\":0,\"stage\":\"A\"}"};
  static const char bytes[] = "{}[]\",:\\0123456789eE+-.utnf=\x00\x80\xff";
  unsigned random = 12345, n_read = 0;

  (void)state;
  for (int i = 0; i < 100000; i++) {
    const char *seed = seeds[(unsigned)i % 4];
    size_t len = strlen(seed);
    CLEANUP_SECRET struct secret value = {0};
    struct wire_message m;
    struct err e = {0};
    char json[512];

    memcpy(json, seed, len);
    for (int k = i % 4; k >= 0; k--) {
      random = random * 1103515245 + 12345;
      json[(random >> 8) % len] = bytes[(random >> 20) % (sizeof bytes - 1)];
    }
    if (wire_read(json, len, WIRE_CHILD, &m, &e) != 0)
      continue;
    n_read++;
    (void)wire_value(&m, &value, &e);
    wire_release(&m);
  }
  assert_true(n_read > 100 && n_read < 50000); /* both kinds were seen */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_what_the_table_lists_is_read),
      cmocka_unit_test(a_start_may_bring_values),
      cmocka_unit_test(values_of_any_bytes_survive),
      cmocka_unit_test(base64_has_one_spelling),
      cmocka_unit_test(text_is_utf8_without_nul),
      cmocka_unit_test(mutations_are_read_or_refused),
      cmocka_unit_test(frames_are_capped_and_may_come_in_pieces),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
