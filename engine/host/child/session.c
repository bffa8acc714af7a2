/* Threads are made when they are first needed and stay.  A task goes from
 * the reader to a thread through the queue; replies go to the task's own
 * condition.  When keyturnd hangs up, nothing that a step could still achieve
 * would be known to anybody: the process ends at once.
 */
#include "child/session.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "child/step.h"

#define READ_CHUNK 16384
#define EXIT_WIRE  3 /* keyturnd said something that it may not say */

static int64_t mono_ms(void)
{
  return clock_mono_us(clock_system()) / US_PER_MS;
}

void session_send(struct session *s, const struct buf *b)
{
  size_t done = 0;

  (void)pthread_mutex_lock(&s->write_lock); /* a plain mutex cannot fail */
  while (done < b->len) {
    ssize_t n = send(s->fd, b->data + done, b->len - done, MSG_NOSIGNAL);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      _exit(0); /* keyturnd is gone */
    done += (size_t)n;
  }
  (void)pthread_mutex_unlock(&s->write_lock);
}

void session_call(struct task *t, const struct buf *b, struct wire_message *out)
{
  struct session *s = t->session;

  session_send(s, b);
  (void)pthread_mutex_lock(&s->lock);
  while (!t->has_reply)
    (void)pthread_cond_wait(&t->replied, &s->lock);
  t->has_reply = false;
  *out = t->reply;
  (void)pthread_mutex_unlock(&s->lock);
}

static void task_run(struct session *s, struct task *t)
{
  uint64_t id = t->id;
  struct buf done;
  bool is_last;

  buf_init(&done, 16384, true);
  step_run(t, &done);
  wire_release(&t->start);
  (void)pthread_mutex_lock(&s->lock);
  t->id = 0; /* before keyturnd hears of it, and may send the next one */
  s->n_active--;
  (void)pthread_mutex_unlock(&s->lock);
  assert(id != 0);
  session_send(s, &done);
  buf_release(&done);
  (void)pthread_mutex_lock(&s->lock);
  is_last = s->ending && s->n_active == 0;
  (void)pthread_mutex_unlock(&s->lock);
  if (is_last)
    (void)shutdown(s->fd, SHUT_RD); /* wakes the reader */
}

static void *thread_main(void *arg)
{
  struct session *s = arg;

  (void)pthread_mutex_lock(&s->lock);
  for (;;) {
    struct task *t = s->queue;

    if (t != NULL) {
      s->queue = t->next;
      if (s->queue == NULL)
        s->queue_end = &s->queue;
      (void)pthread_mutex_unlock(&s->lock);
      task_run(s, t);
      (void)pthread_mutex_lock(&s->lock);
      continue;
    }
    if (s->stopped)
      break;
    s->n_idle++;
    (void)pthread_cond_wait(&s->work, &s->lock);
    s->n_idle--;
  }
  (void)pthread_mutex_unlock(&s->lock);
  return NULL;
}

static struct task *task_find(struct session *s, uint64_t id)
{
  for (size_t i = 0; i < s->tasks_max; i++)
    if (s->tasks[i].id == id)
      return &s->tasks[i];
  return NULL;
}

/* Under the lock.  False: more steps than keyturnd was told to send. */
static bool task_add(struct session *s, struct wire_message *m)
{
  struct task *t = task_find(s, 0);

  if (t == NULL || s->ending)
    return false;
  t->id = m->id;
  t->start = *m;
  m->body = NULL; /* transferred */
  t->has_reply = false;
  t->next = NULL;
  atomic_store(&t->deadline_ms,
               mono_ms() + json_int(t->start.body, "remaining_ms", 0));
  *s->queue_end = t;
  s->queue_end = &t->next;
  s->n_active++;
  if (s->n_idle == 0 && s->n_threads < s->tasks_max &&
      pthread_create(&s->threads[s->n_threads], NULL, thread_main, s) == 0)
    s->n_threads++;
  (void)pthread_cond_signal(&s->work);
  return s->n_threads > 0;
}

