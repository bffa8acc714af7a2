/* struct kt_host: each call of a plugin becomes a message to keyturnd, which
 * decides; what can be answered here is answered here.
 */
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fault.h"
#include "child/members.h"
#include "child/step.h"

#define FRAME_BYTES (WIRE_FRAME_MAX + WIRE_HEADER_LEN)

/* The step is called on one thread only; `frame` is begun and not ended.
 * *out: wire_release, unless the answer is not KT_OK. */
static int call(struct step_state *s, struct buf *frame, size_t at,
                struct wire_message *out)
{
  struct wire_message m;
  int rc;

  if (wire_end(frame, at, NULL) != 0)
    return KT_BUSY; /* no secret memory, or longer than any value may be */
  session_call(s->task, frame, &m);
  rc = (int)json_int(m.body, "class", KT_AMBIGUOUS);
  if (rc == KT_OK && out != NULL)
    *out = m;
  else
    wire_release(&m);
  return rc;
}

static size_t frame_begin(struct step_state *s, struct buf *frame,
                          enum wire_type type)
{
  buf_init(frame, FRAME_BYTES, true);
  return wire_begin(frame, type, s->task->id);
}

static int simple_call(struct step_state *s, enum wire_type type)
{
  CLEANUP_BUF struct buf frame = {0};
  size_t at = frame_begin(s, &frame, type);

  return call(s, &frame, at, NULL);
}

/* The value of a reply, as memory of the step, hidden from texts. */
static int value_take(struct step_state *s, struct wire_message *m,
                      const json_t *schema, const void **out_data,
                      size_t *out_len)
{
  CLEANUP_SECRET struct secret value = {0};
  int rc = wire_value(m, &value, NULL);
  char *copy;

  wire_release(m);
  if (rc != 0)
    return KT_BUSY;
  copy = step_memory(s, value.len + 1);
  if (copy == NULL)
    return KT_BUSY;
  memcpy(copy, value.data, value.len);
  redact_add(&s->redact, copy, value.len, schema);
  *out_data = copy;
  *out_len = value.len;
  return KT_OK;
}

static int fetch(struct step_state *s, enum kt_source source, const char *stage,
                 struct fetched **out)
{
  CLEANUP_BUF struct buf frame = {0};
  struct wire_message reply;
  size_t at;
  int rc;

  if (stage == NULL || source != KT_SECRET)
    stage = "AWSCURRENT";
  if (source < KT_SECRET || source > KT_OPTIONS ||
      strlen(stage) >= sizeof(*out)->stage ||
      !wire_is_text(stage, strlen(stage)))
    return KT_DENIED;
  *out = fetched_find(s, source, stage);
  if (*out != NULL)
    return (*out)->kt_class;
  at = frame_begin(s, &frame, WIRE_GET_VALUE);
  buf_json_int(&frame, "source", source);
  buf_json_str(&frame, "stage", stage);
  rc = call(s, &frame, at, &reply);
  if (rc != KT_OK)
    return rc;
  rc = fetched_add(s, source, stage, KT_OK, reply.body, out);
  wire_release(&reply);
  return rc;
}

static int host_get_value(struct kt_step *kt, enum kt_source source,
                          const char *stage, const void **out_data,
                          size_t *out_len)
{
  struct fetched *f;
  int rc = fetch(step_of(kt), source, stage, &f);

  if (rc != KT_OK)
    return rc;
  *out_data = f->raw.data;
  *out_len = f->raw.len;
  return KT_OK;
}

static const json_t *object_of(struct fetched *f)
{
  json_t *json;

  if (!f->is_parsed) {
    f->is_parsed = true;
    if (json_read((const char *)f->raw.data, f->raw.len, &json_limits_request,
                  &json, NULL) == 0) {
      if (json_is_object(json))
        f->json = json;
      else
        json_decref(json);
    }
  }
  return f->json;
}

