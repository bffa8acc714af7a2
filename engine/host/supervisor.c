/* All plugins together: the folder, the names, one timer, the runner.
 *
 * The timer serves every limit of every plugin: few plugins with at most 64
 * running steps each make looking at all of them cheaper than a heap.
 * Plugins are freed in its callback and nowhere else, so that a `done` may
 * call anything here.
 */
#include "host/supervisor.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/plugin.h"

struct supervisor {
  struct runner runner;
  struct plugin_env env;
  struct plugin *plugins;
  char *folder, *program; /* absolute */
  uv_timer_t timer;
  int64_t armed_us; /* PLUGIN_NEVER: not */
  bool is_opening;
  bool is_freed; /* the timer's close was asked for */
  void (*closed)(void *ctx);
  void *closed_ctx;
};

static struct supervisor *of_env(struct plugin_env *env)
{
  return (struct supervisor *)((char *)env - offsetof(struct supervisor, env));
}

static struct supervisor *of_runner(struct runner *r)
{
  return (struct supervisor *)((char *)r - offsetof(struct supervisor, runner));
}

static void on_timer(uv_timer_t *timer);

static void wake_at(struct plugin_env *env, int64_t at_us)
{
  struct supervisor *s = of_env(env);
  int64_t wait_us;

  if (at_us >= s->armed_us || s->is_freed)
    return;
  s->armed_us = at_us;
  wait_us = at_us - plugin_now_us();
  uv_update_time(env->loop);
  /* Fails only for a handle that is closing, which is_freed excludes. */
  (void)uv_timer_start(
      &s->timer, on_timer,
      wait_us <= 0 ? 0 : (uint64_t)((wait_us + US_PER_MS - 1) / US_PER_MS), 0);
}

/* The plugin that offers it, but `except`. */
static struct plugin *offers(struct supervisor *s, const char *rotator,
                             const struct plugin *except)
{
  for (struct plugin *p = s->plugins; p != NULL; p = p->next)
    if (p != except && !p->is_removed &&
        descriptor_find(p->descriptor, rotator) != NULL)
      return p;
  return NULL;
}

static void decide(struct supervisor *s, struct plugin *p)
{
  struct descriptor *d = p->candidate;
  char text[ERR_TEXT_MAX];

  p->candidate = NULL;
  for (size_t i = 0; i < d->n; i++) {
    const struct plugin *other = offers(s, d->infos[i].name, p);

    if (other == NULL)
      continue;
    (void)snprintf(text, sizeof text,
                   "its rotator %s is offered by %s already; remove one of "
                   "the two files",
                   d->infos[i].name, other->file.name);
    descriptor_free(d);
    plugin_refuse(p, text);
    return;
  }
  plugin_accept(p, d);
}

/* While opening, names are given out in the order of the files, whoever
 * loads first. */
static void described(struct plugin_env *env, struct plugin *p,
                      struct descriptor *d)
{
  p->candidate = d; /* transferred */
  if (!of_env(env)->is_opening)
    decide(of_env(env), p);
}

static void supervisor_free(struct supervisor *s)
{
  struct descriptor *d = s->env.old, *next;
  struct plugin *p;

  while ((p = s->plugins) != NULL) {
    s->plugins = p->next;
    plugin_free(p);
  }
  for (; d != NULL; d = next) {
    next = d->next;
    descriptor_free(d);
  }
  (void)pthread_mutex_destroy(&s->env.lock); /* nobody holds it */
  free(s->folder);
  free(s->program);
  free(s);
}

static void on_timer_closed(uv_handle_t *handle)
{
  struct supervisor *s = handle->data;
  void (*closed)(void *) = s->closed;
  void *ctx = s->closed_ctx;

  supervisor_free(s);
  if (closed != NULL)
    closed(ctx);
}

/* What a removed plugin said of itself may still be borrowed. */
static void plugin_drop(struct supervisor *s, struct plugin *p)
{
  if (p->descriptor != NULL) {
    p->descriptor->next = s->env.old;
    s->env.old = p->descriptor;
    p->descriptor = NULL;
  }
  plugin_free(p);
}

