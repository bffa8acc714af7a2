/* Preflight checks: an API thread asks, the loop runs the rotator's check, the
 * thread waits.
 *
 * A check changes nothing and is in no journal.  Who waits and who runs share
 * a struct check, freed by whoever leaves it last: a thread stops waiting when
 * its time is over, or when the scheduler begins to shut down.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scheduler/state.h"

#define WAIT_SLACK_MS 5000 /* beyond the step's own deadline */

struct check {
  struct check *next;
  struct scheduler *s;
  struct job_row row; /* what the journal wants to know */
  struct port_check out;
  struct err e;
  int rc;
  int users;        /* the thread and the loop; the last one frees */
  bool is_begun;    /* by the loop */
  bool is_done;     /* rc, out and e are set */
  bool is_given_up; /* the thread is not to wait any longer */
  uv_cond_t cond;
};

/* ---- the thread that asks
 * ---------------------------------------------------- */

/* Unlocks; `c` may be gone after it. */
static void leave(struct check *c)
{
  bool is_last = --c->users == 0;

  uv_mutex_unlock(&c->s->lock);
  if (!is_last)
    return;
  uv_cond_destroy(&c->cond);
  free(c);
}

static int check_new(struct scheduler *s, int64_t secret_id, struct check **out,
                     struct err *e)
{
  struct check *c = calloc(1, sizeof *c);

  if (c == NULL || uv_cond_init(&c->cond) != 0) {
    free(c);
    return err_set(e, ERR_NOMEM, "no memory for a check");
  }
  c->s = s;
  c->row.secret_id = secret_id;
  c->row.kind = JOB_CHECK;
  *out = c;
  return 0;
}

static int enter(struct scheduler *s, struct check *c, struct err *e)
{
  if (s->checks_closed)
    return err_set(e, ERR_BUSY, "keyturnd is shutting down");
  if (s->n_checks >= s->o.checks_max)
    return err_set(e, ERR_BUSY, "%u checks run already; try again later",
                   s->o.checks_max);
  c->next = s->checks;
  s->checks = c;
  s->n_checks++;
  c->users = 2;
  return 0;
}

static int wait(struct check *c, uint64_t left_ns, struct port_check *out,
                struct err *e)
{
  while (!c->is_done && !c->is_given_up)
    if (uv_cond_timedwait(&c->cond, &c->s->lock, left_ns) == UV_ETIMEDOUT)
      break;
  if (!c->is_done)
    return c->is_given_up
               ? err_set(e, ERR_BUSY, "keyturnd is shutting down")
               : err_set(e, ERR_DEADLINE, "the check did not end in time");
  if (c->rc != 0)
    return err_set(e, (enum err_code) - c->rc, "%s", c->e.text);
  *out = c->out;
  return 0;
}

int scheduler_check(struct scheduler *s, int64_t secret_id,
                    struct port_check *out, struct err *e)
{
  struct check *c;
  int rc = check_new(s, secret_id, &c, e);

  if (rc != 0)
    return rc;
  uv_mutex_lock(&s->lock);
  c->users = 1;
  rc = enter(s, c, e);
  if (rc == 0) {
    (void)uv_async_send(&s->async); /* open: checks are */
    rc = wait(c, (uint64_t)(s->o.step_timeout_ms + WAIT_SLACK_MS) * 1000000,
              out, e);
  }
  leave(c);
  return rc;
}

/* ---- the loop
 * ------------------------------------------------------------------ */

static void done(struct check *c, int rc)
{
  struct scheduler *s = c->s;
  struct check **at = &s->checks;

  uv_mutex_lock(&s->lock);
  while (*at != c)
    at = &(*at)->next;
  *at = c->next;
  s->n_checks--;
  c->rc = rc;
  c->is_done = true;
  uv_cond_signal(&c->cond);
  leave(c);
  scheduler_poke(s); /* who drains waits for it */
}

static int get_value(void *ctx, enum kt_source source, const char *stage,
                     struct secret *out)
{
  struct check *c = ctx;
  struct journal *j = c->s->o.journal;
  struct err e = {0};
  int rc = j->value(j, &c->row, source, stage == NULL ? "AWSCURRENT" : stage,
                    out, &e);

  return rc == 0                ? KT_OK
         : rc == -ERR_NOT_FOUND ? KT_MISSING
         : rc == -ERR_DECRYPT   ? KT_CONFIG
                                : KT_BUSY;
}

static int deny_put(void *ctx, const struct secret *value)
{
  (void)ctx;
  (void)value;
  return KT_DENIED;
}

