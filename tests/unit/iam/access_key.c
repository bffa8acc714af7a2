/* Access keys look as AWS's do, and open for their owner alone. */
#include "house.h"

static void keys_look_as_aws_makes_them(void **state)
{
  CLEANUP_SECRET struct secret secret = {0};
  char id[ACCESS_KEY_ID_LEN + 1], entity[ENTITY_ID_LEN + 1];

  (void)state;
  OK(access_key_make(random_system(), ACCESS_KEY_LONG, id, &secret, e_));
  assert_int_equal(strlen(id), 20);
  assert_memory_equal(id, "AKIA", 4);
  assert_int_equal(strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), 20);
  assert_int_equal(secret.len, 40);
  assert_int_equal(strspn((const char *)secret.data,
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "abcdefghijklmnopqrstuvwxyz0123456789+/"),
                   40);
  entity_id_make(random_system(), IAM_ROLE, entity);
  assert_int_equal(strlen(entity), 21);
  assert_memory_equal(entity, "AROA", 4);
}

static void no_two_keys_are_alike(void **state)
{
  CLEANUP_SECRET struct secret a = {0}, b = {0};
  char id_a[ACCESS_KEY_ID_LEN + 1], id_b[ACCESS_KEY_ID_LEN + 1];

  (void)state;
  OK(access_key_make(random_system(), ACCESS_KEY_LONG, id_a, &a, e_));
  OK(access_key_make(random_system(), ACCESS_KEY_LONG, id_b, &b, e_));
  assert_string_not_equal(id_a, id_b);
  assert_false(secret_equal(&a, &b));
}

static void a_sealed_key_opens_for_its_owner_and_id_alone(void **state)
{
  struct house *h = *state;
  CLEANUP_SECRET struct secret plain = {0}, opened = {0};
  struct iam_key key = {.access_key_id = "AKIAX"};
  char id[ACCESS_KEY_ID_LEN + 1];

  OK(access_key_make(random_system(), ACCESS_KEY_LONG, id, &plain, e_));
  OK(access_key_seal(h->keyring, "AIDA1", &plain, &key, e_));
  assert_null(memmem(key.sealed, key.sealed_len, plain.data, plain.len));
  FAILS(ERR_DECRYPT, "",
        access_key_open(h->keyring, "AIDA2", &key, &opened, e_));
  key.access_key_id[4] = 'Y';
  FAILS(ERR_DECRYPT, "",
        access_key_open(h->keyring, "AIDA1", &key, &opened, e_));
  key.access_key_id[4] = 'X';
  OK(access_key_open(h->keyring, "AIDA1", &key, &opened, e_));
  assert_true(secret_equal(&plain, &opened));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_look_as_aws_makes_them),
      cmocka_unit_test(no_two_keys_are_alike),
      HOUSE(a_sealed_key_opens_for_its_owner_and_id_alone),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
