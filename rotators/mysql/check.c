/* check.c - the lines that `check` shows.
 *
 * INFO says what was found and what will be done; WARN what may hurt later.
 * What would make the rotation fail is an error, not a line.
 */
#include "check.h"

#include <string.h>

#include "account.h"
#include "grants.h"
#include "show.h"

int check_server(struct db *db)
{
  struct kt_step *step = db->step;
  const char *cipher = mysql_get_ssl_cipher(db->conn);
  unsigned version = db->server.version;
  step->host->log(step, KT_INFO,
                  "%s:%u is a primary, %s %u.%u.%u, TLS %s (sslmode %s)",
                  db->login->host, db->login->port,
                  db->server.is_mariadb ? "MariaDB" : "MySQL", version / 10000,
                  version / 100 % 100, version % 100,
                  cipher ? "in use" : "not in use", db->login->sslmode);
  if (!db->server.has_policy)
    return KT_OK;
  if (db->server.is_mariadb)
    step->host->log(step, KT_WARN,
                    "strict_password_validation is on with a password plugin: "
                    "the server must see the password itself, and takes no "
                    "second one");
  else
    step->host->log(step, KT_INFO,
                    "validate_password is on: the server sees the password, "
                    "and writes <secret> to its logs");
  return KT_OK;
}

static int describe_accounts(struct db *admin, const struct accounts *accounts)
{
  struct kt_step *step = admin->step;
  for (size_t i = 0; i < accounts->n; i++) {
    const struct account *account = &accounts->item[i];
    int r = account_require(admin, account);
    if (r != KT_OK)
      return r;
    step->host->log(step, KT_INFO, "'%s'@'%s' by %s, %d password%s",
                    account->user, account->host, account->verifier[0].plugin,
                    account->n_verifiers, account->n_verifiers > 1 ? "s" : "");
    if (account->n_verifiers > 1)
      step->host->log(step, KT_WARN,
                      "'%s'@'%s' takes another password beside the first; "
                      "mysql-single-user does not end it on MySQL",
                      account->user, account->host);
  }
  return KT_OK;
}

int check_admin(struct db *admin, const struct login *login)
{
  struct kt_step *step = admin->step;
  struct accounts accounts = {0};
  int r = accounts_read(admin, login, login->username, false, &accounts);
  if (r == KT_OK)
    r = describe_accounts(admin, &accounts);
  for (size_t i = 0; r == KT_OK && i < accounts.n; i++) {
    if (account_find(&accounts.item[i], login->password, true) >= 0)
      continue;
    step->host->error(step, "password-drifted",
                      "'%s'@'%s' does not take AWSCURRENT: somebody changed it",
                      login->username, accounts.item[i].host);
    r = KT_AUTH;
  }
  return r == KT_OK ? grants_require_global(admin, "CREATE USER") : r;
}

int check_own(struct db *own)
{
  struct kt_step *step = own->step;
  struct own_account account;
  int r = show_own_account(own, &account);
  if (r != KT_OK)
    return r;
  if (!hash_knows(account.plugin) || account.has_alternatives) {
    step->host->error(step, "plugin-unknown",
                      "\"%s\" logs in by \"%s\"%s, which is left alone",
                      own->login->username, account.plugin,
                      account.has_alternatives ? " or another way" : "");
    return KT_CONFIG;
  }
  step->host->log(step, KT_INFO,
                  "\"%s\" changes its own password, in the one account that "
                  "it logs in to from here",
                  own->login->username);
  return KT_OK;
}