static void sweep(struct supervisor *s)
{
  struct plugin **at = &s->plugins;

  (void)pthread_mutex_lock(&s->env.lock);
  while (*at != NULL) {
    struct plugin *p = *at;

    if ((s->env.is_closing || p->is_removed) && plugin_is_gone(p)) {
      *at = p->next;
      plugin_drop(s, p);
    } else {
      at = &p->next;
    }
  }
  (void)pthread_mutex_unlock(&s->env.lock);
  if (s->env.is_closing && s->plugins == NULL && !s->is_freed) {
    s->is_freed = true;
    uv_close((uv_handle_t *)&s->timer, on_timer_closed);
  }
}

static void on_timer(uv_timer_t *timer)
{
  struct supervisor *s = timer->data;
  int64_t now_us = plugin_now_us(), next = PLUGIN_NEVER;

  s->armed_us = PLUGIN_NEVER;
  for (struct plugin *p = s->plugins; p != NULL; p = p->next) {
    int64_t at = plugin_tick(p, now_us);

    next = at < next ? at : next;
  }
  sweep(s);
  if (next != PLUGIN_NEVER)
    wake_at(&s->env, next);
}

static int runner_start(struct runner *r, const struct step_request *request,
                        const struct step_host *host, void *ctx,
                        step_done *done, struct err *e)
{
  struct supervisor *s = of_runner(r);
  struct plugin *p;

  if (s->env.is_closing)
    return err_set(e, ERR_BUSY, "the plugin hosts are being closed");
  p = offers(s, request->rotator, NULL);
  if (p == NULL)
    return err_set(e, ERR_NOT_FOUND, "no plugin offers the rotator %s",
                   request->rotator);
  return plugin_start(p, request, host, ctx, done, e);
}

static void runner_cancel(struct runner *r, void *ctx)
{
  for (struct plugin *p = of_runner(r)->plugins; p != NULL; p = p->next)
    if (plugin_cancel(p, ctx))
      return;
}

static int runner_find(struct runner *r, const char *rotator,
                       struct rotator_info *out, struct err *e)
{
  struct supervisor *s = of_runner(r);
  const struct plugin *p;
  int rc = 0;

  (void)pthread_mutex_lock(&s->env.lock);
  p = offers(s, rotator, NULL);
  if (p != NULL)
    *out = *descriptor_find(p->descriptor, rotator);
  else
    rc = err_set(e, ERR_NOT_FOUND, "no plugin offers the rotator %s", rotator);
  (void)pthread_mutex_unlock(&s->env.lock);
  return rc;
}

struct runner *supervisor_runner(struct supervisor *s)
{
  return &s->runner;
}

size_t supervisor_rotators(struct supervisor *s, struct rotator_info *out,
                           size_t max)
{
  size_t n = 0;

  (void)pthread_mutex_lock(&s->env.lock);
  for (const struct plugin *p = s->plugins; p != NULL; p = p->next)
    for (size_t i = 0;
         !p->is_removed && p->descriptor != NULL && i < p->descriptor->n; i++)
      if (n++ < max)
        out[n - 1] = p->descriptor->infos[i];
  (void)pthread_mutex_unlock(&s->env.lock);
  return n;
}

size_t supervisor_problems(struct supervisor *s, struct plugin_problem *out,
                           size_t max)
{
  size_t n = 0;

  (void)pthread_mutex_lock(&s->env.lock);
  for (const struct plugin *p = s->plugins; p != NULL; p = p->next)
    if (p->problem[0] != '\0' && n++ < max) {
      (void)snprintf(out[n - 1].plugin, sizeof out->plugin, "%s",
                     p->file.name); /* both fit */
      (void)snprintf(out[n - 1].text, sizeof out->text, "%s", p->problem);
    }
  (void)pthread_mutex_unlock(&s->env.lock);
  return n;
}

static struct plugin *plugin_of_file(struct supervisor *s, const char *name)
{
  struct plugin *p = s->plugins;

  while (p != NULL && strcmp(p->file.name, name) != 0)
    p = p->next;
  return p;
}

static int file_add(struct supervisor *s, const struct scan_file *file,
                    struct err *e)
{
  struct plugin *p, **at = &s->plugins;
  int rc = plugin_new(&s->env, s->folder, file, &p, e);

  if (rc != 0)
    return rc;
  (void)pthread_mutex_lock(&s->env.lock);
  while (*at != NULL && strcmp((*at)->file.name, file->name) < 0)
    at = &(*at)->next;
  p->next = *at;
  *at = p;
  (void)pthread_mutex_unlock(&s->env.lock);
  plugin_load(p);
  return 0;
}

