/* The rules about targets and values that are wrong on purpose.  But for
 * wrong-admin they never change the real target.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "kit/decoy.h"
#include "kit/run.h"

#define SILENT_DEADLINE_MS 1500
#define SILENT_LATE_MS     1000 /* a step may need this to clean up */

/* Makes each member wrong that the schema marks writeOnly and that is not the
 * same in `other`; returns how many. */
static size_t values_spoil(const struct run *r, json_t *secret,
                           const json_t *other)
{
  const json_t *rule, *properties = json_object_get(r->schema, "properties");
  size_t n = 0;
  const char *key;
  json_t *value;

  json_object_foreach (secret, key, value) {
    rule = json_object_get(properties, key);
    if (!json_is_string(value) ||
        !json_is_true(json_object_get(rule, "writeOnly")) ||
        (other != NULL && json_equal(value, json_object_get(other, key))))
      continue;
    n +=
        json_object_set_new(secret, key, json_string("kit-wrong-value-0")) == 0;
  }
  return n;
}

void rule_wrong_password(struct run *r)
{
  const struct local_call test = {.step = LOCAL_TEST, .stage = "AWSCURRENT"};
  CLEANUP_JSON json_t *state = json_deep_copy(r->state);

  if (values_spoil(r, json_object_get(state, "AWSCURRENT"),
                   json_object_get(state, "AWSPENDING")) == 0)
    run_skip(r, RULE_WRONG_PASSWORD,
             "create changes no member that the schema marks writeOnly");
  else if (run_want(r, RULE_WRONG_PASSWORD, state, test,
                    CLASS(KT_AUTH) | CLASS(KT_REAUTH_REQUIRED)))
    run_pass(r, RULE_WRONG_PASSWORD);
}

void rule_wrong_admin(struct run *r)
{
  const struct local_call set = {.step = LOCAL_SET};
  CLEANUP_JSON json_t *state = json_deep_copy(r->state);
  json_t *admin = json_object_get(state, "admin");
  bool mutating;
  int class;

  if (admin == NULL) {
    run_skip(r, RULE_WRONG_ADMIN, "the file has no \"admin\"");
    return;
  }
  if (json_str(admin, "password") == NULL &&
      values_spoil(r, admin, NULL) == 0) {
    run_skip(r, RULE_WRONG_ADMIN, "the admin secret has no \"password\"");
    return;
  }
  if (json_str(admin, "password") != NULL)
    (void)json_object_set_new(admin, "password",
                              json_string("kit-wrong-value-0"));
  class = run_step(r, state, set);
  mutating = r->has_last && r->last.step.mutating;
  /* The copy leads to the real target. */
  r->journaled = r->journaled || mutating;
  r->touched = r->touched || mutating || class == KT_OK;
  if (class == KT_OK)
    run_skip(r, RULE_WRONG_ADMIN, "set did not need the admin secret");
  else if (mutating)
    (void)run_fail(r, RULE_WRONG_ADMIN,
                   "set called mutating before it knew that the admin's login "
                   "is refused");
  else if (class == KT_DENIED || class == KT_AUTH)
    run_pass(r, RULE_WRONG_ADMIN);
  else if (class < 0)
    (void)run_fail(r, RULE_WRONG_ADMIN, "set gave no answer");
  else
    (void)run_fail(r, RULE_WRONG_ADMIN, "set answered %s: %.300s",
                   local_class_name(class), r->last.step.message);
}

/* The state that leads to a decoy; NULL: the rule is decided. */
static json_t *decoy_prepare(struct run *r, enum kit_rule rule,
                             enum decoy_kind kind, const char *member,
                             struct decoy *d)
{
  const json_t *members = secret_file_get(&r->file, member);
  json_t *state = NULL;

  if (decoy_open(kind, d, &r->broken) != 0)
    return NULL;
  if (decoy_state(d, r->state, members, &state, &r->broken) != 0)
    return NULL;
  if (state == NULL)
    run_skip(r, rule,
             kind == DECOY_CLOSED
                 ? "the secret has no host or port; say by \"unreachable\" in "
                   "the file what leads nowhere"
                 : "the secret has no host or port; say by \"silent\" in the "
                   "file what leads to port {port} of 127.0.0.1");
  return state;
}

/* create is asked about a rotation that has not begun. */
static json_t *without_pending(const json_t *state)
{
  json_t *copy = json_deep_copy(state);

  (void)json_object_del(copy, "AWSPENDING"); /* it may be absent */
  return copy;
}

void rule_unreachable(struct run *r)
{
  const struct local_call create = {.step = LOCAL_CREATE};
  const struct local_call set = {.step = LOCAL_SET};
  const struct local_call test = {.step = LOCAL_TEST, .stage = "AWSCURRENT"};
  const enum kit_rule rule = RULE_UNREACHABLE;
  struct decoy d = {-1, 0};
  CLEANUP_JSON json_t *state =
      decoy_prepare(r, rule, DECOY_CLOSED, "unreachable", &d);
  CLEANUP_JSON json_t *fresh = without_pending(state);
  bool good;

  if (state == NULL) {
    decoy_close(&d);
    return;
  }
  /* Most rotators draw a value without asking anybody. */
  good = run_want(r, rule, fresh, create,
                  CLASS(KT_OK) | CLASS(KT_UNREACHABLE) | CLASS(KT_AMBIGUOUS));
  good = good && run_want(r, rule, state, test, CLASS(KT_UNREACHABLE));
  if (good && !r->provider_made)
    good = run_want(r, rule, state, set, CLASS(KT_UNREACHABLE));
  if (good && r->last.step.mutating)
    good = run_fail(r, rule, "%s called mutating without a connection",
                    r->provider_made ? "test" : "set");
  if (good)
    run_pass(r, rule);
  decoy_close(&d);
}

static bool silent_step(struct run *r, json_t *state, struct local_call call)
{
  const enum kit_rule rule = RULE_DEADLINE;

  call.deadline_ms = SILENT_DEADLINE_MS;
  if (!run_want(r, rule, state, call,
                CLASS(KT_UNREACHABLE) | CLASS(KT_BUSY) | CLASS(KT_AMBIGUOUS)))
    return false;
  if (r->last.step.took_ms > SILENT_DEADLINE_MS + SILENT_LATE_MS)
    return run_fail(r, rule,
                    "%s took %lld ms of %d; bound every wait by remaining_ms",
                    local_step_word(call.step), (long long)r->last.step.took_ms,
                    SILENT_DEADLINE_MS);
  return true;
}

void rule_deadline(struct run *r)
{
  const struct local_call set = {.step = LOCAL_SET};
  const struct local_call test = {.step = LOCAL_TEST, .stage = "AWSCURRENT"};
  struct decoy d = {-1, 0};
  CLEANUP_JSON json_t *state =
      decoy_prepare(r, RULE_DEADLINE, DECOY_SILENT, "silent", &d);
  bool good;

  if (state == NULL) {
    decoy_close(&d);
    return;
  }
  good = silent_step(r, state, test);
  if (good && !r->provider_made)
    good = silent_step(r, state, set);
  if (good)
    run_pass(r, RULE_DEADLINE);
  decoy_close(&d);
}
