/* Tags from a request: what the model does not say of them. */
#include "api/tags.h"

#include <stdio.h>
#include <strings.h>

static int tag_read(struct call *c, const json_t *j, struct tag *out)
{
  const char *key = json_str(j, "Key"), *value = json_str(j, "Value");

  if (key == NULL)
    return err_set(c->e, ERR_PARAMETER, "You must provide a Key for each tag.");
  if (strncasecmp(key, "aws:", 4) == 0)
    return err_set(c->e, ERR_PARAMETER,
                   "Tag keys that begin with aws: are reserved.");
  /* Both fit: the request was validated. */
  (void)snprintf(out->key, sizeof out->key, "%s", key);
  (void)snprintf(out->value, sizeof out->value, "%s",
                 value == NULL ? "" : value);
  return 0;
}

int tags_read(struct call *c, struct tag *out, size_t *out_n)
{
  const json_t *list = json_object_get(c->in, "Tags");
  size_t n = json_array_size(list);
  int rc = 0;

  if (n > STORE_TAGS)
    return err_set(c->e, ERR_LIMIT, "A secret can have no more than %d tags.",
                   STORE_TAGS);
  for (size_t i = 0; rc == 0 && i < n; i++)
    rc = tag_read(c, json_array_get(list, i), &out[i]);
  if (rc == 0)
    *out_n = n;
  return rc;
}