static const struct scan_file *file_find(const struct scan *scan,
                                         const char *name)
{
  for (size_t i = 0; i < scan->n; i++)
    if (strcmp(scan->files[i].name, name) == 0)
      return &scan->files[i];
  return NULL;
}

int supervisor_reload(struct supervisor *s, struct err *e)
{
  struct scan *scan = malloc(sizeof *scan);
  int rc;

  if (scan == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = scan_folder(s->folder, scan, e);
  for (struct plugin *p = s->plugins; p != NULL && rc == 0; p = p->next)
    plugin_reload(p, file_find(scan, p->file.name));
  for (size_t i = 0; i < scan->n && rc == 0; i++)
    if (plugin_of_file(s, scan->files[i].name) == NULL)
      rc = file_add(s, &scan->files[i], e);
  free(scan);
  wake_at(&s->env, plugin_now_us()); /* removed ones may be gone at once */
  return rc;
}

static bool is_loading(const struct supervisor *s)
{
  for (const struct plugin *p = s->plugins; p != NULL; p = p->next)
    if (p->state == PLUGIN_LOADING && p->candidate == NULL)
      return true;
  return false;
}

static void defaults_set(struct supervisor_options *o)
{
  if (o->steps_max == 0)
    o->steps_max = 32;
  if (o->steps_max > 64)
    o->steps_max = 64;
  if (o->waiting_max == 0)
    o->waiting_max = 1024;
  if (o->crashes_max == 0)
    o->crashes_max = 5;
  if (o->load_ms == 0)
    o->load_ms = 10000;
  if (o->kill_ms == 0)
    o->kill_ms = 1000;
  if (o->backoff_ms == 0)
    o->backoff_ms = 100;
}

static int paths_set(struct supervisor *s, struct err *e)
{
  struct supervisor_options *o = &s->env.options;

  s->folder = realpath(o->plugin_dir, NULL);
  if (s->folder == NULL)
    return err_set(e, ERR_CONFIG,
                   "plugin_dir %s: %s; set it to the folder of the rotator "
                   "plugins",
                   o->plugin_dir, strerror(errno));
  s->program = realpath(o->rotator_path, NULL);
  if (s->program == NULL || access(s->program, X_OK) != 0)
    return err_set(e, ERR_CONFIG,
                   "rotator_program %s: %s; set it to where keyturn-rotator is",
                   o->rotator_path, strerror(errno));
  o->plugin_dir = s->folder;
  o->rotator_path = s->program;
  return 0;
}

int supervisor_open(uv_loop_t *loop, const struct supervisor_options *options,
                    struct supervisor **out, struct err *e)
{
  struct supervisor *s = calloc(1, sizeof *s);
  int rc;

  if (s == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  s->runner = (struct runner){runner_start, runner_cancel, runner_find};
  s->armed_us = PLUGIN_NEVER;
  s->is_opening = true;
  s->env.loop = loop;
  s->env.options = *options;
  s->env.wake_at = wake_at;
  s->env.described = described;
  (void)pthread_mutex_init(&s->env.lock, NULL); /* Linux: cannot fail */
  defaults_set(&s->env.options);
  rc = paths_set(s, e);
  if (rc != 0) {
    supervisor_free(s);
    return rc;
  }
  (void)uv_timer_init(loop, &s->timer); /* always 0 */
  s->timer.data = s;
  rc = supervisor_reload(s, e);
  if (rc != 0) {
    supervisor_close(s, 0, NULL, NULL); /* the loop frees it */
    return rc;
  }
  while (is_loading(s))
    (void)uv_run(loop, UV_RUN_ONCE);
  s->is_opening = false;
  for (struct plugin *p = s->plugins; p != NULL; p = p->next)
    if (p->candidate != NULL)
      decide(s, p);
  *out = s;
  return 0;
}

void supervisor_close(struct supervisor *s, int64_t grace_ms,
                      void (*closed)(void *ctx), void *ctx)
{
  s->env.is_closing = true;
  s->closed = closed;
  s->closed_ctx = ctx;
  for (struct plugin *p = s->plugins; p != NULL; p = p->next)
    plugin_close(p, grace_ms);
  wake_at(&s->env, plugin_now_us());
}
