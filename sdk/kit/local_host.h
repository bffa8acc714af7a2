/* A struct kt_host in this process, over one secret in memory: what a plugin
 * sees of the engine, without the engine.
 *
 * The state is one JSON object:
 *     {"AWSCURRENT": …, "AWSPENDING": …, "AWSPREVIOUS": …, "admin": …,
 *      "options": {…}, "saved": "…", "version_id": "…"}
 * Each value is an object, or a string for a secret that is no JSON.  What a
 * real engine makes durable (the pending value, the note) is changed in the
 * state before the host call returns, and the owner is told at once.
 * Plugins run here unprotected: a crash is a crash of this process.
 */
#ifndef KIT_LOCAL_HOST_H
#define KIT_LOCAL_HOST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "keyturn/rotator.h"

/* X(enum, word on a command line, member of struct kt_rotator) */
#define LOCAL_STEP_TABLE(X)              \
  X(LOCAL_CREATE, create, create_secret) \
  X(LOCAL_SET, set, set_secret)          \
  X(LOCAL_TEST, test, test_secret)       \
  X(LOCAL_FINISH, finish, finish_secret) \
  X(LOCAL_CHECK, check, check)           \
  X(LOCAL_REVERT, revert, revert_secret) \
  X(LOCAL_RETIRE, retire, retire_secret)

enum local_step {
#define X(id, word, member) id,
  LOCAL_STEP_TABLE(X)
#undef X
      LOCAL_STEPS
};

#define LOCAL_TEXT_MAX 2048
#define LOCAL_CODE_MAX 64
#define LOCAL_LOG_MAX  1000 /* lines of a step; further ones are dropped */

/* How to call a step; all zero is a good default. */
struct local_call {
  enum local_step step;
  const char *stage;   /* for test; NULL: AWSPENDING */
  int64_t deadline_ms; /* 0: 30 s */
  uint32_t attempt;    /* 0: 1 */
  bool maybe_set;
  /* Called after each change that an engine would have made durable by then:
   * a pending value, a note, "mutating".  May be NULL. */
  void (*changed)(void *arg, const json_t *state, bool mutating);
  void *arg;
};

struct local_result {
  int class; /* enum kt_class; an unknown answer is KT_AMBIGUOUS */
  char code[LOCAL_CODE_MAX], message[LOCAL_TEXT_MAX]; /* redacted */
  json_t *log; /* array of {"level", "text"}, redacted; released below */
  bool mutating;
  bool absent;    /* the rotator has no such step; class is KT_MISSING then
                   * (KT_OK for finish) */
  int64_t due_in; /* seconds; -1: not said */
  int64_t took_ms;
};

/* Runs one step over `state` (an object; changed in place).  Always fills
 * *out: there is nothing that cannot be said as a class. */
void local_run(const struct kt_rotator *rotator, json_t *state,
               const struct local_call *call, struct local_result *out);
void local_result_release(struct local_result *r);

/* The engine's move of the labels: AWSPENDING becomes AWSCURRENT, that
 * becomes AWSPREVIOUS.  ERR_REQUEST without a pending value. */
int local_promote(json_t *state, struct err *e);

const char *local_step_word(enum local_step step);
/* LOCAL_STEPS for a word that is none. */
enum local_step local_step_parse(const char *word);
/* "OK", "UNREACHABLE", …; "?" outside of enum kt_class. */
const char *local_class_name(int class);

#endif
