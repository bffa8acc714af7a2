/* Spawning is by uv_spawn: two to twenty milliseconds once for a plugin, not
 * for a rotation.  (In a daemon with much memory a small process that was
 * forked early should do it; process_spawn is the place.)
 *
 * Reading and writing go by poll on our end of the socketpair, because frames
 * must stay in secret memory from the first byte to the last.
 */
#include "host/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/fault.h"

#define READ_CHUNK  16384
#define READS_MAX   16          /* of one wake-up: others want to live */
#define KEEP_IN_MAX (64u << 10) /* memory kept while nothing is read */
#define ENV_MAX     8

struct process {
  const struct process_owner *owner;
  void *ctx;
  uv_process_t handle;
  uv_poll_t poll;
  int fd;
  struct buf in, out;
  bool is_killed, is_deaf; /* deaf: no message is heard any more */
  bool has_exited, is_polled_out;
  unsigned n_handles; /* to be closed before it is freed */
  char violation[256];
};

static void on_poll(uv_poll_t *handle, int status, int events);

static void process_free(struct process *p)
{
  buf_release(&p->in);
  buf_release(&p->out);
  if (p->fd >= 0)
    (void)close(p->fd); /* ours alone by now */
  free(p);
}

static void on_closed(uv_handle_t *handle)
{
  struct process *p = handle->data;
  const struct process_owner *owner = p->owner;
  void *ctx = p->ctx;

  if (--p->n_handles > 0)
    return;
  process_free(p);
  owner->freed(ctx);
}

static void poll_for(struct process *p, bool out)
{
  p->is_polled_out = out;
  /* Fails only for a handle that was never initialized. */
  (void)uv_poll_start(&p->poll, UV_READABLE | (out ? UV_WRITABLE : 0), on_poll);
}

struct buf *process_out(struct process *p)
{
  return &p->out;
}

int process_flush(struct process *p, struct err *e)
{
  size_t done = 0;
  int error = 0;

  while (done < p->out.len && error == 0) {
    ssize_t n = send(p->fd, p->out.data + done, p->out.len - done,
                     MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n >= 0)
      done += (size_t)n;
    else if (errno != EINTR)
      error = errno;
  }
  buf_shift(&p->out, done);
  if (error != 0 && error != EAGAIN)
    return err_set(e, ERR_IO, "the plugin host cannot be written to: %s",
                   strerror(error));
  if ((p->out.len > 0) != p->is_polled_out && !p->has_exited)
    poll_for(p, p->out.len > 0);
  return 0;
}

int process_pid(const struct process *p)
{
  return p->handle.pid;
}

void process_kill(struct process *p)
{
  p->is_killed = true;
  if (p->has_exited || p->handle.pid <= 0)
    return;
  /* Its own session, so this reaches what it forked; and itself by number,
   * should it have left the group.  Neither has anything to report. */
  (void)kill(-p->handle.pid, SIGKILL);
  (void)kill(p->handle.pid, SIGKILL);
}

void process_violation(struct process *p, const char *what)
{
  if (p->violation[0] == '\0')
    (void)snprintf(p->violation, sizeof p->violation, "%.200s", what);
  p->is_deaf = true;
  process_kill(p);
}

void process_ask_end(struct process *p)
{
  size_t at = wire_begin(&p->out, WIRE_END, 0);

  if (wire_end(&p->out, at, NULL) != 0 || process_flush(p, NULL) != 0)
    process_kill(p);
}

static void frames_read(struct process *p)
{
  struct err e = {0};
  size_t at = 0, len;
  int rc = 0;

  while (!p->is_deaf && (rc = wire_frame(&p->in, at, &len, &e)) == 1) {
    struct wire_message m;

    rc = wire_read(p->in.data + at + WIRE_HEADER_LEN, len, WIRE_CHILD, &m, &e);
    if (rc != 0)
      break;
    at += WIRE_HEADER_LEN + len;
    p->owner->message(p->ctx, p, &m);
    wire_release(&m);
  }
  if (rc < 0)
    process_violation(p, e.text);
  buf_shift(&p->in, at);
  if (p->in.len == 0 && p->in.cap > KEEP_IN_MAX)
    buf_release(&p->in);
}

