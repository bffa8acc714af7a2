/* A step from its frame to its frame: memory, texts, the call itself. */
#include "child/step.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fault.h"

#define TEXT_MAX (256u * 1024)

void *step_memory(struct step_state *s, size_t size)
{
  struct block *b;
  size_t all;

  if (__builtin_add_overflow(size, s->memory, &all) || all > STEP_MEMORY_MAX)
    return NULL;
  b = secret_malloc(sizeof *b + size);
  if (b == NULL)
    return NULL;
  memset(b->data, 0, size);
  b->size = size;
  b->next = s->blocks;
  s->blocks = b;
  s->memory = all;
  return b->data;
}

/* The whole text is made before it is redacted and cut: a cut through a value
 * would hide it from the search. */
void step_text(struct step_state *s, const char *fmt, va_list ap, size_t max,
               struct buf *out)
{
  CLEANUP_BUF struct buf clean = {0};
  va_list again;
  char *raw;
  int n;

  va_copy(again, ap);
  n = vsnprintf(NULL, 0, fmt, again);
  va_end(again);
  raw = n < 0 || n >= (int)TEXT_MAX ? NULL : secret_malloc((size_t)n + 1);
  buf_init(&clean, 2 * TEXT_MAX, true);
  if (raw == NULL)
    buf_puts(&clean, "(a text too long to be shown)");
  else if (vsnprintf(raw, (size_t)n + 1, fmt, ap) == n)
    redact_apply(&s->redact, raw, (size_t)n, &clean);
  secret_free(raw);
  if (clean.failed || clean.len == 0)
    return;
  wire_clean_text(clean.data, clean.len);
  buf_put(out, clean.data, wire_cut(clean.data, clean.len, max));
}

/* Codes are words for alerts: [a-z0-9-], whatever the plugin says. */
static void code_set(struct step_state *s, const char *code)
{
  size_t n = 0;

  for (; code != NULL && code[n] != '\0' && n < WIRE_ERR_CODE_MAX; n++) {
    char c = code[n];
    bool is_good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';

    s->code[n] = is_good ? c : '-';
  }
  s->code[n] = '\0';
}

void step_error_va(struct step_state *s, const char *code, const char *fmt,
                   va_list ap)
{
  struct buf text;

  buf_init(&text, sizeof s->message, true);
  step_text(s, fmt, ap, WIRE_ERR_TEXT_MAX, &text);
  code_set(s, code);
  (void)snprintf(s->message, sizeof s->message, "%s",
                 text.data == NULL ? "" : text.data); /* it fits */
  buf_release(&text);
}

void step_error(struct step_state *s, const char *code, const char *fmt, ...)
{
  va_list ap;

  va_start(ap, fmt);
  step_error_va(s, code, fmt, ap);
  va_end(ap);
}

static const struct rotator *rotator_find(const struct session *s,
                                          const char *name)
{
  for (size_t i = 0; i < s->n_rotators; i++)
    if (strcmp(s->rotators[i].kt->name, name) == 0)
      return &s->rotators[i];
  return NULL;
}

static kt_step_fn *step_function(const struct kt_rotator *r, enum step step)
{
  switch (step) {
  case STEP_CREATE:
    return r->create_secret;
  case STEP_SET:
    return r->set_secret;
  case STEP_TEST:
    return r->test_secret;
  case STEP_FINISH:
    return r->finish_secret;
  case STEP_CHECK:
    return r->check;
  case STEP_REVERT:
    return r->revert_secret;
  case STEP_RETIRE:
    return r->retire_secret;
  case STEP_COUNT:
    break;
  }
  return NULL;
}

static void state_init(struct step_state *s, struct task *t)
{
  const json_t *start = t->start.body;

  memset(s, 0, sizeof *s);
  s->task = t;
  s->kt.size = sizeof s->kt;
  s->kt.host = &step_host_calls;
  s->kt.secret_arn = json_str(start, "arn");
  s->kt.version_id = json_str(start, "version");
  s->kt.stage = json_str(start, "stage");
  s->kt.attempt = (uint32_t)json_int(start, "attempt", 1);
  s->kt.maybe_set = json_bool(start, "maybe_set", false);
  s->rotator = rotator_find(t->session, json_str(start, "rotator"));
  redact_init(&s->redact);
  fetched_start(s, start);
}

static void state_release(struct step_state *s)
{
  struct fetched *f = s->fetched;
  struct block *next;

  redact_release(&s->redact);
  for (; f != NULL; f = f->next) { /* themselves blocks */
    json_decref(f->json);
    secret_release(&f->raw);
  }
  for (struct block *b = s->blocks; b != NULL; b = next) {
    next = b->next;
    secret_free(b); /* zeroes it */
  }
}

static int function_call(struct step_state *s, enum step step)
{
  kt_step_fn *fn;
  int rc;

  if (s->rotator == NULL) {
    step_error(s, "no-rotator", "the plugin does not hold this rotator");
    return KT_CONFIG;
  }
  fn = step_function(s->rotator->kt, step);
  if (fn == NULL && step == STEP_FINISH)
    return KT_OK;
  if (fn == NULL) {
    step_error(s, "no-step", "rotator %s has no %s", s->rotator->kt->name,
               step == STEP_CHECK ? "check" : "such step");
    return KT_CONFIG;
  }
  FAULT_POINT(FAULT_CHILD_BEFORE_STEP);
  rc = fn(&s->kt);
  FAULT_POINT(FAULT_CHILD_AFTER_STEP);
  return rc < KT_OK || rc > KT_REAUTH_REQUIRED ? KT_AMBIGUOUS : rc;
}

void step_run(struct task *t, struct buf *out)
{
  struct step_state s;
  size_t at;
  int rc;

  state_init(&s, t);
  rc = function_call(&s, (enum step)json_int(t->start.body, "step", 0));
  at = wire_begin(out, WIRE_DONE, t->id);
  buf_json_int(out, "class", rc);
  buf_json_str(out, "code", rc == KT_OK ? "" : s.code);
  buf_json_str(out, "message", rc == KT_OK ? "" : s.message);
  (void)wire_end(out, at, NULL); /* its parts are bounded; it fits */
  state_release(&s);
}
