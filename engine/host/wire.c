/* Frames and the message table.  The table is the protocol: a field that is
 * not listed, stands twice, has another type or is out of its range is
 * refused, and so is a message without a field that it must have.
 */
#include "host/wire.h"

#include <assert.h>
#include <string.h>

#include "rotation/runner.h"

enum field_kind { FIELD_END, FIELD_INT, FIELD_BOOL, FIELD_STR, FIELD_LIST };

struct field {
  const char *name;
  enum field_kind kind;
  bool optional;
  int64_t min, max; /* of a number; of a string, `max` bytes */
};

struct message {
  const char *name;
  enum wire_side from;
  const struct field *fields;
};

#define INT(name, lo, hi)          \
  {                                \
    name, FIELD_INT, false, lo, hi \
  }
#define BOOL(name)                \
  {                               \
    name, FIELD_BOOL, false, 0, 0 \
  }
#define STR(name, max)             \
  {                                \
    name, FIELD_STR, false, 0, max \
  }
#define OPT(name, max)            \
  {                               \
    name, FIELD_STR, true, 0, max \
  }
#define LIST(name)                \
  {                               \
    name, FIELD_LIST, false, 0, 0 \
  }
#define OPT_LIST(name)           \
  {                              \
    name, FIELD_LIST, true, 0, 0 \
  }
#define ID    INT("id", 1, INT64_MAX)
#define VALUE OPT("text", WIRE_FRAME_MAX), OPT("base64", WIRE_FRAME_MAX)
#define FIELDS(...)      \
  (const struct field[]) \
  {                      \
    __VA_ARGS__,         \
    {                    \
      .kind = FIELD_END  \
    }                    \
  }
#define NO_FIELDS        \
  (const struct field[]) \
  {                      \
    {                    \
      .kind = FIELD_END  \
    }                    \
  }

#define SCHEMA_MAX  262144
#define EXCLUDE_MAX 4096

static const struct message messages[WIRE_TYPE_COUNT] = {
    [WIRE_START] =
        {"start", WIRE_ENGINE,
         FIELDS(ID, INT("step", 0, STEP_COUNT - 1),
                STR("rotator", WIRE_NAME_MAX), STR("stage", WIRE_STAGE_MAX),
                STR("arn", WIRE_ARN_MAX), STR("version", WIRE_VERSION_MAX),
                INT("attempt", 0, UINT32_MAX), BOOL("maybe_set"),
                INT("remaining_ms", 0, WIRE_DEADLINE_MAX), OPT_LIST("values"))},
    [WIRE_REPLY] = {"reply", WIRE_ENGINE,
                    FIELDS(ID, INT("class", INT32_MIN, INT32_MAX), VALUE)},
    [WIRE_CANCEL] = {"cancel", WIRE_ENGINE, FIELDS(ID)},
    [WIRE_END] = {"end", WIRE_ENGINE, NO_FIELDS},
    [WIRE_DESCRIBE] = {"describe", WIRE_CHILD,
                       FIELDS(STR("version", 64), LIST("rotators"))},
    [WIRE_REFUSE] = {"refuse", WIRE_CHILD, FIELDS(STR("reason", 4096))},
    [WIRE_GET_VALUE] = {"get_value", WIRE_CHILD,
                        FIELDS(ID, INT("source", KT_SECRET, KT_OPTIONS),
                               STR("stage", WIRE_STAGE_MAX))},
    [WIRE_PUT_PENDING] = {"put_pending", WIRE_CHILD, FIELDS(ID, VALUE)},
    [WIRE_MUTATING] = {"mutating", WIRE_CHILD, FIELDS(ID)},
    [WIRE_RANDOM_PASSWORD] = {"random_password", WIRE_CHILD,
                              FIELDS(ID, OPT("exclude", EXCLUDE_MAX))},
    [WIRE_SAVE] = {"save", WIRE_CHILD, FIELDS(ID, VALUE)},
    [WIRE_SAVED] = {"saved", WIRE_CHILD, FIELDS(ID)},
    [WIRE_DUE_IN] = {"due_in", WIRE_CHILD,
                     FIELDS(ID, INT("seconds", INT64_MIN, INT64_MAX))},
    [WIRE_LOG] = {"log", WIRE_CHILD,
                  FIELDS(ID, INT("level", KT_DEBUG, KT_WARN),
                         STR("line", WIRE_LOG_TEXT_MAX))},
    [WIRE_DONE] = {"done", WIRE_CHILD,
                   FIELDS(ID, INT("class", INT32_MIN, INT32_MAX),
                          STR("code", WIRE_ERR_CODE_MAX),
                          STR("message", WIRE_ERR_TEXT_MAX))},
};

