/* Values of plans: from a file, from the plan, or drawn by keyturnd. */
#include "cli/plan_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/prompt.h"

static const char *file_of(const struct plan_item *s)
{
  return json_str(s->value, "file");
}

bool plan_value_is_drawn(const struct plan_item *s)
{
  return json_object_get(s->value, "generate") != NULL;
}

void plan_value_source(const struct plan_item *s, char *out)
{
  if (file_of(s) != NULL)
    (void)snprintf(out, PLAN_VALUE_SOURCE_MAX, "from %s", file_of(s));
  else
    (void)snprintf(out, PLAN_VALUE_SOURCE_MAX, "%s",
                   plan_value_is_drawn(s) ? "generated" : "from the plan");
}

/* The plan's own folder: its path up to the last slash. */
static int folder_len(const char *path)
{
  const char *slash = strrchr(path, '/');

  return slash == NULL ? 0 : (int)(slash - path) + 1;
}

int plan_value_path(const struct plan_item *s, const char *values_dir,
                    char **out, struct err *e)
{
  const char *file = file_of(s);
  char *path;
  int n;

  if (file == NULL) {
    *out = NULL;
    return 0;
  }
  if (file[0] == '/')
    n = asprintf(&path, "%s", file);
  else if (values_dir != NULL)
    n = asprintf(&path, "%s/%s", values_dir, file);
  else
    n = asprintf(&path, "%.*s%s", folder_len(s->file->path), s->file->path,
                 file);
  if (n < 0)
    return err_set(e, ERR_NOMEM, "no memory for a path");
  *out = path;
  return 0;
}

static int from_file(const struct plan_item *s, const char *values_dir,
                     struct secret *out, struct err *e)
{
  CLEANUP_FREE char *path = NULL;
  int rc = plan_value_path(s, values_dir, &path, e);

  if (rc == 0)
    rc = prompt_read_file(path, out, e);
  if (rc == 0 && out->len > 0 && out->data[out->len - 1] == '\n')
    out->data[--out->len] = '\0';
  if (rc == 0 && (out->len == 0 || out->len > SECRET_VALUE_MAX)) {
    bool is_empty = out->len == 0;

    secret_release(out);
    return err_set(e, ERR_PARAMETER, "%s: expected 1 to %d bytes%s", path,
                   SECRET_VALUE_MAX, is_empty ? "; it is empty" : "");
  }
  return rc;
}

static int dump_into(const char *text, size_t n, void *arg)
{
  struct buf *b = arg;

  buf_put(b, text, n);
  return b->failed ? -1 : 0;
}

/* A string is the value itself; an object is JSON. */
static int from_json(const json_t *j, struct secret *out, struct err *e)
{
  CLEANUP_BUF struct buf text;

  buf_init(&text, SECRET_VALUE_MAX, true);
  if (json_is_string(j))
    return secret_copy(json_string_value(j), json_string_length(j), out, e);
  if (json_dump_callback(j, dump_into, &text, JSON_COMPACT) != 0)
    return err_set(e, ERR_PARAMETER, "expected a value of at most %d bytes",
                   SECRET_VALUE_MAX);
  return secret_copy(text.data, text.len, out, e);
}

static int draw(const struct plan_item *s, struct client *c, struct secret *out,
                struct err *e)
{
  const json_t *generate = json_object_get(s->value, "generate");
  const json_t *fields = json_object_get(generate, "fields");
  const char *key = json_str(generate, "key");
  CLEANUP_JSON json_t *reply = NULL, *value = NULL;
  json_t *password;
  int rc = client_call(c, "secretsmanager.GetRandomPassword",
                       json_object_get(generate, "password"), &reply, e);

  if (rc != 0)
    return rc;
  password = json_object_get(reply, "RandomPassword");
  if (fields == NULL)
    return from_json(password, out, e);
  value = json_copy((json_t *)(uintptr_t)fields); /* changes nothing in it */
  if (json_object_set(value, key == NULL ? "password" : key, password) != 0)
    return err_set(e, ERR_NOMEM, "no memory for a value");
  return from_json(value, out, e);
}

int plan_value_get(const struct plan_item *s, const char *values_dir,
                   struct client *c, struct secret *out, struct err *e)
{
  if (file_of(s) != NULL)
    return from_file(s, values_dir, out, e);
  if (plan_value_is_drawn(s))
    return draw(s, c, out, e);
  return from_json(json_object_get(s->value, "inline"), out, e);
}
