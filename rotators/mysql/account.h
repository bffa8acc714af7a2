/* account.h - the user@host accounts behind one user name, as an admin sees
 * them, and what each of them takes as a password.
 *
 * Their verifiers are compared with the secret's passwords here, so nothing
 * is tried by logging in, and each account is judged, also those whose host
 * pattern does not match this machine.
 */
#ifndef MYSQL_ACCOUNT_H
#define MYSQL_ACCOUNT_H
#include <stdbool.h>

#include "connect.h"
#include "hash.h"

#define ACCOUNTS_MAX 64
#define VERIFIERS    3

struct verifier {
  const char *plugin, *text;
};

/* On MariaDB `verifier` are the alternatives, any of which logs in.  On MySQL
 * the first is the password and the second the one that was retained. */
struct account {
  const char *user, *host;
  int n_verifiers;
  struct verifier verifier[VERIFIERS];
  bool is_locked;
  bool is_foreign; /* unix_socket, PAM, …, or what we do not understand */
  const char *default_role; /* MariaDB's; or NULL */
};

struct accounts {
  size_t n, n_undeclared; /* those that "hosts" leaves out */
  struct account *item;   /* the host's, until the step returns */
};

/* The accounts that the secret declares ("hosts"), or all of that user.
 * KT_MISSING: one of them is not there, or none is.  With `may_be_none` only
 * those that are there. */
int accounts_read(struct db *admin, const struct login *login,
                  const char *username, bool may_be_none, struct accounts *out);

/* KT_CONFIG for an account without a password of ours, KT_LOCKED for a locked
 * one. */
int account_require(struct db *admin, const struct account *account);

/* Which verifier stands for this password: its index, or -1.  A lone verifier
 * that cannot be compared counts as `if_unknown` says. */
int account_find(const struct account *account, const char *password,
                 bool if_unknown);

/* For test_secret: KT_AUTH unless each account takes the password. */
int accounts_require_password(struct db *admin, const struct accounts *accounts,
                              const char *password);

#endif
