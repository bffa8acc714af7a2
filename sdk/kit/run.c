/* Running steps, judging answers, and watching everything that comes out. */
#include "kit/run.h"

#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define DEADLINE_MS_DEFAULT 15000
/* Shorter values are found in ordinary words. */
#define CANARY_LEN_MIN 6

bool run_has_step(const struct run *r, enum local_step step)
{
  const json_t *steps = json_object_get(r->rotator, "steps"), *one;
  size_t i;

  json_array_foreach (steps, i, one)
    if (strcmp(json_string_value(one), local_step_word(step)) == 0)
      return true;
  return false;
}

static void finding_set(struct run *r, enum kit_rule rule,
                        enum kit_outcome outcome, const char *text)
{
  struct kit_finding *f = &r->report->findings[rule];

  if (r->done[rule])
    return;
  r->done[rule] = true;
  f->outcome = outcome;
  (void)snprintf(f->text, sizeof f->text, "%s", text);
  if (r->options->progress != NULL)
    r->options->progress(r->options->arg, rule, f);
}

void run_pass(struct run *r, enum kit_rule rule)
{
  finding_set(r, rule, KIT_PASS, "");
}

void run_skip(struct run *r, enum kit_rule rule, const char *why)
{
  finding_set(r, rule, KIT_SKIP, why);
}

bool run_fail(struct run *r, enum kit_rule rule, const char *fmt, ...)
{
  char text[KIT_TEXT_MAX];
  va_list ap;

  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  finding_set(r, rule, KIT_FAIL, text);
  return false;
}

