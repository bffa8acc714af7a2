/* What to do next, by what happened: words for the person who was woken up.
 */
#ifndef CLI_HINT_H
#define CLI_HINT_H

#include "base/json.h"
#include "cli/command.h"

/* For a class of failure: what it means and what to look at; NULL for OK and
 * unknown ones. */
const char *hint_class(const char *class_name);
/* The State of a Rotation in a reply. */
bool hint_state_is(const json_t *rotation, const char *state);
/* Failed or stuck. */
bool hint_needs_person(const json_t *rotation);
/* "setSecret: DENIED 42501: must have …"; "" where nothing is wrong. */
void hint_problem(const json_t *rotation, char *out, size_t size);
/* After DescribeRotation's reply: lines of what it means, then "Next: …".
 * Prints nothing but a Next line where nothing is wrong. */
void hint_print(const struct cli *cli, const json_t *rotation);

#endif
