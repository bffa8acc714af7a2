/* The model rotator: its steps against the model target. */
#include <string.h>

#include "sim.h"

#define MS US_PER_MS

/* ---- logging in --------------------------------------------------------- */

bool target_takes(const struct sim *s, int value)
{
  return value != 0 && (value == s->target.a || value == s->target.b);
}

static int login(struct sim *s, int value, bool replica)
{
  struct target *t = &s->target;
  bool lags = replica && s->now_us < t->lag_until_us;
  bool ok =
      lags ? value == t->lag_a || value == t->lag_b : target_takes(s, value);

  if (s->now_us < t->locked_until_us)
    return KT_LOCKED;
  if (ok) {
    t->failed = 0;
    return KT_OK;
  }
  if (s->plan.lockout > 0 && ++t->failed >= s->plan.lockout) {
    t->failed = 0;
    t->locked_until_us = s->now_us + 1800 * US_PER_S;
  }
  return KT_AUTH;
}

static int get(struct flight *f, const char *stage)
{
  struct secret value = {0};
  int v = 0;

  if (f->host->get_value(f->ctx, KT_SECRET, stage, &value) == KT_OK)
    memcpy(&v, value.data, sizeof v);
  secret_release(&value);
  return v;
}

/* Asks for leave, then sends: the target will have a and b. */
static void change(struct sim *s, struct flight *f, int a, int b)
{
  bool refused = f->step == STEP_SET && s->target.bad[a];
  int c;

  if (refused && sim_below(s, 2) == 0) {
    flight_answer(s, f, KT_POLICY); /* the rotator knows the policy itself */
    return;
  }
  c = f->host->mutating(f->ctx);
  if (c != KT_OK) {
    flight_answer(s, f, c);
    return;
  }
  check_mutating(s, f);
  if (refused) {
    flight_answer(s, f, KT_POLICY);
    return;
  }
  f->set_a = a;
  f->set_b = b;
  if (sim_chance(s, s->plan.step_dies)) {
    if (sim_chance(s, s->plan.late_effect)) {
      f->effect_waits = true;
      flight_at(s, f, SIM_EFFECT, 1 * MS, SIM_LATE_US);
    }
    flight_answer(s, f, KT_AMBIGUOUS);
    return;
  }
  f->effect_waits = true;
  flight_at(s, f, SIM_EFFECT, 1 * MS, 2 * MS);
  f->reply = KT_OK;
  if (sim_chance(s, s->plan.lost_reply))
    f->reply = sim_below(s, 2) == 0 ? KT_UNREACHABLE : KT_AMBIGUOUS;
  f->reply_waits = true;
  flight_at(s, f, SIM_REPLY, 3 * MS, 50 * MS);
}

/* ---- the steps ---------------------------------------------------------- */

static int put(struct sim *s, struct flight *f, int value)
{
  struct secret v = {0};
  struct err e = {0};
  int c = KT_BUSY;

  if (secret_copy(&value, sizeof value, &v, &e) == 0)
    c = f->host->put_pending(f->ctx, &v);
  secret_release(&v);
  (void)s;
  return c;
}

static int draw(struct sim *s)
{
  int v = s->next_value;

  if (v == SIM_VALUES - 1)
    return 0;
  s->next_value++;
  s->target.bad[v] = sim_chance(s, s->plan.policy);
  s->target.weak[v] = sim_chance(s, s->plan.weak);
  return v;
}

static void create(struct sim *s, struct flight *f)
{
  int v;

  if (get(f, "AWSPENDING") != 0)
    flight_answer(s, f, KT_OK);
  else if ((v = draw(s)) == 0)
    flight_answer(s, f, KT_CONFIG);
  else
    flight_answer(s, f, put(s, f, v));
}

/* OAuth: the exchange spends the current token; the provider makes the new
 * one. */