/* A member that is no string, as it stands in the text. */
static int raw_member(struct step_state *s, const struct fetched *f,
                      const char *name, const char **out_value)
{
  const char *text = (const char *)f->raw.data;
  struct member m;
  size_t pos = 0;
  char *copy;

  while (member_next(text, f->raw.len, &pos, &m)) {
    if (!member_is(&m, name))
      continue;
    copy = step_memory(s, m.value_len + 1);
    if (copy == NULL)
      return KT_BUSY;
    memcpy(copy, m.value, m.value_len);
    *out_value = copy;
    return KT_OK;
  }
  return KT_MISSING;
}

static int host_get_field(struct kt_step *kt, enum kt_source source,
                          const char *stage, const char *name,
                          const char **out_value)
{
  struct step_state *s = step_of(kt);
  struct fetched *f;
  const json_t *v;
  int rc = fetch(s, source, stage, &f);

  if (rc != KT_OK)
    return rc;
  v = json_object_get(object_of(f), name);
  if (v == NULL)
    return KT_MISSING;
  if (!json_is_string(v))
    return raw_member(s, f, name, out_value);
  *out_value = json_string_value(v);
  return KT_OK;
}

/* put_pending and save: the value goes, and is hidden from texts. */
static int value_send(struct step_state *s, enum wire_type type,
                      const void *data, size_t len, size_t min)
{
  CLEANUP_BUF struct buf frame = {0};
  char *copy;
  size_t at;

  if (len < min || len > SECRET_VALUE_MAX) {
    step_error(s, "value-size",
               "a value has %zu to %d bytes, and this one has %zu", min,
               SECRET_VALUE_MAX, len);
    return KT_CONFIG;
  }
  copy = step_memory(s, len + 1);
  if (copy == NULL)
    return KT_BUSY;
  if (len > 0)
    memcpy(copy, data, len);
  redact_add(&s->redact, copy, len, s->rotator->secret_schema);
  at = frame_begin(s, &frame, type);
  wire_put_value(&frame, copy, len);
  return call(s, &frame, at, NULL);
}

static int host_put_pending(struct kt_step *kt, const void *data, size_t len)
{
  struct step_state *s = step_of(kt);
  struct fetched *f = fetched_find(s, KT_SECRET, "AWSPENDING");
  int rc = value_send(s, WIRE_PUT_PENDING, data, len, 1);

  if (rc == KT_OK && f != NULL)
    f->is_stale = true;
  return rc;
}

static int fields_check(struct step_state *s, const struct kt_field *fields,
                        size_t n)
{
  for (size_t i = 0; i < n; i++) {
    const char *name = fields[i].name, *value = fields[i].value;

    if (name == NULL || value == NULL || !wire_is_text(name, strlen(name)) ||
        !wire_is_text(value, strlen(value))) {
      step_error(s, "not-text", "field %zu is not UTF-8", i);
      return KT_CONFIG;
    }
    for (size_t k = 0; k < i; k++)
      if (strcmp(fields[k].name, name) == 0) {
        step_error(s, "field-twice", "field %s is given twice", name);
        return KT_CONFIG;
      }
  }
  return KT_OK;
}

static int host_put_pending_fields(struct kt_step *kt,
                                   const struct kt_field *fields,
                                   size_t n_fields)
{
  struct step_state *s = step_of(kt);
  CLEANUP_BUF struct buf value = {0};
  struct fetched *f;
  int rc = fields_check(s, fields, n_fields);

  if (rc == KT_OK)
    rc = fetch(s, KT_SECRET, "AWSCURRENT", &f);
  if (rc != KT_OK)
    return rc;
  if (object_of(f) == NULL) {
    step_error(s, "not-json", "AWSCURRENT is no JSON object");
    return KT_CONFIG;
  }
  buf_init(&value, FRAME_BYTES, true);
  members_replace((const char *)f->raw.data, f->raw.len, fields, n_fields,
                  &value);
  if (value.failed)
    return KT_BUSY;
  return host_put_pending(kt, value.data, value.len);
}

static int host_mutating(struct kt_step *kt)
{
  int rc = simple_call(step_of(kt), WIRE_MUTATING);

  if (rc == KT_OK)
    FAULT_POINT(FAULT_CHILD_AFTER_MUTATING);
  return rc;
}

