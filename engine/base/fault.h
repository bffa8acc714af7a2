/* Named fault points: places where tests kill, stop, delay or fail us.
 *
 * Compiled in only with -DKEYTURN_FAULTS (never in a release).  What happens
 * is said by the environment variable KEYTURN_FAULT:
 *     NAME=ACTION[@N][,NAME=ACTION…]
 * ACTION is kill (SIGKILL to this process), stop (SIGSTOP), fail (the point
 * reports a failure, where it can) or delay:MS; @N means at the Nth passing
 * only (default the first).  A point that is not in the table does not
 * compile.  In a release the names do not exist, and KEYTURN_FAULT is refused
 * as a setting that is none.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stddef.h>

/* X(enum, name): rot.<step>.<before|after>.<effect>, child.* in the plugin
 * host, store.* in the store, sched.* in the scheduler. */
#define FAULT_TABLE(X)                                            \
  X(FAULT_SCHED_BEFORE_CLAIM, "sched.before_claim")               \
  X(FAULT_SCHED_AFTER_CLAIM, "sched.after_claim")                 \
  X(FAULT_ROT_START_BEFORE_COMMIT, "rot.start.before_commit")     \
  X(FAULT_ROT_START_AFTER_COMMIT, "rot.start.after_commit")       \
  X(FAULT_ROT_CREATE_BEFORE_SEND, "rot.create.before_send")       \
  X(FAULT_ROT_PENDING_BEFORE_COMMIT, "rot.pending.before_commit") \
  X(FAULT_ROT_PENDING_AFTER_COMMIT, "rot.pending.after_commit")   \
  X(FAULT_ROT_CREATE_AFTER_ACK, "rot.create.after_ack")           \
  X(FAULT_ROT_CREATE_AFTER_RECORD, "rot.create.after_record")     \
  X(FAULT_ROT_SET_BEFORE_SEND, "rot.set.before_send")             \
  X(FAULT_ROT_SET_BEFORE_STARTED, "rot.set.before_started")       \
  X(FAULT_ROT_SET_AFTER_STARTED, "rot.set.after_started")         \
  X(FAULT_ROT_SET_AFTER_SEND, "rot.set.after_send")               \
  X(FAULT_ROT_SET_AFTER_ACK, "rot.set.after_ack")                 \
  X(FAULT_ROT_SET_AFTER_RECORD, "rot.set.after_record")           \
  X(FAULT_ROT_TEST_BEFORE_SEND, "rot.test.before_send")           \
  X(FAULT_ROT_TEST_AFTER_ACK, "rot.test.after_ack")               \
  X(FAULT_ROT_TEST_AFTER_RECORD, "rot.test.after_record")         \
  X(FAULT_ROT_FINISH_BEFORE_SEND, "rot.finish.before_send")       \
  X(FAULT_ROT_FINISH_BEFORE_TXN, "rot.finish.before_txn")         \
  X(FAULT_ROT_FINISH_IN_TXN, "rot.finish.in_txn")                 \
  X(FAULT_ROT_FINISH_AFTER_COMMIT, "rot.finish.after_commit")     \
  X(FAULT_ROT_RETRY_BEFORE_RECORD, "rot.retry.before_record")     \
  X(FAULT_ROT_REVERT_BEFORE_SEND, "rot.revert.before_send")       \
  X(FAULT_ROT_REVERT_AFTER_ACK, "rot.revert.after_ack")           \
  X(FAULT_ROT_RETIRE_BEFORE_SEND, "rot.retire.before_send")       \
  X(FAULT_ROT_RETIRE_AFTER_ACK, "rot.retire.after_ack")           \
  X(FAULT_ROT_RETIRE_AFTER_RECORD, "rot.retire.after_record")     \
  X(FAULT_ROT_SAVE_AFTER_COMMIT, "rot.save.after_commit")         \
  X(FAULT_CHILD_BEFORE_STEP, "child.before_step")                 \
  X(FAULT_CHILD_AFTER_MUTATING, "child.after_mutating")           \
  X(FAULT_CHILD_AFTER_STEP, "child.after_step")                   \
  X(FAULT_STORE_MIGRATE, "store.migrate")                         \
  X(FAULT_STORE_COMMIT, "store.commit")

enum fault {
#define X(id, name) id,
  FAULT_TABLE(X)
#undef X
      FAULT_COUNT
};

#ifdef KEYTURN_FAULTS
const char *fault_name(enum fault f);
/* True when the point was told to fail. */
bool fault_hit(enum fault f);
/* The specification that a child process is to be given, or NULL. */
const char *fault_spec(void);
#else
static inline bool fault_hit(enum fault f)
{
  (void)f;
  return false;
}

static inline const char *fault_spec(void)
{
  return NULL;
}
#endif

#define FAULT_POINT(f) ((void)fault_hit(f))

#endif
