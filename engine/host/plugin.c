/* The life of a plugin's process: loaded, refused, dead, back, let go.  Its
 * steps are in plugin_steps.c, the bytes in process.c.
 */
#include "host/plugin.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define BACKOFF_MAX_MS 10000

int64_t plugin_now_us(void)
{
  return clock_mono_us(clock_system());
}

void plugin_notice(struct plugin *p, enum log_level level, const char *text)
{
  const struct supervisor_options *o = &p->env->options;

  if (o->notice != NULL)
    o->notice(o->notice_ctx, level, p->file.name, text);
}

/* NULL: there is none any more. */
void plugin_problem(struct plugin *p, enum log_level level, const char *text)
{
  (void)pthread_mutex_lock(&p->env->lock); /* a plain mutex cannot fail */
  (void)snprintf(p->problem, sizeof p->problem, "%s", text == NULL ? "" : text);
  wire_clean_text(p->problem, strlen(p->problem));
  (void)pthread_mutex_unlock(&p->env->lock);
  if (text != NULL)
    plugin_notice(p, level, p->problem);
}

void plugin_refuse(struct plugin *p, const char *why)
{
  p->is_refused = true;
  plugin_problem(p, LOG_WARN_, why);
  if (p->process != NULL && p->state != PLUGIN_ENDING) {
    p->state = PLUGIN_ENDING;
    p->limit_us = plugin_now_us() + PLUGIN_END_MS * US_PER_MS;
    p->env->wake_at(p->env, p->limit_us);
    process_ask_end(p->process);
  }
  plugin_waiting_fail(p, KT_CONFIG, "plugin-refused");
}

void plugin_accept(struct plugin *p, struct descriptor *d)
{
  struct plugin_env *env = p->env;

  (void)pthread_mutex_lock(&env->lock);
  if (p->descriptor != NULL) {
    p->descriptor->next = env->old; /* its schemas may be borrowed */
    env->old = p->descriptor;
  }
  p->descriptor = d;
  (void)pthread_mutex_unlock(&env->lock);
  if (!p->is_quarantined && p->crashes == 0)
    plugin_problem(p, LOG_INFO_, NULL);
  p->is_refused = false;
  if (p->state == PLUGIN_LOADING)
    p->state = PLUGIN_UP;
  plugin_pump(p, plugin_now_us());
}

static void loading_message(struct plugin *p, const struct wire_message *m)
{
  struct descriptor *d;
  struct err e = {0};

  if (m->type == WIRE_REFUSE) {
    plugin_refuse(p, json_str(m->body, "reason"));
  } else if (m->type != WIRE_DESCRIBE) {
    process_violation(p->process, "it spoke before it described itself");
  } else if (descriptor_read(m, p->file.name, &d, &e) != 0) {
    plugin_refuse(p, e.text);
  } else {
    p->limit_us = PLUGIN_NEVER; /* it may wait for others to load */
    p->env->described(p->env, p, d);
  }
}

static void on_message(void *ctx, struct process *process,
                       struct wire_message *m)
{
  struct plugin *p = ctx;

  if (process != p->process)
    return; /* its successor is there */
  if (p->state == PLUGIN_LOADING && p->candidate == NULL)
    loading_message(p, m);
  else
    plugin_step_message(p, m);
}

void plugin_death(const struct process_end *end, char out[512])
{
  if (end->violation != NULL)
    (void)snprintf(out, 512, "the plugin host was killed for what it said (%s)",
                   end->violation);
  else if (end->signal != 0)
    (void)snprintf(out, 512, "the plugin host died of signal %d", end->signal);
  else
    (void)snprintf(out, 512, "the plugin host exited with status %d",
                   end->status);
}

static void crash_count(struct plugin *p, const struct process_end *end,
                        size_t n_running, int64_t now_us)
{
  const struct supervisor_options *o = &p->env->options;
  int64_t wait_ms = o->backoff_ms;
  char death[512], text[ERR_TEXT_MAX];

  p->crashes++;
  for (unsigned i = 1; i < p->crashes && wait_ms < BACKOFF_MAX_MS; i++)
    wait_ms *= 2;
  if (wait_ms > BACKOFF_MAX_MS)
    wait_ms = BACKOFF_MAX_MS;
  p->respawn_us = now_us + wait_ms * US_PER_MS;
  plugin_death(end, death);
  if (p->crashes >= o->crashes_max) {
    p->is_quarantined = true;
    (void)snprintf(text, sizeof text,
                   "in quarantine: %u crashes in a row (the last: %s); its "
                   "rotators are not run until the plugins are reloaded",
                   p->crashes, death);
  } else {
    (void)snprintf(text, sizeof text,
                   "%s, %zu steps with it; it is started again in %lld ms "
                   "when a step wants it",
                   death, n_running, (long long)wait_ms);
  }
  plugin_problem(p, LOG_WARN_, text);
}

static void loading_failed(struct plugin *p, const struct process_end *end)
{
  char death[512], text[ERR_TEXT_MAX];

  if (end->is_killed && end->violation == NULL) {
    (void)snprintf(text, sizeof text,
                   "it did not load within %lld ms; something in it waits",
                   (long long)p->env->options.load_ms);
  } else {
    plugin_death(end, death);
    (void)snprintf(text, sizeof text, "%s while it loaded the plugin", death);
  }
  plugin_refuse(p, text);
}