/* `steps` has bit 1 << STEP_… for each step that is there. */
static const struct field rotator_fields[] = {
    STR("name", 64),
    STR("version", 64),
    STR("summary", 256),
    INT("flags", 0, UINT32_MAX),
    INT("grace_s", 0, UINT32_MAX),
    INT("steps", 0, (1 << STEP_COUNT) - 1),
    OPT("secret_schema", SCHEMA_MAX),
    OPT("options_schema", SCHEMA_MAX),
    {.kind = FIELD_END}};

/* What a start message answers before it is asked: the fields of a get_value
 * and of its reply. */
static const struct field value_fields[] = {
    INT("source", KT_SECRET, KT_OPTIONS),
    STR("stage", WIRE_STAGE_MAX),
    INT("class", INT32_MIN, INT32_MAX),
    VALUE,
    {.kind = FIELD_END}};

static const struct json_limits limits = {WIRE_FRAME_MAX, 4, 4096};

const char *wire_type_name(enum wire_type t)
{
  return messages[t].name;
}

size_t wire_begin(struct buf *b, enum wire_type type, uint64_t id)
{
  size_t at = b->len;

  buf_put(b, "\0\0\0\0{", WIRE_HEADER_LEN + 1);
  buf_json_str(b, "type", messages[type].name);
  if (id != 0)
    buf_json_int(b, "id", (int64_t)id);
  return at;
}

int wire_end(struct buf *b, size_t at, struct err *e)
{
  size_t len;

  buf_putc(b, '}');
  len = b->len - at - WIRE_HEADER_LEN;
  if (b->failed || len > WIRE_FRAME_MAX) {
    if (b->len > at) {
      secret_wipe(b->data + at, b->len - at);
      b->len = at;
    }
    b->failed = false; /* the earlier frames are whole */
    return err_set(e, ERR_LIMIT, "a message is longer than %u bytes",
                   WIRE_FRAME_MAX);
  }
  for (int i = 0; i < WIRE_HEADER_LEN; i++)
    b->data[at + (size_t)i] = (char)(len >> (24 - 8 * i) & 0xff);
  return 0;
}

int wire_frame(const struct buf *b, size_t at, size_t *out_len, struct err *e)
{
  size_t len = 0;

  assert(at <= b->len);
  if (b->len - at < WIRE_HEADER_LEN)
    return 0;
  for (size_t i = 0; i < WIRE_HEADER_LEN; i++)
    len = len << 8 | (unsigned char)b->data[at + i];
  if (len > WIRE_FRAME_MAX)
    return err_set(e, ERR_LIMIT, "a frame of %zu bytes; the cap is %u", len,
                   WIRE_FRAME_MAX);
  if (b->len - at - WIRE_HEADER_LEN < len)
    return 0;
  *out_len = len;
  return 1;
}

static int check_value(const char *type, const struct field *f, const json_t *v,
                       struct err *e)
{
  bool fits = false;

