/* HMAC-SHA-256 against the Wycheproof vectors (skipped by 77 where
 * $KEYTURN_VECTORS has none), and against OpenSSL's for every length of key
 * and text around the block's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/json.h"
#include "sigv4/digest.h"

#define BYTES_MAX 4096

static size_t hex(const json_t *t, const char *key, unsigned char *out)
{
  const char *s = json_str(t, key);
  size_t n;

  assert_non_null(s);
  n = strlen(s) / 2;
  assert_true(n <= BYTES_MAX);
  for (size_t i = 0; i < n; i++) {
    unsigned b;

    assert_int_equal(sscanf(s + 2 * i, "%2x", &b), 1);
    out[i] = (unsigned char)b;
  }
  return n;
}

static void run_one(struct digest *d, const json_t *t)
{
  static unsigned char key[BYTES_MAX], msg[BYTES_MAX], tag[BYTES_MAX];
  size_t key_len = hex(t, "key", key), len = hex(t, "msg", msg),
         tag_len = hex(t, "tag", tag);
  bool valid = strcmp(json_str(t, "result"), "valid") == 0;
  unsigned char got[DIGEST_LEN];

  assert_true(tag_len <= DIGEST_LEN); /* some are cut */
  assert_int_equal(digest_hmac(d, key, key_len, msg, len, got, NULL), 0);
  assert_true((memcmp(got, tag, tag_len) == 0) == valid);
}

static void vectors_hold(void **state)
{
  const char *folder = getenv("KEYTURN_VECTORS");
  const struct json_limits limits = {4 << 20, 16, 100000};
  char path[1024];
  json_t *vectors, *group, *test;
  size_t i, j, done = 0;
  struct digest *d;

  (void)state;
  (void)snprintf(path, sizeof path, "%s/wycheproof/hmac_sha256_test.json",
                 folder == NULL ? "." : folder);
  if (access(path, R_OK) != 0)
    skip();
  assert_int_equal(json_read_file(path, &limits, &vectors, NULL), 0);
  assert_int_equal(digest_new(&d, NULL), 0);
  json_array_foreach (json_object_get(vectors, "testGroups"), i, group)
    json_array_foreach (json_object_get(group, "tests"), j, test) {
      run_one(d, test);
      done++;
    }
  assert_int_equal(done, json_int(vectors, "numberOfTests", -1));
  digest_free(d);
  json_decref(vectors);
}

static void every_length_is_openssls(void **state)
{
  unsigned char key[200], text[200], got[DIGEST_LEN], right[DIGEST_LEN];
  struct digest *d;
  unsigned n;

  (void)state;
  assert_int_equal(digest_new(&d, NULL), 0);
  for (size_t i = 0; i < sizeof key; i++) {
    key[i] = (unsigned char)(i * 7 + 1);
    text[i] = (unsigned char)(i * 13 + 5);
  }
  for (size_t k = 0; k < sizeof key; k++)
    for (size_t t = 0; t < sizeof text; t += 3) {
      assert_non_null(HMAC(EVP_sha256(), key, (int)k, text, t, right, &n));
      assert_int_equal(digest_hmac(d, key, k, text, t, got, NULL), 0);
      assert_memory_equal(got, right, DIGEST_LEN);
    }
  digest_free(d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(vectors_hold),
      cmocka_unit_test(every_length_is_openssls),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
