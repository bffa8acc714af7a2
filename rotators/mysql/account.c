/* account.c - reads accounts, by MySQL's table or by MariaDB's. */
#include "account.h"

#include <string.h>
#include <strings.h>

#include "hosts.h"
#include "sql.h"

/* Columns, in both: host, locked, plugin and text of each verifier, and how
 * many alternatives MariaDB has beyond those; default role. */
enum column {
  COL_HOST,
  COL_LOCKED,
  COL_FIRST,
  COL_EXTRA = COL_FIRST + 2 * VERIFIERS,
  COL_ROLE,
  N_COLUMNS
};

static const char mariadb_sql[] =
    "SELECT Host, JSON_VALUE(Priv, '$.account_locked') = 1,"
    " IF(JSON_EXISTS(Priv, '$.auth_or'),"
    "  COALESCE(JSON_VALUE(Priv, '$.auth_or[0].plugin'),"
    "   JSON_VALUE(Priv, '$.plugin')),"
    "  COALESCE(JSON_VALUE(Priv, '$.plugin'), 'mysql_native_password')),"
    " IF(JSON_VALUE(Priv, '$.auth_or[0].plugin') IS NULL,"
    "  COALESCE(JSON_VALUE(Priv, '$.authentication_string'), ''),"
    "  COALESCE(JSON_VALUE(Priv, '$.auth_or[0].authentication_string'), '')),"
    " IF(JSON_LENGTH(Priv, '$.auth_or') > 1,"
    "  COALESCE(JSON_VALUE(Priv, '$.auth_or[1].plugin'),"
    "   JSON_VALUE(Priv, '$.plugin')), NULL),"
    " IF(JSON_VALUE(Priv, '$.auth_or[1].plugin') IS NULL,"
    "  COALESCE(JSON_VALUE(Priv, '$.authentication_string'), ''),"
    "  COALESCE(JSON_VALUE(Priv, '$.auth_or[1].authentication_string'), '')),"
    " IF(JSON_LENGTH(Priv, '$.auth_or') > 2,"
    "  COALESCE(JSON_VALUE(Priv, '$.auth_or[2].plugin'),"
    "   JSON_VALUE(Priv, '$.plugin')), NULL),"
    " IF(JSON_VALUE(Priv, '$.auth_or[2].plugin') IS NULL,"
    "  COALESCE(JSON_VALUE(Priv, '$.authentication_string'), ''),"
    "  COALESCE(JSON_VALUE(Priv, '$.auth_or[2].authentication_string'), '')),"
    " COALESCE(JSON_LENGTH(Priv, '$.auth_or') > 3, 0),"
    " JSON_VALUE(Priv, '$.default_role')"
    " FROM mysql.global_priv"
    " WHERE COALESCE(JSON_VALUE(Priv, '$.is_role'), 0) <> 1 AND User = ";

#define MYSQL_SELECT(SECOND)                                          \
  "SELECT Host, account_locked = 'Y', plugin, authentication_string," \
  " IF(" SECOND " IS NULL, NULL, plugin), " SECOND ","                \
  " NULL, NULL, 0, NULL FROM mysql.user WHERE User = "

static const char mysql57_sql[] = MYSQL_SELECT("NULL");
static const char mysql80_sql[] = MYSQL_SELECT(
    "JSON_UNQUOTE(JSON_EXTRACT(User_attributes, '$.additional_password'))");

/* A copy in the host's memory; the row goes. */
static const char *keep(struct db *db, const char *text, bool *is_full)
{
  size_t size = strlen(text) + 1;
  char *copy = db->step->host->scratch(db->step, size);
  if (copy)
    memcpy(copy, text, size);
  *is_full = *is_full || !copy;
  return copy ? copy : "";
}

static bool take_row(struct db *db, const char *user, MYSQL_ROW row,
                     struct account *out)
{
  bool is_full = false;
  *out = (struct account){.user = user,
                          .host = keep(db, row[COL_HOST], &is_full),
                          .is_locked =
                              row[COL_LOCKED] && row[COL_LOCKED][0] == '1',
                          .is_foreign = row[COL_EXTRA][0] != '0'};
  if (row[COL_ROLE])
    out->default_role = keep(db, row[COL_ROLE], &is_full);
  for (int i = 0; i < VERIFIERS; i++) {
    const char *plugin = row[COL_FIRST + 2 * i];
    const char *text = row[COL_FIRST + 2 * i + 1];
    if (!plugin)
      break;
    out->verifier[out->n_verifiers].plugin = keep(db, plugin, &is_full);
    out->verifier[out->n_verifiers++].text =
        keep(db, text ? text : "", &is_full);
    out->is_foreign = out->is_foreign || !hash_knows(plugin);
  }
  return !is_full;
}

static int no_memory(struct kt_step *step)
{
  step->host->error(step, "no-memory", "no memory for a list of accounts");
  return KT_BUSY;
}