  switch (f->kind) {
  case FIELD_INT:
    fits = json_is_integer(v) && json_integer_value(v) >= f->min &&
           json_integer_value(v) <= f->max;
    break;
  case FIELD_BOOL:
    fits = json_is_boolean(v);
    break;
  case FIELD_STR:
    fits = json_is_string(v) && json_string_length(v) <= (size_t)f->max;
    break;
  case FIELD_LIST:
    fits = json_is_array(v) && json_array_size(v) > 0 &&
           json_array_size(v) <= WIRE_ROTATORS_MAX;
    break;
  case FIELD_END:
    break;
  }
  if (!fits)
    return err_set(e, ERR_SERIALIZATION,
                   "%s: \"%s\" has a wrong type or is out of range", type,
                   f->name);
  return 0;
}

/* `extra`: how many members beyond the fields are expected ("type"). */
static int check_fields(const char *type, const struct field *fields,
                        const json_t *object, size_t extra, struct err *e)
{
  size_t seen = 0;
  int rc;

  for (const struct field *f = fields; f->kind != FIELD_END; f++) {
    const json_t *v = json_object_get(object, f->name);

    if (v == NULL && !f->optional)
      return err_set(e, ERR_SERIALIZATION, "%s: \"%s\" is missing", type,
                     f->name);
    if (v == NULL)
      continue;
    seen++;
    rc = check_value(type, f, v, e);
    if (rc != 0)
      return rc;
  }
  if (json_object_size(object) != seen + extra)
    return err_set(e, ERR_SERIALIZATION, "%s: a field that it does not have",
                   type);
  return 0;
}

/* The objects of a list that the message may have. */
static int check_list(const json_t *list, const char *type,
                      const struct field *fields, struct err *e)
{
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *o = json_array_get(list, i);
    int rc;

    if (!json_is_object(o))
      return err_set(e, ERR_SERIALIZATION, "%s: what it lists is no object",
                     type);
    rc = check_fields(type, fields, o, 0, e);
    if (rc != 0)
      return rc;
  }
  return 0;
}

static int check_message(const json_t *body, enum wire_side from,
                         enum wire_type *out_type, struct err *e)
{
  const char *name = json_str(body, "type");
  int t = 0, rc;

  if (name == NULL)
    return err_set(e, ERR_SERIALIZATION, "a message without a type");
  while (t < WIRE_TYPE_COUNT && strcmp(messages[t].name, name) != 0)
    t++;
  if (t == WIRE_TYPE_COUNT)
    return err_set(e, ERR_SERIALIZATION, "a message of an unknown type");
  if (messages[t].from != from)
    return err_set(e, ERR_SERIALIZATION,
                   "%s: a message that the other side sends", name);
  rc = check_fields(messages[t].name, messages[t].fields, body, 1, e);
  if (rc == 0 && t == WIRE_DESCRIBE)
    rc = check_list(json_object_get(body, "rotators"), name, rotator_fields, e);
  if (rc == 0 && t == WIRE_START)
    rc = check_list(json_object_get(body, "values"), name, value_fields, e);
  if (rc == 0)
    *out_type = (enum wire_type)t;
  return rc;
}

int wire_read(const char *json, size_t len, enum wire_side from,
              struct wire_message *out, struct err *e)
{
  json_t *body;
  enum wire_type type = WIRE_TYPE_COUNT;
  int rc = json_read(json, len, &limits, &body, e);

  if (rc != 0)
    return rc;
  rc = check_message(body, from, &type, e);
  if (rc != 0) {
    json_decref(body);
    return rc;
  }
  out->type = type;
  out->id = (uint64_t)json_int(body, "id", 0);
  out->body = body;
  return 0;
}

void wire_release(struct wire_message *m)
{
  json_decref(m->body);
  m->body = NULL;
}

size_t wire_rotator_count(const struct wire_message *m)
{
  return json_array_size(json_object_get(m->body, "rotators"));
}

const json_t *wire_rotator(const struct wire_message *m, size_t i)
{
  return json_array_get(json_object_get(m->body, "rotators"), i);
}
