/* The conformance kit: proves a rotator plugin right against its real target,
 * or shows where it is wrong.
 *
 * It rotates the credential in the secret file for real, twice, and on the
 * way repeats steps, kills them, starves them and lies to them.  Every step
 * runs in a child process.  The file gets the new value (see
 * kit/secret_file.h); no value is printed.
 */
#ifndef KIT_KIT_H
#define KIT_KIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* X(enum, name, what the rule demands), in the order in which they run */
#define KIT_RULE_TABLE(X)                                                     \
  X(RULE_DESCRIPTOR, "descriptor", "flags and optional steps go together")    \
  X(RULE_SCHEMA, "schema", "schemas are enforceable and mark the secrets")    \
  X(RULE_CHECK, "check", "check finds the target ready, changes nothing")     \
  X(RULE_CURRENT, "current", "test accepts the value in use")                 \
  X(RULE_CREATE, "create", "create makes a pending value, a new one")         \
  X(RULE_CREATE_TWICE, "create-twice", "a repeated create keeps the value")   \
  X(RULE_WRONG_PASSWORD, "wrong-password", "test says AUTH to a wrong value") \
  X(RULE_TEST_BEFORE_SET, "test-before-set",                                  \
    "test says AUTH before the target was told")                              \
  X(RULE_UNREACHABLE, "unreachable", "nobody there is UNREACHABLE")           \
  X(RULE_DEADLINE, "deadline",                                                \
    "a silent target costs no more than the "                                 \
    "deadline")                                                               \
  X(RULE_WRONG_ADMIN, "wrong-admin", "a wrong admin value is DENIED or AUTH") \
  X(RULE_SET, "set", "set makes the target take the pending value")           \
  X(RULE_JOURNAL, "journal", "mutating comes before the change")              \
  X(RULE_SET_TWICE, "set-twice", "a repeated set ends the same")              \
  X(RULE_OVERLAP, "overlap", "the old value works beside the new one")        \
  X(RULE_REVERT, "revert", "revert brings the old value back")                \
  X(RULE_CRASH, "crash", "set goes on after a crash at mutating")             \
  X(RULE_FINISH, "finish", "finish is OK, and again")                         \
  X(RULE_PROMOTED, "promoted", "the promoted value logs in")                  \
  X(RULE_RETIRE, "retire", "retire ends the old value and only it")           \
  X(RULE_AGAIN, "again", "the next rotation goes as the first")               \
  X(RULE_CANARY, "canary", "no output shows a secret value")

enum kit_rule {
#define X(id, name, text) id,
  KIT_RULE_TABLE(X)
#undef X
      KIT_RULES
};

enum kit_outcome { KIT_SKIP, KIT_PASS, KIT_FAIL };

#define KIT_TEXT_MAX 512

struct kit_finding {
  enum kit_outcome outcome;
  char text[KIT_TEXT_MAX]; /* why it failed or was skipped; "" for a pass */
};

struct kit_report {
  char rotator[65];
  struct kit_finding findings[KIT_RULES]; /* by enum kit_rule */
  /* A value may be live that is not in FILE.json: it is in FILE.json.kit. */
  bool unsettled;
};

struct kit_options {
  const char *rotator; /* NULL: the only one in the plugin */
  int64_t deadline_ms; /* of a step; 0: 15 s */
  /* Called as each rule ends, for a progress display.  May be NULL. */
  void (*progress)(void *arg, enum kit_rule rule,
                   const struct kit_finding *finding);
  void *arg;
};

/* 0 when the rules could be run, whatever they found.  ERR_IO, ERR_NOMEM: the
 * kit itself failed; FILE.json.kit, if there is one, has what may be live.
 * Any other error, and nothing was rotated: ERR_CONFIG (the plugin is refused,
 * or the file is not as it must be), ERR_NEWER, ERR_VALIDATION (the secret does
 * not fit the plugin's schema), ERR_NOT_FOUND, ERR_PARAMETER (which rotator?).
 * Forks: call it from a process with one thread.  `o` may be NULL. */
int kit_run(const char *plugin, const char *secret_file,
            const struct kit_options *o, struct kit_report *out, struct err *e);

/* No rule failed, and the target is at a known end. */
bool kit_passed(const struct kit_report *r);

const char *kit_rule_name(enum kit_rule rule);
const char *kit_rule_text(enum kit_rule rule);
/* "pass", "FAIL", "skip". */
const char *kit_outcome_name(enum kit_outcome outcome);

/* A table of plain text, and one JSON object. */
void kit_report_text(const struct kit_report *r, struct buf *out);
void kit_report_json(const struct kit_report *r, struct buf *out);

#endif