static int deny_mutating(void *ctx)
{
  (void)ctx;
  return KT_DENIED;
}

static int deny_password(void *ctx, const char *exclude, struct secret *out)
{
  (void)ctx;
  (void)exclude;
  (void)out;
  return KT_DENIED;
}

static int deny_saved(void *ctx, struct secret *out)
{
  (void)ctx;
  (void)out;
  return KT_DENIED;
}

static int deny_due_in(void *ctx, int64_t seconds)
{
  (void)ctx;
  (void)seconds;
  return KT_DENIED;
}

static void add_line(void *ctx, enum kt_level level, const char *text)
{
  struct check *c = ctx;
  struct port_line *line = &c->out.lines[c->out.n_lines];

  if (c->out.n_lines == PORT_LINES_MAX)
    return;
  line->level = level;
  (void)snprintf(line->text, sizeof line->text, "%s", text); /* cut */
  c->out.n_lines++;
}

static const struct step_host check_host = {
    .get_value = get_value,
    .put_pending = deny_put,
    .mutating = deny_mutating,
    .random_password = deny_password,
    .save = deny_put,
    .saved = deny_saved,
    .due_in = deny_due_in,
    .log = add_line,
};

static void answered(void *ctx, const struct step_result *result)
{
  struct check *c = ctx;

  c->out.result = *result;
  done(c, 0);
}

static int prepare(struct check *c, struct job_facts *facts)
{
  struct scheduler *s = c->s;
  struct version_row current;
  struct rotator_info info;
  struct rules_row rules;
  int rc = store_rules_get(s->o.store, c->row.secret_id, &rules, &c->e);

  if (rc == -ERR_NOT_FOUND || (rc == 0 && rules.rotator[0] == '\0'))
    return err_set(&c->e, ERR_REQUEST,
                   "This secret has no rotator yet: configure its rotation "
                   "first.");
  if (rc == 0)
    rc = s->o.runner->find(s->o.runner, rules.rotator, &info, &c->e);
  if (rc == 0 && !info.has_check)
    rc = err_set(&c->e, ERR_REQUEST, "The rotator %s has no check.",
                 rules.rotator);
  if (rc == 0)
    rc = store_version_get(s->o.store, c->row.secret_id, NULL, "AWSCURRENT",
                           &current, &c->e);
  if (rc != 0)
    return rc;
  memcpy(c->row.rotator, rules.rotator, sizeof c->row.rotator);
  memcpy(c->row.version_id, current.version_id, sizeof c->row.version_id);
  memcpy(c->row.current_id, current.version_id, sizeof c->row.current_id);
  version_row_release(&current);
  return s->o.journal->load(s->o.journal, &c->row, facts, &c->e);
}

static void begin(struct check *c)
{
  struct scheduler *s = c->s;
  struct job_facts facts;
  struct step_request request = {.rotator = c->row.rotator,
                                 .step = STEP_CHECK,
                                 .stage = "AWSCURRENT",
                                 .version_id = c->row.version_id,
                                 .attempt = 1,
                                 .deadline_ms = s->o.step_timeout_ms};
  int rc = s->checks_closed
               ? err_set(&c->e, ERR_BUSY, "keyturnd is shutting down")
               : prepare(c, &facts);

  request.secret_arn = facts.secret_arn;
  if (rc == 0)
    rc = s->o.runner->start(s->o.runner, &request, &check_host, c, answered,
                            &c->e);
  if (rc != 0)
    done(c, rc);
}

static struct check *next_new(struct scheduler *s)
{
  struct check *c;

  uv_mutex_lock(&s->lock);
  c = s->checks;
  while (c != NULL && c->is_begun)
    c = c->next;
  if (c != NULL)
    c->is_begun = true;
  uv_mutex_unlock(&s->lock);
  return c;
}

void checks_begin(struct scheduler *s)
{
  struct check *c;

  while ((c = next_new(s)) != NULL)
    begin(c);
}

/* Nobody waits any more; those that run are told to end, and are freed by
 * their answer. */
void checks_close(struct scheduler *s)
{
  struct check *c;

  uv_mutex_lock(&s->lock);
  s->checks_closed = true;
  for (c = s->checks; c != NULL; c = c->next) {
    c->is_given_up = true;
    uv_cond_signal(&c->cond);
  }
  uv_mutex_unlock(&s->lock);
  for (c = s->checks; c != NULL; c = c->next)
    if (c->is_begun)
      s->o.runner->cancel(s->o.runner, c);
}
