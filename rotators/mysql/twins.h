/* twins.h - the names of an alternating pair: a role and two users. */
#ifndef MYSQL_TWINS_H
#define MYSQL_TWINS_H
#include "fields.h"

struct twins {
  const char *role;     /* holds every grant that both users have */
  const char *login[2]; /* borrowed, like role, until the step returns */
  const char *next;     /* the user that AWSPENDING gets */
};

/* From AWSCURRENT; KT_CONFIG if its user is neither of the two. */
int twins_read(struct kt_step *step, const struct login *current,
               struct twins *out);

/* The role as one version names it. */
int twins_role(struct kt_step *step, const struct login *login,
               const char **out_role);

#endif
