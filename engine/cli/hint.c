/* Hints.  The classes are the plugin interface's; keyturn-rotator(3) says what
 * each means to the engine, this says what it means to a person.
 */
#include "cli/hint.h"

#include <string.h>

#include "cli/report.h"

static const struct {
  const char *name, *text;
} classes[] = {
    {"UNREACHABLE", "Nobody answers at the target: look at its host and port "
                    "in the secret, at the server and at firewalls."},
    {"BUSY", "The target answers but cannot serve now: connections used up, "
             "a lock, a restart.  It is tried again by itself."},
    {"AUTH", "The target refuses a stored password: somebody has changed it "
             "by hand.  Put the one that works into the secret."},
    {"LOCKED", "The account is locked or may not log in.  Unlock it at the "
               "target first: every try makes it worse."},
    {"POLICY", "The target refuses the passwords that are drawn: give the "
               "rotation's options a \"password\" that fits its rules."},
    {"MISSING", "An account or a field of the secret that the rotator needs "
                "is not there."},
    {"DENIED", "A right is missing at the target; the check names it."},
    {"CONFIG", "The secret, the options or the target is set up wrong; a "
               "person must change it."},
    {"AMBIGUOUS", "It may have taken effect.  Nothing is thrown away: the "
                  "old and the new value are both kept."},
    {"REAUTH_REQUIRED", "The grant is gone.  A person must give consent "
                        "again, and the new refresh token must be put into "
                        "the secret."},
};

const char *hint_class(const char *class_name)
{
  for (size_t i = 0; class_name != NULL && i < sizeof classes / sizeof *classes;
       i++)
    if (strcmp(classes[i].name, class_name) == 0)
      return classes[i].text;
  return NULL;
}

bool hint_state_is(const json_t *rotation, const char *state)
{
  const char *there = json_str(rotation, "State");

  return there != NULL && strcmp(there, state) == 0;
}

bool hint_needs_person(const json_t *rotation)
{
  return hint_state_is(rotation, "failed") || hint_state_is(rotation, "stuck");
}

void hint_problem(const json_t *rotation, char *out, size_t size)
{
  const char *step = json_str(rotation, "LastStep");
  const char *class = json_str(rotation, "LastClass");
  const char *code = json_str(rotation, "LastCode");
  const char *text = json_str(rotation, "LastMessage");

  out[0] = '\0';
  if (step == NULL || class == NULL || strcmp(class, "OK") == 0 ||
      (!hint_needs_person(rotation) && !hint_state_is(rotation, "waiting")))
    return;
  (void)snprintf(out, size, "%s: %s%s%s%s%s", step, class,
                 code == NULL ? "" : " ", code == NULL ? "" : code,
                 text == NULL ? "" : ": ", text == NULL ? "" : text);
}

static void stuck(const struct cli *cli, const char *name)
{
  report_aside(
      cli, "STUCK: the engine could not find out which value the target takes, "
           "so it\nkept both: AWSCURRENT (the old one) and AWSPENDING (the new "
           "one).  Log in with\neach, by hand.  If the new one works, make it "
           "current; if the old one works,\njust rotate again.");
  report_next(cli,
              "keyturn secret get %s --version-stage AWSPENDING\n"
              "      keyturn rotation now %s --watch",
              name, name);
}

void hint_print(const struct cli *cli, const json_t *rotation)
{
  const char *name = json_str(rotation, "Name");
  const char *state = json_str(rotation, "State");
  const char *class = json_str(rotation, "LastClass");

  if (state == NULL)
    state = "idle";
  if (strcmp(state, "stuck") == 0) {
    report_aside(cli, hint_class(class));
    stuck(cli, name);
  } else if (strcmp(state, "failed") == 0) {
    report_aside(cli, hint_class(class));
    report_next(cli, "keyturn rotation check %s, then keyturn rotation now %s",
                name, name);
  } else if (strcmp(state, "waiting") == 0) {
    report_aside(cli, hint_class(class));
    report_next(cli, "keyturn rotation check %s, or keyturn rotation abort %s",
                name, name);
  } else if (json_bool(rotation, "Paused", false))
    report_next(cli, "keyturn rotation resume %s", name);
  else if (json_bool(rotation, "Late", false))
    report_next(cli, "keyturn status: it is late, nobody rotated it");
  else if (strcmp(state, "idle") == 0)
    report_next(cli,
                "keyturn rotation check %s, or keyturn rotation now %s "
                "--watch",
                name, name);
}
