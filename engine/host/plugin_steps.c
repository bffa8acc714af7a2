/* Which step of a plugin goes to its process when, what comes of the messages
 * about it, and its limits in time.  What the messages mean is in job.c, the
 * life of the process in plugin.c.
 */
#include "host/plugin.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"

void plugin_waiting_fail(struct plugin *p, int kt_class, const char *code)
{
  while (p->waiting.first != NULL && !p->env->is_closing) {
    struct job *j = p->waiting.first;

    jobs_take(&p->waiting, j);
    job_finish(j, kt_class, code, false, plugin_now_us(), "%s", p->problem);
  }
}

static struct job *job_find(const struct plugin *p, uint64_t id)
{
  struct job *j = p->running.first;

  while (j != NULL && j->id != id)
    j = j->next;
  return j;
}

static void step_returned(struct plugin *p, struct job *j,
                          const struct wire_message *m)
{
  int64_t kt_class = json_int(m->body, "class", KT_AMBIGUOUS);

  jobs_take(&p->running, j);
  if (p->crashes > 0) {
    p->crashes = 0;
    p->respawn_us = 0;
    plugin_problem(p, LOG_INFO_, NULL);
    plugin_notice(p, LOG_INFO_, "the plugin works again");
  }
  if (p->env->is_closing) {
    job_free(j);
    return;
  }
  if (kt_class < KT_OK || kt_class > KT_REAUTH_REQUIRED)
    kt_class = KT_AMBIGUOUS;
  job_finish(j, (int)kt_class, json_str(m->body, "code"), false,
             plugin_now_us(), "%s", json_str(m->body, "message"));
  plugin_pump(p, plugin_now_us());
}

void plugin_step_message(struct plugin *p, const struct wire_message *m)
{
  struct job *j = job_find(p, m->id);
  struct err e = {0};

  if (j == NULL) {
    process_violation(p->process, "it spoke of a step that it does not run");
  } else if (m->type == WIRE_DONE) {
    step_returned(p, j, m);
  } else if (m->type == WIRE_LOG) {
    if (!p->env->is_closing)
      job_log(j, m);
  } else if (job_answer(j, m, p->env->is_closing, process_out(p->process),
                        &e) != 0) {
    process_violation(p->process, e.text);
  } else {
    (void)process_flush(p->process, NULL); /* a dead child is told of later */
  }
}

static void late_fail(struct job *j, uint64_t culprit, enum step late,
                      int64_t now_us)
{
  if (j->id == culprit)
    job_finish(j, KT_AMBIGUOUS, "host-deadline", true, now_us,
               "%s did not return by its deadline of %lld ms; its process was "
               "killed, and what it did is unknown",
               step_name(j->step), (long long)j->deadline_ms);
  else
    job_finish(j, KT_AMBIGUOUS, "host-killed", true, now_us,
               "the plugin host was killed in %s because %s of another secret "
               "did not return by its deadline",
               step_name(j->step), step_name(late));
}

void plugin_running_fail(struct plugin *p, const struct process_end *end,
                         int64_t now_us)
{
  struct job *culprit = p->culprit == 0 ? NULL : job_find(p, p->culprit);
  uint64_t id = culprit == NULL ? 0 : culprit->id;
  enum step late = culprit == NULL ? STEP_CHECK : culprit->step;
  char text[512];

  plugin_death(end, text);
  while (p->running.first != NULL) {
    struct job *j = p->running.first;

    jobs_take(&p->running, j);
    if (p->env->is_closing)
      job_free(j);
    else if (id != 0)
      late_fail(j, id, late, now_us);
    else
      job_finish(j, KT_AMBIGUOUS,
                 end->violation != NULL ? "host-protocol" : "host-crash", true,
                 now_us, "%s in %s; what the step did is unknown", text,
                 step_name(j->step));
  }
}

/* False: the process cannot be written to; the step goes on waiting. */
static bool job_send(struct plugin *p, struct job *j, int64_t now_us)
{
  struct err e = {0};

  if (job_write(j, now_us, process_out(p->process), &e) != 0) {
    process_violation(p->process, "it does not read what it is sent");
    return false;
  }
  if (process_flush(p->process, &e) != 0)
    return false;
  j->sent_us = now_us;
  jobs_take(&p->waiting, j);
  jobs_add(&p->running, j);
  if (j->step == STEP_SET)
    FAULT_POINT(FAULT_ROT_SET_AFTER_SEND);
  return true;
}

static bool is_idle(const struct plugin *p)
{
  return p->running.n == 0;
}

void plugin_pump(struct plugin *p, int64_t now_us)
{
  size_t most =
      descriptor_is_serial(p->descriptor) ? 1 : p->env->options.steps_max;

  if (p->env->is_closing || p->is_refused || p->is_quarantined)
    return;
  if (p->state == PLUGIN_DOWN && p->waiting.n > 0) {
    if (now_us >= p->respawn_us)
      plugin_load(p);
    else
      p->env->wake_at(p->env, p->respawn_us);
  }
  if (p->state != PLUGIN_UP)
    return;
  if (p->is_outdated || (p->is_removed && p->waiting.n == 0)) {
    if (is_idle(p))
      plugin_end_ask(p, PLUGIN_END_MS);
    return;
  }
  while (p->waiting.n > 0 && p->running.n < most)
    if (!job_send(p, p->waiting.first, now_us))
      return;
}

static bool has_step(const struct rotator_info *info, enum step step)
{
  return (step != STEP_CHECK || info->has_check) &&
         (step != STEP_REVERT || info->has_revert) &&
         (step != STEP_RETIRE || info->has_retire);
}

