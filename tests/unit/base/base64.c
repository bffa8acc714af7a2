/* Base64 against the vectors of RFC 4648, section 10. */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static const struct {
  const char *plain, *coded;
} vectors[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};

static void the_vectors_go_both_ways(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
    CLEANUP_SECRET struct secret in = {0}, out = {0}, back = {0};
    struct err e = {0};
    size_t n = strlen(vectors[i].plain);

    assert_int_equal(secret_copy(vectors[i].plain, n, &in, &e), 0);
    assert_int_equal(base64_encode(&in, &out, &e), 0);
    assert_int_equal(out.len, strlen(vectors[i].coded));
    assert_memory_equal(out.data, vectors[i].coded, out.len);
    assert_int_equal(base64_decode((const char *)out.data, out.len, &back, &e),
                     0);
    assert_int_equal(back.len, n);
    assert_memory_equal(back.data, vectors[i].plain, n);
  }
}

static void all_bytes_come_back(void **state)
{
  CLEANUP_SECRET struct secret in = {0}, out = {0}, back = {0};
  struct err e = {0};

  (void)state;
  assert_int_equal(secret_alloc(256, &in, &e), 0);
  for (size_t i = 0; i < 256; i++)
    in.data[i] = (unsigned char)i;
  assert_int_equal(base64_encode(&in, &out, &e), 0);
  assert_int_equal(base64_decode((const char *)out.data, out.len, &back, &e),
                   0);
  assert_true(secret_equal(&in, &back));
}

static void what_is_no_base64_is_refused(void **state)
{
  static const char *const bad[] = {"Z",    "Zg",   "Zg=",  "Zm9vY",    "Zm9*",
                                    "====", "Z===", "=Zg=", "Zg==Zg==", "Zm 9"};

  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    CLEANUP_SECRET struct secret out = {0};
    struct err e = {0};

    if (base64_decode(bad[i], strlen(bad[i]), &out, &e) != -ERR_SERIALIZATION)
      fail_msg("'%s' was taken", bad[i]);
    assert_null(out.data);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_vectors_go_both_ways),
      cmocka_unit_test(all_bytes_come_back),
      cmocka_unit_test(what_is_no_base64_is_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
