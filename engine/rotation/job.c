/* The driver: events in, commits first, actions after.
 *
 * A move is one turn of job_post: the machine says what is next, its commit is
 * made, and only then is anything done.  When a commit fails because of the
 * store, the event is kept and posted again; when it is fenced, the job is
 * lost and acts no more.  The journal then tells whoever comes next the truth,
 * because nothing was done that it does not know of.
 */
#include "rotation/job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "rotation/job_state.h"
#include "rotation/record.h"
#include "rotation/retry.h"

#define NO_FAULT  FAULT_COUNT
#define STALL_US  (1 * US_PER_S)
#define STALL_MAX 5 /* doublings: half a minute */

/* The other points are where their effect is: in the store and the host. */
static const struct {
  enum fault before_send, after_ack, after_record;
} faults[STEP_COUNT] = {
    [STEP_CREATE] = {FAULT_ROT_CREATE_BEFORE_SEND, FAULT_ROT_CREATE_AFTER_ACK,
                     FAULT_ROT_CREATE_AFTER_RECORD},
    [STEP_SET] = {FAULT_ROT_SET_BEFORE_SEND, FAULT_ROT_SET_AFTER_ACK,
                  FAULT_ROT_SET_AFTER_RECORD},
    [STEP_TEST] = {FAULT_ROT_TEST_BEFORE_SEND, FAULT_ROT_TEST_AFTER_ACK,
                   FAULT_ROT_TEST_AFTER_RECORD},
    [STEP_FINISH] = {FAULT_ROT_FINISH_BEFORE_SEND, NO_FAULT, NO_FAULT},
    [STEP_CHECK] = {NO_FAULT, NO_FAULT, NO_FAULT},
    [STEP_REVERT] = {FAULT_ROT_REVERT_BEFORE_SEND, FAULT_ROT_REVERT_AFTER_ACK,
                     NO_FAULT},
    [STEP_RETIRE] = {FAULT_ROT_RETIRE_BEFORE_SEND, FAULT_ROT_RETIRE_AFTER_ACK,
                     FAULT_ROT_RETIRE_AFTER_RECORD},
};

static void fault_pass(enum fault f)
{
  if (f != NO_FAULT)
    FAULT_POINT(f);
}

/* ---- commits ------------------------------------------------------------ */

/* What is known of the rotator; plugins come and go while we run. */
static void refresh_rotator(struct job *job)
{
  struct runner *r = job->env->runner;
  struct rotator_info info = {0};
  struct err e = {0};

  if (r->find(r, job->row.rotator, &info, &e) != 0)
    return; /* the next step says so */
  job->m.has_finish = info.has_finish;
  job->m.has_revert = info.has_revert;
  job->m.has_retire = info.has_retire;
  job->m.grace_us =
      US_PER_S * (job->facts.grace_s >= 0 ? job->facts.grace_s : info.grace_s);
}

int job_store_error(struct job *job, int rc, const struct err *e)
{
  switch (-rc) {
  case ERR_FENCED:
    job->lost = true;
    job->why = *e;
    if (job->in_step)
      job->env->runner->cancel(job->env->runner, job);
    return KT_DENIED;
  case ERR_NOT_FOUND:
    return KT_MISSING;
  case ERR_DECRYPT:
  case ERR_CORRUPT:
  case ERR_CONFIG:
  case ERR_PARAMETER:
  case ERR_ENCRYPT:
    return KT_CONFIG;
  default:
    if (job->env->store_failed != NULL)
      job->env->store_failed(job->env->ctx, job, e);
    return KT_BUSY;
  }
}

/* May the power take this move back?  Where the rotation only goes on to a
 * step, yes: to find the step before it under way is what a crash leaves too,
 * and before a target is touched "mutating" makes all of it durable.  That
 * saves half of the waits for the disk. */
static bool may_wait(const struct event *ev, const struct action *a, size_t n)
{
  const struct action *run = record_find(a, n, ACTION_RUN);

  if (run == NULL || record_find(a, n, ACTION_TELL) != NULL)
    return false;
  if (ev->kind == EVENT_WAKE)
    return run->step == STEP_CREATE;
  return ev->kind == EVENT_RESULT && ev->kt_class == KT_OK &&
         (run->step == STEP_SET || run->step == STEP_TEST);
}

