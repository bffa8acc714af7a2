/* Envelope encryption and the key ring: what opens, and all that must not. */
#include "crypto/envelope.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/root_key.h"

#define ARN "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/app-a1b2c3"
#define VID "11111111-2222-4333-8444-555555555555"

static const struct envelope_for of = {ARN, VID, ENVELOPE_VALUE};

static struct keyring *ring_empty(void)
{
  struct secret root;
  struct keyring *k;

  assert_int_equal(secret_alloc(ROOT_KEY_LEN, &root, NULL), 0);
  random_system()->fill(random_system(), root.data, root.len);
  assert_int_equal(keyring_new(&root, random_system(), &k, NULL), 0);
  return k;
}

static void ring_add(struct keyring *k, char id[UUID_TEXT_LEN + 1])
{
  unsigned char wrapped[KEYRING_WRAPPED_LEN];

  assert_int_equal(keyring_make(k, id, wrapped, NULL), 0);
  assert_int_equal(keyring_load(k, id, wrapped, sizeof wrapped, NULL), 0);
}

static struct secret text(const char *s)
{
  struct secret out;

  assert_int_equal(secret_copy(s, strlen(s), &out, NULL), 0);
  return out;
}

struct fixture {
  struct keyring *k;
  char id[UUID_TEXT_LEN + 1];
  unsigned char *blob;
  size_t len;
};

static int setup(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  struct secret plain = text("{\"password\":\"hunter2\"}");

  f->k = ring_empty();
  ring_add(f->k, f->id);
  assert_int_equal(
      envelope_seal(f->k, &of, NULL, &plain, &f->blob, &f->len, NULL), 0);
  secret_release(&plain);
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  keyring_free(f->k);
  free(f->blob);
  free(f);
  return 0;
}

static void assert_opens(struct keyring *k, const unsigned char *blob,
                         size_t len)
{
  struct secret out = {0};
  struct err e = {0};

  if (envelope_open(k, &of, blob, len, &out, &e) != 0)
    fail_msg("%s", e.text);
  assert_string_equal((char *)out.data, "{\"password\":\"hunter2\"}");
  secret_release(&out);
}

static void assert_refused(struct keyring *k, const struct envelope_for *as,
                           const unsigned char *blob, size_t len)
{
  struct secret out = {0};
  struct err e = {0};

  assert_int_equal(envelope_open(k, as, blob, len, &out, &e), -ERR_DECRYPT);
  assert_null(out.data);
  assert_true(strlen(e.text) > 10);
  assert_null(strstr(e.text, "hunter2"));
}

static void what_was_sealed_opens(void **state)
{
  struct fixture *f = *state;
  char id[UUID_TEXT_LEN + 1];

  assert_opens(f->k, f->blob, f->len);
  assert_int_equal(envelope_key_id(f->blob, f->len, id, NULL), 0);
  assert_string_equal(id, f->id);
  assert_null(memmem(f->blob, f->len, "hunter2", 7));
}

static void lengths_from_nothing_to_the_limit_round_trip(void **state)
{
  static const size_t sizes[] = {0, 1, 15, 16, 17, 4096, ENVELOPE_PLAIN_MAX};
  struct fixture *f = *state;

  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct secret in, out;
    unsigned char *blob;
    size_t len;

    assert_int_equal(secret_alloc(sizes[i], &in, NULL), 0);
    random_system()->fill(random_system(), in.data, in.len);
    assert_int_equal(envelope_seal(f->k, &of, f->id, &in, &blob, &len, NULL),
                     0);
    assert_int_equal(envelope_open(f->k, &of, blob, len, &out, NULL), 0);
    assert_true(secret_equal(&in, &out));
    secret_release(&in);
    secret_release(&out);
    free(blob);
  }
}

static void a_value_beyond_the_limit_is_refused(void **state)
{
  struct fixture *f = *state;
  struct secret in;
  unsigned char *blob = NULL;
  size_t len = 0;

  assert_int_equal(secret_alloc(ENVELOPE_PLAIN_MAX + 1, &in, NULL), 0);
  memset(in.data, 'x', in.len);
  assert_int_equal(envelope_seal(f->k, &of, NULL, &in, &blob, &len, NULL),
                   -ERR_ENCRYPT);
  assert_null(blob);
  secret_release(&in);
}

static void every_flipped_bit_is_refused(void **state)
{
  struct fixture *f = *state;

  for (size_t i = 0; i < f->len * 8; i++) {
    f->blob[i / 8] ^= (unsigned char)(1 << i % 8);
    assert_refused(f->k, &of, f->blob, f->len);
    f->blob[i / 8] ^= (unsigned char)(1 << i % 8);
  }
  assert_opens(f->k, f->blob, f->len);
}

static void every_cut_is_refused(void **state)
{
  struct fixture *f = *state;

  for (size_t n = 0; n < f->len; n++)
    assert_refused(f->k, &of, f->blob, n);
}

