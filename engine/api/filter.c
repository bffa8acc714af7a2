/* ListSecrets' filters, {"Key": "name", "Values": ["prefix", "!not-this"]}:
 * all filters have to match, each by one of its values.
 *
 * Names and tags match by a prefix of the whole, and mind the case.  A
 * description matches when each word of the value begins some word of it, in
 * either case (AWS, against its own model).
 */
#include "api/filter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

enum { VALUES_MAX = 10, FILTERS_MAX = 10 };

enum key { NAME, DESCRIPTION, TAG_KEY, TAG_VALUE, KEYS };

static const char *const key_names[KEYS] = {"name", "description", "tag-key",
                                            "tag-value"};

static enum key key_find(const char *name)
{
  int k = 0;

  while (k < KEYS && (name == NULL || strcmp(key_names[k], name) != 0))
    k++;
  return (enum key)k;
}

static int filter_check(struct call *c, const json_t *filter)
{
  const char *key = json_str(filter, "Key");
  const json_t *values = json_object_get(filter, "Values"), *v;
  size_t i;

  if (key_find(key) == KEYS)
    return err_set(c->e, ERR_PARAMETER,
                   "Filters: this version filters by name, description, "
                   "tag-key and tag-value, not by '%.40s'.",
                   key == NULL ? "" : key);
  if (!json_is_array(values) || json_array_size(values) < 1 ||
      json_array_size(values) > VALUES_MAX)
    return err_set(c->e, ERR_VALIDATION, "a filter has 1 to %d Values",
                   VALUES_MAX);
  json_array_foreach (values, i, v)
    if (!json_is_string(v))
      return err_set(c->e, ERR_SERIALIZATION,
                     "a filter's Values must be strings");
  return 0;
}

int filters_read(struct call *c, const json_t **out)
{
  const json_t *list = json_object_get(c->in, "Filters"), *f;
  size_t i;

  if (list != NULL &&
      (!json_is_array(list) || json_array_size(list) > FILTERS_MAX))
    return err_set(c->e, ERR_VALIDATION, "Filters is a list of at most %d",
                   FILTERS_MAX);
  json_array_foreach (list, i, f) {
    int rc = filter_check(c, f);

    if (rc != 0)
      return rc;
  }
  *out = list;
  return 0;
}

static bool is_prefix(const char *prefix, const char *text)
{
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool begins_a_word(const char *word, size_t len, const char *text)
{
  while (*(text += strspn(text, " \t\n")) != '\0') {
    if (strncasecmp(text, word, len) == 0)
      return true;
    text += strcspn(text, " \t\n");
  }
  return false;
}

static bool words_match(const char *wanted, const char *text)
{
  while (*(wanted += strspn(wanted, " \t\n")) != '\0') {
    size_t len = strcspn(wanted, " \t\n");

    if (!begins_a_word(wanted, len, text))
      return false;
    wanted += len;
  }
  return true;
}

/* One value, without its "!". */
static bool value_matches(enum key key, const char *wanted,
                          const struct secret_row *row, const struct tag *tags,
                          size_t n_tags)
{
  if (key == NAME)
    return is_prefix(wanted, row->name);
  if (key == DESCRIPTION)
    return words_match(wanted, row->description);
  for (size_t i = 0; i < n_tags; i++)
    if (is_prefix(wanted, key == TAG_KEY ? tags[i].key : tags[i].value))
      return true;
  return false;
}

static bool filter_matches(const json_t *filter, const struct secret_row *row,
                           const struct tag *tags, size_t n_tags)
{
  const json_t *values = json_object_get(filter, "Values"), *v;
  enum key key = key_find(json_str(filter, "Key"));
  size_t i;

  json_array_foreach (values, i, v) {
    const char *wanted = json_string_value(v);
    bool negated = wanted[0] == '!';

    if (value_matches(key, wanted + negated, row, tags, n_tags) != negated)
      return true;
  }
  return false;
}

static bool asks_for_tags(const json_t *filters)
{
  const json_t *f;
  size_t i;

  json_array_foreach (filters, i, f)
    if (key_find(json_str(f, "Key")) >= TAG_KEY)
      return true;
  return false;
}

int filters_match(struct call *c, const json_t *filters,
                  const struct secret_row *row, bool *out)
{
  CLEANUP_FREE struct tag *tags = NULL;
  const json_t *f;
  size_t i, n_tags = 0;
  int rc = 0;

  if (row->tagged && asks_for_tags(filters)) {
    tags = calloc(STORE_TAGS, sizeof *tags);
    rc = tags == NULL ? err_set(c->e, ERR_NOMEM, "no memory for tags")
                      : store_tag_list(c->api->store, row->id, tags, STORE_TAGS,
                                       &n_tags, c->e);
  }
  if (rc != 0)
    return rc;
  *out = true;
  json_array_foreach (filters, i, f)
    *out = *out && filter_matches(f, row, tags, n_tags);
  return 0;
}
