/* Fork, two pipes, a deadline.  The answer pipe carries one JSON object a
 * line, each with the state as it is now; the last one has the result.
 */
#include "kit/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "loader/loader.h"

#define ANSWER_MAX  ((size_t)16 << 20)
#define PRINTED_MAX ((size_t)1 << 20)
#define DESCRIBE_MS 20000

/* The child's side. */
struct inside {
  int answer_fd;
  const struct child_call *c;
};

struct pipes {
  int answer[2], printed[2];
};

static int64_t now_ms(void)
{
  return clock_mono_us(clock_system()) / US_PER_MS;
}

static void answer(int fd, json_t *message)
{
  if (message == NULL || json_dumpfd(message, fd, JSON_COMPACT) != 0 ||
      write(fd, "\n", 1) != 1)
    _exit(3);
  json_decref(message);
}

static void state_changed(void *arg, const json_t *state, bool mutating)
{
  const struct inside *in = arg;

  if (in->c->journal != NULL &&
      secret_file_journal(in->c->journal, state, NULL) != 0)
    _exit(3);
  answer(in->answer_fd,
         json_pack("{s:O, s:b}", "state", state, "mutating", (int)mutating));
  if (mutating && in->c->die_at_mutating)
    (void)raise(SIGKILL);
}

static json_t *steps_of(const struct kt_rotator *r)
{
  json_t *steps = json_array();

#define X(id, word, member) \
  if (r->member != NULL)    \
    (void)json_array_append_new(steps, json_string(#word));
  LOCAL_STEP_TABLE(X)
#undef X
  return steps;
}

static json_t *describe(const struct loader *plugin)
{
  json_t *list = json_array();

  for (size_t i = 0; i < loader_count(plugin); i++) {
    const struct kt_rotator *r = loader_at(plugin, i);

    (void)
        json_array_append_new(/* NULL is refused; seen below as missing */
                              list,
                              json_pack(
                                  "{s:s, s:s, s:s, s:I, s:I, s:s?, s:s?, s:o}",
                                  "name", r->name, "version", r->version,
                                  "summary", r->summary, "flags",
                                  (json_int_t)r->flags, "grace_s",
                                  (json_int_t)r->grace_s, "secret_schema",
                                  r->secret_schema, "options_schema",
                                  r->options_schema, "steps", steps_of(r)));
  }
  return json_pack("{s:s, s:o}", "path", loader_path(plugin), "rotators", list);
}

static json_t *result_pack(const struct local_result *r, const json_t *state)
{
  return json_pack("{s:O, s:b, s:{s:i, s:s, s:s, s:O, s:b, s:I, s:I}}", "state",
                   state, "mutating", (int)r->mutating, "result", "class",
                   r->class, "code", r->code, "message", r->message, "log",
                   r->log, "absent", (int)r->absent, "due_in",
                   (json_int_t)r->due_in, "ms", (json_int_t)r->took_ms);
}

/* Becomes a process that keeps nothing of the parent's but the pipes. */
static void inside_enter(const struct pipes *p)
{
  const struct rlimit none = {0, 0};
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  (void)setrlimit(RLIMIT_CORE, &none); /* a core would hold the passwords */
  (void)signal(SIGPIPE, SIG_DFL);
  (void)signal(SIGINT, SIG_DFL);
  if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
      dup2(p->printed[1], STDOUT_FILENO) < 0 ||
      dup2(p->printed[1], STDERR_FILENO) < 0)
    _exit(3);
  (void)close(p->answer[0]);
  (void)close(p->printed[0]);
}

/* `c->rotator` NULL: describe only. */
static void inside_run(const struct pipes *p, const struct child_call *c,
                       json_t *state)
{
  struct inside in = {p->answer[1], c};
  const struct kt_rotator *rotator = NULL;
  struct local_call call = c->call;
  struct local_result result;
  struct loader *plugin = NULL;
  struct err e = {0};

  inside_enter(p);
  if (loader_open(c->plugin, LOADER_ANY_OWNER, &plugin, &e) != 0) {
    answer(in.answer_fd,
           json_pack("{s:i, s:s}", "refused", (int)e.code, "text", e.text));
    _exit(0);
  }
  if (c->rotator == NULL) {
    answer(in.answer_fd, json_pack("{s:o}", "plugin", describe(plugin)));
    _exit(0);
  }
  rotator = loader_find(plugin, c->rotator);
  if (rotator == NULL)
    _exit(3);
  call.changed = state_changed;
  call.arg = &in;
  local_run(rotator, state, &call, &result);
  (void)fflush(NULL); /* what it printed and did not flush counts too */
  answer(in.answer_fd, result_pack(&result, state));
  _exit(0); /* no exit handlers: the parent's are not ours */
}

/* Reads what is there; false at the end. */
static bool drain(int fd, struct buf *b)
{
  char part[16384];
  ssize_t n = read(fd, part, sizeof part);

  if (n < 0 && errno == EINTR)
    return true;
  if (n <= 0)
    return false;
  buf_put(b, part, (size_t)n); /* past its cap: failed, and still drained */
  secret_wipe(part, (size_t)n);
  return true;
}

/* Until the process ended, or the time is over.  Then its output is read for
 * as long as there is some at once: a grandchild may hold the other end for
 * ever. */
static bool wait_for_end(const struct pipes *p, int pid_fd, int64_t until_ms,
                         struct buf *answers, struct buf *printed)
{
  struct pollfd fds[3] = {{p->answer[0], POLLIN, 0},
                          {p->printed[0], POLLIN, 0},
                          {pid_fd, POLLIN, 0}};
  bool ended = false;

  for (;;) {
    int64_t left = ended ? 0 : until_ms - now_ms();
    int n = poll(fds, 3, left > 0 ? (int)left : 0);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return ended;
    if (fds[0].revents != 0 && !drain(fds[0].fd, answers))
      fds[0].fd = -1;
    if (fds[1].revents != 0 && !drain(fds[1].fd, printed))
      fds[1].fd = -1;
    if (fds[2].revents != 0) {
      fds[2].fd = -1;
      ended = true;
    }
    fds[0].revents = fds[1].revents = fds[2].revents = 0;
  }
}

static void pipes_close(struct pipes *p)
{
  for (int i = 0; i < 2; i++) {
    if (p->answer[i] >= 0)
      (void)close(p->answer[i]);
    if (p->printed[i] >= 0)
      (void)close(p->printed[i]);
    p->answer[i] = p->printed[i] = -1;
  }
}

/* Takes the newest state over, and the result where there is one. */
static void answers_read(struct buf *answers, json_t *state, json_t **out_last)
{
  char *line = answers->data, *end;

  while (line != NULL && (end = strchr(line, '\n')) != NULL) {
    json_t *j = json_loadb(line, (size_t)(end - line), 0, NULL);
    json_t *newer = json_object_get(j, "state");

    if (json_is_object(newer) && state != NULL) {
      (void)json_object_clear(state); /* it is an object */
      (void)json_object_update(state, newer);
    }
    if (json_is_object(j)) {
      json_decref(*out_last);
      *out_last = j;
    }
    line = end + 1;
  }
}

static void result_read(const json_t *last, struct local_result *out)
{
  const json_t *r = json_object_get(last, "result");
  json_t *log = json_object_get(r, "log");

  *out = (struct local_result){.class = KT_AMBIGUOUS, .due_in = -1};
  out->mutating = json_bool(last, "mutating", false);
  out->log = log == NULL ? json_array() : json_incref(log);
  if (r == NULL)
    return;
  out->class = (int)json_int(r, "class", KT_AMBIGUOUS);
  out->due_in = json_int(r, "due_in", -1);
  out->took_ms = json_int(r, "ms", 0);
  out->absent = json_bool(r, "absent", false);
  (void)snprintf(out->code, sizeof out->code, "%s", json_str(r, "code"));
  (void)snprintf(out->message, sizeof out->message, "%s",
                 json_str(r, "message"));
}

static int fork_run(const struct child_call *c, json_t *state, int64_t limit_ms,
                    struct child_result *out, json_t **out_last, struct err *e)
{
  struct pipes p = {{-1, -1}, {-1, -1}};
  struct buf answers;
  int64_t start = now_ms();
  CLEANUP_FD int pid_fd = -1;
  bool in_time;
  int status;
  pid_t pid;

  if (pipe2(p.answer, O_CLOEXEC) != 0 || pipe2(p.printed, O_CLOEXEC) != 0) {
    pipes_close(&p);
    return err_set(e, ERR_IO, "pipe: %s", strerror(errno));
  }
  (void)fflush(NULL); /* or the child would print it again */
  pid = fork();
  if (pid < 0) {
    pipes_close(&p);
    return err_set(e, ERR_IO, "fork: %s", strerror(errno));
  }
  if (pid == 0)
    inside_run(&p, c, state);
  (void)close(p.answer[1]);
  (void)close(p.printed[1]);
  p.answer[1] = p.printed[1] = -1;
  buf_init(&answers, ANSWER_MAX, true);
  buf_init(&out->printed, PRINTED_MAX, true);
  pid_fd = pidfd_open(pid, 0);
  in_time = pid_fd >= 0 &&
            wait_for_end(&p, pid_fd, start + limit_ms, &answers, &out->printed);
  if (!in_time)
    (void)kill(pid, SIGKILL);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    continue;
  out->took_ms = now_ms() - start;
  pipes_close(&p);
  answers_read(&answers, state, out_last);
  buf_release(&answers);
  out->end = !in_time              ? CHILD_HUNG
             : WIFSIGNALED(status) ? CHILD_SIGNALED
                                   : CHILD_EXITED;
  out->number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  return 0;
}

int child_run(const struct child_call *c, json_t *state,
              struct child_result *out, struct err *e)
{
  CLEANUP_JSON json_t *last = NULL;
  struct child_result r = {0};
  int rc =
      fork_run(c, state, c->call.deadline_ms + CHILD_GRACE_MS, &r, &last, e);

  if (rc != 0)
    return rc;
  result_read(last, &r.step);
  if (json_object_get(last, "result") != NULL && r.end == CHILD_EXITED)
    r.end = CHILD_ANSWERED;
  *out = r;
  return 0;
}

int child_describe(const char *plugin, json_t **out, struct err *e)
{
  CLEANUP_JSON json_t *last = NULL;
  const struct child_call c = {.plugin = plugin};
  struct child_result r = {0};
  json_t *description;
  int rc = fork_run(&c, NULL, DESCRIBE_MS, &r, &last, e);

  if (rc != 0)
    return rc;
  buf_release(&r.printed);
  description = json_object_get(last, "plugin");
  if (description != NULL) {
    *out = json_incref(description);
    return 0;
  }
  if (json_str(last, "text") != NULL)
    return err_set(e, (enum err_code)json_int(last, "refused", ERR_CONFIG),
                   "%s", json_str(last, "text"));
  return err_set(e, ERR_CONFIG, "%s: %s %d while it was loaded", plugin,
                 r.end == CHILD_EXITED ? "called exit with" : "ended by signal",
                 r.number);
}

void child_result_release(struct child_result *r)
{
  buf_release(&r->printed);
  local_result_release(&r->step);
}
