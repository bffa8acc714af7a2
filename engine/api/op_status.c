/* Status and ListRotators. */
#include <stdio.h>
#include <stdlib.h>

#include "api/ops.h"
#include "api/shape.h"
#include "base/cleanup.h"

static void write_problems(struct call *c, const struct port_problem *p,
                           size_t n)
{
  buf_json_key(c->out, "Problems");
  buf_putc(c->out, '[');
  for (size_t i = 0; i < n; i++) {
    buf_puts(c->out, i > 0 ? ",{" : "{");
    buf_json_str(c->out, "Plugin", p[i].plugin);
    buf_json_str(c->out, "Message", p[i].text);
    buf_putc(c->out, '}');
  }
  buf_putc(c->out, ']');
}

int op_status(struct call *c)
{
  CLEANUP_FREE struct rotator_info *rotators = NULL;
  CLEANUP_FREE struct port_problem *problems = NULL;
  size_t n_rotators = 0, n_problems = 0;
  struct store_counts counts;
  int rc = store_counts(c->api->store, c->now_us, &counts, c->e);

  if (rc == 0)
    rc = c->api->port->list(c->api->port, &rotators, &n_rotators, &problems,
                            &n_problems, c->e);
  if (rc != 0)
    return rc;
  buf_putc(c->out, '{');
  buf_json_str(c->out, "Version", KEYTURN_VERSION);
  buf_json_str(c->out, "Region", c->api->region);
  buf_json_str(c->out, "Account", c->api->account);
  buf_json_str(c->out, "StoreId", c->api->store_id);
  buf_json_time(c->out, "StartedDate", c->api->started_us);
  buf_json_int(c->out, "Secrets", counts.secrets);
  buf_json_int(c->out, "Deleted", counts.deleted);
  buf_json_int(c->out, "Scheduled", counts.scheduled);
  buf_json_int(c->out, "Paused", counts.paused);
  buf_json_int(c->out, "Running", counts.running);
  buf_json_int(c->out, "Failed", counts.failed);
  buf_json_int(c->out, "Stuck", counts.stuck);
  buf_json_int(c->out, "Late", counts.late);
  buf_json_int(c->out, "Rotators", (int64_t)n_rotators);
  write_problems(c, problems, n_problems);
  buf_json_bool(c->out, "EngineRunning",
                c->api->port->is_running(c->api->port));
  buf_json_bool(c->out, "Dev", c->api->dev);
  buf_json_time(c->out, "NextRotationDate", counts.next_due_us);
  buf_putc(c->out, '}');
  return 0;
}

static void step_if(struct buf *out, bool is_there, const char *name)
{
  if (!is_there)
    return;
  if (out->data[out->len - 1] != '[')
    buf_putc(out, ',');
  buf_printf(out, "\"%s\"", name);
}

static void write_rotator(struct call *c, const struct rotator_info *r)
{
  char arn[256];

  (void)snprintf(arn, sizeof arn, "arn:aws:lambda:%s:%s:function:%s",
                 c->api->region, c->api->account, r->name);
  buf_puts(c->out, c->out->data[c->out->len - 1] == '}' ? ",{" : "{");
  buf_json_str(c->out, "Name", r->name);
  buf_json_str(c->out, "ARN", arn);
  buf_json_str(c->out, "Version", r->version);
  buf_json_str(c->out, "Summary", r->summary);
  buf_json_str(c->out, "Plugin", r->plugin);
  buf_json_bool(c->out, "Overlap", (r->flags & KT_OVERLAP) != 0);
  buf_json_int(c->out, "GraceSeconds", r->grace_s);
  buf_json_key(c->out, "Steps");
  buf_putc(c->out, '[');
  step_if(c->out, true, "createSecret");
  step_if(c->out, true, "setSecret");
  step_if(c->out, true, "testSecret");
  step_if(c->out, r->has_finish, "finishSecret");
  step_if(c->out, r->has_check, "check");
  step_if(c->out, r->has_revert, "revertSecret");
  step_if(c->out, r->has_retire, "retireSecret");
  buf_putc(c->out, ']');
  if (r->secret_schema != NULL)
    shape_raw(c->out, "SecretSchema", r->secret_schema);
  if (r->options_schema != NULL)
    shape_raw(c->out, "OptionsSchema", r->options_schema);
  buf_putc(c->out, '}');
}

int op_list_rotators(struct call *c)
{
  CLEANUP_FREE struct rotator_info *rotators = NULL;
  CLEANUP_FREE struct port_problem *problems = NULL;
  size_t n_rotators = 0, n_problems = 0;
  int rc = c->api->port->list(c->api->port, &rotators, &n_rotators, &problems,
                              &n_problems, c->e);

  if (rc != 0)
    return rc;
  buf_puts(c->out, "{\"Rotators\":[");
  for (size_t i = 0; i < n_rotators; i++)
    write_rotator(c, &rotators[i]);
  buf_putc(c->out, ']');
  write_problems(c, problems, n_problems);
  buf_putc(c->out, '}');
  return 0;
}
