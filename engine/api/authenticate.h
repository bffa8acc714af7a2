/* Who calls?  On TCP whoever signed the request (Signature Version 4, by an
 * access key of the directory); on the Unix socket the account's root for the
 * system's root, the daemon's own user and the members of the admin group, as
 * the kernel vouches for them, and nobody else without a signature.
 */
#ifndef API_AUTHENTICATE_H
#define API_AUTHENTICATE_H

#include "api/target.h"
#include "iam/principal.h"
#include "sigv4/verify.h"

/* The one key of development mode: the same everywhere, and so no secret. */
#define DEV_ACCESS_KEY_ID     "AKIDKEYTURNDEVROOT00"
#define DEV_SECRET_ACCESS_KEY "keyturn-development-root-not-a-secret-00"

struct caller {
  const struct principal *who; /* a reference: caller_release; NULL: nobody */
  char region[SCOPE_WORD_MAX + 1];
  /* The key that the request names, proven or not: for the audit trail. */
  char access_key_id[ACCESS_KEY_ID_MAX + 1];
};

/* `service`: what the signature's scope must name.  On failure *out may still
 * name a key; release it in either case. */
int authenticate(const struct api *api, const struct http_request *request,
                 const char *service, struct caller *out, struct err *e);
void caller_release(struct caller *c);

#endif
