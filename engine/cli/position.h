/* Where in a text of JSON something stands: jansson tells lines for errors of
 * syntax only.
 */
#ifndef CLI_POSITION_H
#define CLI_POSITION_H

#include <stddef.h>

struct position {
  unsigned line, column; /* from 1, counted in characters as jansson does */
};

/* The place of what a JSON pointer (RFC 6901) names: of a member its key, of
 * an element its first character.  What is not there has the place of the
 * innermost value around it that is.  `text` has been parsed as JSON. */
struct position position_find(const char *text, size_t len,
                              const char *pointer);

#endif
