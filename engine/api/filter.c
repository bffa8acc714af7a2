/* Filters read and held against secrets.
 *
 * Names, tags and regions match by a prefix of the whole, and mind the case.
 * A description matches when each word of the value begins some word of it, in
 * either case (AWS, against its own model); so does everything together for
 * "all".
 */
#include "api/filter.h"

#include <string.h>

#include "api/filter_words.h"

static const char *const key_names[FILTER_KEYS] = {
    [FILTER_DESCRIPTION] = "description",
    [FILTER_NAME] = "name",
    [FILTER_TAG_KEY] = "tag-key",
    [FILTER_TAG_VALUE] = "tag-value",
    [FILTER_PRIMARY_REGION] = "primary-region",
    [FILTER_OWNING_SERVICE] = "owning-service",
    [FILTER_ALL] = "all",
};

static enum filter_key key_find(const char *name)
{
  int k = 0;

  while (k < FILTER_KEYS && (name == NULL || strcmp(key_names[k], name) != 0))
    k++;
  return (enum filter_key)k;
}

/* The model asks for neither, nor says what one without the other means. */
static int filter_read(struct call *c, const json_t *json, struct filter *out)
{
  const json_t *values = json_object_get(json, "Values"), *v;
  size_t i;

  out->key = key_find(json_str(json, "Key"));
  out->n_values = 0;
  json_array_foreach (values, i, v)
    if (out->n_values < FILTER_VALUES_MAX)
      out->values[out->n_values++] = json_string_value(v);
  if (out->key == FILTER_KEYS || out->n_values == 0)
    return err_set(c->e, ERR_PARAMETER,
                   "You must provide a Key and Values for each filter.");
  return 0;
}

int filters_read(struct call *c, struct filters *out)
{
  const json_t *list = json_object_get(c->in, "Filters"), *f;
  size_t i;
  int rc = 0;

  out->n = 0;
  json_array_foreach (list, i, f) {
    if (rc == 0 && out->n < FILTERS_MAX)
      rc = filter_read(c, f, &out->list[out->n++]);
  }
  return rc;
}

bool filters_ask_tags(const struct filters *f)
{
  for (size_t i = 0; i < f->n; i++)
    if (f->list[i].key == FILTER_TAG_KEY ||
        f->list[i].key == FILTER_TAG_VALUE || f->list[i].key == FILTER_ALL)
      return true;
  return false;
}

static bool is_prefix(const char *prefix, const char *text)
{
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool all_match(const char *wanted, const struct secret_row *row,
                      const struct tag_row *tags, size_t n_tags)
{
  const char *texts[3 + 2 * STORE_TAGS] = {row->name, row->description,
                                           row->primary_region};
  size_t n = 3;

  for (size_t i = 0; i < n_tags && i < STORE_TAGS; i++) {
    texts[n++] = tags[i].tag.key;
    texts[n++] = tags[i].tag.value;
  }
  return words_begin(wanted, texts, n);
}

static bool tag_matches(const char *wanted, bool by_key,
                        const struct tag_row *tags, size_t n_tags)
{
  for (size_t i = 0; i < n_tags; i++)
    if (is_prefix(wanted, by_key ? tags[i].tag.key : tags[i].tag.value))
      return true;
  return false;
}

/* One value, without its "!". */
static bool value_matches(enum filter_key key, const char *wanted,
                          const struct secret_row *row,
                          const struct tag_row *tags, size_t n_tags)
{
  switch (key) {
  case FILTER_DESCRIPTION:
    return words_begin(wanted, (const char *const[]){row->description}, 1);
  case FILTER_NAME:
    return is_prefix(wanted, row->name);
  case FILTER_TAG_KEY:
  case FILTER_TAG_VALUE:
    return tag_matches(wanted, key == FILTER_TAG_KEY, tags, n_tags);
  case FILTER_PRIMARY_REGION: /* where it comes from */
    return is_prefix(wanted, row->primary_region[0] != '\0'
                                 ? row->primary_region
                                 : row->region);
  case FILTER_ALL:
    return all_match(wanted, row, tags, n_tags);
  case FILTER_OWNING_SERVICE: /* no service owns any */
  case FILTER_KEYS:
    break;
  }
  return false;
}

static bool filter_matches(const struct filter *f, const struct secret_row *row,
                           const struct tag_row *tags, size_t n_tags)
{
  for (size_t i = 0; i < f->n_values; i++) {
    const char *wanted = f->values[i];
    bool negated = wanted[0] == '!';

    if (value_matches(f->key, wanted + negated, row, tags, n_tags) != negated)
      return true;
  }
  return false;
}

bool filters_match(const struct filters *f, const struct secret_row *row,
                   const struct tag_row *tags, size_t n_tags)
{
  for (size_t i = 0; i < f->n; i++)
    if (!filter_matches(&f->list[i], row, tags, n_tags))
      return false;
  return true;
}
