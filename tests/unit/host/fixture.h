/* A supervisor over chosen plugins of the build, and an asker: a step_host
 * that holds one secret and counts what a step does. */
#ifndef UNIT_HOST_FIXTURE_H
#define UNIT_HOST_FIXTURE_H

#include "host/supervisor.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"

#define ARN "arn:aws:secretsmanager:eu-central-1:1:secret:t-AbCdEf"

struct world {
  uv_loop_t loop;
  struct supervisor *s;
  struct runner *r;
  char folder[64], notices[16384];
  bool is_closed;
};

struct asker {
  char act[32];
  const char *current, *pending, *previous, *admin;
  struct secret put, note;
  unsigned n_get, n_put, n_mutating, n_random, n_log;
  int64_t due_s;
  char log[65536];
  struct step_result result;
  unsigned n_done;
  void (*then)(struct asker *a); /* called from done */
  void *arg;
};

static inline const char *build_path(const char *rest)
{
  static char path[4][512];
  static unsigned i;
  char *p = path[i++ % 4];

  assert_non_null(getenv("KEYTURN_BUILD"));
  (void)snprintf(p, sizeof path[0], "%s/%s", getenv("KEYTURN_BUILD"), rest);
  return p;
}

static inline void plugin_add(struct world *w, const char *name)
{
  char to[512], from[512];

  (void)snprintf(from, sizeof from, "%s/%s.so", build_path("test-plugins"),
                 name);
  if (access(from, F_OK) != 0)
    (void)snprintf(from, sizeof from, "%s/%s.so", build_path("rotators-out"),
                   name);
  (void)snprintf(to, sizeof to, "%s/%s.so", w->folder, name);
  assert_int_equal(symlink(from, to), 0);
}

static inline void on_notice(void *ctx, enum log_level level,
                             const char *plugin, const char *text)
{
  struct world *w = ctx;
  size_t at = strlen(w->notices);

  (void)level;
  (void)snprintf(w->notices + at, sizeof w->notices - at, "%s: %s\n", plugin,
                 text);
}

/* `plugins`: names, separated by spaces. */
static inline void world_open(struct world *w, const char *plugins,
                              struct supervisor_options o)
{
  char names[256], *save = NULL;
  struct err e = {0};

  memset(w, 0, sizeof *w);
  (void)snprintf(w->folder, sizeof w->folder, "/tmp/keyturn-host-XXXXXX");
  assert_non_null(mkdtemp(w->folder));
  assert_int_equal(chmod(w->folder, 0755), 0); /* other accounts may load */
  (void)snprintf(names, sizeof names, "%s", plugins);
  for (char *n = strtok_r(names, " ", &save); n != NULL;
       n = strtok_r(NULL, " ", &save))
    plugin_add(w, n);
  assert_int_equal(uv_loop_init(&w->loop), 0);
  o.plugin_dir = w->folder;
  o.rotator_path = build_path("bin/keyturn-rotator");
  o.keep_stderr = true;
  o.notice = on_notice;
  o.notice_ctx = w;
  if (supervisor_open(&w->loop, &o, &w->s, &e) != 0)
    fail_msg("%s", e.text);
  w->r = supervisor_runner(w->s);
}

static inline void on_world_closed(void *ctx)
{
  ((struct world *)ctx)->is_closed = true;
}

static inline void folder_remove(const char *path)
{
  DIR *dir = opendir(path);
  struct dirent *d;

  assert_non_null(dir);
  while ((d = readdir(dir)) != NULL)
    if (d->d_name[0] != '.')
      assert_int_equal(unlinkat(dirfd(dir), d->d_name, 0), 0);
  assert_int_equal(closedir(dir), 0);
  assert_int_equal(rmdir(path), 0);
}

static inline void world_close(struct world *w)
{
  supervisor_close(w->s, 5000, on_world_closed, w);
  (void)uv_run(&w->loop, UV_RUN_DEFAULT);
  assert_true(w->is_closed);
  assert_int_equal(uv_loop_close(&w->loop), 0);
  folder_remove(w->folder);
}

static inline int give(const char *text, struct secret *out)
{
  if (text == NULL)
    return KT_MISSING;
  return secret_copy(text, strlen(text), out, NULL) == 0 ? KT_OK : KT_BUSY;
}

static inline int ask_get(void *ctx, enum kt_source source, const char *stage,
                          struct secret *out)
{
  struct asker *a = ctx;
  char options[64];

  a->n_get++;
  if (source == KT_OPTIONS) {
    (void)snprintf(options, sizeof options, "{\"act\":\"%s\"}", a->act);
    return give(options, out);
  }
  if (source == KT_ADMIN)
    return give(a->admin, out);
  if (strcmp(stage, "AWSPENDING") == 0)
    return a->put.data != NULL ? give((char *)a->put.data, out)
                               : give(a->pending, out);
  return give(strcmp(stage, "AWSCURRENT") == 0 ? a->current : a->previous, out);
}

