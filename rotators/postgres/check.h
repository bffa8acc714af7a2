/* check.h - what `check` tells a DBA; nothing here changes anything. */
#ifndef POSTGRES_CHECK_H
#define POSTGRES_CHECK_H
#include "connect.h"

/* Release, password_encryption, password modules, TLS. */
int check_server(struct db *db);

/* May this session change that role's password?  KT_OK, or why not. */
int check_password_right(struct db *db, const char *role);

#endif
