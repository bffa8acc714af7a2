/* The calls of struct kt_host over a JSON object in memory.
 *
 * Which call a step may make is one table, below.  What a call hands out
 * lives in secret memory on a list and goes, zeroed, when the step returns.
 */
#include "kit/local_host.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/class.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "kit/password.h"
#include "kit/redact.h"

#define DEADLINE_MS_DEFAULT 30000

enum call {
  CALL_PUT = 1 << 0, /* put_pending, put_pending_fields */
  CALL_MUTATING = 1 << 1,
  CALL_RANDOM = 1 << 2,
  CALL_NOTE = 1 << 3, /* save, saved */
  CALL_DUE = 1 << 4,
  READ_PENDING = 1 << 5 /* get_value and get_field of AWSPENDING */
};

/* What is not listed is open to every step.  keyturnd's own table is
 * engine/host/permit.c: a plugin must not learn here what it is denied
 * there. */
static const unsigned permitted[LOCAL_STEPS] = {
    [LOCAL_CREATE] = CALL_PUT | CALL_MUTATING | CALL_RANDOM | CALL_NOTE |
                     CALL_DUE | READ_PENDING,
    [LOCAL_SET] = CALL_MUTATING | CALL_RANDOM | CALL_NOTE | READ_PENDING,
    [LOCAL_TEST] = READ_PENDING,
    [LOCAL_FINISH] = CALL_MUTATING | CALL_NOTE | CALL_DUE | READ_PENDING,
    [LOCAL_CHECK] = 0,
    [LOCAL_REVERT] = CALL_MUTATING | CALL_NOTE | READ_PENDING,
    [LOCAL_RETIRE] = CALL_MUTATING,
};

struct block {
  struct block *next;
  max_align_t data[];
};

struct host {
  struct kt_step step; /* what the plugin holds */
  const struct local_call *call;
  json_t *state;
  json_t *schema; /* of the secret's value; NULL: none that can be read */
  struct local_result *result;
  struct block *blocks;
  struct redact redact;
  int64_t started_us, deadline_us;
};

static struct host *host_of(struct kt_step *s)
{
  return (struct host *)((char *)s - offsetof(struct host, step));
}

static bool may(const struct host *h, enum call call)
{
  return (permitted[h->call->step] & (unsigned)call) != 0;
}

static void changed(struct host *h)
{
  if (h->call->changed != NULL)
    h->call->changed(h->call->arg, h->state, h->result->mutating);
}

static void *host_scratch(struct kt_step *s, size_t size)
{
  struct host *h = host_of(s);
  struct block *b;

  if (size > SIZE_MAX - sizeof *b)
    return NULL;
  b = secret_malloc(sizeof *b + size);
  if (b == NULL)
    return NULL;
  memset(b->data, 0, size);
  b->next = h->blocks;
  h->blocks = b;
  return b->data;
}

/* Hands a copy out; remembers nothing about it. */
static int give(struct host *h, const char *data, size_t len, const void **out,
                size_t *out_len)
{
  char *copy = host_scratch(&h->step, len + 1);

  if (copy == NULL)
    return KT_BUSY;
  if (len > 0)
    memcpy(copy, data, len);
  *out = copy;
  if (out_len != NULL)
    *out_len = len;
  return KT_OK;
}

/* A JSON value as the text that a plugin gets: a string as it is. */
static int give_json(struct host *h, const json_t *value, const void **out,
                     size_t *out_len)
{
  char *text;
  int rc;

  if (json_is_string(value))
    return give(h, json_string_value(value), json_string_length(value), out,
                out_len);
  text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  if (text == NULL)
    return KT_BUSY;
  rc = give(h, text, strlen(text), out, out_len);
  secret_wipe(text, strlen(text));
  free(text);
  return rc;
}

static int source_get(struct host *h, enum kt_source source, const char *stage,
                      json_t **out)
{
  json_t *value = NULL;

  if (stage == NULL || source != KT_SECRET)
    stage = "AWSCURRENT";
  if (source == KT_ADMIN)
    value = json_object_get(h->state, "admin");
  else if (source == KT_OPTIONS)
    value = json_object_get(h->state, "options");
  else if (strcmp(stage, "AWSPENDING") == 0 && !may(h, READ_PENDING))
    return KT_DENIED;
  else if (strcmp(stage, "AWSCURRENT") == 0 ||
           strcmp(stage, "AWSPENDING") == 0 ||
           strcmp(stage, "AWSPREVIOUS") == 0)
    value = json_object_get(h->state, stage);
  if (value == NULL)
    return KT_MISSING;
  *out = value;
  return KT_OK;
}

