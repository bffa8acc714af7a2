/* The rules about the plugin itself and about a rotation that goes right.
 *
 * The first rotation stops at each step to look; the second is as the engine
 * does it.  false means that the target is not where the next rule needs it.
 */
#include <string.h>

#include "base/json.h"
#include "kit/run.h"
#include "schema/schema.h"

#define OK_ONLY CLASS(KT_OK)

static bool has_flag(const struct run *r, enum kt_flag flag)
{
  return (json_int(r->rotator, "flags", 0) & (int64_t)flag) != 0;
}

void rule_descriptor(struct run *r)
{
  int64_t unknown =
      json_int(r->rotator, "flags", 0) & ~(int64_t)(KT_SERIAL | KT_OVERLAP);
  bool retires = run_has_step(r, LOCAL_RETIRE);

  if (unknown != 0)
    (void)run_fail(r, RULE_DESCRIPTOR, "flags has unknown bits 0x%llx",
                   (unsigned long long)unknown);
  else if (has_flag(r, KT_OVERLAP) && !retires)
    (void)run_fail(r, RULE_DESCRIPTOR,
                   "KT_OVERLAP without retire_secret: the old value would "
                   "work for ever");
  else if (!has_flag(r, KT_OVERLAP) && json_int(r->rotator, "grace_s", 0) > 0 &&
           !retires)
    (void)run_fail(r, RULE_DESCRIPTOR,
                   "grace_s without retire_secret: nothing comes after it");
  else if (strlen(json_str(r->rotator, "summary")) > 80)
    (void)run_fail(r, RULE_DESCRIPTOR, "summary is longer than 80 bytes");
  else
    run_pass(r, RULE_DESCRIPTOR);
}

static bool marks_a_secret(const json_t *schema)
{
  json_t *properties = json_object_get(schema, "properties"), *one;
  const char *key;

  json_object_foreach (properties, key, one)
    if (json_is_true(json_object_get(one, "writeOnly")))
      return true;
  return false;
}

bool rule_schema(struct run *r)
{
  const char *secret = json_str(r->rotator, "secret_schema");
  const char *options = json_str(r->rotator, "options_schema");
  json_t *parsed = NULL;
  struct err e = {0};

  if (secret == NULL) {
    run_skip(r, RULE_SCHEMA,
             "there is no secret_schema: a mistake in a "
             "secret is found only when it is rotated");
    return true;
  }
  if (schema_parse(secret, &r->schema, &e) != 0)
    return run_fail(r, RULE_SCHEMA, "secret_schema: %.400s", e.text);
  if (options != NULL && schema_parse(options, &parsed, &e) != 0)
    return run_fail(r, RULE_SCHEMA, "options_schema: %.400s", e.text);
  json_decref(parsed);
  if (!marks_a_secret(r->schema))
    return run_fail(r, RULE_SCHEMA,
                    "secret_schema marks no property \"writeOnly\": true");
  run_pass(r, RULE_SCHEMA);
  return true;
}

static void rule_check(struct run *r)
{
  const struct local_call check = {.step = LOCAL_CHECK};

  if (!run_has_step(r, LOCAL_CHECK))
    run_skip(r, RULE_CHECK,
             "there is no check: the first rotation is the "
             "first that is heard of a mistake");
  else if (run_want(r, RULE_CHECK, NULL, check, OK_ONLY))
    run_pass(r, RULE_CHECK);
}

static const json_t *pending(const struct run *r)
{
  return json_object_get(r->state, "AWSPENDING");
}

static bool rule_create(struct run *r)
{
  const struct local_call create = {.step = LOCAL_CREATE};

  if (!run_want(r, RULE_CREATE, NULL, create, OK_ONLY))
    return false;
  r->provider_made = r->last.step.mutating;
  if (pending(r) == NULL)
    return run_fail(r, RULE_CREATE,
                    "create answered OK and put no pending "
                    "value");
  if (json_equal(pending(r), json_object_get(r->state, "AWSCURRENT")))
    return run_fail(r, RULE_CREATE, "the pending value is the one in use");
  run_pass(r, RULE_CREATE);
  return true;
}

