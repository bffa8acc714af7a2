/* check.h - what `check` tells the person who asks. */
#ifndef MYSQL_CHECK_H
#define MYSQL_CHECK_H
#include "connect.h"

/* Version, TLS, password policy. */
int check_server(struct db *db);

/* The accounts that will be rotated, and the admin's rights over them. */
int check_admin(struct db *admin, const struct login *login);

/* What a user without an admin can do for itself. */
int check_own(struct db *own);

#endif
