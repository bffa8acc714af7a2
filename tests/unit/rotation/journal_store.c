/* What a step gets from its host: the right values, and no others. */
#include "scripted.h"

static const char *get(struct bench *b, enum kt_source source,
                       const char *stage, int want)
{
  static char text[256];
  struct secret v = {0};

  text[0] = '\0';
  assert_int_equal(b->host->get_value(b->ctx, source, stage, &v), want);
  if (want == KT_OK)
    (void)snprintf(text, sizeof text, "%s", (const char *)v.data);
  secret_release(&v);
  return text;
}

static void stages_give_their_values(void **state)
{
  struct bench *b = *state;

  bench_start(b, JOB_MANUAL);
  assert_string_equal(get(b, KT_SECRET, NULL, KT_OK), CURRENT);
  (void)get(b, KT_SECRET, "AWSPENDING", KT_MISSING); /* a placeholder */
  (void)get(b, KT_SECRET, "AWSPREVIOUS", KT_MISSING);
  (void)get(b, KT_SECRET, "mine", KT_MISSING);
  bench_play(b, "c=OK");
  assert_string_equal(get(b, KT_SECRET, "AWSPENDING", KT_OK),
                      "{\"password\":\"drawn-1\"}");
}

static void pending_is_the_jobs_own_version(void **state)
{
  struct bench *b = *state;

  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK");
  OK(store_label_move(b->t->s, b->t->id, "AWSPENDING", V(2), V(1), NOW, e_));
  assert_string_equal(get(b, KT_SECRET, "AWSPENDING", KT_OK),
                      "{\"password\":\"drawn-1\"}");
}

static void admin_is_the_secret_that_masterarn_names(void **state)
{
  static const char *const spellings[] = {
      "db/admin",
      "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/admin-AbCdEf",
      "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/admin"};
  struct bench *b = *state;
  int64_t admin = temp_secret(b->t, "db/admin");
  char value[160];

  bench_put(b, admin, V(7), "{\"username\":\"root\"}");
  bench_start(b, JOB_MANUAL);
  (void)get(b, KT_ADMIN, NULL, KT_MISSING); /* it names none */
  for (size_t i = 0; i < 3; i++) {
    char id[STORE_ID_MAX];

    (void)snprintf(value, sizeof value, "{\"masterarn\":\"%s\"}", spellings[i]);
    (void)snprintf(id, sizeof id, "0000001%zu-2222-4333-8444-555555555555", i);
    bench_put(b, b->t->id, id, value);
    assert_string_equal(get(b, KT_ADMIN, NULL, KT_OK),
                        "{\"username\":\"root\"}");
  }
  OK(store_secret_mark_deleted(b->t->s, admin, NOW, NOW + DAY, e_));
  assert_int_not_equal(
      b->host->get_value(b->ctx, KT_ADMIN, NULL, &(struct secret){0}), KT_OK);
}

static void options_are_the_rules(void **state)
{
  struct bench *b = *state;
  struct rules_row rules;
  struct secret v = {0};

  bench_start(b, JOB_MANUAL);
  assert_string_equal(get(b, KT_OPTIONS, NULL, KT_OK), "{}");
  OK(store_rules_get(b->t->s, b->t->id, &rules, e_));
  (void)snprintf(rules.options, sizeof rules.options,
                 "{\"password\":{\"PasswordLength\":11,"
                 "\"ExcludePunctuation\":true}}");
  OK(store_rules_put(b->t->s, b->t->id, &rules, NOW, e_));
  assert_string_equal(get(b, KT_OPTIONS, NULL, KT_OK), rules.options);
  assert_int_equal(b->host->random_password(b->ctx, "abc", &v), KT_OK);
  assert_int_equal(v.len, 11);
  assert_null(strpbrk((const char *)v.data, "abc!#$%&"));
  secret_release(&v);
}

static void note_lasts_as_long_as_the_rotation(void **state)
{
  struct bench *b = *state;
  struct secret note = {0}, got = {0};
  struct job_row row;
  unsigned char *sealed;
  size_t len;

  OK(secret_copy("raw reply", 9, &note, e_));
  bench_start(b, JOB_MANUAL);
  assert_int_equal(b->host->saved(b->ctx, &got), KT_MISSING);
  assert_int_equal(b->host->save(b->ctx, &note), KT_OK);
  bench_die(b);
  bench_claim(b, "engine-1");
  assert_int_equal(b->host->saved(b->ctx, &got), KT_OK);
  assert_true(secret_equal(&got, &note));
  row = *job_row(b->job);
  OK(store_job_note_get(b->t->s, &row, &sealed, &len, e_));
  assert_null(memmem(sealed, len, "raw reply", 9));
  free(sealed);
  secret_release(&got);
  secret_release(&note);
  bench_play(b, "c=OK s!=OK t=OK");
  assert_int_not_equal(store_job_note_get(b->t->s, &row, &sealed, &len, NULL),
                       0);
}

static void values_are_stored_sealed(void **state)
{
  struct bench *b = *state;
  struct version_row v;

  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK");
  OK(store_version_get(b->t->s, b->t->id, V(2), NULL, &v, e_));
  assert_true(v.has_value);
  assert_false(v.is_binary);
  assert_null(memmem(v.sealed, v.sealed_len, "drawn", 5));
  version_row_release(&v);
}

static void only_create_may_put(void **state)
{
  struct bench *b = *state;
  struct secret v = {0};

  OK(secret_copy("other", 5, &v, e_));
  bench_start(b, JOB_MANUAL);
  bench_play(b, "c=OK");
  assert_int_equal(b->host->put_pending(b->ctx, &v), KT_DENIED);
  secret_release(&v);
}

static void value_may_ask_for_its_next_rotation(void **state)
{
  struct bench *b = *state;
  struct rules_row rules;

  bench_start(b, JOB_MANUAL);
  assert_int_equal(b->host->due_in(b->ctx, 3600), KT_OK);
  assert_int_equal(b->host->due_in(b->ctx, -1), KT_CONFIG);
  bench_play(b, "~c=OK c=OK s!=OK t=OK"); /* remembered over a crash */
  OK(store_rules_get(b->t->s, b->t->id, &rules, e_));
  assert_int_equal(rules.next_due_us, b->now_us + 3600 * SEC);
}

static void rotation_due_by_its_value_comes_again_after_a_failure(void **state)
{
  struct bench *b = *state;
  struct rules_row rules = {.enabled = true, .grace_s = -1};

  OK(store_rules_put(b->t->s, b->t->id, &rules, NOW, e_));
  bench_start(b, JOB_SCHEDULED);
  bench_play(b, "c=CONFIG");
  (void)bench_over(b, JOB_FAILED);
  OK(store_rules_get(b->t->s, b->t->id, &rules, e_));
  assert_int_equal(rules.next_due_us, b->now_us + JOURNAL_AGAIN_US);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      BENCH(stages_give_their_values),
      BENCH(pending_is_the_jobs_own_version),
      BENCH(admin_is_the_secret_that_masterarn_names),
      BENCH(options_are_the_rules),
      BENCH(note_lasts_as_long_as_the_rotation),
      BENCH(values_are_stored_sealed),
      BENCH(only_create_may_put),
      BENCH(value_may_ask_for_its_next_rotation),
      BENCH(rotation_due_by_its_value_comes_again_after_a_failure),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
