/* fields.h - the members of a secret and of the options, read and judged. */
#ifndef POSTGRES_FIELDS_H
#define POSTGRES_FIELDS_H
#include <stdbool.h>

#include <keyturn/rotator.h>

/* PostgreSQL cuts longer names off, silently. */
#define NAME_MAX_BYTES 63

/* How to log in with one version of a secret.  All texts are borrowed from
 * the host until the step returns. */
struct login {
  const char *stage; /* "AWSCURRENT", …, or "admin": for messages */
  const char *host, *port, *dbname, *username, *password;
  const char *sslmode, *sslrootcert, *sslcert, *sslkey; /* paths or PEM */
  /* Made while the server starts a process for this login; mostly NULL. */
  struct verifier *meanwhile;
};

/* KT_MISSING if the secret has no such version. */
int login_read(struct kt_step *step, const char *stage, struct login *out);

/* The admin secret's login, on the server of `target` and in its database.
 * *out_present is false if the secret names no admin. */
int login_read_admin(struct kt_step *step, const struct login *target,
                     struct login *out, bool *out_present);

/* Host, port and, of the first, the role too. */
bool login_is_same_role(const struct login *a, const struct login *b);
bool login_is_same_server(const struct login *a, const struct login *b);

/* A member that need not be there: NULL if it is not. */
int field_read(struct kt_step *step, enum kt_source source, const char *stage,
               const char *name, const char **out_value);

bool option_is_true(struct kt_step *step, const char *name);
/* `fallback` unless the option is a whole number in 1..max. */
int option_number(struct kt_step *step, const char *name, int fallback,
                  int max);

#endif
