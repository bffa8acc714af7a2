/* Sessions of roles: all that is to know of one travels in its token, so that
 * nothing is stored and any engine of the store can tell.
 *
 * A token is base64 of a crypto/envelope that opens for this store and this
 * access key id alone; inside is JSON.  Whoever holds the token and the secret
 * access key is the session; changing the token makes it worthless.
 */
#ifndef IAM_SESSION_H
#define IAM_SESSION_H

#include "base/random.h"
#include "base/secret.h"
#include "crypto/keyring.h"
#include "iam/access_key.h"
#include "store/iam.h"

#define SESSION_NAME_MAX     65 /* 2 to 64 characters */
#define SESSION_POLICIES_MAX 10
#define SESSION_POLICY_MAX   2048
#define SESSION_TOKEN_MAX    8192 /* it must fit a request's headers */

struct session {
  char access_key_id[ACCESS_KEY_ID_LEN + 1];
  struct secret key;
  char role_id[IAM_ID_MAX]; /* a role of the same name made later is another */
  char name[SESSION_NAME_MAX], source_identity[SESSION_NAME_MAX];
  int64_t issued_us, expires_us;
  char *policy; /* owned; NULL: none was passed */
  char policy_ids[SESSION_POLICIES_MAX][IAM_ID_MAX]; /* managed ones */
  size_t n_policy_ids;
  struct tag tags[STORE_TAGS];
  size_t n_tags;
};

void session_release(struct session *s);

/* *out_token: returned, secret_release.  ERR_LIMIT: too much was packed. */
int session_seal(const struct keyring *k, const char *store_id,
                 const struct session *s, struct secret *out_token,
                 struct err *e);
/* ERR_NOT_FOUND: not a token of this store, or not of this key.  Does not look
 * at the time.  *out: session_release. */
int session_open(const struct keyring *k, const char *store_id,
                 const char *access_key_id, const char *token,
                 struct session *out, struct err *e);

/* One document that allows what any of `texts` allows, for a session has one
 * policy; with none, one that allows nothing.  Their versions must agree.
 * *out: returned, free(). */
int session_policy_merge(const char *const *texts, size_t n, char **out,
                         struct err *e);

#endif
