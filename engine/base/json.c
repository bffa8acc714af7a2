/* JSON input: the scan that bounds it, and jansson behind it. */
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

const struct json_limits json_limits_body = {1 << 20, 16, 2048};
const struct json_limits json_limits_request = {1 << 20, 16, 20000};
const struct json_limits json_limits_file = {4 << 20, 32, 200000};

/* Counts what jansson would allocate for; looks at structure only and leaves
 * the grammar to jansson. */
static int scan(const char *text, size_t len, const struct json_limits *lim,
                struct err *e)
{
  unsigned depth = 0, values = 0;
  bool in_string = false, in_word = false;

  for (size_t i = 0; i < len; i++) {
    char c = text[i];

    if (in_string) {
      if (c == '\\')
        i++;
      else if (c == '"')
        in_string = false;
      continue;
    }
    if (c == '"' || c == '{' || c == '[') {
      values++;
      in_word = false;
      in_string = c == '"';
      if (!in_string && ++depth > lim->depth)
        return err_set(e, ERR_SERIALIZATION,
                       "JSON is nested deeper than %u levels", lim->depth);
    } else if (c == '}' || c == ']') {
      in_word = false;
      if (depth > 0)
        depth--;
    } else if (strchr(" \t\r\n,:", c) != NULL && c != '\0') {
      in_word = false;
    } else if (!in_word) {
      in_word = true;
      values++;
    }
    if (values > lim->values)
      return err_set(e, ERR_SERIALIZATION, "JSON has more than %u values",
                     lim->values);
  }
  return 0;
}

int json_read(const char *text, size_t len, const struct json_limits *limits,
              json_t **out, struct err *e)
{
  json_error_t je;
  json_t *j;
  int rc;

  if (len > limits->bytes)
    return err_set(e, ERR_SERIALIZATION, "JSON is larger than %zu bytes",
                   limits->bytes);
  rc = scan(text, len, limits, e);
  if (rc != 0)
    return rc;
  j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
  if (j == NULL && je.line < 0) /* it has no place: there was no memory */
    return err_set(e, ERR_NOMEM, "no memory for JSON of %zu bytes", len);
  if (j == NULL)
    /* je.text can quote the input, which can be a secret: the place and the
     * kind are enough to find it. */
    return err_set(e, ERR_SERIALIZATION, "%d:%d: %s", je.line, je.column,
                   json_error_code(&je) == json_error_duplicate_key
                       ? "a key stands twice in one object"
                       : "this is not JSON");
  *out = j;
  return 0;
}

int json_read_file(const char *path, const struct json_limits *limits,
                   json_t **out, struct err *e)
{
  CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
  CLEANUP_BUF struct buf text = {0};
  int rc;

  if (fd < 0)
    return err_set(e, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
  buf_init(&text, limits->bytes + 4096, true);
  rc = buf_read(&text, fd, e);
  if (rc != 0)
    return err_wrap(e, "%s", path);
  rc = json_read(text.data == NULL ? "" : text.data, text.len, limits, out, e);
  if (rc != 0) {
    struct err inner = *e;
    return err_set(e, inner.code, "%s:%s", path, inner.text);
  }
  return 0;
}

const char *json_str(const json_t *object, const char *key)
{
  return json_string_value(json_object_get(object, key));
}

int64_t json_int(const json_t *object, const char *key, int64_t fallback)
{
  const json_t *v = json_object_get(object, key);

  return json_is_integer(v) ? json_integer_value(v) : fallback;
}

bool json_bool(const json_t *object, const char *key, bool fallback)
{
  const json_t *v = json_object_get(object, key);

  return json_is_boolean(v) ? json_is_true(v) : fallback;
}
