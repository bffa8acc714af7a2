/* Steps as messages: the request, the answers to what the step asks, the
 * result.  Nothing here knows of processes or time limits.
 */
#include "host/job.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/permit.h"

#define FRAME_BYTES_MAX 32768
#define FORETOLD_MAX    4096 /* bytes of a value; longer ones are asked for */

/* What nearly every rotator asks for; the step may.  No stage: the one that
 * is tested.  Of the admin's secret only that there is none: who does not ask
 * for it shall not have it. */
static const struct foretold {
  enum step step;
  enum kt_source source;
  const char *stage;
} foretold[] = {
    {STEP_CREATE, KT_SECRET, "AWSPENDING"},
    {STEP_CREATE, KT_SECRET, "AWSCURRENT"},
    {STEP_CREATE, KT_SECRET, "AWSPREVIOUS"},
    {STEP_CREATE, KT_ADMIN, "AWSCURRENT"},
    {STEP_CREATE, KT_OPTIONS, "AWSCURRENT"},
    {STEP_SET, KT_SECRET, "AWSPENDING"},
    {STEP_SET, KT_SECRET, "AWSCURRENT"},
    {STEP_SET, KT_SECRET, "AWSPREVIOUS"},
    {STEP_SET, KT_ADMIN, "AWSCURRENT"},
    {STEP_SET, KT_OPTIONS, "AWSCURRENT"},
    {STEP_TEST, KT_SECRET, NULL},
};

static int frame_make(struct job *j, const struct step_request *r,
                      struct err *e)
{
  const struct {
    const char *text;
    size_t max;
  } texts[] = {{r->rotator, WIRE_NAME_MAX},
               {r->stage, WIRE_STAGE_MAX},
               {r->secret_arn, WIRE_ARN_MAX},
               {r->version_id, WIRE_VERSION_MAX}};
  struct buf *b = &j->frame;

  /* The child takes nothing that the wire does not allow. */
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (texts[i].text == NULL || strlen(texts[i].text) > texts[i].max ||
        !wire_is_text(texts[i].text, strlen(texts[i].text)))
      return err_set(e, ERR_PARAMETER,
                     "a step's request is too long or no UTF-8");
  if ((unsigned)r->step >= STEP_COUNT || r->deadline_ms < 0 ||
      r->deadline_ms > WIRE_DEADLINE_MAX)
    return err_set(e, ERR_PARAMETER, "a step's request is out of range");
  buf_init(b, FRAME_BYTES_MAX, false);
  j->frame_at = wire_begin(b, WIRE_START, j->id);
  buf_json_int(b, "step", r->step);
  buf_json_str(b, "rotator", r->rotator);
  buf_json_str(b, "stage", r->stage);
  (void)snprintf(j->stage, sizeof j->stage, "%s", r->stage); /* it fits */
  buf_json_str(b, "arn", r->secret_arn);
  buf_json_str(b, "version", r->version_id);
  buf_json_int(b, "attempt", r->attempt);
  buf_json_bool(b, "maybe_set", r->maybe_set);
  return buf_check(b, e);
}

int job_new(uint64_t id, const struct step_request *request,
            const struct step_host *host, void *ctx, step_done *done,
            struct job **out, struct err *e)
{
  struct job *j = calloc(1, sizeof *j);
  int rc;

  if (j == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  j->id = id;
  j->step = request->step;
  j->host = host;
  j->ctx = ctx;
  j->done = done;
  j->deadline_ms = request->deadline_ms;
  rc = frame_make(j, request, e);
  if (rc != 0) {
    job_free(j);
    return rc;
  }
  *out = j;
  return 0;
}

void job_free(struct job *j)
{
  if (j == NULL)
    return;
  buf_release(&j->frame);
  free(j);
}

void jobs_init(struct jobs *l)
{
  l->first = NULL;
  l->end = &l->first;
  l->n = 0;
}

void jobs_add(struct jobs *l, struct job *j)
{
  j->next = NULL;
  *l->end = j;
  l->end = &j->next;
  l->n++;
}

void jobs_take(struct jobs *l, struct job *j)
{
  struct job **at = &l->first;

  while (*at != j)
    at = &(*at)->next;
  *at = j->next;
  if (l->end == &j->next)
    l->end = at;
  l->n--;
}

void jobs_free(struct jobs *l)
{
  while (l->first != NULL) {
    struct job *j = l->first;

    jobs_take(l, j);
    job_free(j);
  }
}

/* *n: how many there are in the list, which the first one opens. */
static void foretell(struct job *j, const struct foretold *f, size_t *n,
                     struct buf *out)
{
  CLEANUP_SECRET struct secret value = {0};
  const char *stage = f->stage == NULL ? j->stage : f->stage;
  int kt_class;