static inline int ask_put(void *ctx, const struct secret *value)
{
  struct asker *a = ctx;

  a->n_put++;
  secret_release(&a->put);
  return secret_copy(value->data, value->len, &a->put, NULL);
}

static inline int ask_mutating(void *ctx)
{
  ((struct asker *)ctx)->n_mutating++;
  return KT_OK;
}

static inline int ask_random(void *ctx, const char *exclude, struct secret *out)
{
  ((struct asker *)ctx)->n_random++;
  return give(exclude == NULL ? "drawn-Password-1" : "drawn-excluded-1", out);
}

static inline int ask_save(void *ctx, const struct secret *note)
{
  struct asker *a = ctx;

  secret_release(&a->note);
  return secret_copy(note->data, note->len, &a->note, NULL);
}

static inline int ask_saved(void *ctx, struct secret *out)
{
  struct asker *a = ctx;

  if (a->note.data == NULL)
    return KT_MISSING;
  return secret_copy(a->note.data, a->note.len, out, NULL);
}

static inline int ask_due(void *ctx, int64_t seconds)
{
  ((struct asker *)ctx)->due_s = seconds;
  return KT_OK;
}

static inline void ask_log(void *ctx, enum kt_level level, const char *text)
{
  struct asker *a = ctx;
  size_t at = strlen(a->log);

  (void)level;
  a->n_log++;
  (void)snprintf(a->log + at, sizeof a->log - at, "%s\n", text);
}

static const struct step_host asker_host = {ask_get,    ask_put,  ask_mutating,
                                            ask_random, ask_save, ask_saved,
                                            ask_due,    ask_log};

static inline void on_done(void *ctx, const struct step_result *result)
{
  struct asker *a = ctx;

  a->result = *result;
  a->n_done++;
  if (a->then != NULL)
    a->then(a);
}

static inline struct asker *asker_new(const char *act)
{
  struct asker *a = calloc(1, sizeof *a);

  assert_non_null(a);
  (void)snprintf(a->act, sizeof a->act, "%s", act);
  a->current = "{\"username\":\"app\",\"password\":\"old-Password-1\"}";
  return a;
}

static inline void asker_free(struct asker *a)
{
  secret_release(&a->put);
  secret_release(&a->note);
  free(a);
}

static inline int ask_rotator(struct world *w, struct asker *a,
                              const char *rotator, enum step step,
                              int64_t deadline_ms, struct err *e)
{
  struct step_request request = {.rotator = rotator,
                                 .step = step,
                                 .stage = "AWSPENDING",
                                 .secret_arn = ARN,
                                 .version_id = "v1",
                                 .attempt = 1,
                                 .deadline_ms = deadline_ms};

  return w->r->start(w->r, &request, &asker_host, a, on_done, e);
}

static inline void ask(struct world *w, struct asker *a, enum step step,
                       int64_t deadline_ms)
{
  struct err e = {0};
  unsigned before = a->n_done;

  if (ask_rotator(w, a, "host-acts", step, deadline_ms, &e) != 0)
    fail_msg("%s", e.text);
  assert_int_equal(a->n_done, before); /* never from within start */
}

static inline void await(struct world *w, struct asker *a)
{
  while (a->n_done == 0)
    (void)uv_run(&w->loop, UV_RUN_ONCE);
}

/* Asks and waits; the result's class. */
static inline int run(struct world *w, struct asker *a, enum step step)
{
  a->n_done = 0;
  ask(w, a, step, 20000);
  await(w, a);
  return a->result.kt_class;
}

/* The same for an act and nothing more. */
static inline int act(struct world *w, const char *name,
                      struct step_result *out)
{
  struct asker *a = asker_new(name);
  int kt_class = run(w, a, STEP_SET);

  if (out != NULL)
    *out = a->result;
  asker_free(a);
  return kt_class;
}

/* The processes that we started: /proc is the witness. */
static inline unsigned children(pid_t *out, unsigned max)
{
  char path[64], text[4096] = "", *save = NULL;
  unsigned n = 0;
  FILE *f;

  (void)snprintf(path, sizeof path, "/proc/self/task/%d/children",
                 (int)getpid());
  f = fopen(path, "r");
  assert_non_null(f);
  if (fgets(text, sizeof text, f) == NULL)
    text[0] = '\0';
  (void)fclose(f);
  for (char *p = strtok_r(text, " \n", &save); p != NULL;
       p = strtok_r(NULL, " \n", &save))
    if (n++ < max)
      out[n - 1] = (pid_t)strtol(p, NULL, 10);
  return n;
}

static inline unsigned open_descriptors(void)
{
  unsigned n = 0;

  for (int fd = 0; fd < 1024; fd++)
    n += fcntl(fd, F_GETFD) >= 0;
  return n;
}

#endif