/* Under the lock. */
static void cancel_all(struct session *s)
{
  s->ending = true;
  for (size_t i = 0; i < s->tasks_max; i++)
    atomic_store(&s->tasks[i].deadline_ms, 0);
  if (s->n_active == 0)
    (void)shutdown(s->fd, SHUT_RD); /* the next read ends the session */
}

/* Under the lock. */
static bool reply_take(struct session *s, struct wire_message *m)
{
  struct task *t = task_find(s, m->id);

  if (t == NULL || t->has_reply)
    return false;
  t->reply = *m;
  m->body = NULL; /* transferred */
  t->has_reply = true;
  (void)pthread_cond_signal(&t->replied);
  return true;
}

static void dispatch(struct session *s, struct wire_message *m)
{
  struct task *t;
  bool is_good = true;

  (void)pthread_mutex_lock(&s->lock);
  switch (m->type) {
  case WIRE_START:
    is_good = task_add(s, m);
    break;
  case WIRE_REPLY:
    is_good = reply_take(s, m);
    break;
  case WIRE_CANCEL: /* of a step that has just returned: nothing to do */
    t = task_find(s, m->id);
    if (t != NULL)
      atomic_store(&t->deadline_ms, 0);
    break;
  case WIRE_END:
    cancel_all(s);
    break;
  default:
    is_good = false;
  }
  (void)pthread_mutex_unlock(&s->lock);
  wire_release(m);
  if (!is_good)
    _exit(EXIT_WIRE);
}

static void frames_read(struct session *s, struct buf *in)
{
  struct wire_message m;
  size_t at = 0, len;
  int rc;

  while ((rc = wire_frame(in, at, &len, NULL)) == 1) {
    if (wire_read(in->data + at + WIRE_HEADER_LEN, len, WIRE_ENGINE, &m,
                  NULL) != 0)
      _exit(EXIT_WIRE);
    at += WIRE_HEADER_LEN + len;
    dispatch(s, &m);
  }
  if (rc < 0)
    _exit(EXIT_WIRE);
  buf_shift(in, at);
}

