/* fields.h - the members of a secret, read and judged. */
#ifndef OAUTH_FIELDS_H
#define OAUTH_FIELDS_H
#include <keyturn/rotator.h>

enum client_auth { CLIENT_BASIC, CLIENT_POST, CLIENT_NONE };

/* All texts of both are borrowed from the host until the step returns. */
struct client {
  const char *token_endpoint, *introspection_endpoint, *probe_url;
  const char *id, *secret; /* secret: NULL with CLIENT_NONE */
  const char *cafile;      /* PEM, or a path; NULL: the system's */
  enum client_auth auth;
};

struct grant {
  const char *refresh_token;
  const char *access_token; /* NULL: none yet */
};

/* KT_CONFIG, with the reason told, for what cannot work; KT_MISSING if the
 * secret has no such version. */
int client_read(struct kt_step *step, const char *stage, struct client *out);
int grant_read(struct kt_step *step, const char *stage, struct grant *out);

/* A member that need not be there: NULL if it is absent or empty. */
int field_read(struct kt_step *step, enum kt_source source, const char *stage,
               const char *name, const char **out_value);

#endif