/* The first action, where it is one that commits. */
static int commit(struct job *job, const struct event *ev,
                  const struct action *a, size_t n, const struct machine *next,
                  const struct job_row *row, struct err *e)
{
  struct journal *j = job->env->journal;
  struct attempt_row attempt, *history = NULL;
  int rc;

  if (ev->kind == EVENT_RESULT) {
    record_attempt(job, &attempt);
    history = &attempt;
    if (record_find(a, n, ACTION_SLEEP) != NULL)
      FAULT_POINT(FAULT_ROT_RETRY_BEFORE_RECORD);
  } else if (record_orphan(job, next, &attempt)) {
    history = &attempt;
  }
  switch (a[0].kind) {
  case ACTION_SAVE:
    if (ev->kind == EVENT_MUTATING && job->m.phase == PHASE_SET)
      FAULT_POINT(FAULT_ROT_SET_BEFORE_STARTED);
    rc = may_wait(ev, a, n) ? j->save_soon(j, row, history, e)
                            : j->save(j, row, history, e);
    if (rc == 0 && ev->kind == EVENT_MUTATING && job->m.phase == PHASE_SET)
      FAULT_POINT(FAULT_ROT_SET_AFTER_STARTED);
    return rc;
  case ACTION_END:
    return j->end(j, row, history, a[0].keep_pending, e);
  case ACTION_FINISH:
    FAULT_POINT(FAULT_ROT_FINISH_BEFORE_TXN);
    rc = j->finish(j, row, history, e);
    if (rc == 0)
      FAULT_POINT(FAULT_ROT_FINISH_AFTER_COMMIT);
    return rc;
  default:
    return 0; /* this move writes nothing */
  }
}

/* Keeps the event for job_wake. */
static void stall(struct job *job, const struct event *ev, const struct err *e)
{
  int64_t doublings = job->stalls < STALL_MAX ? job->stalls : STALL_MAX;

  if (job->env->store_failed != NULL)
    job->env->store_failed(job->env->ctx, job, e);
  if (ev->kind == EVENT_MUTATING)
    return; /* the step is told BUSY */
  if (ev->kind == EVENT_ABORT) {
    job->abort_wanted = true;
    if (job->m.running)
      return; /* with its answer */
  }
  if (job->draining) {
    job->parked = true; /* the journal has the truth as it was before */
    return;
  }
  job->stalls++;
  job->stalled = true;
  job->stalled_event = ev->kind == EVENT_RESULT ? EVENT_RESULT : EVENT_WAKE;
  job->env->wake(job->env->ctx, job, ev->now_us + (STALL_US << doublings));
}

/* ---- acting ------------------------------------------------------------- */

static void step_answered(void *ctx, const struct step_result *result);

static void result_set(struct job *job, int kt_class, const char *code,
                       const char *message)
{
  memset(&job->result, 0, sizeof job->result);
  job->result.kt_class = kt_class;
  record_text(job->result.code, sizeof job->result.code, code);
  record_text(job->result.message, sizeof job->result.message, message);
}

/* JOB_TEST: the pending version gets a copy of the current value. */
static enum event_kind copy_current(struct job *job)
{
  struct journal *j = job->env->journal;
  struct secret value = {0};
  struct err e = {0};
  int kt_class = KT_OK;
  int rc = j->value(j, &job->row, KT_SECRET, "AWSCURRENT", &value, &e);

  if (rc == 0)
    rc = j->put_pending(j, &job->row, &value, &e);
  secret_release(&value);
  if (rc == 0)
    job->facts.pending_stored = true;
  else
    kt_class = job_store_error(job, rc, &e);
  result_set(job, kt_class, rc == 0 ? "" : "store", e.text);
  return EVENT_RESULT;
}

static bool is_superseded(struct job *job)
{
  struct journal *j = job->env->journal;
  struct err e = {0};
  bool current = true;
  int rc = j->is_current(j, &job->row, &current, &e);

  return rc == 0 && !current;
}

static int start_failed(struct job *job, int rc, const struct err *e)
{
  if (rc == -ERR_NOT_FOUND) {
    /* Before anything was touched that is a matter for a person; after, it
     * had better come back. */
    bool live = machine_maybe_live(&job->m, job->facts.pending_stored);

    result_set(job, live ? KT_BUSY : KT_CONFIG, "rotator-missing", e->text);
  } else {
    result_set(job, KT_BUSY, rc == -ERR_BUSY ? "quarantined" : "not-started",
               e->text);
  }
  return EVENT_RESULT;
}

