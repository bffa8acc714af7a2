/* The engine, as the API sees it: what needs the running engine and not only
 * the store.  server/ makes one of the scheduler and the plugin host; every
 * call may come from any thread.
 */
#ifndef ROTATION_PORT_H
#define ROTATION_PORT_H

#include "rotation/runner.h"
#include "store/rows.h"

#define PORT_LINES_MAX 32

struct port_line {
  int level; /* enum kt_level */
  char text[512];
};

/* What a preflight check found. */
struct port_check {
  struct step_result result;
  struct port_line lines[PORT_LINES_MAX];
  size_t n_lines;
};

/* A file in the plugin folder that could not be used, and why. */
struct port_problem {
  char plugin[257], text[512];
};

struct engine_port {
  /* Something in the store wants attention now. */
  void (*wake)(struct engine_port *p);
  /* ERR_NOT_FOUND when no plugin offers it. */
  int (*find)(struct engine_port *p, const char *rotator,
              struct rotator_info *out, struct err *e);
  /* All rotators in order of name, and all problems.  *out_…: returned,
   * free(). */
  int (*list)(struct engine_port *p, struct rotator_info **out, size_t *out_n,
              struct port_problem **out_problems, size_t *out_n_problems,
              struct err *e);
  /* Runs the rotator's check on the secret and waits for it. */
  int (*check)(struct engine_port *p, int64_t secret_id, struct port_check *out,
               struct err *e);
  /* Has the leases and the timer in hand: for status. */
  bool (*is_running)(struct engine_port *p);
};

#endif
