/* The certificate, the key and the rules of TLS that listeners use, replaced
 * while connections live: those keep what they began with.
 */
#ifndef API_TLS_CONTEXT_H
#define API_TLS_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum tls_client_auth {
  TLS_CLIENT_OFF,      /* no certificate is asked for */
  TLS_CLIENT_OPTIONAL, /* one that is shown must be good */
  TLS_CLIENT_REQUIRED
};

struct tls_settings { /* all borrowed during the call */
  const char *cert;   /* PEM: the certificate, then those up to the root's */
  const char *key;    /* PEM, not encrypted; not open to others */
  const char *client_ca;
  enum tls_client_auth client_auth;
  bool only_1_3; /* else 1.2, too */
};

/* What a person wants to see in the log. */
struct tls_about {
  char subject[256];
  int64_t expires_us;
  bool has_expired;
};

struct tls_context;
struct ssl_st;

/* ERR_CONFIG with one line that says which file and why.  *out: returned,
 * freed by tls_context_free after its connections. */
int tls_context_new(const struct tls_settings *s, struct tls_context **out,
                    struct err *e);
void tls_context_free(struct tls_context *x);
/* For connections from now on; on failure (a certificate that has expired is
 * one) it stays as it was. */
int tls_context_reload(struct tls_context *x, const struct tls_settings *s,
                       struct err *e);
void tls_context_about(struct tls_context *x, struct tls_about *out);

/* For tls.c: an OpenSSL connection without any I/O, or NULL. */
struct ssl_st *tls_context_connection(struct tls_context *x);

#endif
