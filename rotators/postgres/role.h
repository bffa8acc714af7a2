/* role.h - what pg_roles says of a role, and the statements that change it. */
#ifndef POSTGRES_ROLE_H
#define POSTGRES_ROLE_H
#include <stdbool.h>

#include "connect.h"
#include "scram.h"

struct role {
  bool exists, is_superuser, can_login;
  bool has_expiry, is_expired; /* a finite VALID UNTIL; passed */
  bool needs_extension; /* it ends within the rotation's valid_for_days */
  bool may_alter;       /* may this session change its password? */
  bool may_grant;       /* may this session grant it to another role? */
  char expiry[40];      /* of the server's clock and time zone */
  char new_expiry[40];  /* for VALID UNTIL, when needs_extension */
};

/* The option valid_for_days: how far VALID UNTIL is moved. */
int role_valid_days(struct kt_step *step);

/* KT_OK also if there is none: see `exists`. */
int role_read(struct db *db, const char *name, struct role *out);

/* Refuses, with the reason, a role that must not or cannot be changed over
 * this session: absent, a superuser, or out of the admin's rights. */
int role_require(struct db *db, const char *name, const struct role *role);

/* One transaction that gives the role this password (and a later VALID
 * UNTIL, if it has one and the session may). */
int role_set_password(struct db *db, const char *name,
                      struct verifier *password, bool enable_login);

/* One transaction that ends every login of the role. */
int role_disable(struct db *db, const char *name);

#endif
