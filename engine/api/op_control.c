/* PauseRotation, ResumeRotation, AbortRotation, CheckRotation. */
#include <stdlib.h>

#include "api/ops.h"
#include "base/cleanup.h"
#include "rotation/due.h"

static int configured(struct call *c, const struct secret_row *row,
                      struct rules_row *rules)
{
  int rc = store_rules_get(c->api->store, row->id, rules, c->e);

  if (rc == -ERR_NOT_FOUND)
    return err_set(c->e, ERR_REQUEST, "Rotation was never configured for %s.",
                   row->name);
  return rc;
}

static int pause_or_resume(struct call *c, bool paused)
{
  struct rules_row rules;
  struct secret_row row;
  struct next_due next;
  int rc = call_secret(c, true, &row);

  if (rc == 0)
    rc = configured(c, &row, &rules);
  rules.paused = paused;
  if (rc == 0)
    rc = due_next(&rules, row.arn, c->now_us, 0, c->e);
  next = (struct next_due){rules.next_due_us, rules.window_end_us};
  if (rc == 0)
    rc = store_rules_pause(c->api->store, row.id, paused, &next, c->e);
  if (rc != 0)
    return rc;
  c->api->port->wake(c->api->port);
  call_begin(c, &row);
  buf_json_time(c->out, "NextRotationDate", next.due_us);
  buf_putc(c->out, '}');
  return 0;
}

int op_pause_rotation(struct call *c)
{
  return pause_or_resume(c, true);
}

int op_resume_rotation(struct call *c)
{
  return pause_or_resume(c, false);
}

int op_abort_rotation(struct call *c)
{
  struct secret_row row;
  struct job_row job;
  int rc = call_secret(c, true, &row);

  if (rc != 0)
    return rc;
  rc = store_job_of_secret(c->api->store, row.id, &job, c->e);
  if (rc == 0 && job.outcome == JOB_ACTIVE && job.phase == STORE_PHASE_RETIRE)
    return err_set(c->e, ERR_REQUEST,
                   "The rotation of %s is finished and only waits to retire "
                   "the old value; there is nothing to abort.",
                   row.name);
  if (rc == -ERR_NOT_FOUND || (rc == 0 && job.outcome != JOB_ACTIVE))
    return err_set(c->e, ERR_REQUEST, "No rotation of %s is under way.",
                   row.name);
  if (rc == 0)
    rc = store_job_cancel(c->api->store, row.id, CANCEL_ABORT, c->e);
  if (rc != 0)
    return rc;
  c->api->port->wake(c->api->port);
  call_begin(c, &row);
  buf_json_str(c->out, "VersionId", job.version_id);
  buf_putc(c->out, '}');
  return 0;
}

int op_check_rotation(struct call *c)
{
  static const char *const levels[] = {"debug", "info", "warn"};
  CLEANUP_FREE struct port_check *found = calloc(1, sizeof *found);
  struct rules_row rules;
  struct secret_row row;
  int rc = call_secret(c, true, &row);

  if (rc == 0 && found == NULL)
    rc = err_set(c->e, ERR_NOMEM, "no memory for a check");
  if (rc == 0)
    rc = configured(c, &row, &rules);
  if (rc == 0)
    rc = c->api->port->check(c->api->port, row.id, found, c->e);
  if (rc != 0)
    return rc;
  buf_putc(c->out, '{');
  buf_json_str(c->out, "Class", class_name(found->result.kt_class));
  if (found->result.code[0] != '\0')
    buf_json_str(c->out, "Code", found->result.code);
  if (found->result.message[0] != '\0')
    buf_json_str(c->out, "Message", found->result.message);
  buf_json_int(c->out, "DurationMs", found->result.duration_us / US_PER_MS);
  buf_json_key(c->out, "Lines");
  buf_putc(c->out, '[');
  for (size_t i = 0; i < found->n_lines; i++) {
    buf_puts(c->out, i > 0 ? ",{" : "{");
    buf_json_str(c->out, "Level", levels[found->lines[i].level]);
    buf_json_str(c->out, "Text", found->lines[i].text);
    buf_putc(c->out, '}');
  }
  buf_puts(c->out, "]}");
  return 0;
}