/* False: the other side hung up. */
static bool link_read(struct process *p)
{
  for (int i = 0; i < READS_MAX && !p->is_deaf; i++) {
    char *to = buf_reserve(&p->in, READ_CHUNK);
    ssize_t n;

    if (to == NULL) {
      process_violation(p, "no secret memory is left for what it says");
      return true;
    }
    n = recv(p->fd, to, READ_CHUNK, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
      return false;
    if (n > 0) {
      p->in.len += (size_t)n;
      frames_read(p);
    }
    if (n < READ_CHUNK)
      return true;
  }
  return true;
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
  struct process *p = handle->data;
  bool is_open = status == 0;

  if (is_open && (events & UV_WRITABLE) != 0)
    (void)process_flush(p, NULL); /* a broken pipe shows as a hang-up too */
  if (is_open && (events & UV_READABLE) != 0)
    is_open = link_read(p);
  if (is_open && !p->is_deaf)
    return;
  (void)uv_poll_stop(&p->poll);
  if (!p->is_deaf)
    p->owner->hung_up(p->ctx, p);
}

/* What it said before it died still counts. */
static void last_words_read(struct process *p)
{
  while (!p->is_deaf) {
    char *to = buf_reserve(&p->in, READ_CHUNK);
    ssize_t n = to == NULL ? -1 : recv(p->fd, to, READ_CHUNK, MSG_DONTWAIT);

    if (n <= 0)
      return;
    p->in.len += (size_t)n;
    frames_read(p);
  }
}

static void on_exited(uv_process_t *handle, int64_t status, int signal)
{
  struct process *p = handle->data;
  struct process_end end = {.status = (int)status, .signal = signal};

  p->has_exited = true;
  last_words_read(p);
  p->is_deaf = true;
  (void)kill(-p->handle.pid, SIGKILL); /* what it forked must not outlive it */
  /* One that died of something else was past killing, and hung up because it
   * died. */
  end.is_killed = p->is_killed && signal == SIGKILL;
  end.violation =
      end.is_killed && p->violation[0] != '\0' ? p->violation : NULL;
  p->owner->ended(p->ctx, p, &end);
  uv_close((uv_handle_t *)&p->poll, on_closed);
  uv_close((uv_handle_t *)&p->handle, on_closed);
}

/* HOME keeps client libraries from asking for the account's own, with its
 * password files and certificates. */
static void env_make(bool with_faults, char *env[ENV_MAX],
                     char store[ENV_MAX][1024])
{
  static const char *const passed[] = {"ASAN_OPTIONS", "LSAN_OPTIONS",
                                       "UBSAN_OPTIONS"};
  const char *spec = with_faults ? fault_spec() : NULL;
  size_t n = 0;

  (void)snprintf(store[n++], 1024, "HOME=/nonexistent"); /* these fit */
  (void)snprintf(store[n++], 1024, "LC_ALL=C.UTF-8");
  for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++)
    if (getenv(passed[i]) != NULL)
      (void)snprintf(store[n++], 1024, "%s=%s", passed[i], getenv(passed[i]));
  if (spec != NULL)
    (void)snprintf(store[n++], 1024, "KEYTURN_FAULT=%s", spec);
  assert(n < ENV_MAX);
  for (size_t i = 0; i < n; i++)
    env[i] = store[i];
  env[n] = NULL;
}

static int handle_spawn(struct process *p, uv_loop_t *loop,
                        const struct process_options *o, int child_fd)
{
  uv_stdio_container_t stdio[WIRE_CHILD_FD + 1] = {{.flags = UV_IGNORE},
                                                   {.flags = UV_IGNORE},
                                                   {.flags = UV_IGNORE},
                                                   {.flags = UV_INHERIT_FD}};
  char name[] = "keyturn-rotator", steps[16], store[ENV_MAX][1024];
  char *plugin = strdup(o->plugin), *env[ENV_MAX];
  char *args[] = {name, plugin, steps, NULL};
  uv_process_options_t options = {.exit_cb = on_exited,
                                  .file = o->program,
                                  .args = args,
                                  .env = env,
                                  .cwd = "/",
                                  .flags = UV_PROCESS_DETACHED,
                                  .stdio_count = WIRE_CHILD_FD + 1,
                                  .stdio = stdio};
  int rc;

  if (plugin == NULL)
    return UV_ENOMEM;
  (void)snprintf(steps, sizeof steps, "%u", o->steps_max);
  env_make(o->with_faults, env, store);
  stdio[WIRE_CHILD_FD].data.fd = child_fd;
  if (o->keep_stderr) {
    stdio[STDERR_FILENO].flags = UV_INHERIT_FD;
    stdio[STDERR_FILENO].data.fd = STDERR_FILENO;
  }
  if (o->uid != 0) {
    options.flags |= UV_PROCESS_SETUID | UV_PROCESS_SETGID;
    options.uid = o->uid;
    options.gid = o->gid;
  }
  p->handle.data = p;
  rc = uv_spawn(loop, &p->handle, &options);
  free(plugin);
  return rc;
}

/* Where the spawn failed nobody was told of it: `freed` is not called. */
static void on_unborn_closed(uv_handle_t *handle)
{
  struct process *p = handle->data;

  if (--p->n_handles == 0)
    process_free(p);
}

int process_spawn(uv_loop_t *loop, const struct process_options *options,
                  const struct process_owner *owner, void *ctx,
                  struct process **out, struct err *e)
{
  struct process *p = calloc(1, sizeof *p);
  int fds[2], rc;

  if (p == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    free(p);
    return err_set(e, ERR_IO, "cannot make a socketpair: %s", strerror(errno));
  }
  p->owner = owner;
  p->ctx = ctx;
  p->fd = fds[0];
  buf_init(&p->in, WIRE_HEADER_LEN + WIRE_FRAME_MAX + READ_CHUNK, true);
  buf_init(&p->out, PROCESS_OUT_MAX, true);
  rc = uv_poll_init(loop, &p->poll, p->fd);
  if (rc != 0) {
    (void)close(fds[1]); /* never used */
    process_free(p);
    return err_set(e, ERR_IO, "cannot watch a socket: %s", uv_strerror(rc));
  }
  p->poll.data = p;
  p->n_handles = 2;
  rc = handle_spawn(p, loop, options, fds[1]);
  (void)close(fds[1]); /* the child has its own by now */
  if (rc != 0) {
    uv_close((uv_handle_t *)&p->poll, on_unborn_closed);
    uv_close((uv_handle_t *)&p->handle, on_unborn_closed);
    return err_set(e, ERR_IO, "cannot start %s: %s", options->program,
                   uv_strerror(rc));
  }
  poll_for(p, false);
  *out = p;
  return 0;
}