static int host_get_value(struct kt_step *s, enum kt_source source,
                          const char *stage, const void **out_data,
                          size_t *out_len)
{
  struct host *h = host_of(s);
  json_t *value;
  int rc = source_get(h, source, stage, &value);

  if (rc == KT_OK)
    rc = give_json(h, value, out_data, out_len);
  if (rc == KT_OK && source != KT_OPTIONS) {
    redact_add(&h->redact, *out_data, *out_len);
    redact_add_json(&h->redact, value, h->schema);
  }
  return rc;
}

static int host_get_field(struct kt_step *s, enum kt_source source,
                          const char *stage, const char *name,
                          const char **out_value)
{
  struct host *h = host_of(s);
  const void *data;
  json_t *value, *one;
  int rc = source_get(h, source, stage, &value);

  if (rc != KT_OK)
    return rc;
  value = json_object_get(value, name);
  if (value == NULL)
    return KT_MISSING;
  rc = give_json(h, value, &data, NULL);
  if (rc != KT_OK)
    return rc;
  if (source != KT_OPTIONS) {
    one = json_object();
    (void)json_object_set(one, name, value); /* NULL is accepted, and empty */
    redact_add_json(&h->redact, one, h->schema);
    json_decref(one);
  }
  *out_value = data;
  return KT_OK;
}

static void host_error(struct kt_step *s, const char *code, const char *fmt,
                       ...) KT_PRINTF(3, 4);

static int put(struct host *h, json_t *value)
{
  if (json_object_set_new(h->state, "AWSPENDING", value) != 0)
    return KT_BUSY;
  redact_add_json(&h->redact, value, h->schema);
  changed(h);
  return KT_OK;
}

static int host_put_pending(struct kt_step *s, const void *data, size_t len)
{
  struct host *h = host_of(s);
  json_t *value = NULL;

  if (!may(h, CALL_PUT))
    return KT_DENIED;
  if (json_object_get(h->state, "AWSPENDING") != NULL)
    return KT_OK;
  if (len == 0 || len > SECRET_VALUE_MAX) {
    host_error(s, "value-size", "a value has 1 to %d bytes, this one has %zu",
               SECRET_VALUE_MAX, len);
    return KT_CONFIG;
  }
  if (json_read(data, len, &json_limits_request, &value, NULL) != 0 ||
      !json_is_object(value)) {
    json_decref(value);
    value = json_stringn(data, len);
  }
  if (value == NULL) {
    host_error(s, "not-text", "the kit holds text only, no binary values");
    return KT_CONFIG;
  }
  return put(h, value);
}

static int host_put_pending_fields(struct kt_step *s,
                                   const struct kt_field *fields,
                                   size_t n_fields)
{
  struct host *h = host_of(s);
  json_t *value, *current;

  if (!may(h, CALL_PUT))
    return KT_DENIED;
  if (json_object_get(h->state, "AWSPENDING") != NULL)
    return KT_OK;
  current = json_object_get(h->state, "AWSCURRENT");
  if (!json_is_object(current)) {
    host_error(s, "not-json", "AWSCURRENT is no JSON object");
    return KT_CONFIG;
  }
  value = json_deep_copy(current);
  for (size_t i = 0; i < n_fields && value != NULL; i++) {
    json_t *text = json_string(fields[i].value);

    if (json_object_set_new(value, fields[i].name, text) != 0) {
      host_error(s, "not-text", "field %zu is not UTF-8", i);
      json_decref(value);
      return KT_CONFIG;
    }
  }
  return value == NULL ? KT_BUSY : put(h, value);
}

static int host_mutating(struct kt_step *s)
{
  struct host *h = host_of(s);

  if (!may(h, CALL_MUTATING))
    return KT_DENIED;
  h->result->mutating = true;
  changed(h);
  return KT_OK;
}

static int host_random_password(struct kt_step *s, const char *exclude,
                                const char **out_password)
{
  struct host *h = host_of(s);
  json_t *options = json_object_get(h->state, "options");
  struct err e = {0};
  CLEANUP_SECRET struct secret drawn = {0};
  const void *data;
  int rc;

  if (!may(h, CALL_RANDOM))
    return KT_DENIED;
  if (password_draw(json_object_get(options, "password"), exclude,
                    random_system(), &drawn, &e) != 0) {
    host_error(s, "password-options", "%s", e.text);
    return KT_CONFIG;
  }
  redact_add(&h->redact, drawn.data, drawn.len);
  rc = give(h, (const char *)drawn.data, drawn.len, &data, NULL);
  if (rc == KT_OK)
    *out_password = data;
  return rc;
}

