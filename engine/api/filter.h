/* The filters of ListSecrets and BatchGetSecretValue: which secrets they show.
 *
 * {"Key": "name", "Values": ["prefix", "!not-this"]}: all filters have to
 * match, each by one of its values.  A value that begins with ! matches what
 * it does not match without.
 */
#ifndef API_FILTER_H
#define API_FILTER_H

#include "api/call.h"

#define FILTERS_MAX       10
#define FILTER_VALUES_MAX 10

/* How a filter's key is looked for. */
enum filter_key {
  FILTER_DESCRIPTION, /* by words */
  FILTER_NAME,        /* this and the following: what the whole begins with */
  FILTER_TAG_KEY,
  FILTER_TAG_VALUE,
  FILTER_PRIMARY_REGION,
  FILTER_OWNING_SERVICE,
  FILTER_ALL, /* by words, in all of them */
  FILTER_KEYS
};

struct filter {
  enum filter_key key;
  size_t n_values;
  const char *values[FILTER_VALUES_MAX]; /* borrowed from the request */
};

struct filters {
  size_t n;
  struct filter list[FILTERS_MAX];
};

/* The Filters of a validated request; none is an empty list. */
int filters_read(struct call *c, struct filters *out);
/* Do any need a secret's tags? */
bool filters_ask_tags(const struct filters *f);
/* Does the secret pass all of them?  `tags`: its own, where they are needed. */
bool filters_match(const struct filters *f, const struct secret_row *row,
                   const struct tag_row *tags, size_t n_tags);

#endif
