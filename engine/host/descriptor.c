/* From the describe message to rotator_info. */
#include "host/descriptor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int schema_copy(const char *text, const char **out, struct err *e)
{
  if (text == NULL)
    return 0;
  *out = strdup(text);
  return *out == NULL ? err_set(e, ERR_NOMEM, "out of memory") : 0;
}

static int info_read(const json_t *r, const char *plugin,
                     struct rotator_info *out, struct err *e)
{
  int64_t steps = json_int(r, "steps", 0);
  int rc;

  /* The wire's table bounds them; a plugin's file name may be cut. */
  (void)snprintf(out->name, sizeof out->name, "%s", json_str(r, "name"));
  (void)snprintf(out->version, sizeof out->version, "%s",
                 json_str(r, "version"));
  (void)snprintf(out->summary, sizeof out->summary, "%s",
                 json_str(r, "summary"));
  (void)snprintf(out->plugin, sizeof out->plugin, "%s", plugin);
  wire_clean_text(out->version, strlen(out->version));
  wire_clean_text(out->summary, strlen(out->summary));
  out->flags = (uint32_t)json_int(r, "flags", 0);
  out->grace_s = (uint32_t)json_int(r, "grace_s", 0);
  out->has_finish = (steps & 1 << STEP_FINISH) != 0;
  out->has_check = (steps & 1 << STEP_CHECK) != 0;
  out->has_revert = (steps & 1 << STEP_REVERT) != 0;
  out->has_retire = (steps & 1 << STEP_RETIRE) != 0;
  rc = schema_copy(json_str(r, "secret_schema"), &out->secret_schema, e);
  if (rc == 0)
    rc = schema_copy(json_str(r, "options_schema"), &out->options_schema, e);
  return rc;
}

int descriptor_read(const struct wire_message *m, const char *plugin,
                    struct descriptor **out, struct err *e)
{
  size_t n = wire_rotator_count(m);
  struct descriptor *d;
  int rc = 0;

  if (strcmp(json_str(m->body, "version"), KEYTURN_VERSION) != 0)
    return err_set(e, ERR_CONFIG,
                   "keyturn-rotator is of another version than keyturnd (%s); "
                   "install both from one package",
                   KEYTURN_VERSION);
  d = calloc(1, sizeof *d + n * sizeof d->infos[0]);
  if (d == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  d->n = n;
  for (size_t i = 0; i < n && rc == 0; i++)
    rc = info_read(wire_rotator(m, i), plugin, &d->infos[i], e);
  if (rc != 0) {
    descriptor_free(d);
    return rc;
  }
  *out = d;
  return 0;
}

void descriptor_free(struct descriptor *d)
{
  for (size_t i = 0; d != NULL && i < d->n; i++) {
    free((char *)(uintptr_t)d->infos[i].secret_schema); /* ours: strdup */
    free((char *)(uintptr_t)d->infos[i].options_schema);
  }
  free(d);
}

const struct rotator_info *descriptor_find(const struct descriptor *d,
                                           const char *rotator)
{
  for (size_t i = 0; d != NULL && i < d->n; i++)
    if (strcmp(d->infos[i].name, rotator) == 0)
      return &d->infos[i];
  return NULL;
}

bool descriptor_is_serial(const struct descriptor *d)
{
  for (size_t i = 0; d != NULL && i < d->n; i++)
    if ((d->infos[i].flags & KT_SERIAL) != 0)
      return true;
  return false;
}
