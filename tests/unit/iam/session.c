/* Session tokens: nothing in them can be changed or moved elsewhere. */
#include "house.h"

static struct session *full(void)
{
  struct session *s = calloc(1, sizeof *s);

  OK(access_key_make(random_system(), ACCESS_KEY_SESSION, s->access_key_id,
                     &s->key, e_));
  (void)snprintf(s->role_id, sizeof s->role_id, "AROA12345678901234567");
  (void)snprintf(s->name, sizeof s->name, "ci");
  (void)snprintf(s->source_identity, sizeof s->source_identity, "anna");
  s->issued_us = NOW;
  s->expires_us = NOW + 900 * SEC;
  s->policy = strdup(READ_ALL);
  (void)snprintf(s->policy_ids[0], IAM_ID_MAX, "ANPA12345678901234567");
  s->n_policy_ids = 1;
  s->tags[0] = (struct tag){"team", "we\"b"};
  s->n_tags = 1;
  return s;
}

static void drop(struct session *s)
{
  session_release(s);
  free(s);
}

static void a_token_brings_everything_back(void **state)
{
  struct house *h = *state;
  struct session *s = full(), *got = calloc(1, sizeof *got);
  CLEANUP_SECRET struct secret token = {0};

  OK(session_seal(h->keyring, "store", s, &token, e_));
  OK(session_open(h->keyring, "store", s->access_key_id,
                  (const char *)token.data, got, e_));
  assert_true(secret_equal(&s->key, &got->key));
  assert_string_equal(got->access_key_id, s->access_key_id);
  assert_string_equal(got->role_id, s->role_id);
  assert_string_equal(got->name, "ci");
  assert_string_equal(got->source_identity, "anna");
  assert_int_equal(got->issued_us, s->issued_us);
  assert_int_equal(got->expires_us, s->expires_us);
  assert_string_equal(got->policy, READ_ALL);
  assert_int_equal(got->n_policy_ids, 1);
  assert_string_equal(got->policy_ids[0], "ANPA12345678901234567");
  assert_int_equal(got->n_tags, 1);
  assert_string_equal(got->tags[0].value, "we\"b");
  drop(s);
  drop(got);
}

static void a_token_is_its_stores_and_its_keys(void **state)
{
  struct house *h = *state;
  struct session *s = full(), *got = calloc(1, sizeof *got);
  CLEANUP_SECRET struct secret token = {0};
  const char *text;

  OK(session_seal(h->keyring, "store", s, &token, e_));
  text = (const char *)token.data;
  FAILS(ERR_NOT_FOUND, "The security token included in the request is invalid",
        session_open(h->keyring, "other", s->access_key_id, text, got, e_));
  FAILS(
      ERR_NOT_FOUND, "invalid",
      session_open(h->keyring, "store", "ASIAOTHEROTHEROTHER2", text, got, e_));
  FAILS(ERR_NOT_FOUND, "invalid",
        session_open(h->keyring, "store", "ASIA", text, got, e_));
  FAILS(ERR_NOT_FOUND, "invalid",
        session_open(h->keyring, "store", s->access_key_id, "", got, e_));
  drop(s);
  drop(got);
}

static void no_letter_of_a_token_can_be_another(void **state)
{
  struct house *h = *state;
  struct session *s = full(), *got = calloc(1, sizeof *got);
  CLEANUP_SECRET struct secret token = {0};
  int taken = 0;

  OK(session_seal(h->keyring, "store", s, &token, e_));
  for (size_t i = 0; i < token.len; i++) {
    unsigned char was = token.data[i];

    token.data[i] = was == 'A' ? 'B' : 'A';
    if (session_open(h->keyring, "store", s->access_key_id,
                     (const char *)token.data, got, NULL) == 0) {
      session_release(got);
      taken++;
    }
    token.data[i] = was;
  }
  /* The last letter before the padding has bits that mean nothing. */
  assert_true(taken <= 1);
  drop(s);
  drop(got);
}

static void what_does_not_fit_headers_is_refused(void **state)
{
  struct house *h = *state;
  struct session *s = full();
  CLEANUP_SECRET struct secret token = {0};

  s->n_tags = STORE_TAGS;
  for (size_t i = 0; i < STORE_TAGS; i++) {
    memset(s->tags[i].key, 'k', 128);
    memset(s->tags[i].value, 'v', 256);
  }
  FAILS(ERR_LIMIT, "too large",
        session_seal(h->keyring, "store", s, &token, e_));
  s->n_tags = 10;
  OK(session_seal(h->keyring, "store", s, &token, e_));
  assert_true(token.len <= SESSION_TOKEN_MAX);
  drop(s);
}

static void merged_policies_say_what_each_said(void **state)
{
  static const char *const two[] = {
      "{\"Version\":\"2012-10-17\",\"Statement\":{\"Sid\":\"A\",\"Effect\":"
      "\"Allow\",\"Action\":\"a:*\",\"Resource\":\"*\"}}",
      "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"A\",\"Effect\":"
      "\"Deny\",\"Action\":\"b:*\",\"Resource\":\"*\"}]}",
  };
  static const char *const unlike[] = {
      "{\"Version\":\"2012-10-17\",\"Statement\":[]}",
      "{\"Statement\":[]}",
  };
  struct policy *p;
  char *text;

  (void)state;
  OK(session_policy_merge(two, 2, &text, e_));
  assert_string_equal(
      text, "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"a:*\","
            "\"Resource\":\"*\"},{\"Effect\":\"Deny\",\"Action\":\"b:*\","
            "\"Resource\":\"*\"}],\"Version\":\"2012-10-17\"}");
  OK(policy_parse(text, strlen(text), POLICY_SESSION, &p, e_));
  policy_free(p);
  free(text);
  FAILS(ERR_PARAMETER, "same Version",
        session_policy_merge(unlike, 2, &text, e_));
  OK(session_policy_merge(two, 1, &text, e_));
  assert_string_equal(text, two[0]);
  free(text);
  OK(session_policy_merge(NULL, 0, &text, e_));
  OK(policy_parse(text, strlen(text), POLICY_SESSION, &p, e_));
  policy_free(p);
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      HOUSE(a_token_brings_everything_back),
      HOUSE(a_token_is_its_stores_and_its_keys),
      HOUSE(no_letter_of_a_token_can_be_another),
      HOUSE(what_does_not_fit_headers_is_refused),
      cmocka_unit_test(merged_policies_say_what_each_said),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