static void another_secret_version_or_purpose_is_refused(void **state)
{
  struct fixture *f = *state;
  const struct envelope_for arn = {ARN "x", VID, ENVELOPE_VALUE};
  const struct envelope_for version = {ARN, "1" VID, ENVELOPE_VALUE};
  const struct envelope_for purpose = {ARN, VID, ENVELOPE_NOTE};
  /* The same bytes one after the other, cut elsewhere. */
  const struct envelope_for shifted = {
      ARN "1", "1111111-2222-4333-8444-555555555555", ENVELOPE_VALUE};

  assert_refused(f->k, &arn, f->blob, f->len);
  assert_refused(f->k, &version, f->blob, f->len);
  assert_refused(f->k, &purpose, f->blob, f->len);
  assert_refused(f->k, &shifted, f->blob, f->len);
}

static void a_data_key_of_another_value_is_refused(void **state)
{
  struct fixture *f = *state;
  struct secret plain = text("{\"password\":\"hunter3\"}");
  unsigned char *blob;
  size_t len;

  assert_int_equal(envelope_seal(f->k, &of, NULL, &plain, &blob, &len, NULL),
                   0);
  memcpy(blob, f->blob, ENVELOPE_HEAD_LEN);
  assert_refused(f->k, &of, blob, len);
  free(blob);
  secret_release(&plain);
}

static void a_rewrapped_value_needs_only_the_new_key(void **state)
{
  struct fixture *f = *state;
  struct keyring *other;
  char id[UUID_TEXT_LEN + 1], got[UUID_TEXT_LEN + 1];
  unsigned char *blob = NULL;
  size_t len;

  ring_add(f->k, id);
  assert_string_equal(keyring_default(f->k), id);
  assert_int_equal(
      envelope_rewrap(f->k, &of, f->blob, f->len, id, &blob, &len, NULL), 0);
  assert_int_equal(envelope_key_id(blob, len, got, NULL), 0);
  assert_string_equal(got, id);
  assert_int_equal(len, f->len);
  assert_memory_equal(blob + ENVELOPE_HEAD_LEN, f->blob + ENVELOPE_HEAD_LEN,
                      len - ENVELOPE_HEAD_LEN);
  assert_memory_not_equal(blob, f->blob, ENVELOPE_HEAD_LEN);
  assert_opens(f->k, blob, len);
  other = ring_empty();
  ring_add(other, got);
  assert_refused(other, &of, blob, len);
  assert_int_equal(
      envelope_rewrap(f->k, &of, f->blob, f->len, VID, &blob, &len, NULL),
      -ERR_ENCRYPT);
  f->blob[f->len / 2 > 60 ? 60 : 0] ^= 1;
  assert_int_equal(
      envelope_rewrap(f->k, &of, f->blob, f->len, id, &blob, &len, NULL),
      -ERR_DECRYPT);
  keyring_free(other);
  free(blob);
}

static int compare_nonces(const void *a, const void *b)
{
  return memcmp(a, b, GCM_NONCE_LEN);
}

static void nonces_do_not_repeat(void **state)
{
  enum { N = 100000 };
  struct fixture *f = *state;
  unsigned char key[GCM_KEY_LEN] = {1}, out[GCM_OVERHEAD + 1];
  unsigned char *all = malloc((size_t)N * GCM_NONCE_LEN);

  for (int i = 0; i < N; i++) {
    assert_int_equal(gcm_seal(keyring_gcm(f->k), random_system(), key, "", 0,
                              "x", 1, out, NULL),
                     0);
    memcpy(all + (size_t)i * GCM_NONCE_LEN, out, GCM_NONCE_LEN);
  }
  qsort(all, N, GCM_NONCE_LEN, compare_nonces);
  for (int i = 1; i < N; i++)
    assert_memory_not_equal(all + (size_t)(i - 1) * GCM_NONCE_LEN,
                            all + (size_t)i * GCM_NONCE_LEN, GCM_NONCE_LEN);
  free(all);
}

static void *work(void *arg)
{
  struct fixture *f = arg;
  size_t bad = 0;

  for (int i = 0; i < 500; i++) {
    struct secret in = {0}, out = {0};
    unsigned char *blob = NULL;
    size_t len;

    if (secret_copy("concurrent", 10, &in, NULL) != 0 ||
        envelope_seal(f->k, &of, NULL, &in, &blob, &len, NULL) != 0 ||
        envelope_open(f->k, &of, blob, len, &out, NULL) != 0 ||
        !secret_equal(&in, &out))
      bad++;
    secret_release(&in);
    secret_release(&out);
    free(blob);
  }
  return bad == 0 ? NULL : arg;
}

static void threads_share_a_ring_while_keys_are_added(void **state)
{
  struct fixture *f = *state;
  pthread_t t[4];
  void *bad;

  for (int i = 0; i < 4; i++)
    assert_int_equal(pthread_create(&t[i], NULL, work, f), 0);
  for (int i = 0; i < 50; i++) {
    char id[UUID_TEXT_LEN + 1];

    ring_add(f->k, id);
  }
  for (int i = 0; i < 4; i++) {
    assert_int_equal(pthread_join(t[i], &bad), 0);
    assert_null(bad);
  }
}

