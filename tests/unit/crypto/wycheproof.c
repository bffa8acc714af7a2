/* AES-256-GCM against the Wycheproof vectors: 96-bit nonces, 128-bit tags.
 * Skipped (77) where $KEYTURN_VECTORS has none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "crypto/gcm.h"

#define BYTES_MAX 4096

static json_t *vectors;

/* Hands out the vector's nonce instead of a random one. */
struct fixed {
  struct random r;
  const unsigned char *nonce;
};

static void fixed_fill(struct random *r, void *out, size_t n)
{
  assert_int_equal(n, GCM_NONCE_LEN);
  memcpy(out, ((struct fixed *)r)->nonce, n);
}

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

static void run_one(const struct gcm *g, const json_t *t)
{
  static unsigned char key[BYTES_MAX], iv[BYTES_MAX], aad[BYTES_MAX],
      msg[BYTES_MAX], sealed[2 * BYTES_MAX], got[2 * BYTES_MAX];
  struct fixed fixed = {{fixed_fill}, iv};
  size_t aad_len = hex(t, "aad", aad), len = hex(t, "msg", msg), ct_len;
  bool valid = strcmp(json_str(t, "result"), "valid") == 0;
  int rc;

  assert_int_equal(hex(t, "key", key), GCM_KEY_LEN);
  assert_int_equal(hex(t, "iv", iv), GCM_NONCE_LEN);
  memcpy(sealed, iv, GCM_NONCE_LEN);
  ct_len = hex(t, "ct", sealed + GCM_NONCE_LEN);
  assert_int_equal(hex(t, "tag", sealed + GCM_NONCE_LEN + ct_len), GCM_TAG_LEN);
  rc = gcm_open(g, key, aad, aad_len, sealed, ct_len + GCM_OVERHEAD, got, NULL);
  if (!valid) {
    assert_int_equal(rc, -ERR_DECRYPT);
    return;
  }
  assert_int_equal(rc, 0);
  assert_int_equal(ct_len, len);
  assert_memory_equal(got, msg, len);
  assert_int_equal(
      gcm_seal(g, &fixed.r, key, aad, aad_len, msg, len, got, NULL), 0);
  assert_memory_equal(got, sealed, len + GCM_OVERHEAD);
}

static void vectors_hold(void **state)
{
  const json_t *groups = json_object_get(vectors, "testGroups");
  struct gcm *g;
  size_t i, j, done = 0;
  json_t *group, *t;

  (void)state;
  assert_int_equal(gcm_new(&g, NULL), 0);
  json_array_foreach (groups, i, group) {
    if (json_int(group, "keySize", 0) != 256 ||
        json_int(group, "ivSize", 0) != 96 ||
        json_int(group, "tagSize", 0) != 128)
      continue;
    json_array_foreach (json_object_get(group, "tests"), j, t) {
      run_one(g, t);
      done++;
    }
  }
  gcm_free(g);
  assert_true(done >= 60);
}

int main(void)
{
  static const struct json_limits limits = {1 << 20, 16, 100000};
  const struct CMUnitTest tests[] = {cmocka_unit_test(vectors_hold)};
  const char *dir = getenv("KEYTURN_VECTORS");
  struct err e = {0};
  char path[4096];
  int rc;

  (void)snprintf(path, sizeof path, "%s/wycheproof/aes_gcm_test.json",
                 dir == NULL ? "." : dir);
  if (access(path, R_OK) != 0) {
    fprintf(stderr, "skipped: no Wycheproof vectors at %s\n", path);
    return 77;
  }
  if (json_read_file(path, &limits, &vectors, &e) != 0) {
    fprintf(stderr, "%s\n", e.text);
    return 1;
  }
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  json_decref(vectors);
  return rc;
}
