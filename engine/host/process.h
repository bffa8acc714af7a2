/* One keyturn-rotator process, as keyturnd sees it: spawn, frames in and out,
 * kill, and the news that it is gone.  What the frames mean is the owner's.
 */
#ifndef HOST_PROCESS_H
#define HOST_PROCESS_H

#include <uv.h>

#include "host/wire.h"

#define PROCESS_OUT_MAX (4u << 20) /* bytes that a child has not read yet */

struct process;

struct process_options {
  const char *program; /* keyturn-rotator; all texts borrowed for the call */
  const char *plugin;  /* path of the .so */
  unsigned steps_max;
  uint32_t uid, gid; /* uid 0: ours */
  bool keep_stderr;  /* ours, for tests; else /dev/null */
  bool with_faults;  /* hand KEYTURN_FAULT on, in builds that have it */
};

/* How it ended. */
struct process_end {
  int status, signal;    /* signal 0: exited with status */
  bool is_killed;        /* by us: process_kill was called */
  const char *violation; /* what it said wrong; NULL: nothing */
};

/* Called on the loop, never from within a function below.  */
struct process_owner {
  /* m: taken back by the process after the call, but for a body that the
   * owner sets to NULL. */
  void (*message)(void *ctx, struct process *p, struct wire_message *m);
  /* It closed its socket: most likely it is dying, and `ended` follows.  One
   * that goes on living is the owner's to kill. */
  void (*hung_up)(void *ctx, struct process *p);
  /* The process is dead and reaped; no more messages.  `p` may be used until
   * the return. */
  void (*ended)(void *ctx, struct process *p, const struct process_end *end);
  /* All its handles are closed and its memory is free. */
  void (*freed)(void *ctx);
};

int process_spawn(uv_loop_t *loop, const struct process_options *options,
                  const struct process_owner *owner, void *ctx,
                  struct process **out, struct err *e);

/* Where frames for it are written, with wire_begin and wire_end; then flush.
 * Flush: ERR_IO when nobody reads any more; `ended` follows. */
struct buf *process_out(struct process *p);
int process_flush(struct process *p, struct err *e);

/* SIGKILL, to it and to what it forked. */
void process_kill(struct process *p);
/* The same, because it said something that it may not say. */
void process_violation(struct process *p, const char *what);
/* Asks it to end; it cancels its steps and exits after the last. */
void process_ask_end(struct process *p);
int process_pid(const struct process *p);

#endif
