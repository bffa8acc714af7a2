/* JSON from outside, within its limits: what is read is what stood there.  And
 * held against the shape of an operation: it is accepted, or refused with a
 * text that quotes no value that is sensitive.
 *
 * Input: one byte says which operation, the rest is the body of a request.
 */
#include "api/validate.h"
#include "fuzz.h"

static const struct shape *const shapes[] = {
#define X(id, operation, no_token) &shape_##operation,
    SHAPES(X)
#undef X
};

static unsigned depth_of(const json_t *j)
{
  unsigned deepest = 0, d;
  const char *key;
  json_t *value;
  size_t i;

  if (!json_is_object(j) && !json_is_array(j))
    return 0;
  json_object_foreach ((json_t *)(uintptr_t)j, key, value)
    if ((d = depth_of(value)) > deepest)
      deepest = d;
  json_array_foreach (j, i, value)
    if ((d = depth_of(value)) > deepest)
      deepest = d;
  return deepest + 1;
}

/* A key is a value, too, as the limits count. */
static unsigned values_of(const json_t *j)
{
  unsigned n = 1;
  const char *key;
  json_t *value;
  size_t i;

  json_object_foreach ((json_t *)(uintptr_t)j, key, value)
    n += 1 + values_of(value);
  json_array_foreach (j, i, value)
    n += values_of(value);
  return n;
}

/* Within limits that inputs of a fuzzer reach. */
static void limits_check(const char *text, size_t len)
{
  const struct json_limits limits = {4096, 8, 200};
  json_t *j = NULL, *again = NULL;
  struct err e = {0};
  char *dumped;
  int rc = json_read(text, len, &limits, &j, &e);

  CLAIM(rc == 0 || (rc == -ERR_SERIALIZATION && e.text[0] != '\0'));
  if (rc != 0)
    return;
  CLAIM(len <= limits.bytes);
  CLAIM(depth_of(j) <= limits.depth);
  CLAIM(values_of(j) <= limits.values);
  dumped = json_dumps(j, JSON_ENCODE_ANY);
  CLAIM(dumped != NULL);
  CLAIM(json_read(dumped, strlen(dumped), &json_limits_request, &again, &e) ==
        0);
  CLAIM(json_equal(j, again));
  json_decref(again);
  json_decref(j);
  free(dumped);
}

/* A text that is long enough to be told from chance. */
static void quotes_check(const struct shape *shape, const json_t *in,
                         const char *said)
{
  for (size_t i = 0; i < shape->n_members; i++) {
    const char *value = json_str(in, shape->members[i].name);

    if (shape->members[i].type->sensitive && value != NULL &&
        strlen(value) >= 12)
      CLAIM(strstr(said, value) == NULL || strcmp(value, said) == 0);
  }
}

static void shape_check(const struct shape *shape, const char *text, size_t len)
{
  struct err e = {0};
  struct params params;
  json_t *in = NULL;
  int rc = json_read(text, len, &json_limits_request, &in, &e);

  if (rc != 0 || !json_is_object(in)) {
    json_decref(in);
    return;
  }
  rc = validate(shape, in, &e);
  CLAIM(rc == 0 || (rc == -(int)e.code && e.text[0] != '\0'));
  CLAIM(rc == 0 || err_status(e.code) == 400);
  if (rc != 0)
    quotes_check(shape, in, e.text);
  params_read(shape, in, &params);
  CLAIM(params.n <= PARAMS_MAX && params.n_texts <= PARAMS_TEXTS);
  json_decref(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  char *text;

  if (len < 1)
    return 0;
  text = fuzz_text(data + 1, len - 1);
  limits_check(text, len - 1);
  shape_check(shapes[data[0] % (sizeof shapes / sizeof shapes[0])], text,
              len - 1);
  free(text);
  return 0;
}
