/* What a plugin may ask in which step, what it is given, and what nobody gets
 * to see.
 */
#include "kit/local_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

/* Each test gives the step its body here: one test, one thread. */
static kt_step_fn *body;

static int run_body(struct kt_step *s)
{
  return body(s);
}

static const struct kt_rotator rotator = {
    .size = sizeof rotator,
    .name = "unit",
    .version = "1",
    .summary = "a body of the test's",
    .secret_schema = "{\"properties\":{\"host\":{\"type\":\"string\"},"
                     "\"password\":{\"writeOnly\":true}}}",
    .create_secret = run_body,
    .set_secret = run_body,
    .test_secret = run_body,
    .check = run_body,
    .revert_secret = run_body,
    .retire_secret = run_body,
};

static json_t *state_make(void)
{
  json_t *s = json_pack("{s:{s:s, s:s, s:i, s:s}, s:{s:s}, s:{s:{s:i, s:b}}}",
                        "AWSCURRENT", "host", "db.example", "password",
                        "current-pw", "port", 5432, "token", "undeclared-token",
                        "admin", "password", "admin-pw", "options", "password",
                        "PasswordLength", 20, "ExcludePunctuation", 1);

  assert_non_null(s);
  return s;
}

static int run(enum local_step step, kt_step_fn *with, json_t *state,
               struct local_result *out)
{
  const struct local_call call = {.step = step};

  body = with;
  local_run(&rotator, state, &call, out);
  return out->class;
}

/* Runs and forgets the rest. */
static int run_class(enum local_step step, kt_step_fn *with, json_t *state)
{
  struct local_result r;
  int class = run(step, with, state, &r);

  local_result_release(&r);
  return class;
}

static int put_twice(struct kt_step *s)
{
  const struct kt_field one = {"password", "first-pw"};
  const struct kt_field two = {"password", "second-pw"};
  int rc = s->host->put_pending_fields(s, &one, 1);

  return rc == KT_OK ? s->host->put_pending_fields(s, &two, 1) : rc;
}

static void a_pending_value_is_kept(void **state)
{
  json_t *s = state_make();
  const json_t *p;

  (void)state;
  assert_int_equal(run_class(LOCAL_CREATE, put_twice, s), KT_OK);
  p = json_object_get(s, "AWSPENDING");
  assert_string_equal(json_str(p, "password"), "first-pw");
  assert_string_equal(json_str(p, "host"), "db.example");
  assert_int_equal(json_int(p, "port", 0), 5432);
  json_decref(s);
}

static int put(struct kt_step *s)
{
  return s->host->put_pending(s, "bare value", 10);
}

static int mutate(struct kt_step *s)
{
  return s->host->mutating(s);
}

static int draw(struct kt_step *s)
{
  const char *p;

  return s->host->random_password(s, NULL, &p);
}

static int save(struct kt_step *s)
{
  return s->host->save(s, "note", 4);
}

static int due(struct kt_step *s)
{
  return s->host->due_in(s, 60);
}

static int read_pending(struct kt_step *s)
{
  const char *p;

  return s->host->get_field(s, KT_SECRET, "AWSPENDING", "password", &p);
}

static void each_step_may_only_what_it_needs(void **state)
{
  static const struct {
    kt_step_fn *call;
    const char *steps; /* first letters: Create Set Test check reVert reTire */
  } rows[] = {{put, "C"},    {mutate, "CSVR"}, {draw, "CS"},
              {save, "CSV"}, {due, "C"},       {read_pending, "CSTV"}};
  static const struct {
    enum local_step step;
    char letter;
  } steps[] = {{LOCAL_CREATE, 'C'}, {LOCAL_SET, 'S'},    {LOCAL_TEST, 'T'},
               {LOCAL_CHECK, 'K'},  {LOCAL_REVERT, 'V'}, {LOCAL_RETIRE, 'R'}};

  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    for (size_t j = 0; j < sizeof steps / sizeof steps[0]; j++) {
      json_t *s = state_make();
      int want =
          strchr(rows[i].steps, steps[j].letter) == NULL ? KT_DENIED : KT_OK;

      (void)json_object_set_new(s, "AWSPENDING",
                                json_pack("{s:s}", "password", "pending-pw"));
      if (run_class(steps[j].step, rows[i].call, s) != want)
        fail_msg("call %zu in %s", i, local_step_word(steps[j].step));
      json_decref(s);
    }
}

