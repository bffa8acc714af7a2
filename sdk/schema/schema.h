/* A subset of JSON Schema, for what people put into secrets and options.
 *
 * Keywords: type (a name or a list of names), properties, required,
 * additionalProperties (true, false or a schema), enum, const, minLength,
 * maxLength (in characters), pattern (a POSIX extended regular expression,
 * found anywhere in the text unless anchored), minimum, maximum, items (one
 * schema).  Without meaning for the check: $schema, $id, title, description,
 * default, examples, format, writeOnly.  Any other keyword is refused by
 * schema_check_schema, because a rule that is silently not enforced is worse
 * than none.
 *
 * Errors name the place by JSON pointer and say what was expected.  They
 * never show a value: it may be a password in the wrong place.
 */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

#include <jansson.h>

#include "base/err.h"

/* Nesting of schemas and of values. */
#define SCHEMA_DEPTH_MAX 16

/* 0, or ERR_VALIDATION with "/pointer: expected …".  `schema` passed
 * schema_check_schema; a broken one is ERR_CONFIG, never a crash. */
int schema_check(const json_t *schema, const json_t *value, struct err *e);

/* 0, or ERR_CONFIG with the pointer into the schema itself. */
int schema_check_schema(const json_t *schema, struct err *e);

/* Parses and checks a schema in text, such as a rotator's.  *out: returned,
 * freed by json_decref.  ERR_CONFIG. */
int schema_parse(const char *text, json_t **out, struct err *e);

#endif