static enum event_kind run(struct job *job, const struct action *a)
{
  struct runner *r = job->env->runner;
  struct step_request request = {
      .rotator = job->row.rotator,
      .step = a->step,
      .stage = a->stage,
      .secret_arn = job->facts.secret_arn,
      .version_id = job->row.version_id,
      .attempt = (uint32_t)job->m.attempt,
      .maybe_set = a->maybe_set,
      .deadline_ms = job->env->deadline_ms,
  };
  struct err e = {0};
  int rc;

  job->step = a->step;
  job->step_started_us = clock_now_us(job->env->clock);
  if (job->m.kind == JOB_TEST && a->step == STEP_CREATE)
    return copy_current(job);
  if (a->step == STEP_RETIRE && is_superseded(job))
    return EVENT_SUPERSEDED;
  fault_pass(faults[a->step].before_send);
  job->in_step = true; /* from here on it may ask */
  rc = r->start(r, &request, &job_host, job, step_answered, &e);
  if (rc != 0) {
    job->in_step = false;
    return start_failed(job, rc, &e);
  }
  if (job->env->step_started != NULL)
    job->env->step_started(job->env->ctx, job, a->step);
  return EVENT_NONE;
}

static enum event_kind drop(struct job *job)
{
  struct journal *j = job->env->journal;
  struct err e = {0};
  int rc = j->drop_pending(j, &job->row, &e);

  if (rc == 0) {
    job->facts.pending_stored = false;
    return EVENT_DROPPED;
  }
  (void)job_store_error(job, rc, &e); /* notes a lost lease */
  if (!job->lost)
    job->env->wake(job->env->ctx, job,
                   clock_now_us(job->env->clock) + STALL_US);
  return EVENT_NONE;
}

static enum event_kind act(struct job *job, const struct action *a)
{
  const struct job_env *env = job->env;

  switch (a->kind) {
  case ACTION_RUN:
    return run(job, a);
  case ACTION_DROP:
    return drop(job);
  case ACTION_CANCEL:
    if (job->in_step)
      env->runner->cancel(env->runner, job);
    break;
  case ACTION_ANSWER:
    job->answer = a->kt_class;
    break;
  case ACTION_SLEEP:
    if (job->row.owner[0] == '\0')
      job->parked = true;
    else
      env->wake(env->ctx, job, a->wake_us);
    break;
  case ACTION_TELL:
    if (env->told != NULL)
      env->told(env->ctx, job, a->tell);
    break;
  default: /* the commit was made */
    break;
  }
  return EVENT_NONE;
}

/* One move.  *out_next: an event that it brought about, or EVENT_NONE. */
static void move(struct job *job, enum event_kind kind,
                 enum event_kind *out_next)
{
  struct event ev = {.kind = kind,
                     .now_us = clock_now_us(job->env->clock),
                     .kt_class = job->result.kt_class,
                     .pending_stored = job->facts.pending_stored,
                     .draining = job->draining};
  struct action actions[MACHINE_ACTIONS];
  struct machine next;
  struct job_row row;
  struct err e = {0};
  size_t n;
  int rc;

  refresh_rotator(job);
  job->env->random->fill(job->env->random, &ev.random, sizeof ev.random);
  machine_move(&job->m, &ev, &next, actions, &n);
  *out_next = EVENT_NONE;
  if (n == 0)
    return;
  record_move(job, &next, &ev, actions, n, &row);
  rc = commit(job, &ev, actions, n, &next, &row, &e);
  if (rc == -ERR_FENCED) {
    (void)job_store_error(job, rc, &e); /* notes it */
    job->answer = KT_DENIED;
    return;
  }
  if (rc != 0) {
    stall(job, &ev, &e);
    return;
  }
  job->stalls = 0;
  job->m = next;
  if (actions[0].kind <= ACTION_END)
    job->row = row;
  job->ended = next.phase == PHASE_ENDED;
  if (kind == EVENT_RESULT)
    fault_pass(faults[job->step].after_record);
  for (size_t i = 0; i < n; i++) {
    enum event_kind then = act(job, &actions[i]);

    if (then != EVENT_NONE)
      *out_next = then;
  }
}

/* Says goodbye, once, when there is nothing more to do: the job may be gone
 * when this returns. */
