/* Runs the steps of rotators in child processes, one keyturn-rotator a
 * plugin, warm and restarted when they die.  The daemon itself never loads a
 * plugin.
 *
 * All functions belong to the loop's thread, which must live as long as the
 * process: the children die with the thread that started them.  Not so the
 * three that read lists (supervisor_rotators, supervisor_problems, and find of
 * the runner), which any thread may call while the supervisor is open.
 *
 * What becomes of a step:
 * - it returns: its class and text;
 * - its plugin's process dies, or says something that the wire does not
 *   allow: KT_AMBIGUOUS, killed;
 * - its deadline passes: it is told (remaining_ms is 0), and after kill_ms the
 *   process is killed.  All steps that run in it end as KT_AMBIGUOUS, killed;
 * - it never began (its plugin was busy, restarting, or went into quarantine
 *   until the deadline): KT_BUSY, nothing was run.
 * done is called only when the process can do nothing more for the step.
 * cancel is a request: the step is killed at its deadline, not before, because
 * a killed step leaves an outcome that nobody knows.
 */
#ifndef HOST_SUPERVISOR_H
#define HOST_SUPERVISOR_H

#include <uv.h>

#include "base/err.h"
#include "base/log.h"
#include "rotation/runner.h"

/* A 0 (or NULL) takes the default.  Borrowed until supervisor_open returns. */
struct supervisor_options {
  const char *plugin_dir;   /* required */
  const char *rotator_path; /* required: the program keyturn-rotator */
  unsigned steps_max;       /* at once in one plugin; 32, at most 64 */
  unsigned waiting_max;     /* steps that wait for one plugin; 1024 */
  unsigned crashes_max;     /* in a row, then quarantine; 5 */
  int64_t load_ms;          /* to load a plugin and describe it; 10000 */
  int64_t kill_ms;          /* between deadline and SIGKILL; 1000 */
  int64_t backoff_ms;       /* after a crash, doubled each time; 100 */
  /* The account that plugins run as, so that they can neither signal nor
   * trace keyturnd nor read its files; takes root.  0: as keyturnd. */
  uint32_t uid, gid;
  bool keep_stderr; /* plugins write to our stderr: tests only.  Else
                     * what they write is dropped, for it can hold
                     * secrets */
  /* Something that an operator should read: a plugin was refused, died, was
   * put into quarantine, is back.  May be NULL. */
  void (*notice)(void *ctx, enum log_level level, const char *plugin,
                 const char *text);
  void *notice_ctx;
};

/* Why a plugin is not, or no longer, of use. */
struct plugin_problem {
  char plugin[257];
  char text[ERR_TEXT_MAX];
};

struct supervisor;

/* Starts a process for each *.so of the folder and runs the loop until all
 * have said what is in them: call it before the loop runs.  A bad plugin is a
 * problem (see the list), no error.  ERR_CONFIG: the folder or the program
 * cannot be used. */
int supervisor_open(uv_loop_t *loop, const struct supervisor_options *options,
                    struct supervisor **out, struct err *e);
struct runner *supervisor_runner(struct supervisor *s);

/* Looks at the folder again: new plugins are loaded, replaced ones exchanged
 * once their running steps have ended, removed ones let go.  Plugins that were
 * refused or in quarantine get another try.  Nothing is waited for. */
int supervisor_reload(struct supervisor *s, struct err *e);

/* Copies up to `max` entries, returns how many there are. */
size_t supervisor_rotators(struct supervisor *s, struct rotator_info *out,
                           size_t max);
size_t supervisor_problems(struct supervisor *s, struct plugin_problem *out,
                           size_t max);

/* Cancels what runs, asks the processes to end, kills them after grace_ms.
 * From now on neither a done nor a step_host is called; `closed` is, once no
 * process and no handle is left and the memory is free. */
void supervisor_close(struct supervisor *s, int64_t grace_ms,
                      void (*closed)(void *ctx), void *ctx);

#endif
