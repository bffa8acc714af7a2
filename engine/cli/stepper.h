/* A rotation as its steps: which are done, which runs, which failed and why.
 * Made from DescribeRotation's reply alone; draws nothing.
 */
#ifndef CLI_STEPPER_H
#define CLI_STEPPER_H

#include "base/json.h"
#include "cli/command.h"

enum step_mark { MARK_TODO, MARK_DONE, MARK_RUNS, MARK_WAITS, MARK_FAILED };

struct step_line {
  char name[24];
  enum step_mark mark;
  char note[640]; /* "12 ms", or what went wrong; one line */
};

#define STEPPER_MAX 10

/* `rotation`: DescribeRotation's reply.  Returns how many lines; 0 without a
 * job. */
size_t stepper_make(const json_t *rotation, int64_t now_us,
                    struct step_line out[STEPPER_MAX]);
/* Prints the lines, `indent` spaces in; a width of 0 cuts nothing.  Returns
 * how many lines of the terminal it took. */
size_t stepper_print(const struct cli *cli, const json_t *rotation,
                     int64_t now_us, int indent, size_t width);

/* Cuts a UTF-8 text to so many characters. */
void stepper_cut(char *text, size_t width);

#endif
