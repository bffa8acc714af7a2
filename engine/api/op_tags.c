/* TagResource, UntagResource. */
#include "api/ops.h"
#include "api/tags.h"
#include "base/cleanup.h"

int op_tag_resource(struct call *c)
{
  struct tag tags[STORE_TAGS];
  struct secret_row row;
  size_t n = 0;
  int rc = call_secret(c, true, &row);

  if (rc == 0)
    rc = tags_read(c, tags, &n);
  if (rc == 0)
    rc = store_tag_put(c->api->store, row.id, tags, n, c->now_us, c->e);
  if (rc == 0)
    buf_puts(c->out, "{}");
  if (rc == -ERR_LIMIT) { /* which AWS has for CreateSecret alone */
    c->e->code = ERR_PARAMETER;
    rc = -ERR_PARAMETER;
  }
  return rc;
}

int op_untag_resource(struct call *c)
{
  CLEANUP_FREE const char **keys = NULL;
  const json_t *list = json_object_get(c->in, "TagKeys");
  size_t n = json_array_size(list);
  struct secret_row row;
  int rc = call_secret(c, true, &row);

  if (rc != 0)
    return rc;
  keys = calloc(n + 1, sizeof *keys);
  if (keys == NULL)
    return err_set(c->e, ERR_NOMEM, "no memory for %zu tag keys", n);
  for (size_t i = 0; i < n; i++)
    keys[i] = json_string_value(json_array_get(list, i));
  rc = store_tag_remove(c->api->store, row.id, keys, n, c->now_us, c->e);
  if (rc == 0)
    buf_puts(c->out, "{}");
  return rc;
}