static int talk(struct kt_step *s)
{
  const char *host, *password, *token, *admin, *drawn;

  if (s->host->get_field(s, KT_SECRET, NULL, "host", &host) != KT_OK ||
      s->host->get_field(s, KT_SECRET, NULL, "password", &password) != KT_OK ||
      s->host->get_field(s, KT_SECRET, NULL, "token", &token) != KT_OK ||
      s->host->get_field(s, KT_ADMIN, NULL, "password", &admin) != KT_OK ||
      s->host->random_password(s, "abc", &drawn) != KT_OK)
    return KT_CONFIG;
  if (strlen(drawn) != 20 || strpbrk(drawn, "abc!") != NULL)
    return KT_POLICY;
  s->host->log(s, KT_INFO, "%s %s %s %s", host, password, token, admin);
  s->host->error(s, "said", "drew %s on %s", drawn, host);
  return KT_AUTH;
}

static void values_are_redacted_and_host_names_are_not(void **state)
{
  json_t *s = state_make();
  struct local_result r;

  (void)state;
  assert_int_equal(run(LOCAL_CREATE, talk, s, &r), KT_AUTH);
  assert_string_equal(r.code, "said");
  assert_string_equal(r.message, "drew [redacted] on db.example");
  assert_string_equal(json_str(json_array_get(r.log, 0), "text"),
                      "db.example [redacted] [redacted] [redacted]");
  local_result_release(&r);
  json_decref(s);
}

/* The value straddles the place where the text is cut. */
static int talk_long(struct kt_step *s)
{
  const char *password;
  char fill[LOCAL_TEXT_MAX - 5];

  memset(fill, '.', sizeof fill - 1);
  fill[sizeof fill - 1] = '\0';
  if (s->host->get_field(s, KT_SECRET, NULL, "password", &password) != KT_OK)
    return KT_CONFIG;
  s->host->error(s, "long", "%s%s", fill, password);
  return KT_BUSY;
}

static void a_cut_does_not_let_half_a_value_through(void **state)
{
  json_t *s = state_make();
  struct local_result r;

  (void)state;
  assert_int_equal(run(LOCAL_SET, talk_long, s, &r), KT_BUSY);
  assert_int_equal(strlen(r.message), LOCAL_TEXT_MAX - 1);
  assert_null(strstr(r.message, "curr"));
  local_result_release(&r);
  json_decref(s);
}

static int strange(struct kt_step *s)
{
  (void)s;
  return 77;
}

static void an_unlisted_class_is_ambiguous(void **state)
{
  json_t *s = state_make();

  (void)state;
  assert_int_equal(run_class(LOCAL_SET, strange, s), KT_AMBIGUOUS);
  json_decref(s);
}

static int look_for_absent_things(struct kt_step *s)
{
  const char *p;
  const void *data;
  size_t len;

  return s->host->get_field(s, KT_SECRET, "AWSPREVIOUS", "password", &p) ==
                     KT_MISSING &&
                 s->host->get_field(s, KT_SECRET, NULL, "nope", &p) ==
                     KT_MISSING &&
                 s->host->get_field(s, KT_SECRET, "options", "password", &p) ==
                     KT_MISSING &&
                 s->host->saved(s, &data, &len) == KT_MISSING &&
                 s->host->get_field(s, KT_SECRET, NULL, "port", &p) == KT_OK &&
                 strcmp(p, "5432") == 0
             ? KT_OK
             : KT_CONFIG;
}

static void absent_things_are_missing_and_numbers_are_text(void **state)
{
  json_t *s = state_make();

  (void)state;
  assert_int_equal(run_class(LOCAL_SET, look_for_absent_things, s), KT_OK);
  json_decref(s);
}

static void promotion_moves_the_labels(void **state)
{
  json_t *s = state_make();
  struct err e = {0};

  (void)state;
  assert_int_equal(local_promote(s, &e), -ERR_REQUEST);
  assert_int_equal(run_class(LOCAL_CREATE, put_twice, s), KT_OK);
  assert_int_equal(local_promote(s, &e), 0);
  assert_string_equal(json_str(json_object_get(s, "AWSCURRENT"), "password"),
                      "first-pw");
  assert_string_equal(json_str(json_object_get(s, "AWSPREVIOUS"), "password"),
                      "current-pw");
  assert_null(json_object_get(s, "AWSPENDING"));
  json_decref(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pending_value_is_kept),
      cmocka_unit_test(each_step_may_only_what_it_needs),
      cmocka_unit_test(values_are_redacted_and_host_names_are_not),
      cmocka_unit_test(a_cut_does_not_let_half_a_value_through),
      cmocka_unit_test(an_unlisted_class_is_ambiguous),
      cmocka_unit_test(absent_things_are_missing_and_numbers_are_text),
      cmocka_unit_test(promotion_moves_the_labels),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
