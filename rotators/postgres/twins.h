/* twins.h - the names of an alternating pair: an owner and two logins. */
#ifndef POSTGRES_TWINS_H
#define POSTGRES_TWINS_H
#include <stdbool.h>

#include "fields.h"

struct twins {
  const char *owner;    /* the NOLOGIN role that both logins act as */
  const char *login[2]; /* borrowed, like owner, until the step returns */
  const char *next;     /* the login that AWSPENDING gets */
  bool is_adopting; /* AWSCURRENT is still the plain user, the owner-to-be */
};

/* From AWSCURRENT; KT_CONFIG if its user is neither login, nor to be adopted.
 */
int twins_read(struct kt_step *step, const struct login *current,
               struct twins *out);

/* The owner as one version names it. */
int twins_owner(struct kt_step *step, const struct login *login,
                const char **out_owner);

#endif
