/* The directory: from an access key to the principal behind it.
 *
 * Thread-safe; keeps what it found until something about identities changes.
 * Secret access keys come from the store sealed (crypto/envelope) and are
 * handed out in secret memory.  Keys that are inactive, and sessions of roles
 * that are gone, are not found.
 */
#ifndef IAM_DIRECTORY_H
#define IAM_DIRECTORY_H

#include "base/clock.h"
#include "base/secret.h"
#include "crypto/keyring.h"
#include "iam/principal.h"
#include "store/store.h"

#define DIRECTORY_ROOT_KEYS 4

struct directory;

/* All borrowed until directory_free.  *out: returned. */
int directory_new(struct store *store, struct keyring *keyring,
                  struct clock *clock, struct random *random,
                  struct directory **out, struct err *e);
/* Nobody holds a principal any more. */
void directory_free(struct directory *d);

/* A key of root's that is in no store: development's, which everybody knows.
 * Before the first directory_find; at most DIRECTORY_ROOT_KEYS. */
int directory_add_root_key(struct directory *d, const char *access_key_id,
                           const char *secret_access_key, struct err *e);

/* By a long-term key, or by a session's (session_token not NULL).  *out_key:
 * returned, secret_release.  *out: a reference, principal_put.
 * ERR_NOT_FOUND: no such active key; ERR_AUTH_EXPIRED_TOKEN: the session is
 * over.  Anything else must refuse the request, too. */
int directory_find(struct directory *d, const char *access_key_id,
                   const char *session_token, struct secret *out_key,
                   const struct principal **out, struct err *e);
/* The account's root: administrators on the Unix socket.  A reference. */
const struct principal *directory_root(struct directory *d);
/* By "user/NAME", "role/NAME", the ARN of either, or "root", without a key: for
 * explaining.  ERR_NO_ENTITY. */
int directory_find_named(struct directory *d, const char *name,
                         const struct principal **out, struct err *e);
void principal_put(const struct principal *p);

/* The one who was found proved right: once a day that is written down, as the
 * key's last use. */
int directory_used(struct directory *d, const struct principal *who,
                   struct err *e);

/* Something about users, groups, roles, keys or policies was committed: what
 * was remembered is forgotten. */
void directory_changed(struct directory *d);

#endif
