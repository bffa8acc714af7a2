/* Rows from moves: the text of the journal. */
#include "rotation/record.h"

#include <string.h>

void record_read(const struct job_row *row, struct machine *m)
{
  m->kind = row->kind;
  m->phase = (enum phase)row->phase;
  m->flags = (unsigned)row->flags;
  m->outcome = row->outcome;
  m->attempt = row->attempt;
  m->redraws = row->redraws;
  m->wake_us = row->wake_us;
  m->window_end_us = row->window_end_us;
}

static void record_write(const struct machine *m, struct job_row *row)
{
  row->phase = m->phase;
  row->flags = m->flags;
  row->outcome = m->outcome;
  row->attempt = m->attempt;
  row->redraws = m->redraws;
  row->wake_us = m->wake_us;
}

void record_text(char *out, size_t size, const char *text)
{
  size_t n = strnlen(text, size - 1);

  memcpy(out, text, n);
  out[n] = '\0';
}

static void attempt_init(const struct job *job, enum step step,
                         struct attempt_row *out)
{
  memset(out, 0, sizeof *out);
  out->job_id = job->row.id;
  out->secret_id = job->row.secret_id;
  record_text(out->step, sizeof out->step, step_name(step));
  out->attempt = job->m.attempt;
  record_text(out->version_id, sizeof out->version_id, job->row.version_id);
}

void record_attempt(const struct job *job, struct attempt_row *out)
{
  const struct step_result *r = &job->result;

  attempt_init(job, job->step, out);
  out->started_us = job->step_started_us;
  out->duration_us = r->duration_us;
  out->kt_class = r->kt_class;
  record_text(out->code, sizeof out->code, r->code);
  record_text(out->message, sizeof out->message, r->message);
}

bool record_orphan(const struct job *job, const struct machine *next,
                   struct attempt_row *out)
{
  bool was = !job->m.running && (job->m.flags & FLAG_IN_FLIGHT) != 0;
  bool is = !next->running && (next->flags & FLAG_IN_FLIGHT) != 0;

  if (!was || is)
    return false;
  attempt_init(job, machine_step(&job->m), out);
  out->started_us = job->m.wake_us;
  out->kt_class = KT_AMBIGUOUS;
  record_text(out->code, sizeof out->code, "engine-gone");
  record_text(out->message, sizeof out->message,
              "keyturnd ended, or lost its lease, before the step had "
              "answered; what the step did is unknown");
  return true;
}

const struct action *record_find(const struct action *a, size_t n,
                                 enum action_kind kind)
{
  for (size_t i = 0; i < n; i++)
    if (a[i].kind == kind)
      return &a[i];
  return NULL;
}

/* What a person is told of a rotation is why it is undone; that undoing goes
 * well, or that a login is refused as it should be, says nothing new. */
static bool is_news(const struct job *job)
{
  int kt_class = job->result.kt_class;

  switch (job->m.phase) {
  case PHASE_REVERT:
    return kt_class != KT_OK;
  case PHASE_PROBE:
  case PHASE_VERIFY:
    return kt_class != KT_OK && kt_class != KT_AUTH;
  default:
    return true;
  }
}

/* The row that this move commits. */
void record_move(const struct job *job, const struct machine *next,
                 const struct event *ev, const struct action *a, size_t n,
                 struct job_row *row)
{
  const struct action *sleep = record_find(a, n, ACTION_SLEEP);
  const struct action *told = record_find(a, n, ACTION_TELL);

  *row = job->row;
  record_write(next, row);
  if (row->started_us == 0)
    row->started_us = ev->now_us;
  if (next->phase == PHASE_ENDED)
    row->ended_us = ev->now_us;
  if (ev->kind == EVENT_RESULT && is_news(job)) {
    row->last_class = job->result.kt_class;
    record_text(row->last_step, sizeof row->last_step, step_name(job->step));
    record_text(row->last_code, sizeof row->last_code, job->result.code);
    record_text(row->last_message, sizeof row->last_message,
                job->result.message);
  }
  /* The step's own words say more than ours, where it failed. */
  if (told != NULL && (ev->kind != EVENT_RESULT || job->result.kt_class == 0)) {
    record_text(row->last_code, sizeof row->last_code, tell_code(told->tell));
    record_text(row->last_message, sizeof row->last_message,
                tell_text(told->tell));
  }
  row->lease_until_us = ev->now_us + job->env->lease_us;
  if (sleep != NULL &&
      (job->draining || sleep->wake_us - ev->now_us > JOB_PARK_US)) {
    row->lease_until_us = 0; /* anyone may have it */
    row->owner[0] = '\0';
  }
}
