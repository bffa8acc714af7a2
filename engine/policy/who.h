/* Principal and NotPrincipal: whom a statement speaks of. */
#ifndef POLICY_WHO_H
#define POLICY_WHO_H

#include "policy/policy.h"

enum who_form {
  WHO_ANYONE,  /* "*" */
  WHO_ACCOUNT, /* `text` begins with its digits; …:root is read as that */
  WHO_ARN,     /* of a user, a role, a session; or a unique id */
  WHO_SERVICE, /* a service of AWS: never asks here */
  WHO_OUTSIDER /* Federated, CanonicalUser: neither */
};

struct who {
  enum who_form form;
  const char *text;
};

/* How directly a statement names the one who asks.  Only NAMED goes past the
 * boundary and the session's policy; ACCOUNT leaves it to the account to say
 * who of it may. */
enum naming {
  NAMING_NONE,
  NAMING_ACCOUNT,
  NAMING_ROLE, /* the role of his session, or he is not among exceptions */
  NAMING_NAMED /* himself, or everyone */
};

/* `family` is "AWS", "Service", "Federated" or "CanonicalUser".  False: such
 * a principal is not to be had.  `text` is borrowed as long as *out. */
bool who_read(const char *family, const char *text, struct who *out);

enum naming who_named(const struct who *list, size_t n,
                      const struct policy_request *r);
/* Of a NotPrincipal: is he spared?  An Allow spares whoever is named in any
 * way; a Deny only those who are named themselves. */
bool who_spared(const struct who *list, size_t n, bool deny,
                const struct policy_request *r);

#endif