  if (!permit_stage(j->step, f->source, stage))
    return;
  kt_class = j->host->get_value(j->ctx, f->source, stage, &value);
  if ((kt_class != KT_OK && kt_class != KT_MISSING) ||
      (kt_class == KT_OK &&
       (f->source == KT_ADMIN || value.len > FORETOLD_MAX)))
    return;
  if ((*n)++ == 0) {
    buf_json_key(out, "values");
    buf_putc(out, '[');
  } else {
    buf_putc(out, ',');
  }
  buf_putc(out, '{');
  buf_json_int(out, "source", f->source);
  buf_json_str(out, "stage", stage);
  buf_json_int(out, "class", kt_class);
  if (kt_class == KT_OK)
    wire_put_value(out, value.data, value.len);
  buf_putc(out, '}');
}

int job_write(struct job *j, int64_t now_us, struct buf *out, struct err *e)
{
  int64_t left_ms = j->is_cancelled ? 0 : (j->due_us - now_us) / 1000;
  size_t at = out->len, n = 0;

  buf_put(out, j->frame.data, j->frame.len);
  buf_json_int(out, "remaining_ms", left_ms > 0 ? left_ms : 0);
  for (size_t i = 0; i < sizeof foretold / sizeof foretold[0]; i++)
    if (foretold[i].step == j->step)
      foretell(j, &foretold[i], &n, out);
  if (n > 0)
    buf_putc(out, ']');
  return wire_end(out, at, e);
}

/* `sent` is the value that came with the call, `value` goes back. */
static int ask_host(struct job *j, const struct wire_message *m,
                    const struct secret *sent, struct secret *value)
{
  const struct step_host *h = j->host;
  enum kt_source source = (enum kt_source)json_int(m->body, "source", 0);
  const char *stage = json_str(m->body, "stage");

  switch (m->type) {
  case WIRE_GET_VALUE:
    return permit_stage(j->step, source, stage)
               ? h->get_value(j->ctx, source, stage, value)
               : KT_DENIED;
  case WIRE_PUT_PENDING:
    return h->put_pending(j->ctx, sent);
  case WIRE_MUTATING:
    return h->mutating(j->ctx);
  case WIRE_RANDOM_PASSWORD:
    return h->random_password(j->ctx, json_str(m->body, "exclude"), value);
  case WIRE_SAVE:
    return h->save(j->ctx, sent);
  case WIRE_SAVED:
    return h->saved(j->ctx, value);
  case WIRE_DUE_IN:
    return h->due_in(j->ctx, json_int(m->body, "seconds", 0));
  default:
    return KT_DENIED;
  }
}

/* *out_class: KT_OK while the call may go on. */
static int value_read(const struct wire_message *m, struct secret *out,
                      int *out_class, struct err *e)
{
  int rc = 0;

  if (m->type == WIRE_PUT_PENDING || m->type == WIRE_SAVE)
    rc = wire_value(m, out, e);
  if (rc == -ERR_NOMEM)
    *out_class = KT_BUSY;
  else if (out->len > SECRET_VALUE_MAX)
    *out_class = KT_CONFIG;
  return rc == -ERR_NOMEM ? 0 : rc;
}

int job_answer(struct job *j, const struct wire_message *m, bool is_closing,
               struct buf *out, struct err *e)
{
  CLEANUP_SECRET struct secret sent = {0}, value = {0};
  int kt_class = KT_OK, rc;
  size_t at;

  if (m->type < WIRE_GET_VALUE || m->type > WIRE_DUE_IN)
    return err_set(e, ERR_SERIALIZATION, "%s: not now",
                   wire_type_name(m->type));
  rc = value_read(m, &sent, &kt_class, e);
  if (rc != 0)
    return rc;
  if (!permit_call(j->step, m->type))
    kt_class = KT_DENIED;
  else if (is_closing)
    kt_class = KT_BUSY;
  else if (kt_class == KT_OK)
    kt_class = ask_host(j, m, &sent, &value);
  at = wire_begin(out, WIRE_REPLY, j->id);
  buf_json_int(out, "class", kt_class);
  if (kt_class == KT_OK && value.data != NULL)
    wire_put_value(out, value.data, value.len);
  return wire_end(out, at, e);
}

void job_log(struct job *j, const struct wire_message *m)
{
  char line[WIRE_LOG_TEXT_MAX + 1];

  if (j->log_lines++ >= JOB_LOG_LINES_MAX)
    return;
  (void)snprintf(line, sizeof line, "%s", json_str(m->body, "line")); /* fits */
  wire_clean_text(line, strlen(line));
  j->host->log(j->ctx, (enum kt_level)json_int(m->body, "level", KT_INFO),
               line);
}

void job_finish(struct job *j, int kt_class, const char *code, bool killed,
                int64_t now_us, const char *fmt, ...)
{
  struct step_result r = {.kt_class = kt_class, .killed = killed};
  va_list ap;

  va_start(ap, fmt);
  (void)vsnprintf(r.message, sizeof r.message, fmt, ap); /* may cut */
  va_end(ap);
  (void)snprintf(r.code, sizeof r.code, "%s", code); /* fits */
  wire_clean_text(r.message, strlen(r.message));
  if (r.message[0] == '\0' && kt_class != KT_OK)
    (void)snprintf(r.message, sizeof r.message, "the rotator gave no reason");
  r.duration_us = j->sent_us == 0 ? 0 : now_us - j->sent_us;
  j->done(j->ctx, &r);
  job_free(j);
}