static bool rule_create_twice(struct run *r)
{
  const struct local_call create = {.step = LOCAL_CREATE, .attempt = 2};
  json_t *before = json_deep_copy(pending(r));
  bool good = run_want(r, RULE_CREATE_TWICE, NULL, create, OK_ONLY);

  if (good && !json_equal(before, pending(r)))
    good = run_fail(r, RULE_CREATE_TWICE,
                    "the second create made another "
                    "value");
  if (good)
    run_pass(r, RULE_CREATE_TWICE);
  json_decref(before);
  return good;
}

static void rule_test_before_set(struct run *r)
{
  if (r->provider_made) {
    run_skip(r, RULE_TEST_BEFORE_SET,
             "create changed the target: the value is live already");
    return;
  }
  /* The other login of a pair may not be there before its first turn. */
  if (run_want_test(r, RULE_TEST_BEFORE_SET, "AWSPENDING",
                    CLASS(KT_AUTH) | CLASS(KT_MISSING)))
    run_pass(r, RULE_TEST_BEFORE_SET);
  else
    r->test_is_blind = true;
}

static bool rule_set(struct run *r)
{
  const struct local_call set = {.step = LOCAL_SET, .maybe_set = r->touched};

  if (!run_want(r, RULE_SET, NULL, set, OK_ONLY))
    return false;
  r->touched = true;
  if (!run_want_test(r, RULE_SET, "AWSPENDING", OK_ONLY))
    return false;
  run_pass(r, RULE_SET);
  if (r->journaled)
    run_pass(r, RULE_JOURNAL);
  else
    (void)run_fail(r, RULE_JOURNAL,
                   "the target took the new value, and mutating was never "
                   "called: a crash would go unnoticed");
  return true;
}

static bool rule_set_twice(struct run *r)
{
  const struct local_call set = {
      .step = LOCAL_SET, .maybe_set = true, .attempt = 2};

  if (!run_want(r, RULE_SET_TWICE, NULL, set, OK_ONLY) ||
      !run_want_test(r, RULE_SET_TWICE, "AWSPENDING", OK_ONLY))
    return false;
  run_pass(r, RULE_SET_TWICE);
  return true;
}

static void rule_overlap(struct run *r)
{
  if (!has_flag(r, KT_OVERLAP))
    run_skip(r, RULE_OVERLAP, "KT_OVERLAP is not set: in place");
  else if (run_want_test(r, RULE_OVERLAP, "AWSCURRENT", OK_ONLY))
    run_pass(r, RULE_OVERLAP);
}

/* Sets once more while the child is killed at mutating, then recovers. */
static bool rule_crash(struct run *r)
{
  const struct local_call set = {.step = LOCAL_SET, .maybe_set = r->touched};
  const struct local_call again = {
      .step = LOCAL_SET, .maybe_set = true, .attempt = 2};
  bool died = run_step_to_death(r, set);

  if (!died)
    run_skip(r, RULE_CRASH, "set did not call mutating");
  if (!run_want(r, RULE_CRASH, NULL, again, OK_ONLY) ||
      !run_want_test(r, RULE_CRASH, "AWSPENDING", OK_ONLY))
    return false;
  if (died)
    run_pass(r, RULE_CRASH);
  return true;
}

/* Reverts twice; then the target has AWSCURRENT's value and not the other. */
static bool revert(struct run *r)
{
  const struct local_call call = {.step = LOCAL_REVERT};

  if (!run_want(r, RULE_REVERT, NULL, call, OK_ONLY) ||
      !run_want_test(r, RULE_REVERT, "AWSCURRENT", OK_ONLY))
    return false;
  if (!has_flag(r, KT_OVERLAP) &&
      !run_want_test(r, RULE_REVERT, "AWSPENDING",
                     CLASS(KT_AUTH) | CLASS(KT_MISSING)))
    return false;
  return run_want(r, RULE_REVERT, NULL, call, OK_ONLY) &&
         run_want_test(r, RULE_REVERT, "AWSCURRENT", OK_ONLY);
}

static bool rule_revert(struct run *r)
{
  if (!run_has_step(r, LOCAL_REVERT)) {
    run_skip(r, RULE_REVERT,
             "there is no revert_secret: after a failed test "
             "a person must put the old value back");
    return true;
  }
  if (!revert(r))
    return false;
  run_pass(r, RULE_REVERT);
  return rule_crash(r);
}

