/* JSON input with caps, and typed access to objects.
 *
 * The only place that includes jansson's header.  Text is scanned for depth
 * and number of values before jansson may allocate; duplicate keys are
 * refused.  Output of fixed shape is written by base/buf.h instead.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct json_limits {
  size_t bytes;    /* of the text */
  unsigned depth;  /* of nesting */
  unsigned values; /* strings, numbers, literals, arrays, objects, keys */
};

/* For the bodies of API requests, which share the arena of secrets: the worst
 * takes less than a megabyte besides its own text.  For JSON inside of values,
 * and between processes.  For files that people write. */
extern const struct json_limits json_limits_body;
extern const struct json_limits json_limits_request;
extern const struct json_limits json_limits_file;

/* *out: returned, freed by json_decref.  ERR_SERIALIZATION with line and
 * column otherwise. */
int json_read(const char *text, size_t len, const struct json_limits *limits,
              json_t **out, struct err *e);
/* The same from a file; the error names it ("FILE:LINE:COLUMN: …"). */
int json_read_file(const char *path, const struct json_limits *limits,
                   json_t **out, struct err *e);

/* The member when it is there and of that type, otherwise the fallback. */
const char *json_str(const json_t *object, const char *key);
int64_t json_int(const json_t *object, const char *key, int64_t fallback);
bool json_bool(const json_t *object, const char *key, bool fallback);

#endif
