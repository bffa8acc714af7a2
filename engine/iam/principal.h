/* Who calls, with everything that an authorization needs to know of him.
 *
 * Immutable and counted: directory_find hands out a reference, principal_put
 * gives it back.
 */
#ifndef IAM_PRINCIPAL_H
#define IAM_PRINCIPAL_H

#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "store/rows.h"

enum principal_kind {
  PRINCIPAL_ROOT,   /* arn:aws:iam::ACCOUNT:root */
  PRINCIPAL_USER,   /* arn:aws:iam::ACCOUNT:user/NAME */
  PRINCIPAL_SESSION /* arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION */
};

#define PRINCIPAL_ARN_MAX 704 /* a user's path may have 512 characters */
#define PRINCIPAL_ID_MAX  192 /* AIDA…, or AROA…:SESSION */

struct principal {
  enum principal_kind kind;
  char arn[PRINCIPAL_ARN_MAX];
  char role_arn[PRINCIPAL_ARN_MAX]; /* of a session; else "" */
  char id[PRINCIPAL_ID_MAX];
  char account[13];
  char name[129]; /* the user's or the role's; root: "root" */
  char session_name[65];
  char source_identity[65];      /* of a session; "" for none */
  char access_key_id[129];       /* "" on the Unix socket */
  int64_t issued_us, expires_us; /* of a session; else 0 */

  /* Parsed policies with a name for each, for the one who asks why. */
  const struct policy *const *identity;
  const char *const *identity_names; /* "user/app: read-secrets" */
  size_t n_identity;
  const struct policy *boundary, *session; /* NULL: none */

  const struct tag *tags; /* aws:PrincipalTag */
  size_t n_tags;
};

#endif
