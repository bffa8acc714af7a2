/* Inside iam: principals fresh from the store, without memory of the last. */
#ifndef IAM_LOAD_H
#define IAM_LOAD_H

#include "crypto/keyring.h"
#include "iam/principal_make.h"

/* Where they come from.  All borrowed. */
struct source {
  struct store *store;
  struct keyring *keyring;
  struct meta_row meta;
};

/* What was found, on its way to the table and to the caller. */
struct answer {
  struct secret key; /* owned */
  struct held *who;  /* one reference */
};

/* ERR_NOT_FOUND: nobody has this active key; on failure *out may have a key,
 * which the caller releases. */
int load_user(const struct source *from, const char *access_key_id,
              struct answer *out, struct err *e);
/* The same of a session, whose time is not looked at. */
int load_session(const struct source *from, const char *access_key_id,
                 const char *token, struct answer *out, struct err *e);
/* ERR_NOT_FOUND in AWS's words. */
int load_nobody(struct err *e);

/* "root", or root's ARN. */
bool load_is_root(const struct source *from, const char *name);
/* By "user/NAME", "role/NAME" or the ARN of either, without a key: a role as
 * any session of it might be.  ERR_NO_ENTITY. */
int load_named(const struct source *from, const char *name, struct held **out,
               struct err *e);

#endif
