/* One step on its way: asked for, waiting, running, done. */
#ifndef HOST_JOB_H
#define HOST_JOB_H

#include "host/wire.h"
#include "rotation/runner.h"

#define JOB_LOG_LINES_MAX 1000 /* further ones are dropped */

struct job {
  struct job *next; /* in one of its plugin's two lists */
  uint64_t id;
  enum step step;
  const struct step_host *host; /* the asker's, as ctx and done */
  void *ctx;
  step_done *done;
  char stage[WIRE_STAGE_MAX + 1]; /* what STEP_TEST tests */
  struct buf frame; /* the start message, but for the time that is left */
  size_t frame_at;
  int64_t deadline_ms; /* as it was asked for */
  int64_t due_us;      /* when that is over; monotonic, as the next two */
  int64_t sent_us;
  bool is_cancelled;
  bool is_late; /* the deadline passed and the child was told */
  unsigned log_lines;
};

/* *out: returned, job_free.  ERR_PARAMETER: a text is too long or no UTF-8,
 * or a number out of range. */
int job_new(uint64_t id, const struct step_request *request,
            const struct step_host *host, void *ctx, step_done *done,
            struct job **out, struct err *e);
void job_free(struct job *j);

/* Appends the start message to `out`, with the values that the step is going
 * to ask for: each of those calls would wake four threads.  A job that could
 * not be written may be written again. */
int job_write(struct job *j, int64_t now_us, struct buf *out, struct err *e);

/* Answers the call `m` of this step into `out`: asks the permit table, then
 * the step's host.  `is_closing`: the host may not be asked any more.
 * ERR_SERIALIZATION: the call is no call; ERR_LIMIT: the reply finds no room.
 */
int job_answer(struct job *j, const struct wire_message *m, bool is_closing,
               struct buf *out, struct err *e);
/* Passes a line of its log on. */
void job_log(struct job *j, const struct wire_message *m);

/* Calls done; then the job is freed. */
void job_finish(struct job *j, int kt_class, const char *code, bool killed,
                int64_t now_us, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* Jobs in the order of their start. */
struct jobs {
  struct job *first, **end;
  size_t n;
};

void jobs_init(struct jobs *l);
void jobs_add(struct jobs *l, struct job *j);
void jobs_take(struct jobs *l, struct job *j);
/* Without `done`. */
void jobs_free(struct jobs *l);

#endif