static int host_save(struct kt_step *s, const void *data, size_t len)
{
  struct host *h = host_of(s);

  if (!may(h, CALL_NOTE))
    return KT_DENIED;
  redact_add(&h->redact, data, len);
  if (len > SECRET_VALUE_MAX ||
      json_object_set_new(h->state, "saved", json_stringn(data, len)) != 0) {
    host_error(s, "not-text", "the kit keeps notes of text only");
    return KT_CONFIG;
  }
  changed(h);
  return KT_OK;
}

static int host_saved(struct kt_step *s, const void **out_data, size_t *out_len)
{
  struct host *h = host_of(s);
  json_t *note = json_object_get(h->state, "saved");
  int rc;

  if (!may(h, CALL_NOTE))
    return KT_DENIED;
  if (!json_is_string(note))
    return KT_MISSING;
  rc = give_json(h, note, out_data, out_len);
  if (rc == KT_OK)
    redact_add(&h->redact, *out_data, *out_len);
  return rc;
}

static int host_due_in(struct kt_step *s, int64_t seconds)
{
  struct host *h = host_of(s);

  if (!may(h, CALL_DUE))
    return KT_DENIED;
  h->result->due_in = seconds < 0 ? 0 : seconds;
  return KT_OK;
}

static int64_t host_now_ms(struct kt_step *s)
{
  (void)s;
  return clock_now_us(clock_system()) / US_PER_MS;
}

static int64_t host_mono_ms(struct kt_step *s)
{
  (void)s;
  return clock_mono_us(clock_system()) / US_PER_MS;
}

static int64_t host_remaining_ms(struct kt_step *s)
{
  int64_t left = host_of(s)->deadline_us - clock_mono_us(clock_system());

  return left > 0 ? left / US_PER_MS : 0;
}

/* A cut may have gone through a character, and drivers may speak Latin-1. */
static void text_keep_utf8(char *text)
{
  CLEANUP_JSON json_t *valid = json_string(text);

  if (valid == NULL)
    for (char *c = text; *c != '\0'; c++)
      if ((unsigned char)*c >= 0x80)
        *c = '?';
}

/* The whole text is made before it is redacted and cut: a cut through a value
 * would hide it from the search. */
static void text_make(struct host *h, const char *fmt, va_list ap,
                      char out[LOCAL_TEXT_MAX])
{
  struct buf clean;
  va_list again;
  char *raw;
  int n;

  va_copy(again, ap);
  n = vsnprintf(NULL, 0, fmt, again);
  va_end(again);
  raw = n < 0 ? NULL : secret_malloc((size_t)n + 1);
  buf_init(&clean, (size_t)1 << 24, true);
  if (raw != NULL && vsnprintf(raw, (size_t)n + 1, fmt, ap) == n)
    redact_apply(&h->redact, raw, (size_t)n, &clean);
  (void)snprintf(out, LOCAL_TEXT_MAX, "%s",
                 clean.data != NULL && !clean.failed ? clean.data : "");
  text_keep_utf8(out);
  buf_release(&clean);
  secret_free(raw);
}

static void host_error(struct kt_step *s, const char *code, const char *fmt,
                       ...)
{
  struct host *h = host_of(s);
  va_list ap;

  (void)snprintf(h->result->code, LOCAL_CODE_MAX, "%s",
                 code == NULL ? "" : code);
  va_start(ap, fmt);
  text_make(h, fmt, ap, h->result->message);
  va_end(ap);
}

static void host_log(struct kt_step *s, enum kt_level level, const char *fmt,
                     ...) KT_PRINTF(3, 4);

static void host_log(struct kt_step *s, enum kt_level level, const char *fmt,
                     ...)
{
  static const char *const names[] = {"debug", "info", "warn"};
  struct host *h = host_of(s);
  char text[LOCAL_TEXT_MAX];
  va_list ap;

  if (json_array_size(h->result->log) >= LOCAL_LOG_MAX)
    return;
  va_start(ap, fmt);
  text_make(h, fmt, ap, text);
  va_end(ap);
  (void)json_array_append_new(/* a line lost for want of memory is lost */
                              h->result->log,
                              json_pack("{s:s, s:s}", "level",
                                        (unsigned)level <= KT_WARN
                                            ? names[level]
                                            : names[KT_WARN],
                                        "text", text));
}

