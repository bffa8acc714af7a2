/* The child's end of the conversation: one thread reads, each step runs on a
 * thread of its own, whoever has something to say writes.
 */
#ifndef HOST_CHILD_SESSION_H
#define HOST_CHILD_SESSION_H

#include <pthread.h>
#include <stdatomic.h>

#include "host/wire.h"
#include "loader/loader.h"

#define SESSION_STEPS_MAX 64

struct session;

/* A step that was asked for: waiting for a thread, or running. */
struct task {
  struct session *session;
  uint64_t id; /* 0: free.  Under session.lock, as all but the last */
  struct wire_message start, reply;
  bool has_reply;
  pthread_cond_t replied;
  struct task *next;           /* in the queue */
  _Atomic int64_t deadline_ms; /* monotonic; 0 once cancelled */
};

/* What is known of a rotator while the process lives. */
struct rotator {
  const struct kt_rotator *kt;
  json_t *secret_schema, *options_schema; /* NULL: none */
};

struct session {
  int fd;
  struct rotator rotators[LOADER_ROTATORS_MAX];
  size_t n_rotators;
  pthread_mutex_t lock; /* innermost: taken before write_lock, never both */
  pthread_mutex_t write_lock;
  pthread_cond_t work;
  struct task tasks[SESSION_STEPS_MAX];
  size_t tasks_max, n_active, n_threads, n_idle;
  struct task *queue, **queue_end;
  pthread_t threads[SESSION_STEPS_MAX];
  bool ending, stopped;
};

/* Reads the loaded plugin's descriptors.  ERR_CONFIG: something in them that
 * cannot be said over the wire. */
int session_init(struct session *s, int fd, const struct loader *l,
                 size_t tasks_max, struct err *e);
void session_release(struct session *s);

/* First words to keyturnd. */
void session_describe(struct session *s);
void session_refuse(int fd, const char *reason);

/* Serves until keyturnd asks for the end and the last step has returned.
 * Where keyturnd is gone the process exits at once, without returning. */
void session_run(struct session *s);

/* For a running step: says the one frame in `b`. */
void session_send(struct session *s, const struct buf *b);
/* Says it and waits for the reply: returned, wire_release. */
void session_call(struct task *t, const struct buf *b,
                  struct wire_message *out);

#endif
