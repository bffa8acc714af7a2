/* Rotations, jobs and attempts in replies. */
#include "api/job_shape.h"

#include <stdlib.h>
#include <string.h>

#include "api/shape.h"
#include "base/cleanup.h"
#include "rotation/due.h"
#include "rotation/machine.h"

/* Due, and nobody came: five minutes where there is no window. */
#define LATE_US     (300 * US_PER_S)
#define STEPS_SHOWN 200

static const char *const kinds[] = {"scheduled", "manual", "test", "check"};
static const char *const outcomes[] = {"active", "succeeded", "failed",
                                       "stuck",  "aborted",   "superseded"};

/* The step that it is in, as histories name steps. */
static const char *phase_shown(const struct job_row *job)
{
  switch ((enum phase)job->phase) {
  case PHASE_CREATE:
  case PHASE_REDRAW:
    return step_name(STEP_CREATE);
  case PHASE_SET:
    return step_name(STEP_SET);
  case PHASE_TEST:
  case PHASE_PROBE:
  case PHASE_VERIFY:
    return step_name(STEP_TEST);
  case PHASE_FINISH:
    return step_name(STEP_FINISH);
  case PHASE_REVERT:
    return step_name(STEP_REVERT);
  case PHASE_RETIRE:
    return step_name(STEP_RETIRE);
  default:
    return "ended";
  }
}

/* The row may be younger than the call: what the engine has just begun is not
 * to look as if it waited. */
static bool is_waiting(struct call *c, const struct job_row *job)
{
  return job->outcome == JOB_ACTIVE &&
         job->wake_us > clock_now_us(c->api->clock);
}

static const char *state_of(struct call *c, const struct job_row *job)
{
  switch (job->outcome) {
  case JOB_FAILED:
    return "failed";
  case JOB_STUCK:
    return "stuck";
  case JOB_ACTIVE:
    if (job->phase == PHASE_RETIRE)
      return "retiring";
    return is_waiting(c, job) ? "waiting" : "running";
  default:
    return "idle";
  }
}

void job_shape_attempt(struct call *c, const struct attempt_row *a,
                       const struct secret_row *of)
{
  char last = c->out->len > 0 ? c->out->data[c->out->len - 1] : '[';

  buf_puts(c->out, last == '}' ? ",{" : "{");
  buf_json_int(c->out, "AttemptId", a->id);
  buf_json_int(c->out, "JobId", a->job_id);
  buf_json_str(c->out, "SecretARN", of->arn);
  buf_json_str(c->out, "SecretName", of->name);
  buf_json_str(c->out, "VersionId", a->version_id);
  buf_json_str(c->out, "Step", a->step);
  buf_json_int(c->out, "Attempt", a->attempt);
  buf_json_time(c->out, "StartedDate", a->started_us);
  buf_json_key(c->out, "DurationMs");
  buf_printf(c->out, "%lld.%03d", (long long)(a->duration_us / 1000),
             (int)(a->duration_us % 1000));
  buf_json_str(c->out, "Class", class_name((int)a->kt_class));
  if (a->code[0] != '\0')
    buf_json_str(c->out, "Code", a->code);
  if (a->message[0] != '\0')
    buf_json_str(c->out, "Message", a->message);
  buf_putc(c->out, '}');
}

static int write_steps(struct call *c, const struct secret_row *row,
                       const struct job_row *job)
{
  CLEANUP_FREE struct attempt_row *rows = NULL;
  size_t n = 0;
  int rc = store_attempt_list(c->api->store, row->id, job->id, 0, STEPS_SHOWN,
                              &rows, &n, c->e);

  if (rc != 0)
    return rc;
  buf_json_key(c->out, "Steps");
  buf_putc(c->out, '[');
  for (size_t i = n; i > 0; i--)
    job_shape_attempt(c, &rows[i - 1], row);
  buf_putc(c->out, ']');
  return 0;
}

