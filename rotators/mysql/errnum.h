/* errnum.h - what an error number of a MySQL server or client means for a
 * rotation. */
#ifndef MYSQL_ERRNUM_H
#define MYSQL_ERRNUM_H
#include <stdbool.h>

struct errnum {
  unsigned number;
  int class;          /* enum kt_class */
  const char *code;   /* a stable word for alerts */
  const char *advice; /* what a person should do about it */
};

/* Never NULL: an unlisted number has an entry of its own. */
const struct errnum *errnum_find(unsigned number);

/* After this error nobody knows whether the statement took effect. */
bool errnum_is_ambiguous(unsigned number);

/* The two that connect.c asks for by name. */
#define ERRNUM_MUST_CHANGE_PASSWORD 1820
#define ERRNUM_TLS                  2026

#endif
