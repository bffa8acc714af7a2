/* sqlstate.h - what a PostgreSQL error code means for a rotation. */
#ifndef POSTGRES_SQLSTATE_H
#define POSTGRES_SQLSTATE_H

struct sqlstate {
  const char *state;  /* five characters, or the two of a class */
  int class;          /* enum kt_class */
  const char *code;   /* a stable word for alerts */
  const char *advice; /* what a person should do about it */
};

/* Never NULL: an unlisted state, or NULL, has an entry of its own. */
const struct sqlstate *sqlstate_find(const char *state);

#endif
