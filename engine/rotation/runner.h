/* How the rotation engine has one step run, whoever runs it.
 *
 * engine/host implements `struct runner` with child processes; the simulator
 * implements it with a model.  `struct step_host` is the way back: what a
 * running step asks of the engine.  All of it happens on one thread, the
 * engine's; nothing here blocks for longer than a commit of the store.
 */
#ifndef ROTATION_RUNNER_H
#define ROTATION_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include <keyturn/rotator.h>

#include "base/class.h"
#include "base/err.h"
#include "base/secret.h"

enum step {
  STEP_CREATE,
  STEP_SET,
  STEP_TEST,
  STEP_FINISH,
  STEP_CHECK,
  STEP_REVERT,
  STEP_RETIRE,
  STEP_COUNT
};
/* "createSecret" … "retireSecret", "check". */
const char *step_name(enum step s);

struct step_request {
  const char *rotator; /* all texts: borrowed until start returns */
  enum step step;
  const char *stage; /* what STEP_TEST tests */
  const char *secret_arn, *version_id;
  uint32_t attempt;
  bool maybe_set;
  int64_t deadline_ms; /* from now; then the step is killed */
};

/* What a step may ask, answered at once.  Each returns enum kt_class.  Which
 * call is allowed in which step was checked by the runner (host/permit). */
struct step_host {
  /* The value at a stage; KT_ADMIN and KT_OPTIONS ignore `stage`.  *out:
   * returned, secret_release. */
  int (*get_value)(void *ctx, enum kt_source source, const char *stage,
                   struct secret *out);
  int (*put_pending)(void *ctx, const struct secret *value);
  int (*mutating)(void *ctx);
  int (*random_password)(void *ctx, const char *exclude, struct secret *out);
  int (*save)(void *ctx, const struct secret *note);
  int (*saved)(void *ctx, struct secret *out);
  int (*due_in)(void *ctx, int64_t seconds);
  /* `text` is redacted already. */
  void (*log)(void *ctx, enum kt_level level, const char *text);
};

struct step_result {
  int kt_class;       /* AMBIGUOUS when the step's process died or was killed */
  char code[65];      /* stable word, "" for none */
  char message[1024]; /* redacted; never empty unless KT_OK */
  int64_t duration_us;
  bool killed; /* the deadline passed, or the process died */
};

/* Called once for each started step, never from within start or cancel, and
 * never after the runner was closed. */
typedef void step_done(void *ctx, const struct step_result *result);

/* What is known of a rotator without running it. */
struct rotator_info {
  char name[65], version[65], summary[257], plugin[257];
  uint32_t flags, grace_s;
  bool has_finish, has_check, has_revert, has_retire;
  const char *secret_schema,
      *options_schema; /* borrowed from the runner
                        * until it is closed; NULL: none */
};

struct runner {
  /* Starts a step.  An error means that nothing was run (ERR_NOT_FOUND: no
   * such rotator; ERR_BUSY: quarantined after repeated crashes). */
  int (*start)(struct runner *r, const struct step_request *request,
               const struct step_host *host, void *ctx, step_done *done,
               struct err *e);
  /* Tells the step that was started with `ctx` to come to an end: its
   * remaining time is 0 from now on.  done is still called. */
  void (*cancel)(struct runner *r, void *ctx);
  /* ERR_NOT_FOUND when no plugin offers it. */
  int (*find)(struct runner *r, const char *rotator, struct rotator_info *out,
              struct err *e);
};

#endif