static void exchange(struct sim *s, struct flight *f)
{
  struct secret note = {0};
  int v = 0;

  if (get(f, "AWSPENDING") != 0) {
    flight_answer(s, f, KT_OK);
    return;
  }
  if (f->host->saved(f->ctx, &note) == KT_OK)
    memcpy(&v, note.data, sizeof v);
  secret_release(&note);
  if (v != 0) {
    flight_answer(s, f, put(s, f, v));
    return;
  }
  f->spends = get(f, "AWSCURRENT");
  v = draw(s);
  if (v == 0)
    flight_answer(s, f, KT_CONFIG);
  else
    change(s, f, v, 0);
}

static void set(struct sim *s, struct flight *f)
{
  int pending = get(f, "AWSPENDING"), current = get(f, "AWSCURRENT"), c;

  if (s->plan.target == TARGET_OAUTH) {
    flight_answer(s, f, KT_OK);
    return;
  }
  if (f->maybe_set) {
    check_pending_login(s, f);
    c = login(s, pending, false);
    if (c == KT_OK || c == KT_LOCKED) {
      flight_answer(s, f, c);
      return;
    }
  }
  if (!s->plan.has_admin && (c = login(s, current, false)) != KT_OK)
    flight_answer(s, f, c);
  else
    change(s, f, pending, s->plan.target == TARGET_OVERLAP ? current : 0);
}

static void test(struct sim *s, struct flight *f)
{
  int v = get(f, f->pending_stage ? "AWSPENDING" : "AWSCURRENT"), c;

  if (f->pending_stage)
    check_pending_login(s, f);
  c = login(s, v, true);
  if (c == KT_OK && s->target.weak[v])
    c = KT_DENIED;
  if (c == KT_OK && f->pending_stage)
    s->store.tested = v;
  flight_answer(s, f, c);
}

static void revert(struct sim *s, struct flight *f)
{
  int pending = get(f, "AWSPENDING"), current = get(f, "AWSCURRENT"), c;

  if (s->plan.has_admin || s->plan.target == TARGET_OVERLAP) {
    change(s, f, current, 0);
    return;
  }
  c = login(s, current, false);
  if (c == KT_OK || c == KT_LOCKED) {
    flight_answer(s, f, c);
    return;
  }
  c = login(s, pending, false);
  if (c == KT_OK)
    change(s, f, current, 0);
  else
    flight_answer(s, f, c);
}

static void retire(struct sim *s, struct flight *f)
{
  if (sim_chance(s, 500))
    flight_answer(s, f, KT_BUSY); /* sessions on the old value */
  else
    change(s, f, get(f, "AWSCURRENT"), 0);
}

static bool goes_wrong(struct sim *s, struct flight *f)
{
  static const int faults[] = {KT_DENIED, KT_CONFIG, KT_MISSING, KT_BUSY, 77};

  if (s->now_us < s->target.down_until_us)
    flight_answer(s, f, KT_UNREACHABLE);
  else if (f->cancelled || sim_chance(s, s->plan.step_dies / 2))
    flight_answer(s, f, KT_AMBIGUOUS);
  else if (sim_chance(s, s->plan.fault))
    flight_answer(s, f, faults[sim_below(s, 5)]);
  else
    return false;
  return true;
}

void rotator_step(struct sim *s, struct flight *f)
{
  if (goes_wrong(s, f))
    return;
  switch (f->step) {
  case STEP_CREATE:
    if (s->plan.target == TARGET_OAUTH)
      exchange(s, f);
    else
      create(s, f);
    break;
  case STEP_SET:
    set(s, f);
    break;
  case STEP_TEST:
    test(s, f);
    break;
  case STEP_REVERT:
    revert(s, f);
    break;
  case STEP_RETIRE:
    retire(s, f);
    break;
  default:
    flight_answer(s, f, KT_OK);
  }
}

void rotator_keep_token(struct flight *f)
{
  struct secret v = {0};
  struct err e = {0};

  if (secret_copy(&f->set_a, sizeof f->set_a, &v, &e) != 0)
    return;
  f->reply = f->host->save(f->ctx, &v);
  if (f->reply == KT_OK)
    f->reply = f->host->put_pending(f->ctx, &v);
  secret_release(&v);
}
