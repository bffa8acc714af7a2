/* A rotation as its steps, from DescribeRotation's replies. */
#include "cli/stepper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/watch.h"
#include "cli/watch_draw.h"

#define NOW (INT64_C(1000) * US_PER_S)

static json_t *job_of(const char *json)
{
  json_t *r = NULL;
  struct err e = {0};

  if (json_read(json, strlen(json), &json_limits_file, &r, &e) != 0)
    fail_msg("%s", e.text);
  return r;
}

static void line_is(const struct step_line *l, const char *name,
                    enum step_mark mark, const char *note)
{
  assert_string_equal(l->name, name);
  assert_int_equal(l->mark, mark);
  assert_string_equal(l->note, note);
}

/* A reply of which the tests say the members of the job and its attempts:
 * "STEP CLASS" each. */
static json_t *rotation(const char *members, const char *const *attempts)
{
  json_t *r = job_of(members), *list = json_array();

  for (; *attempts != NULL; attempts++) {
    size_t n = strcspn(*attempts, " ");

    (void)json_array_append_new(
        list, json_pack("{s:s%, s:s, s:f}", "Step", *attempts, n, "Class",
                        *attempts + n + 1, "DurationMs", 12.5));
  }
  (void)json_object_set_new(r, "Steps", list);
  return json_pack("{s:o}", "Job", r);
}

static void a_running_rotation_shows_where_it_is(void **state)
{
  static const char *const attempts[] = {"createSecret OK", NULL};
  CLEANUP_JSON json_t *r =
      rotation("{\"Outcome\": \"active\", \"Phase\": \"setSecret\"}", attempts);
  struct step_line l[STEPPER_MAX];

  (void)state;
  assert_int_equal(stepper_make(r, NOW, l), 4);
  line_is(&l[0], "createSecret", MARK_DONE, "12 ms");
  line_is(&l[1], "setSecret", MARK_RUNS, "running");
  line_is(&l[2], "testSecret", MARK_TODO, "");
  line_is(&l[3], "finishSecret", MARK_TODO, "");
}

static void a_retry_says_when_and_why(void **state)
{
  static const char *const attempts[] = {"createSecret OK",
                                         "setSecret UNREACHABLE", NULL};
  CLEANUP_JSON json_t *r = rotation("{\"Outcome\": \"active\", \"Phase\": "
                                    "\"setSecret\", \"RetryDate\": 1007}",
                                    attempts);
  json_t *last =
      json_array_get(json_object_get(json_object_get(r, "Job"), "Steps"), 1);
  struct step_line l[STEPPER_MAX];

  (void)state;
  (void)json_object_set_new(last, "Code", json_string("08006"));
  (void)json_object_set_new(last, "Message", json_string("nobody\nis there"));
  assert_int_equal(stepper_make(r, NOW, l), 4);
  line_is(&l[1], "setSecret", MARK_WAITS,
          "again in 7 s (try 1 of 10 failed): UNREACHABLE 08006: nobody is "
          "there");
  /* Its time has come. */
  assert_int_equal(stepper_make(r, NOW + 8 * US_PER_S, l), 4);
  line_is(&l[1], "setSecret", MARK_RUNS,
          "running, try 2; before: UNREACHABLE 08006: nobody is there");
}

static void a_failure_stops_the_line(void **state)
{
  static const char *const attempts[] = {"createSecret OK", "setSecret DENIED",
                                         "revertSecret OK", NULL};
  CLEANUP_JSON json_t *r =
      rotation("{\"Outcome\": \"failed\", \"Phase\": \"ended\"}", attempts);
  struct step_line l[STEPPER_MAX];

  (void)state;
  assert_int_equal(stepper_make(r, NOW, l), 5);
  line_is(&l[1], "setSecret", MARK_FAILED, "DENIED");
  line_is(&l[2], "testSecret", MARK_TODO, "not reached");
  line_is(&l[4], "revertSecret", MARK_DONE, "12 ms");
}

static void what_succeeded_shows_its_tries_and_what_comes(void **state)
{
  static const char *const attempts[] = {"createSecret OK", "setSecret BUSY",
                                         "setSecret OK", "testSecret OK", NULL};
  CLEANUP_JSON json_t *r =
      rotation("{\"Outcome\": \"active\", \"Phase\": \"retireSecret\", "
               "\"RetryDate\": 1060}",
               attempts);
  struct step_line l[STEPPER_MAX];

  (void)state;
  assert_int_equal(stepper_make(r, NOW, l), 5);
  line_is(&l[1], "setSecret", MARK_DONE, "12 ms, try 2");
  line_is(&l[3], "finishSecret", MARK_DONE, "by the engine");
  line_is(&l[4], "retireSecret", MARK_WAITS, "begins in 1 min");
}