static const struct kt_host host_calls = {
    .size = sizeof(struct kt_host),
    .get_value = host_get_value,
    .get_field = host_get_field,
    .put_pending = host_put_pending,
    .put_pending_fields = host_put_pending_fields,
    .mutating = host_mutating,
    .random_password = host_random_password,
    .save = host_save,
    .saved = host_saved,
    .due_in = host_due_in,
    .scratch = host_scratch,
    .now_ms = host_now_ms,
    .mono_ms = host_mono_ms,
    .remaining_ms = host_remaining_ms,
    .error = host_error,
    .log = host_log,
};

static kt_step_fn *step_function(const struct kt_rotator *r,
                                 enum local_step step)
{
  switch (step) {
#define X(id, word, member) \
  case id:                  \
    return r->member;
    LOCAL_STEP_TABLE(X)
#undef X
  case LOCAL_STEPS:
    break;
  }
  return NULL;
}

/* A rotation has one version id from its first step to its last. */
static const char *version_id(json_t *state)
{
  char id[UUID_TEXT_LEN + 1];

  if (json_str(state, "version_id") == NULL) {
    random_uuid(random_system(), id);
    (void)json_object_set_new(state, "version_id", json_string(id));
  }
  return json_str(state, "version_id");
}

static void host_release(struct host *h)
{
  while (h->blocks != NULL) {
    struct block *b = h->blocks;

    h->blocks = b->next;
    secret_free(b);
  }
  redact_release(&h->redact);
  json_decref(h->schema);
}

void local_run(const struct kt_rotator *rotator, json_t *state,
               const struct local_call *call, struct local_result *out)
{
  kt_step_fn *function = step_function(rotator, call->step);
  int64_t deadline_ms =
      call->deadline_ms > 0 ? call->deadline_ms : DEADLINE_MS_DEFAULT;
  struct host h = {.step = {.size = sizeof(struct kt_step),
                            .host = &host_calls,
                            .secret_arn =
                                "arn:aws:secretsmanager:us-east-1:000000000000:"
                                "secret:kit-AAAAAA",
                            .version_id = version_id(state),
                            .stage = "AWSPENDING",
                            .attempt = call->attempt > 0 ? call->attempt : 1,
                            .maybe_set = call->maybe_set},
                   .call = call,
                   .state = state,
                   .result = out,
                   .started_us = clock_mono_us(clock_system())};

  *out = (struct local_result){.due_in = -1, .log = json_array()};
  if (function == NULL) {
    out->absent = true;
    out->class = call->step == LOCAL_FINISH ? KT_OK : KT_MISSING;
    return;
  }
  if (call->step == LOCAL_TEST && call->stage != NULL)
    h.step.stage = call->stage;
  if (rotator->secret_schema != NULL)
    h.schema = json_loads(rotator->secret_schema, JSON_REJECT_DUPLICATES, NULL);
  h.deadline_us = h.started_us + deadline_ms * US_PER_MS;
  out->class = function(&h.step);
  if (out->class < KT_OK || out->class > KT_REAUTH_REQUIRED)
    out->class = KT_AMBIGUOUS;
  out->took_ms = (clock_mono_us(clock_system()) - h.started_us) / US_PER_MS;
  host_release(&h);
}

void local_result_release(struct local_result *r)
{
  json_decref(r->log);
  r->log = NULL;
}

int local_promote(json_t *state, struct err *e)
{
  json_t *pending = json_object_get(state, "AWSPENDING");

  if (pending == NULL)
    return err_set(e, ERR_REQUEST, "there is no AWSPENDING to promote");
  if (json_object_set(state, "AWSPREVIOUS",
                      json_object_get(state, "AWSCURRENT")) != 0 ||
      json_object_set(state, "AWSCURRENT", pending) != 0)
    return err_set(e, ERR_NOMEM, "out of memory");
  (void)json_object_del(state, "AWSPENDING"); /* it is there */
  (void)json_object_del(state, "version_id"); /* it may be there */
  return 0;
}

const char *local_step_word(enum local_step step)
{
  static const char *const words[] = {
#define X(id, word, member) #word,
      LOCAL_STEP_TABLE(X)
#undef X
  };

  return step < LOCAL_STEPS ? words[step] : "?";
}

enum local_step local_step_parse(const char *word)
{
  enum local_step s = 0;

  while (s < LOCAL_STEPS && strcmp(local_step_word(s), word) != 0)
    s++;
  return s;
}

const char *local_class_name(int class)
{
  return class >= KT_OK && class <= KT_REAUTH_REQUIRED ? class_name(class)
                                                       : "?";
}