void session_run(struct session *s)
{
  struct buf in;

  buf_init(&in, WIRE_HEADER_LEN + WIRE_FRAME_MAX + READ_CHUNK, true);
  for (;;) {
    char *to = buf_reserve(&in, READ_CHUNK);
    ssize_t n;

    if (to == NULL)
      _exit(EXIT_WIRE);
    n = recv(s->fd, to, READ_CHUNK, 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    in.len += (size_t)n;
    frames_read(s, &in);
  }
  buf_release(&in);
  (void)pthread_mutex_lock(&s->lock);
  if (!s->ending)
    _exit(0); /* keyturnd is gone */
  s->stopped = true;
  (void)pthread_cond_broadcast(&s->work);
  (void)pthread_mutex_unlock(&s->lock);
  for (size_t i = 0; i < s->n_threads; i++)
    (void)pthread_join(s->threads[i], NULL); /* ours: joinable */
}

static int schema_read(const struct kt_rotator *r, const char *which,
                       const char *text, json_t **out, struct err *e)
{
  json_t *schema;
  int rc;

  if (text == NULL)
    return 0;
  rc = json_read(text, strlen(text), &json_limits_file, &schema, e);
  if (rc != 0)
    return err_wrap(e, "rotator %s: %s", r->name, which);
  if (!json_is_object(schema)) {
    json_decref(schema);
    return err_set(e, ERR_CONFIG, "rotator %s: %s is no JSON object", r->name,
                   which);
  }
  *out = schema;
  return 0;
}

static int rotator_read(struct session *s, const struct kt_rotator *kt,
                        struct err *e)
{
  struct rotator *r = &s->rotators[s->n_rotators++];
  int rc;

  r->kt = kt;
  if (!wire_is_text(kt->version, strlen(kt->version)) ||
      !wire_is_text(kt->summary, strlen(kt->summary)))
    return err_set(e, ERR_CONFIG,
                   "rotator %s: its version or summary is not "
                   "UTF-8",
                   kt->name);
  rc =
      schema_read(kt, "secret_schema", kt->secret_schema, &r->secret_schema, e);
  if (rc == 0)
    rc = schema_read(kt, "options_schema", kt->options_schema,
                     &r->options_schema, e);
  return rc;
}

int session_init(struct session *s, int fd, const struct loader *l,
                 size_t tasks_max, struct err *e)
{
  int rc = 0;

  memset(s, 0, sizeof *s);
  s->fd = fd;
  s->tasks_max = tasks_max;
  s->queue_end = &s->queue;
  (void)pthread_mutex_init(&s->lock, NULL); /* Linux: these cannot fail */
  (void)pthread_mutex_init(&s->write_lock, NULL);
  (void)pthread_cond_init(&s->work, NULL);
  for (size_t i = 0; i < tasks_max; i++) {
    s->tasks[i].session = s;
    (void)pthread_cond_init(&s->tasks[i].replied, NULL);
  }
  for (size_t i = 0; i < loader_count(l) && rc == 0; i++)
    rc = rotator_read(s, loader_at(l, i), e);
  return rc;
}

void session_release(struct session *s)
{
  for (size_t i = 0; i < s->n_rotators; i++) {
    json_decref(s->rotators[i].secret_schema);
    json_decref(s->rotators[i].options_schema);
  }
  s->n_rotators = 0;
}

static int64_t steps_of(const struct kt_rotator *r)
{
  kt_step_fn *const all[STEP_COUNT] = {
      [STEP_CREATE] = r->create_secret, [STEP_SET] = r->set_secret,
      [STEP_TEST] = r->test_secret,     [STEP_FINISH] = r->finish_secret,
      [STEP_CHECK] = r->check,          [STEP_REVERT] = r->revert_secret,
      [STEP_RETIRE] = r->retire_secret,
  };
  int64_t mask = 0;

  for (int i = 0; i < STEP_COUNT; i++)
    mask |= all[i] == NULL ? 0 : 1 << i;
  return mask;
}

static void text_put(struct buf *b, const char *key, const char *text,
                     size_t max)
{
  buf_json_key(b, key);
  buf_json_string(b, text, wire_cut(text, strlen(text), max));
}

void session_describe(struct session *s)
{
  struct err e = {0};
  struct buf b;
  size_t at;

  buf_init(&b, WIRE_FRAME_MAX + WIRE_HEADER_LEN, true);
  at = wire_begin(&b, WIRE_DESCRIBE, 0);
  buf_json_str(&b, "version", KEYTURN_VERSION);
  buf_json_key(&b, "rotators");
  buf_putc(&b, '[');
  for (size_t i = 0; i < s->n_rotators; i++) {
    const struct kt_rotator *r = s->rotators[i].kt;

    buf_puts(&b, i == 0 ? "{" : ",{");
    buf_json_str(&b, "name", r->name);
    text_put(&b, "version", r->version, 64);
    text_put(&b, "summary", r->summary, 256);
    buf_json_int(&b, "flags", r->flags);
    buf_json_int(&b, "grace_s", r->grace_s);
    buf_json_int(&b, "steps", steps_of(r));
    buf_json_str(&b, "secret_schema", r->secret_schema);
    buf_json_str(&b, "options_schema", r->options_schema);
    buf_putc(&b, '}');
  }
  buf_putc(&b, ']');
  if (wire_end(&b, at, &e) == 0)
    session_send(s, &b);
  else
    session_refuse(s->fd, "the schemas of its rotators are too long");
  buf_release(&b);
}

void session_refuse(int fd, const char *reason)
{
  CLEANUP_BUF struct buf b = {0};
  size_t at;

  buf_init(&b, 65536, true);
  at = wire_begin(&b, WIRE_REFUSE, 0);
  text_put(&b, "reason", reason, ERR_TEXT_MAX);
  if (wire_end(&b, at, NULL) == 0)
    (void)send(fd, b.data, b.len, MSG_NOSIGNAL); /* the exit says the rest */
}