static int may_start(struct plugin *p, const struct step_request *r,
                     struct err *e)
{
  const struct rotator_info *info = descriptor_find(p->descriptor, r->rotator);

  if (p->is_quarantined)
    return err_set(e, ERR_BUSY, "plugin %s: %s", p->file.name, p->problem);
  if (p->is_refused)
    return err_set(e, ERR_CONFIG, "plugin %s: %s", p->file.name, p->problem);
  if (info == NULL || !has_step(info, r->step))
    return err_set(e, ERR_NOT_FOUND, "rotator %s has no %s", r->rotator,
                   step_name(r->step));
  if (p->waiting.n >= p->env->options.waiting_max)
    return err_set(e, ERR_BUSY, "plugin %s: %zu steps wait for it already",
                   p->file.name, p->waiting.n);
  return 0;
}

int plugin_start(struct plugin *p, const struct step_request *request,
                 const struct step_host *host, void *ctx, step_done *done,
                 struct err *e)
{
  int64_t now_us = plugin_now_us();
  struct job *j;
  int rc = may_start(p, request, e);

  if (rc != 0)
    return rc;
  rc = job_new(++p->env->last_id, request, host, ctx, done, &j, e);
  if (rc != 0)
    return rc;
  j->due_us = now_us + request->deadline_ms * US_PER_MS;
  jobs_add(&p->waiting, j);
  p->env->wake_at(p->env, j->due_us);
  plugin_pump(p, now_us);
  return 0;
}

static void cancel_tell(struct plugin *p, const struct job *j)
{
  struct buf *out = process_out(p->process);
  size_t at = wire_begin(out, WIRE_CANCEL, j->id);

  /* Where it cannot be told, the deadline does it the hard way. */
  if (wire_end(out, at, NULL) == 0)
    (void)process_flush(p->process, NULL);
}

bool plugin_cancel(struct plugin *p, void *ctx)
{
  struct job *j;

  for (j = p->running.first; j != NULL; j = j->next)
    if (j->ctx == ctx) {
      if (!j->is_cancelled && p->process != NULL)
        cancel_tell(p, j);
      j->is_cancelled = true;
      return true;
    }
  for (j = p->waiting.first; j != NULL; j = j->next)
    if (j->ctx == ctx) {
      j->is_cancelled = true;
      p->env->wake_at(p->env, plugin_now_us()); /* done comes from there */
      return true;
    }
  return false;
}

static int64_t earlier(int64_t a, int64_t b)
{
  return a < b ? a : b;
}

/* Deadlines of steps that never began. */
static int64_t waiting_tick(struct plugin *p, int64_t now_us)
{
  int64_t next = PLUGIN_NEVER;
  struct job *j = p->waiting.first;

  while (j != NULL) {
    if (!j->is_cancelled && now_us < j->due_us) {
      next = earlier(next, j->due_us);
      j = j->next;
      continue;
    }
    jobs_take(&p->waiting, j);
    job_finish(j, KT_BUSY, j->is_cancelled ? "host-cancelled" : "host-busy",
               false, now_us,
               j->is_cancelled
                   ? "cancelled before it began"
                   : "its plugin was busy or down until the deadline; the "
                     "step never began");
    j = p->waiting.first; /* done may have changed the list */
  }
  return next;
}

static int64_t running_tick(struct plugin *p, int64_t now_us)
{
  int64_t kill_us = p->env->options.kill_ms * US_PER_MS, next = PLUGIN_NEVER;

  if (p->process == NULL)
    return PLUGIN_NEVER;
  for (struct job *j = p->running.first; j != NULL; j = j->next) {
    if (now_us >= j->due_us && !j->is_late) {
      j->is_late = true;
      if (!j->is_cancelled)
        cancel_tell(p, j);
    }
    if (j->is_late && now_us >= j->due_us + kill_us && p->culprit == 0) {
      p->culprit = j->id;
      p->state = PLUGIN_ENDING;
      p->limit_us = PLUGIN_NEVER;
      plugin_notice(
          p, LOG_WARN_,
          "a step did not return by its deadline; its process is killed");
      process_kill(p->process);
    }
    if (p->culprit == 0)
      next = earlier(next, j->is_late ? j->due_us + kill_us : j->due_us);
  }
  return next;
}

static int64_t hang_up_tick(struct plugin *p, int64_t now_us)
{
  int64_t at_us = p->hung_up_us + PLUGIN_HANG_UP_MS * US_PER_MS;

  if (p->process == NULL || p->hung_up_us == 0)
    return PLUGIN_NEVER;
  if (now_us < at_us)
    return at_us;
  p->hung_up_us = 0;
  process_violation(p->process, "it hung up");
  return PLUGIN_NEVER;
}

int64_t plugin_tick(struct plugin *p, int64_t now_us)
{
  int64_t next = waiting_tick(p, now_us);

  next = earlier(next, running_tick(p, now_us));
  next = earlier(next, hang_up_tick(p, now_us));
  if (p->state == PLUGIN_LOADING || p->state == PLUGIN_ENDING) {
    if (now_us >= p->limit_us) {
      p->limit_us = PLUGIN_NEVER;
      process_kill(p->process);
    }
    next = earlier(next, p->limit_us);
  }
  plugin_pump(p, now_us);
  if (p->state == PLUGIN_DOWN && p->waiting.n > 0)
    next = earlier(next, p->respawn_us);
  return next;
}