static int write_job(struct call *c, const struct secret_row *row,
                     const struct job_row *job)
{
  int rc;

  buf_json_key(c->out, "Job");
  buf_putc(c->out, '{');
  buf_json_int(c->out, "JobId", job->id);
  buf_json_str(c->out, "VersionId", job->version_id);
  buf_json_str(c->out, "Kind", kinds[job->kind]);
  buf_json_str(c->out, "Outcome", outcomes[job->outcome]);
  buf_json_str(c->out, "Phase", phase_shown(job));
  buf_json_int(c->out, "Attempt", job->attempt);
  buf_json_time(c->out, "CreatedDate", job->created_us);
  buf_json_time(c->out, "EndedDate", job->ended_us);
  if (is_waiting(c, job))
    buf_json_time(c->out, "RetryDate", job->wake_us);
  rc = write_steps(c, row, job);
  buf_putc(c->out, '}');
  return rc;
}

static int write_last(struct call *c, const struct secret_row *row,
                      const struct job_row *job)
{
  CLEANUP_FREE struct attempt_row *last = NULL;
  size_t n = 0;
  int rc;

  buf_json_str(c->out, "State", state_of(c, job));
  if (job->outcome != JOB_ACTIVE)
    buf_json_str(c->out, "LastOutcome", outcomes[job->outcome]);
  rc = store_attempt_list(c->api->store, row->id, job->id, 0, 1, &last, &n,
                          c->e);
  if (rc != 0)
    return rc;
  if (job->last_step[0] != '\0') {
    buf_json_str(c->out, "LastStep", job->last_step);
    buf_json_str(c->out, "LastClass", class_name((int)job->last_class));
  }
  if (job->last_code[0] != '\0')
    buf_json_str(c->out, "LastCode", job->last_code);
  if (job->last_message[0] != '\0')
    buf_json_str(c->out, "LastMessage", job->last_message);
  if (n > 0)
    buf_json_time(c->out, "LastAttemptDate",
                  last->started_us + last->duration_us);
  return 0;
}

static void write_schedule(struct call *c, const struct rules_row *rules)
{
  char text[SCHEDULE_TEXT_MAX] = "by hand";
  struct schedule *s = NULL;

  if (due_schedule(rules, false, &s, NULL) == 0)
    schedule_describe(s, text, sizeof text);
  schedule_free(s);
  buf_json_str(c->out, "Schedule", text);
}

static void write_rules(struct call *c, const struct secret_row *row,
                        const struct rules_row *rules)
{
  bool on = rules->enabled && !rules->paused && row->deleted_us == 0;
  int64_t end_us = rules->window_end_us != 0 ? rules->window_end_us
                                             : rules->next_due_us + LATE_US;

  call_begin(c, row);
  buf_json_str(c->out, "Rotator", rules->rotator);
  buf_json_str(c->out, "RotationLambdaARN", rules->rotator_arn);
  buf_json_bool(c->out, "RotationEnabled", rules->enabled);
  buf_json_bool(c->out, "Paused", rules->paused);
  write_schedule(c, rules);
  shape_rules(c, rules, true);
  buf_json_time(c->out, "LastRotatedDate", row->rotated_us);
  if (on)
    buf_json_time(c->out, "NextRotationDate", rules->next_due_us);
  if (on)
    buf_json_time(c->out, "WindowEndDate", rules->window_end_us);
  buf_json_bool(c->out, "Late",
                on && rules->next_due_us != 0 && end_us < c->now_us);
}

int job_shape_rotation(struct call *c, const struct secret_row *row,
                       bool with_job, bool *out_written)
{
  struct rules_row rules;
  struct job_row job;
  int rc = store_rules_get(c->api->store, row->id, &rules, c->e);

  *out_written = false;
  if (rc == -ERR_NOT_FOUND) {
    err_clear(c->e);
    return 0;
  }
  if (rc != 0)
    return rc;
  *out_written = true;
  write_rules(c, row, &rules);
  rc = store_job_of_secret(c->api->store, row->id, &job, c->e);
  if (rc == -ERR_NOT_FOUND) {
    err_clear(c->e);
    buf_json_str(c->out, "State", "idle");
    rc = 0;
  } else if (rc == 0) {
    rc = write_last(c, row, &job);
    if (rc == 0 && with_job)
      rc = write_job(c, row, &job);
  }
  buf_putc(c->out, '}');
  return rc;
}
