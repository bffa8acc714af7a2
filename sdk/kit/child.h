/* One step of a plugin in a child process, so that whatever it does is a
 * finding and never the end of the kit.
 *
 * The parent never loads the plugin.  What the step prints is caught; what
 * would be durable (a pending value, a note) arrives before the host call
 * returns, so a child that dies afterwards loses nothing.
 * Forks: call it from a process with one thread.
 */
#ifndef KIT_CHILD_H
#define KIT_CHILD_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "kit/local_host.h"
#include "kit/secret_file.h"

enum child_end {
  CHILD_ANSWERED,
  CHILD_SIGNALED, /* killed by `number`, a signal */
  CHILD_EXITED,   /* called exit(number) */
  CHILD_HUNG      /* had to be killed after its deadline */
};

/* The kit kills later than the engine would, to tell late from never. */
#define CHILD_GRACE_MS 5000

struct child_result {
  enum child_end end;
  int number;
  struct local_result step; /* as far as it came; class is KT_AMBIGUOUS when
                             * it did not answer */
  struct buf printed;       /* stdout and stderr */
  int64_t took_ms;          /* as the parent saw it */
};

/* What a plugin file holds: {"path": …, "rotators": [{"name", "version",
 * "summary", "flags", "grace_s", "secret_schema", "options_schema",
 * "steps": ["create", …]}, …]}.  *out: returned, freed by json_decref.
 * The loader's error, or ERR_CONFIG when it crashes while it is loaded. */
int child_describe(const char *plugin, json_t **out, struct err *e);

/* What is run; all borrowed for the call. */
struct child_call {
  const char *plugin, *rotator;
  struct local_call call;
  /* Where the child writes what a host must have made durable before it
   * answers; NULL: nowhere. */
  const struct secret_file *journal;
  bool die_at_mutating; /* the child is killed as it announces its change */
};

/* Runs a step over a copy of `state` and brings back what became durable.
 * *out: to be released whenever this returns 0; ERR_IO, ERR_NOMEM when no
 * child can be made. */
int child_run(const struct child_call *c, json_t *state,
              struct child_result *out, struct err *e);
void child_result_release(struct child_result *r);

#endif