static int read_rows(struct db *db, const char *user, const struct hosts *hosts,
                     MYSQL_RES *result, struct accounts *accounts)
{
  struct kt_step *step = db->step;
  MYSQL_ROW row;
  while ((row = mysql_fetch_row(result)) != NULL) {
    if (!hosts_declare(hosts, row[COL_HOST])) {
      step->host->log(step, KT_WARN,
                      "'%s'@'%s' is not among the declared hosts: it keeps "
                      "its password",
                      user, row[COL_HOST]);
      accounts->n_undeclared++;
      continue;
    }
    if (accounts->n == ACCOUNTS_MAX) {
      step->host->error(step, "too-many-accounts",
                        "\"%s\" has more than %d accounts: declare the ones "
                        "to rotate in \"hosts\"",
                        user, ACCOUNTS_MAX);
      return KT_CONFIG;
    }
    if (!take_row(db, user, row, &accounts->item[accounts->n]))
      return no_memory(step);
    accounts->n++;
  }
  return KT_OK;
}

static int require_all(struct kt_step *step, const char *user,
                       const struct hosts *hosts,
                       const struct accounts *accounts)
{
  for (size_t i = 0; i < hosts->n; i++) {
    size_t k = 0;
    while (k < accounts->n &&
           strcasecmp(accounts->item[k].host, hosts->item[i]) != 0)
      k++;
    if (k < accounts->n)
      continue;
    step->host->error(step, "account-missing",
                      "the secret declares '%s'@'%s', which is not there: "
                      "create the account or correct \"hosts\"",
                      user, hosts->item[i]);
    return KT_MISSING;
  }
  if (accounts->n > 0)
    return KT_OK;
  step->host->error(step, "account-missing",
                    "there is no account of the user \"%s\": create one, or "
                    "correct \"username\"",
                    user);
  return KT_MISSING;
}

int accounts_read(struct db *admin, const struct login *login,
                  const char *username, bool may_be_none, struct accounts *out)
{
  struct kt_step *step = admin->step;
  struct accounts accounts = {
      .item = step->host->scratch(step, ACCOUNTS_MAX * sizeof *accounts.item)};
  struct hosts hosts = {0};
  MYSQL_RES *result = NULL;
  struct sql sql;
  if (!accounts.item)
    return no_memory(step);
  int r = hosts_read(step, login->hosts, &hosts);
  if (r != KT_OK)
    return r;
  sql_start(&sql, admin);
  sql_words(&sql, admin->server.is_mariadb         ? mariadb_sql
                  : admin->server.version >= 80014 ? mysql80_sql
                                                   : mysql57_sql);
  sql_literal(&sql, username);
  sql_words(&sql, " ORDER BY Host");
  r = sql_query(&sql, &result);
  if (r == KT_DENIED)
    step->host->error(step, "right-missing",
                      "the admin \"%s\" cannot read the accounts: GRANT SELECT "
                      "ON mysql.* TO it",
                      admin->login->username);
  if (r != KT_OK)
    return r;
  r = read_rows(admin, username, &hosts, result, &accounts);
  mysql_free_result(result);
  if (r == KT_OK && !may_be_none)
    r = require_all(step, username, &hosts, &accounts);
  if (r == KT_OK)
    *out = accounts;
  return r;
}

int account_require(struct db *admin, const struct account *account)
{
  struct kt_step *step = admin->step;
  if (account->is_foreign) {
    step->host->error(step, "plugin-unknown",
                      "'%s'@'%s' logs in by \"%s\", which is left alone: take "
                      "it out of \"hosts\", or give it a password plugin",
                      account->user, account->host,
                      hash_knows(account->verifier[0].plugin)
                          ? "several alternatives"
                          : account->verifier[0].plugin);
    return KT_CONFIG;
  }
  if (account->is_locked) {
    step->host->error(step, "account-locked",
                      "'%s'@'%s' is locked: ALTER USER … ACCOUNT UNLOCK, or "
                      "take it out of \"hosts\"",
                      account->user, account->host);
    return KT_LOCKED;
  }
  return KT_OK;
}

int account_find(const struct account *account, const char *password,
                 bool if_unknown)
{
  for (int i = 0; i < account->n_verifiers; i++) {
    const struct verifier *v = &account->verifier[i];
    enum hash_match match = hash_compare(v->plugin, v->text, password);
    if (match == HASH_MATCHES ||
        (match == HASH_UNKNOWN && if_unknown && account->n_verifiers == 1))
      return i;
  }
  return -1;
}

int accounts_require_password(struct db *admin, const struct accounts *accounts,
                              const char *password)
{
  struct kt_step *step = admin->step;
  for (size_t i = 0; i < accounts->n; i++) {
    const struct account *account = &accounts->item[i];
    int r = account_require(admin, account);
    if (r != KT_OK)
      return r;
    if (account_find(account, password, true) >= 0)
      continue;
    step->host->error(step, "password-differs",
                      "'%s'@'%s' does not take this password", account->user,
                      account->host);
    return KT_AUTH;
  }
  return KT_OK;
}