static void without_a_job_there_is_nothing(void **state)
{
  CLEANUP_JSON json_t *r = job_of("{\"State\":\"idle\"}");
  struct step_line l[STEPPER_MAX];

  (void)state;
  assert_int_equal(stepper_make(r, NOW, l), 0);
}

/* All phases at once is the longest there can be. */
static void every_phase_fits(void **state)
{
  static const char *const attempts[] = {"probe OK",        "verify OK",
                                         "redraw OK",       "revertSecret OK",
                                         "retireSecret OK", NULL};
  CLEANUP_JSON json_t *r = rotation("{\"Outcome\": \"failed\"}", attempts);
  struct step_line l[STEPPER_MAX];

  (void)state;
  assert_int_equal(stepper_make(r, NOW, l), 9);
}

static void texts_are_cut_between_characters(void **state)
{
  char text[] = "ä✓bcd";

  (void)state;
  stepper_cut(text, 9);
  assert_string_equal(text, "ä✓bcd");
  stepper_cut(text, 3);
  assert_string_equal(text, "ä✓b");
  stepper_cut(text, 1);
  assert_string_equal(text, "ä");
  stepper_cut(text, 0);
  assert_string_equal(text, "");
}

static enum run_state state_of(const char *version, const char *outcome,
                               const char *phase)
{
  CLEANUP_JSON json_t *r =
      json_pack("{s:{s:s, s:s, s:s}}", "Job", "VersionId", version, "Outcome",
                outcome, "Phase", phase);

  return watch_state(r, "mine");
}

static void a_rotation_is_good_when_its_version_is_current(void **state)
{
  (void)state;
  assert_int_equal(state_of("mine", "active", "setSecret"), RUN_ACTIVE);
  assert_int_equal(state_of("mine", "active", "retireSecret"), RUN_GOOD);
  assert_int_equal(state_of("mine", "active", "revertSecret"), RUN_ACTIVE);
  assert_int_equal(state_of("mine", "succeeded", "ended"), RUN_GOOD);
  assert_int_equal(state_of("mine", "failed", "ended"), RUN_BAD);
  assert_int_equal(state_of("mine", "stuck", "ended"), RUN_BAD);
  assert_int_equal(state_of("mine", "aborted", "ended"), RUN_BAD);
  /* The one before is still shown. */
  assert_int_equal(state_of("other", "failed", "ended"), RUN_ACTIVE);
}

static void one_that_began_later_is_past(void **state)
{
  CLEANUP_JSON json_t *r = json_pack("{s:{s:s, s:i}}", "Job", "VersionId",
                                     "other", "CreatedDate", 1001);

  (void)state;
  assert_true(watch_is_past(r, "mine", NOW));
  assert_false(watch_is_past(r, "other", NOW));
  assert_false(watch_is_past(r, "mine", NOW + 2 * US_PER_S));
}

static void a_bar_is_as_full_as_what_is_done(void **state)
{
  char out[64], small[6];

  (void)state;
  watch_bar(0, 8, 8, out, sizeof out);
  assert_string_equal(out, "[--------] 0/8");
  watch_bar(3, 8, 8, out, sizeof out);
  assert_string_equal(out, "[###-----] 3/8");
  watch_bar(8, 8, 8, out, sizeof out);
  assert_string_equal(out, "[########] 8/8");
  watch_bar(999, 1000, 8, out, sizeof out);
  assert_string_equal(out, "[#######-] 999/1000");
  watch_bar(3, 8, 8, small, sizeof small);
  assert_true(strlen(small) < sizeof small);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_running_rotation_shows_where_it_is),
      cmocka_unit_test(a_retry_says_when_and_why),
      cmocka_unit_test(a_failure_stops_the_line),
      cmocka_unit_test(what_succeeded_shows_its_tries_and_what_comes),
      cmocka_unit_test(without_a_job_there_is_nothing),
      cmocka_unit_test(every_phase_fits),
      cmocka_unit_test(texts_are_cut_between_characters),
      cmocka_unit_test(a_rotation_is_good_when_its_version_is_current),
      cmocka_unit_test(one_that_began_later_is_past),
      cmocka_unit_test(a_bar_is_as_full_as_what_is_done),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
