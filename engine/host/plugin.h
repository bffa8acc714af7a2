/* One plugin file: its process, the steps that wait for it and run in it,
 * its limits in time, its crashes.
 *
 *            load, or a step is wanted           describe
 *    DOWN ───────────────────────────▶ LOADING ───────────▶ UP
 *      ▲                                  │                  │ asked to end
 *      │             dead                 │ refused, late    ▼ or killed
 *      └──────────────────────────────────┴──────────────▶ ENDING
 *
 * The process can die in every state; DOWN is entered only when it is dead.
 * Beside the state stand two flags that keep a plugin DOWN: refused (it
 * cannot be loaded) and quarantined (it died too often).
 */
#ifndef HOST_PLUGIN_H
#define HOST_PLUGIN_H

#include <pthread.h>

#include "host/descriptor.h"
#include "host/job.h"
#include "host/process.h"
#include "host/scan.h"
#include "host/supervisor.h"

#define PLUGIN_NEVER      INT64_MAX
#define PLUGIN_HANG_UP_MS 200  /* from its last word to its death */
#define PLUGIN_END_MS     5000 /* for a process without steps */

enum plugin_state { PLUGIN_DOWN, PLUGIN_LOADING, PLUGIN_UP, PLUGIN_ENDING };

struct plugin;

/* What plugins share; the supervisor's. */
struct plugin_env {
  uv_loop_t *loop;
  struct supervisor_options options; /* its texts are the supervisor's */
  uint64_t last_id;                  /* of steps, over all plugins */
  bool is_closing;
  /* Guards what other threads read: the list of plugins, their descriptors
   * and problems.  Only the loop's thread writes. */
  pthread_mutex_t lock;
  struct descriptor *old; /* replaced ones, still borrowed by somebody */
  /* Sees to it that plugin_tick is called at that time, or soon. */
  void (*wake_at)(struct plugin_env *env, int64_t at_us);
  /* A plugin loaded itself: takes the descriptor and calls plugin_accept or
   * plugin_refuse, now or later. */
  void (*described)(struct plugin_env *env, struct plugin *p,
                    struct descriptor *d);
};

struct plugin {
  struct plugin *next;
  struct plugin_env *env;
  struct scan_file file;
  char *path;
  enum plugin_state state;
  struct process *process;       /* NULL: DOWN */
  unsigned n_processes;          /* not yet freed */
  struct descriptor *descriptor; /* NULL: never loaded */
  struct descriptor *candidate;  /* described, not yet accepted */
  struct jobs waiting, running;
  bool is_refused, is_quarantined;
  bool is_outdated; /* the file was replaced: end this process when idle */
  bool is_removed;
  unsigned crashes;   /* since a step last returned */
  bool has_died;      /* once: fault points are for the first process only */
  int64_t respawn_us; /* not before */
  int64_t limit_us;   /* of LOADING and ENDING; then it is killed */
  int64_t hung_up_us; /* 0: it did not; else killed some time after */
  uint64_t culprit;   /* the late step that it was killed for; 0: none */
  char problem[ERR_TEXT_MAX]; /* "": none */
};

int64_t plugin_now_us(void);

/* *out: returned, plugin_free once plugin_is_gone. */
int plugin_new(struct plugin_env *env, const char *folder,
               const struct scan_file *file, struct plugin **out,
               struct err *e);
void plugin_free(struct plugin *p);
/* No process, no step: it may be freed. */
bool plugin_is_gone(const struct plugin *p);

/* Starts a process unless there is one. */
void plugin_load(struct plugin *p);
/* The answers to `described`.  d: taken. */
void plugin_accept(struct plugin *p, struct descriptor *d);
void plugin_refuse(struct plugin *p, const char *why);

int plugin_start(struct plugin *p, const struct step_request *request,
                 const struct step_host *host, void *ctx, step_done *done,
                 struct err *e);
/* False: no step of it was started with ctx. */
bool plugin_cancel(struct plugin *p, void *ctx);

/* Does what is due and returns when it wants to be called again. */
int64_t plugin_tick(struct plugin *p, int64_t now_us);

/* The folder was read again; file: NULL when it is no longer there. */
void plugin_reload(struct plugin *p, const struct scan_file *file);
/* Ends it; without `done` from here on. */
void plugin_close(struct plugin *p, int64_t grace_ms);

/* Between plugin.c and plugin_steps.c. */

void plugin_notice(struct plugin *p, enum log_level level, const char *text);
/* And keeps it as the plugin's problem.  text NULL: there is none any more. */
void plugin_problem(struct plugin *p, enum log_level level, const char *text);
/* Asks the process to end, and sees to it within that time. */
void plugin_end_ask(struct plugin *p, int64_t limit_ms);
/* How the process died, as the beginning of a sentence. */
void plugin_death(const struct process_end *end, char out[512]);

/* Moves steps from waiting to running, and the process to where they need
 * it. */
void plugin_pump(struct plugin *p, int64_t now_us);
/* What the process says of one of its steps. */
void plugin_step_message(struct plugin *p, const struct wire_message *m);
/* The waiting steps learn that they will not be run. */
void plugin_waiting_fail(struct plugin *p, int kt_class, const char *code);
/* Nobody can say what the running steps did. */
void plugin_running_fail(struct plugin *p, const struct process_end *end,
                         int64_t now_us);

#endif
