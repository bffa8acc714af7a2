/* A real store, a clock that the test moves, and a runner whose steps answer
 * by a script.
 *
 * A script is a list of words, one a step: the letter of the step (c s t f r
 * x), `!` if it calls mutating, `=`, the class; `~` before it: the engine dies
 * while the step runs and another one claims the job.
 */
#ifndef SCRIPTED_H
#define SCRIPTED_H

#include "../store/temp_store.h"
#include "crypto/keyring.h"
#include "rotation/job.h"
#include "rotation/journal_store.h"
#include "secret/value.h"

#define CURRENT "{\"username\":\"app\",\"password\":\"one\"}"

struct bench {
  struct temp *t;
  struct keyring *keyring;
  struct journal_store journal;
  struct clock clock;
  struct runner runner;
  struct job_env env;
  struct job *job;
  int64_t now_us, wake_us;
  /* The rotator. */
  struct rotator_info info;
  bool missing;
  int drawn;
  /* The step that runs. */
  enum step step;
  char stage[24];
  const struct step_host *host;
  void *ctx;
  step_done *done;
  bool maybe_set, cancelled;
  int mutating; /* the last answer */
  char set[64]; /* the value that set saw last */
  /* What the job told. */
  bool ended, let_go;
  int64_t let_go_us;
  enum err_code why;
  enum tell tell;
};

#define BENCH_OF(p, member) \
  ((struct bench *)(void *)((char *)(p)-offsetof(struct bench, member)))

static inline int64_t bench_now(struct clock *c)
{
  return BENCH_OF(c, clock)->now_us;
}

static inline int bench_start_step(struct runner *r,
                                   const struct step_request *request,
                                   const struct step_host *host, void *ctx,
                                   step_done *done, struct err *e)
{
  struct bench *b = BENCH_OF(r, runner);

  if (b->missing)
    return err_set(e, ERR_NOT_FOUND, "no plugin offers it");
  assert_null(b->ctx); /* one step at a time */
  b->step = request->step;
  (void)snprintf(b->stage, sizeof b->stage, "%s", request->stage);
  b->maybe_set = request->maybe_set;
  b->host = host;
  b->ctx = ctx;
  b->done = done;
  b->cancelled = false;
  return 0;
}

static inline void bench_cancel(struct runner *r, void *ctx)
{
  struct bench *b = BENCH_OF(r, runner);

  if (b->ctx == ctx)
    b->cancelled = true;
}

static inline int bench_find(struct runner *r, const char *rotator,
                             struct rotator_info *out, struct err *e)
{
  struct bench *b = BENCH_OF(r, runner);

  (void)rotator;
  if (b->missing)
    return err_set(e, ERR_NOT_FOUND, "no plugin offers it");
  *out = b->info;
  return 0;
}

static inline void bench_on_wake(void *ctx, struct job *job, int64_t at_us)
{
  (void)job;
  ((struct bench *)ctx)->wake_us = at_us;
}

static inline void bench_on_ended(void *ctx, struct job *job)
{
  struct bench *b = ctx;

  b->ended = true;
  b->job = NULL;
  job_close(job);
}

static inline void bench_on_let_go(void *ctx, struct job *job, int64_t at_us,
                                   const struct err *why)
{
  struct bench *b = ctx;

  b->let_go = true;
  b->let_go_us = at_us;
  b->why = why == NULL ? ERR_OK : why->code;
  b->job = NULL;
  job_close(job);
}

static inline void bench_on_told(void *ctx, struct job *job, enum tell tell)
{
  (void)job;
  ((struct bench *)ctx)->tell = tell;
}

/* ---- the secret --------------------------------------------------------- */

static inline void bench_put(struct bench *b, int64_t secret_id,
                             const char *version_id, const char *value)
{
  static const char *const labels[] = {"AWSCURRENT"};
  struct version_put put = {.version_id = version_id, .labels = labels};
  struct secret_row row;
  struct secret plain = {0};
  struct sealed sealed = {0};

  put.n_labels = 1;
  OK(store_secret_by_id(b->t->s, secret_id, &row, e_));
  OK(secret_copy(value, strlen(value), &plain, e_));
  OK(value_seal(b->keyring, &row, version_id, &plain, &sealed, e_));
  put.sealed = sealed.data;
  put.sealed_len = sealed.len;
  put.key_id = sealed.key_id;
  OK(store_version_put(b->t->s, secret_id, &put, b->now_us, e_));
  sealed_release(&sealed);
  secret_release(&plain);
}

/* The value under a label; "" for none. */
static inline const char *bench_value(struct bench *b, const char *label)
{
  static char text[128];
  struct version_row v;
  struct secret_row row;
  struct secret plain = {0};

  text[0] = '\0';
  OK(store_secret_by_id(b->t->s, b->t->id, &row, e_));
  if (store_version_get(b->t->s, b->t->id, NULL, label, &v, NULL) != 0)
    return text;
  if (value_open(b->keyring, &row, &v, &plain, NULL) == 0)
    (void)snprintf(text, sizeof text, "%s", (const char *)plain.data);
  secret_release(&plain);
  version_row_release(&v);
  return text;
}