static void the_check_value_tells_a_wrong_root_key(void **state)
{
  struct fixture *f = *state;
  struct keyring *other = ring_empty();
  unsigned char check[KEYRING_CHECK_LEN];
  struct err e = {0};

  assert_int_equal(keyring_check_make(f->k, VID, check, NULL), 0);
  assert_int_equal(keyring_check(f->k, VID, check, sizeof check, NULL), 0);
  assert_int_equal(keyring_check(other, VID, check, sizeof check, &e),
                   -ERR_CONFIG);
  assert_non_null(strstr(e.text, "this root key is not the store's"));
  assert_int_equal(keyring_check(f->k, "another", check, sizeof check, NULL),
                   -ERR_CONFIG);
  assert_int_equal(keyring_check(f->k, VID, check, sizeof check - 1, NULL),
                   -ERR_CONFIG);
  keyring_free(other);
}

static void a_wrapped_key_opens_only_under_its_id_and_root(void **state)
{
  struct fixture *f = *state;
  struct keyring *other = ring_empty();
  unsigned char w[KEYRING_WRAPPED_LEN];
  char id[UUID_TEXT_LEN + 1];

  assert_int_equal(keyring_make(f->k, id, w, NULL), 0);
  assert_false(keyring_has(f->k, id));
  assert_int_equal(keyring_load(other, id, w, sizeof w, NULL), -ERR_DECRYPT);
  assert_int_equal(keyring_load(f->k, VID, w, sizeof w, NULL), -ERR_DECRYPT);
  assert_int_equal(keyring_load(f->k, id, w, sizeof w - 1, NULL), -ERR_DECRYPT);
  for (size_t i = 0; i < sizeof w; i++) {
    w[i] ^= 1;
    assert_int_equal(keyring_load(f->k, id, w, sizeof w, NULL), -ERR_DECRYPT);
    w[i] ^= 1;
  }
  assert_int_equal(keyring_load(f->k, id, w, sizeof w, NULL), 0);
  assert_true(keyring_has(f->k, id));
  keyring_free(other);
}

static void keys_move_to_a_new_root_key(void **state)
{
  struct fixture *f = *state;
  struct secret root, copy;
  unsigned char w[KEYRING_WRAPPED_LEN];
  struct keyring *next;

  assert_int_equal(secret_alloc(ROOT_KEY_LEN, &root, NULL), 0);
  random_system()->fill(random_system(), root.data, root.len);
  assert_int_equal(secret_copy(root.data, root.len, &copy, NULL), 0);
  assert_int_equal(keyring_rewrap(f->k, f->id, &root, w, NULL), 0);
  secret_release(&root);
  assert_int_equal(keyring_new(&copy, random_system(), &next, NULL), 0);
  assert_int_equal(keyring_load(next, f->id, w, sizeof w, NULL), 0);
  assert_opens(next, f->blob, f->len);
  keyring_free(next);
}

static void the_marked_key_is_the_default(void **state)
{
  struct fixture *f = *state;
  struct keyring *empty = ring_empty();
  struct secret in = text("x");
  unsigned char *blob = NULL;
  char id[UUID_TEXT_LEN + 1];
  size_t len;

  assert_null(keyring_default(empty));
  assert_int_equal(envelope_seal(empty, &of, NULL, &in, &blob, &len, NULL),
                   -ERR_ENCRYPT);
  ring_add(f->k, id);
  assert_string_equal(keyring_default(f->k), id);
  assert_int_equal(keyring_mark_default(f->k, f->id, NULL), 0);
  assert_string_equal(keyring_default(f->k), f->id);
  assert_int_equal(keyring_mark_default(f->k, VID, NULL), -ERR_NOT_FOUND);
  for (int i = 2; i < KEYRING_KEYS_MAX; i++)
    ring_add(f->k, id);
  {
    unsigned char w[KEYRING_WRAPPED_LEN];

    assert_int_equal(keyring_make(f->k, id, w, NULL), 0);
    assert_int_equal(keyring_load(f->k, id, w, sizeof w, NULL), -ERR_LIMIT);
  }
  secret_release(&in);
  keyring_free(empty);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(what_was_sealed_opens),
      TEST(lengths_from_nothing_to_the_limit_round_trip),
      TEST(a_value_beyond_the_limit_is_refused),
      TEST(every_flipped_bit_is_refused),
      TEST(every_cut_is_refused),
      TEST(another_secret_version_or_purpose_is_refused),
      TEST(a_data_key_of_another_value_is_refused),
      TEST(a_rewrapped_value_needs_only_the_new_key),
      TEST(nonces_do_not_repeat),
      TEST(threads_share_a_ring_while_keys_are_added),
      TEST(the_check_value_tells_a_wrong_root_key),
      TEST(a_wrapped_key_opens_only_under_its_id_and_root),
      TEST(keys_move_to_a_new_root_key),
      TEST(the_marked_key_is_the_default),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
