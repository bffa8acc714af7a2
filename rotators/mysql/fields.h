/* fields.h - the members of a secret and of the options, read and judged. */
#ifndef MYSQL_FIELDS_H
#define MYSQL_FIELDS_H
#include <stdbool.h>

#include <keyturn/rotator.h>

/* How to log in with one version of a secret.  All texts are borrowed from
 * the host until the step returns. */
struct login {
  const char *stage; /* "AWSCURRENT", …, or "admin": for messages */
  const char *host, *username, *password;
  const char *dbname; /* or NULL */
  unsigned port;
  const char *sslmode, *sslrootcert, *sslcert, *sslkey; /* paths or PEM */
  const char *hosts; /* as it is in the secret, or NULL: see account.h */
};

/* KT_MISSING if the secret has no such version. */
int login_read(struct kt_step *step, const char *stage, struct login *out);

/* The admin secret's login, on the server of `target`.  *out_present is false
 * if the secret names no admin. */
int login_read_admin(struct kt_step *step, const struct login *target,
                     struct login *out, bool *out_present);

/* Host and port and, of the first, the user too. */
bool login_is_same_user(const struct login *a, const struct login *b);
bool login_is_same_server(const struct login *a, const struct login *b);

/* What cannot be overheard: a Unix socket and the loopback interface. */
bool login_is_local(const struct login *login);

/* A member that need not be there: NULL if it is not. */
int field_read(struct kt_step *step, enum kt_source source, const char *stage,
               const char *name, const char **out_value);

bool option_is_true(struct kt_step *step, const char *name);

#endif