static void depart(struct job *job)
{
  const struct job_env *env = job->env;

  if (job->in_step)
    return;
  if (job->ended)
    env->ended(env->ctx, job);
  else if (job->lost)
    env->let_go(env->ctx, job, 0, &job->why);
  else if (job->parked)
    env->let_go(env->ctx, job, job->row.wake_us, NULL);
}

void job_post(struct job *job, enum event_kind kind)
{
  while (kind != EVENT_NONE && !job->lost && !job->ended)
    move(job, kind, &kind);
  depart(job);
}

/* The answer, after an abort that could not be recorded while it ran. */
static void post_answer(struct job *job)
{
  enum event_kind next;

  if (job->abort_wanted && !job->lost) {
    job->abort_wanted = false;
    move(job, EVENT_ABORT, &next);
  }
  job_post(job, EVENT_RESULT);
}

static void step_answered(void *ctx, const struct step_result *result)
{
  struct job *job = ctx;

  job->in_step = false;
  if (job->closed) {
    free(job);
    return;
  }
  job->result = *result;
  if (job->env->step_ended != NULL)
    job->env->step_ended(job->env->ctx, job, job->step, result);
  fault_pass(faults[job->step].after_ack);
  post_answer(job);
}

/* ---- the interface ------------------------------------------------------ */

int job_open(const struct job_env *env, const struct job_row *claimed,
             struct job **out, struct err *e)
{
  struct job *job = calloc(1, sizeof *job);
  int rc;

  if (job == NULL)
    return err_set(e, ERR_NOMEM, "no memory for a rotation");
  job->env = env;
  job->row = *claimed;
  rc = env->journal->load(env->journal, claimed, &job->facts, e);
  if (rc != 0) {
    free(job);
    return rc;
  }
  record_read(claimed, &job->m);
  job->m.waits = env->waits;
  if (job->m.waits.settle_us < env->deadline_ms * US_PER_MS)
    job->m.waits.settle_us = env->deadline_ms * US_PER_MS;
  job->abort_wanted = claimed->cancel == CANCEL_ABORT;
  *out = job;
  return 0;
}

void job_go(struct job *job)
{
  job_wake(job);
}

void job_wake(struct job *job)
{
  bool answer = job->stalled && job->stalled_event == EVENT_RESULT;

  if (job->in_step || job->lost || job->ended || job->parked)
    return;
  job->stalled = false;
  if (answer) {
    post_answer(job);
  } else if (job->abort_wanted && (job->m.flags & FLAG_ABORT) == 0) {
    job->abort_wanted = false;
    job_abort(job);
  } else {
    job_post(job, EVENT_WAKE);
  }
}

void job_abort(struct job *job)
{
  enum event_kind next = EVENT_NONE;

  if (job->lost || job->ended || job->parked)
    return;
  if (job->stalled || (job->m.running && !job->in_step)) {
    job->abort_wanted = true;
    return;
  }
  move(job, EVENT_ABORT, &next);
  if (job->stalled)
    return;
  /* What goes on in spite of it (too late, or undoing already) goes on. */
  job_post(job, next != EVENT_NONE ? next
                : job->m.running   ? EVENT_NONE
                                   : EVENT_WAKE);
}

void job_drain(struct job *job)
{
  struct journal *j = job->env->journal;
  struct job_row row = job->row;
  struct err e = {0};

  job->draining = true;
  if (job->in_step || job->lost || job->ended || job->parked)
    return;
  if (job->stalled) {
    job_wake(job); /* a last try: the job may be gone after it */
    return;
  }
  row.lease_until_us = 0;
  row.owner[0] = '\0';
  (void)j->save(j, &row, NULL, &e); /* else the lease runs out */
  job->parked = true;
  depart(job);
}

void job_close(struct job *job)
{
  if (job == NULL)
    return;
  if (job->in_step) {
    job->closed = true;
    job->env->runner->cancel(job->env->runner, job);
    return;
  }
  free(job);
}

int64_t job_next_start_us(const struct job_row *last, int64_t settle_us)
{
  if ((last->flags & (FLAG_UNSURE | FLAG_IN_FLIGHT)) == 0)
    return 0;
  return last->ended_us + settle_us;
}

const struct job_row *job_row(const struct job *job)
{
  return &job->row;
}

const char *job_secret_arn(const struct job *job)
{
  return job->facts.secret_arn;
}

bool job_is_running_step(const struct job *job)
{
  return job->in_step;
}