static inline int bench_setup(void **state)
{
  struct bench *b = calloc(1, sizeof *b);
  struct secret root = {0};
  unsigned char wrapped[KEYRING_WRAPPED_LEN];
  char key_id[UUID_TEXT_LEN + 1];
  void *temp = NULL;

  assert_int_equal(temp_setup(&temp), 0);
  b->t = temp;
  b->now_us = NOW;
  OK(secret_alloc(GCM_KEY_LEN, &root, e_));
  random_system()->fill(random_system(), root.data, root.len);
  OK(keyring_new(&root, random_system(), &b->keyring, e_));
  OK(keyring_make(b->keyring, key_id, wrapped, e_));
  OK(keyring_load(b->keyring, key_id, wrapped, sizeof wrapped, e_));
  bench_put(b, b->t->id, V(1), CURRENT);
  temp_rules(b->t, b->t->id, NOW);
  b->clock = (struct clock){bench_now, bench_now};
  b->runner = (struct runner){bench_start_step, bench_cancel, bench_find};
  journal_store_init(&b->journal, b->t->s, b->keyring, &b->clock);
  b->env = (struct job_env){.clock = &b->clock,
                            .random = random_system(),
                            .journal = &b->journal.journal,
                            .runner = &b->runner,
                            .lease_us = 30 * SEC,
                            .deadline_ms = 60000,
                            .waits = RETRY_WAITS,
                            .ctx = b,
                            .wake = bench_on_wake,
                            .ended = bench_on_ended,
                            .let_go = bench_on_let_go,
                            .told = bench_on_told};
  *state = b;
  return 0;
}

/* Forgets the job; a step that runs answers nobody. */
static inline void bench_close(struct bench *b)
{
  const struct step_result nothing = {.kt_class = KT_OK};
  void *ctx = b->ctx;

  b->ctx = NULL;
  job_close(b->job);
  b->job = NULL;
  if (ctx != NULL)
    b->done(ctx, &nothing); /* for its memory */
}

static inline int bench_teardown(void **state)
{
  struct bench *b = *state;
  void *temp = b->t;

  bench_close(b);
  keyring_free(b->keyring);
  (void)temp_teardown(&temp);
  free(b);
  return 0;
}

/* ---- a rotation --------------------------------------------------------- */

static inline void bench_claim(struct bench *b, const char *owner)
{
  struct job_row row;
  size_t n;

  OK(store_job_claim(b->t->s, owner, b->now_us, 30 * SEC, &row, 1, &n, e_));
  assert_int_equal(n, 1);
  b->ended = b->let_go = false;
  OK(job_open(&b->env, &row, &b->job, e_));
  job_go(b->job);
}

static inline void bench_start(struct bench *b, enum job_kind kind)
{
  struct job_row job = temp_job(b->t, V(2));
  int64_t id;

  job.kind = kind;
  job.created_us = job.wake_us = b->now_us;
  OK(store_job_start(b->t->s, &job, NULL, &id, e_));
  bench_claim(b, "engine-1");
}

static inline void bench_die(struct bench *b)
{
  bench_close(b);
  OK(store_lease_drop(b->t->s, "engine-1", e_));
}

/* Time passes until a step runs, or the job is over. */
static inline void bench_wait(struct bench *b)
{
  for (int i = 0; i < 8 && b->ctx == NULL && !b->ended; i++) {
    if (b->let_go) {
      if (b->let_go_us > b->now_us)
        b->now_us = b->let_go_us;
      bench_claim(b, "engine-1");
    } else {
      assert_true(b->wake_us > b->now_us);
      b->now_us = b->wake_us;
      job_wake(b->job);
    }
  }
}

/* The step asks for `mutating`, and puts or reads its value. */
static inline void bench_act(struct bench *b, bool mutates)
{
  struct secret v = {0};
  char text[64];

  b->mutating = mutates ? b->host->mutating(b->ctx) : -1;
  if (b->step == STEP_CREATE) {
    (void)snprintf(text, sizeof text, "{\"password\":\"drawn-%d\"}",
                   ++b->drawn);
    OK(secret_copy(text, strlen(text), &v, e_));
    assert_int_equal(b->host->put_pending(b->ctx, &v), KT_OK);
  } else if (b->step == STEP_SET) {
    assert_int_equal(b->host->get_value(b->ctx, KT_SECRET, "AWSPENDING", &v),
                     KT_OK);
    (void)snprintf(b->set, sizeof b->set, "%s", (const char *)v.data);
  }
  secret_release(&v);
}

static inline void bench_answer(struct bench *b, int kt_class)
{
  struct step_result result = {.kt_class = kt_class, .duration_us = 5};
  void *ctx = b->ctx;

  if (kt_class != KT_OK) {
    (void)snprintf(result.code, sizeof result.code, "scripted");
    (void)snprintf(result.message, sizeof result.message, "as the test says");
  }
  b->ctx = NULL;
  b->done(ctx, &result);
}

static inline int bench_class(const char *name, size_t len)
{
  for (int c = 0; c <= KT_REAUTH_REQUIRED; c++)
    if (strlen(class_name(c)) == len && memcmp(class_name(c), name, len) == 0)
      return c;
  fail_msg("no class %.*s", (int)len, name);
  return -1;
}

static inline void bench_play(struct bench *b, const char *script)
{
  static const char letters[] = "cstf?rx"; /* by enum step */

  while (*script != '\0') {
    bool dies = *script == '~', mutates;
    size_t len;

    script += dies;
    bench_wait(b);
    assert_false(b->ended);
    if (letters[b->step] != *script)
      fail_msg("%s runs, the script has %s", step_name(b->step), script);
    mutates = script[1] == '!';
    script += mutates ? 3 : 2;
    len = strcspn(script, " ");
    bench_act(b, mutates);
    if (dies) {
      bench_die(b);
      bench_claim(b, "engine-1");
    } else {
      bench_answer(b, bench_class(script, len));
    }
    script += len;
    script += *script == ' ';
  }
}

/* The rotation is over, with that outcome. */
static inline struct job_row bench_over(struct bench *b,
                                        enum job_outcome outcome)
{
  struct job_row row;

  assert_true(b->ended);
  OK(store_job_of_secret(b->t->s, b->t->id, &row, e_));
  assert_int_equal(row.outcome, outcome);
  return row;
}

#define BENCH(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

#endif
