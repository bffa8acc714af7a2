/* JSON from outside, within its limits: what is read is what stood there.
 *
 * Input: the text of a request's body.
 */
#include "base/json.h"

#include "fuzz.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  const struct json_limits limits = {4096, 8, 200};
  char *text = fuzz_text(data, len), *dumped;
  json_t *j = NULL, *again = NULL;
  struct err e = {0};
  int rc = json_read(text, len, &limits, &j, &e);

  CLAIM(rc == 0 || (rc == -ERR_SERIALIZATION && e.text[0] != '\0'));
  if (rc == 0) {
    CLAIM(len <= limits.bytes);
    CLAIM(depth_of(j) <= limits.depth);
    CLAIM(values_of(j) <= limits.values);
    dumped = json_dumps(j, JSON_ENCODE_ANY);
    CLAIM(dumped != NULL);
    CLAIM(json_read(dumped, strlen(dumped), &json_limits_request, &again, &e) ==
          0);
    CLAIM(json_equal(j, again));
    json_decref(again);
    free(dumped);
  }
  json_decref(j);
  free(text);
  return 0;
}
