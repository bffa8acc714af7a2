/* Rotations started, followed and shown: in place on a terminal, as plain
 * lines elsewhere, as a bar when there are many.
 */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "base/json.h"
#include "base/random.h"
#include "cli/command.h"

enum run_state { RUN_QUEUED, RUN_ACTIVE, RUN_GOOD, RUN_BAD };

#define RUN_TOKEN_MAX 65 /* AWS: ClientRequestToken has at most 64 */

/* One rotation.  All zero but the name before it begins. */
struct run {
  char *name; /* returned, freed by runs_free */
  enum run_state state;
  char token[RUN_TOKEN_MAX]; /* the new version's id */
  json_t *rotation;          /* the last DescribeRotation's reply */
  int64_t started_us, ended_us;
  struct err err; /* of a call that failed; code 0: none */
  size_t n_said;  /* attempts that were printed as lines */
};

struct runs {
  struct run *list;
  size_t n, cap;
};

enum watch_mode {
  WATCH_SILENT, /* results only */
  WATCH_LIVE    /* as much as the terminal can show */
};

struct watch_options {
  enum watch_mode mode;
  size_t parallel;
  int64_t timeout_us; /* of all; 0: none */
};

int runs_add(struct runs *r, const char *name, struct err *e);
void runs_free(struct runs *r);

/* Starts one rotation (RotateSecret); what failed is in run->err. */
int watch_start(struct cli *cli, struct run *run);
/* Starts and follows all to their ends and prints results.  0 even when some
 * failed: look at their states.  ERR_UNREACHABLE, ERR_DEADLINE. */
int watch_all(struct cli *cli, struct runs *runs, const struct watch_options *o,
              struct err *e);
/* For --json. */
int watch_json(const struct cli *cli, const struct runs *runs, struct err *e);
/* "demo/app: rotated in 1.2 s, version …" or why not. */
void watch_result(const struct cli *cli, const struct run *run);

/* Where a rotation stands, by DescribeRotation's reply and the version that it
 * makes. */
enum run_state watch_state(const json_t *rotation, const char *token);
/* True when the reply shows a rotation that began after that one. */
bool watch_is_past(const json_t *rotation, const char *token,
                   int64_t started_us);

#endif