/* As a driver or a URL would spell it. */
static void spellings_add(struct redact *all, const struct secret *v)
{
  struct buf hex, url, base64;

  buf_init(&hex, 2 * SECRET_VALUE_MAX + 1, true);
  buf_init(&url, 3 * SECRET_VALUE_MAX + 1, true);
  buf_init(&base64, 2 * SECRET_VALUE_MAX + 1, true);
  for (size_t i = 0; i < v->len; i++) {
    unsigned char c = v->data[i];

    buf_printf(&hex, "%02x", c);
    if (memchr("-._~", c, 4) != NULL || (c >= '0' && c <= '9') ||
        ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
      buf_putc(&url, (char)c);
    else
      buf_printf(&url, "%%%02X", c);
  }
  redact_add(all, hex.data, hex.len);
  redact_add(all, url.data, url.len);
  if (buf_reserve(&base64, 4 * ((v->len + 2) / 3) + 1) != NULL) {
    int n = EVP_EncodeBlock((unsigned char *)base64.data, v->data, (int)v->len);

    redact_add(all, base64.data, (size_t)n);
  }
  buf_release(&hex);
  buf_release(&url);
  buf_release(&base64);
}

/* Everything secret in this state joins what may not show. */
static void secrets_learn(struct run *r, const json_t *state)
{
  static const char *const sources[] = {"AWSCURRENT", "AWSPENDING",
                                        "AWSPREVIOUS", "admin"};
  struct redact found = {0};

  for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
    redact_add_json(&found, json_object_get(state, sources[i]), r->schema);
  for (size_t i = 0; i < found.n; i++)
    if (found.values[i].len >= CANARY_LEN_MIN) {
      redact_add(&r->secrets, found.values[i].data, found.values[i].len);
      spellings_add(&r->secrets, &found.values[i]);
    }
  redact_release(&found);
}

static void leak_check(struct run *r, enum local_step step, const char *where,
                       const char *text, size_t len)
{
  if (r->leak[0] == '\0' && text != NULL &&
      redact_find(&r->secrets, text, len) != NULL)
    (void)snprintf(r->leak, sizeof r->leak, "%s shows a secret value in %s",
                   local_step_word(step), where);
}

static void leaks_check(struct run *r, enum local_step step)
{
  const struct child_result *c = &r->last;
  char *log = json_dumps(c->step.log, JSON_COMPACT);

  leak_check(r, step, "what it prints", c->printed.data, c->printed.len);
  leak_check(r, step, "its log", log, log == NULL ? 0 : strlen(log));
  leak_check(r, step, "its error", c->step.message, strlen(c->step.message));
  leak_check(r, step, "its error code", c->step.code, strlen(c->step.code));
  free(log);
}

static void last_forget(struct run *r)
{
  if (r->has_last)
    child_result_release(&r->last);
  r->has_last = false;
}

static int step_do(struct run *r, json_t *state, struct local_call call,
                   bool die_at_mutating)
{
  bool real = state == NULL || state == r->state;
  struct child_call c = {.plugin = r->plugin,
                         .rotator = r->name,
                         .call = call,
                         .journal = real ? &r->file : NULL,
                         .die_at_mutating = die_at_mutating};

  if (real)
    state = r->state;
  if (c.call.deadline_ms == 0)
    c.call.deadline_ms = r->options->deadline_ms > 0 ? r->options->deadline_ms
                                                     : DEADLINE_MS_DEFAULT;
  last_forget(r);
  if (r->broken.code != 0)
    return -1;
  if (child_run(&c, state, &r->last, &r->broken) != 0)
    return -1;
  r->has_last = true;
  secrets_learn(r, state);
  leaks_check(r, call.step);
  if (real && r->last.step.mutating)
    r->touched = r->journaled = true;
  return r->last.end == CHILD_ANSWERED ? r->last.step.class : -1;
}

int run_step(struct run *r, json_t *state, struct local_call call)
{
  return step_do(r, state, call, false);
}

bool run_step_to_death(struct run *r, struct local_call call)
{
  (void)step_do(r, NULL, call, true); /* its answer would be none */
  return r->has_last && r->last.step.mutating && r->last.end != CHILD_ANSWERED;
}

/* What the step did instead of what it should. */
static void answer_describe(const struct run *r, char out[KIT_TEXT_MAX])
{
  const struct child_result *c = &r->last;

  if (!r->has_last)
    (void)snprintf(out, KIT_TEXT_MAX, "could not be run: %.400s",
                   r->broken.text);
  else if (c->end == CHILD_SIGNALED)
    (void)snprintf(out, KIT_TEXT_MAX, "crashed by signal %d (%s)", c->number,
                   strsignal(c->number));
  else if (c->end == CHILD_EXITED)
    (void)snprintf(out, KIT_TEXT_MAX, "ended its process with status %d",
                   c->number);
  else if (c->end == CHILD_HUNG)
    (void)snprintf(out, KIT_TEXT_MAX,
                   "did not return, not even %d ms after its deadline",
                   CHILD_GRACE_MS);
  else
    (void)snprintf(out, KIT_TEXT_MAX, "answered %s%s%.60s%s%.300s",
                   local_class_name(c->step.class),
                   c->step.code[0] == '\0' ? "" : " ", c->step.code,
                   c->step.message[0] == '\0' ? "" : ": ", c->step.message);
}

static void classes_describe(unsigned classes, char out[KIT_TEXT_MAX])
{
  size_t n = 0;

  out[0] = '\0';
  for (int c = KT_OK; c <= KT_REAUTH_REQUIRED; c++)
    if ((classes & CLASS(c)) != 0 && n < KIT_TEXT_MAX)
      n += (size_t)snprintf(out + n, KIT_TEXT_MAX - n, "%s%s",
                            n == 0 ? "" : " or ", local_class_name(c));
}

bool run_want(struct run *r, enum kit_rule rule, json_t *state,
              struct local_call call, unsigned classes)
{
  char did[KIT_TEXT_MAX], wanted[KIT_TEXT_MAX];
  int class = run_step(r, state, call);

  if (class >= 0 && (classes & CLASS(class)) != 0)
    return true;
  answer_describe(r, did);
  classes_describe(classes, wanted);
  return run_fail(r, rule, "%s%s%s %.330s; expected %.60s",
                  local_step_word(call.step), call.stage == NULL ? "" : " of ",
                  call.stage == NULL ? "" : call.stage, did, wanted);
}

int run_test(struct run *r, const char *stage)
{
  return run_step(r, NULL,
                  (struct local_call){.step = LOCAL_TEST, .stage = stage});
}

bool run_want_test(struct run *r, enum kit_rule rule, const char *stage,
                   unsigned classes)
{
  return run_want(r, rule, NULL,
                  (struct local_call){.step = LOCAL_TEST, .stage = stage},
                  classes);
}

void rule_canary(struct run *r)
{
  if (r->leak[0] != '\0')
    (void)run_fail(r, RULE_CANARY, "%s", r->leak);
  else if (r->secrets.n == 0)
    run_skip(r, RULE_CANARY, "the secret has no value of 6 characters or more");
  else
    run_pass(r, RULE_CANARY);
}