static bool rule_finish(struct run *r)
{
  const struct local_call finish = {.step = LOCAL_FINISH};

  /* Twice, for a repeat must do no harm.
   * NOLINTNEXTLINE(misc-redundant-expression) */
  if (!run_want(r, RULE_FINISH, NULL, finish, OK_ONLY) ||
      !run_want(r, RULE_FINISH, NULL, finish, OK_ONLY))
    return false;
  if (run_has_step(r, LOCAL_FINISH))
    run_pass(r, RULE_FINISH);
  else
    run_skip(r, RULE_FINISH, "there is no finish_secret; it needs none");
  return true;
}

/* The engine's part: labels, and the new value in the file. */
static bool rule_promoted(struct run *r, enum kit_rule rule)
{
  if (local_promote(r->state, &r->broken) != 0 ||
      secret_file_save(&r->file, r->state, &r->broken) != 0 ||
      secret_file_journal(&r->file, r->state, &r->broken) != 0)
    return false;
  r->touched = r->journaled = false;
  if (!run_want_test(r, rule, "AWSCURRENT", OK_ONLY))
    return false;
  if (rule == RULE_PROMOTED)
    run_pass(r, rule);
  return true;
}

static bool rule_retire(struct run *r)
{
  const struct local_call retire = {.step = LOCAL_RETIRE};
  const unsigned refused =
      CLASS(KT_AUTH) | CLASS(KT_MISSING) | CLASS(KT_LOCKED);

  if (!run_has_step(r, LOCAL_RETIRE)) {
    run_skip(r, RULE_RETIRE, "there is no retire_secret");
    return true;
  }
  if (run_step(r, NULL, retire) == KT_BUSY) {
    run_skip(r, RULE_RETIRE, "BUSY: sessions still use the old value");
    return true;
  }
  if (!run_want(r, RULE_RETIRE, NULL, retire, OK_ONLY) ||
      !run_want_test(r, RULE_RETIRE, "AWSCURRENT", OK_ONLY) ||
      !run_want_test(r, RULE_RETIRE, "AWSPREVIOUS", refused))
    return false;
  run_pass(r, RULE_RETIRE);
  return true;
}

bool rules_first_rotation(struct run *r)
{
  r->stopped = "not run: the value in use must log in first";
  rule_check(r);
  if (!run_want_test(r, RULE_CURRENT, "AWSCURRENT", OK_ONLY))
    return false;
  run_pass(r, RULE_CURRENT);
  r->stopped = "not run: create failed";
  if (!rule_create(r) || !rule_create_twice(r))
    return false;
  rule_wrong_password(r);
  rule_test_before_set(r);
  rule_unreachable(r);
  rule_deadline(r);
  rule_wrong_admin(r);
  r->stopped = "not run: set failed";
  if (!rule_set(r) || !rule_set_twice(r))
    return false;
  rule_overlap(r);
  r->stopped = "not run: revert, or set after it, failed";
  if (!rule_revert(r))
    return false;
  r->stopped = "not run: the rotation could not be finished";
  return rule_finish(r) && rule_promoted(r, RULE_PROMOTED) && rule_retire(r);
}

static bool second_set(struct run *r)
{
  const struct local_call set = {.step = LOCAL_SET};

  if (!r->done[RULE_CRASH] && !r->provider_made)
    return rule_crash(r);
  return run_want(r, RULE_AGAIN, NULL, set, OK_ONLY);
}

void rules_second_rotation(struct run *r)
{
  const struct local_call create = {.step = LOCAL_CREATE};
  const struct local_call finish = {.step = LOCAL_FINISH};
  const struct local_call retire = {.step = LOCAL_RETIRE};

  r->stopped = "not run: the second rotation failed";
  if (r->provider_made)
    run_skip(r, RULE_CRASH,
             "create changes the target: a crash there can "
             "cost the credential");
  if (!run_want(r, RULE_AGAIN, NULL, create, OK_ONLY))
    return;
  if (!second_set(r)) {
    (void)run_fail(r, RULE_AGAIN, "the second set failed");
    return;
  }
  r->touched = true;
  if (!run_want_test(r, RULE_AGAIN, "AWSPENDING", OK_ONLY) ||
      !run_want(r, RULE_AGAIN, NULL, finish, OK_ONLY) ||
      !rule_promoted(r, RULE_AGAIN))
    return;
  if (run_has_step(r, LOCAL_RETIRE) &&
      !run_want(r, RULE_AGAIN, NULL, retire, OK_ONLY | CLASS(KT_BUSY)))
    return;
  run_pass(r, RULE_AGAIN);
}