static int host_random_password(struct kt_step *kt, const char *exclude,
                                const char **out_password)
{
  struct step_state *s = step_of(kt);
  CLEANUP_BUF struct buf frame = {0};
  struct wire_message reply;
  const void *data;
  size_t at, len;
  int rc;

  if (exclude != NULL &&
      (strlen(exclude) > 4096 || !wire_is_text(exclude, strlen(exclude)))) {
    step_error(s, "not-text", "the characters to exclude are not UTF-8");
    return KT_CONFIG;
  }
  at = frame_begin(s, &frame, WIRE_RANDOM_PASSWORD);
  buf_json_str(&frame, "exclude", exclude);
  rc = call(s, &frame, at, &reply);
  if (rc == KT_OK)
    rc = value_take(s, &reply, NULL, &data, &len);
  if (rc == KT_OK)
    *out_password = data;
  return rc;
}

static int host_save(struct kt_step *kt, const void *data, size_t len)
{
  return value_send(step_of(kt), WIRE_SAVE, data, len, 0);
}

static int host_saved(struct kt_step *kt, const void **out_data,
                      size_t *out_len)
{
  struct step_state *s = step_of(kt);
  CLEANUP_BUF struct buf frame = {0};
  struct wire_message reply;
  size_t at = frame_begin(s, &frame, WIRE_SAVED);
  int rc = call(s, &frame, at, &reply);

  if (rc != KT_OK)
    return rc;
  return value_take(s, &reply, s->rotator->secret_schema, out_data, out_len);
}

static int host_due_in(struct kt_step *kt, int64_t seconds)
{
  struct step_state *s = step_of(kt);
  CLEANUP_BUF struct buf frame = {0};
  size_t at = frame_begin(s, &frame, WIRE_DUE_IN);

  buf_json_int(&frame, "seconds", seconds < 0 ? 0 : seconds);
  return call(s, &frame, at, NULL);
}

static void *host_scratch(struct kt_step *kt, size_t size)
{
  return step_memory(step_of(kt), size);
}

static int64_t host_now_ms(struct kt_step *kt)
{
  (void)kt;
  return clock_now_us(clock_system()) / US_PER_MS;
}

static int64_t host_mono_ms(struct kt_step *kt)
{
  (void)kt;
  return clock_mono_us(clock_system()) / US_PER_MS;
}

static int64_t host_remaining_ms(struct kt_step *kt)
{
  int64_t left =
      atomic_load(&step_of(kt)->task->deadline_ms) - host_mono_ms(kt);

  return left > 0 ? left : 0;
}

static void host_error(struct kt_step *kt, const char *code, const char *fmt,
                       ...) KT_PRINTF(3, 4);

static void host_error(struct kt_step *kt, const char *code, const char *fmt,
                       ...)
{
  va_list ap;

  va_start(ap, fmt);
  step_error_va(step_of(kt), code, fmt, ap);
  va_end(ap);
}

static void host_log(struct kt_step *kt, enum kt_level level, const char *fmt,
                     ...) KT_PRINTF(3, 4);

static void host_log(struct kt_step *kt, enum kt_level level, const char *fmt,
                     ...)
{
  struct step_state *s = step_of(kt);
  CLEANUP_BUF struct buf frame = {0}, line = {0};
  size_t at = frame_begin(s, &frame, WIRE_LOG);
  va_list ap;

  if (level < KT_DEBUG || level > KT_WARN)
    level = KT_WARN;
  buf_init(&line, WIRE_LOG_TEXT_MAX + 1, true);
  va_start(ap, fmt);
  step_text(s, fmt, ap, WIRE_LOG_TEXT_MAX, &line);
  va_end(ap);
  buf_json_int(&frame, "level", level);
  buf_json_str(&frame, "line", line.data == NULL ? "" : line.data);
  if (wire_end(&frame, at, NULL) == 0)
    session_send(s->task->session, &frame);
}

const struct kt_host step_host_calls = {
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