static void on_ended(void *ctx, struct process *process,
                     const struct process_end *end)
{
  struct plugin *p = ctx;
  enum plugin_state was = p->state;
  int64_t now_us = plugin_now_us();
  bool is_expected = was == PLUGIN_ENDING && p->culprit == 0 &&
                     (end->is_killed || (end->signal == 0 && end->status <= 1));

  bool is_replaced = p->is_outdated && !p->is_removed;

  assert(process == p->process);
  p->process = NULL;
  p->has_died = p->has_died || !is_expected;
  p->state = PLUGIN_DOWN;
  if (was == PLUGIN_LOADING && p->candidate == NULL && !p->env->is_closing &&
      p->descriptor == NULL)
    loading_failed(p, end);
  else if (p->culprit == 0 && !is_expected && !p->env->is_closing)
    crash_count(p, end, p->running.n, now_us);
  plugin_running_fail(p, end, now_us);
  p->culprit = 0;
  p->is_outdated = false;
  if (p->is_quarantined)
    plugin_waiting_fail(p, KT_BUSY, "plugin-quarantine");
  if (is_replaced && !p->env->is_closing)
    plugin_load(p);
  plugin_pump(p, now_us);
  p->env->wake_at(p->env, now_us); /* it may be gone */
}

static void on_freed(void *ctx)
{
  struct plugin *p = ctx;

  p->n_processes--;
  p->env->wake_at(p->env, plugin_now_us());
}

static void on_hung_up(void *ctx, struct process *process)
{
  struct plugin *p = ctx;

  (void)process; /* the only one that is not dead */
  p->hung_up_us = plugin_now_us();
  p->env->wake_at(p->env, p->hung_up_us + PLUGIN_HANG_UP_MS * US_PER_MS);
}

static const struct process_owner owner = {on_message, on_hung_up, on_ended,
                                           on_freed};

void plugin_load(struct plugin *p)
{
  const struct supervisor_options *o = &p->env->options;
  struct process_options options = {.program = o->rotator_path,
                                    .plugin = p->path,
                                    .steps_max = o->steps_max,
                                    .uid = o->uid,
                                    .gid = o->gid,
                                    .keep_stderr = o->keep_stderr,
                                    .with_faults = !p->has_died};
  struct err e = {0};

  if (p->state != PLUGIN_DOWN)
    return;
  if (process_spawn(p->env->loop, &options, &owner, p, &p->process, &e) != 0) {
    /* The machine's fault, not the plugin's: no process, no memory. */
    p->respawn_us = plugin_now_us() + BACKOFF_MAX_MS * US_PER_MS;
    plugin_problem(p, LOG_ERROR_, e.text);
    return;
  }
  p->n_processes++;
  p->state = PLUGIN_LOADING;
  p->culprit = 0;
  p->hung_up_us = 0;
  p->limit_us = plugin_now_us() + o->load_ms * US_PER_MS;
  p->env->wake_at(p->env, p->limit_us);
}

void plugin_end_ask(struct plugin *p, int64_t limit_ms)
{
  p->state = PLUGIN_ENDING;
  p->limit_us = plugin_now_us() + limit_ms * US_PER_MS;
  p->env->wake_at(p->env, p->limit_us);
  process_ask_end(p->process);
}

void plugin_reload(struct plugin *p, const struct scan_file *file)
{
  bool is_new = file != NULL && !scan_file_same(&p->file, file);

  if (file == NULL) {
    p->is_removed = true;
  } else {
    p->file = *file;
    p->is_removed = false;
    /* One that was refused and is still about to end comes back too. */
    p->is_outdated =
        (is_new || p->state == PLUGIN_ENDING) && p->process != NULL;
    if (p->is_quarantined) {
      p->crashes = p->env->options.crashes_max - 1; /* one more, and again */
      plugin_problem(p, LOG_INFO_,
                     "back from quarantine, on trial until a step returns");
    }
    p->is_quarantined = p->is_refused = false;
    p->respawn_us = 0;
    if (p->state == PLUGIN_DOWN)
      plugin_load(p);
  }
  plugin_pump(p, plugin_now_us());
}

void plugin_close(struct plugin *p, int64_t grace_ms)
{
  jobs_free(&p->waiting);
  if (p->process != NULL && p->culprit == 0)
    plugin_end_ask(p, grace_ms);
  p->env->wake_at(p->env, plugin_now_us());
}

int plugin_new(struct plugin_env *env, const char *folder,
               const struct scan_file *file, struct plugin **out, struct err *e)
{
  struct plugin *p = calloc(1, sizeof *p);
  size_t size = strlen(folder) + strlen(file->name) + 2;

  if (p == NULL || (p->path = malloc(size)) == NULL) {
    free(p);
    return err_set(e, ERR_NOMEM, "out of memory");
  }
  (void)snprintf(p->path, size, "%s/%s", folder, file->name); /* it fits */
  p->env = env;
  p->file = *file;
  jobs_init(&p->waiting);
  jobs_init(&p->running);
  *out = p;
  return 0;
}

bool plugin_is_gone(const struct plugin *p)
{
  return p->n_processes == 0 && p->waiting.n == 0 && p->running.n == 0;
}

void plugin_free(struct plugin *p)
{
  if (p == NULL)
    return;
  jobs_free(&p->waiting);
  descriptor_free(p->descriptor);
  descriptor_free(p->candidate);
  free(p->path);
  free(p);
}
