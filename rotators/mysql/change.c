/* change.c - how a password becomes a statement.
 *
 * The server gets a verifier computed here, so that no log of any kind can
 * hold the password.  Two servers do not allow that, and get the password
 * itself, over a private connection only:
 *   - MySQL with validate_password, which could not judge a verifier, and
 *     MySQL when an account changes its own password.  It writes <secret> to
 *     all its logs in place of the password.
 *   - MariaDB under strict_password_validation.  SET PASSWORD writes only the
 *     verifier to the binary log; the general and slow logs are turned off for
 *     the session, which is refused without the right to.
 */
#include "change.h"

#include <string.h>

#include "show.h"
#include "sql.h"

static int require_private(struct db *db)
{
  struct kt_step *step = db->step;
  if (db->is_private)
    return KT_OK;
  step->host->error(step, "plaintext-refused",
                    "this server must see the password itself, and the "
                    "connection of \"%s\" can be overheard: set \"sslmode\" to "
                    "verify-full",
                    db->login->username);
  return KT_CONFIG;
}

static int refuse_verifier(struct db *db, const char *plugin)
{
  struct kt_step *step = db->step;
  step->host->error(step, "verifier-impossible",
                    "no verifier for \"%s\" can be made of this password%s",
                    plugin,
                    strcmp(plugin, "ed25519") == 0
                        ? ": it must have exactly 32 bytes (PasswordLength)"
                        : "");
  return KT_CONFIG;
}

static int say_verifier(struct db *db, struct sql *sql, const char *plugin,
                        const char *password)
{
  char *text = db->step->host->scratch(db->step, VERIFIER_MAX);
  if (!text || !hash_make(plugin, db->server.sha2_rounds, password, text))
    return refuse_verifier(db, plugin);
  sql_literal(sql, text);
  return KT_OK;
}

static void say_plugin(struct db *db, struct sql *sql, const char *plugin)
{
  /* Only plugins of hash.c's table come here: plain words. */
  sql_words(sql, db->server.is_mariadb ? " VIA " : " WITH ");
  sql_words(sql, plugin);
}

int change_say_identified(struct db *admin, struct sql *sql, const char *plugin,
                          const char *password)
{
  sql_words(sql, " IDENTIFIED");
  say_plugin(admin, sql, plugin);
  if (!admin->server.is_mariadb && admin->server.has_policy) {
    int r = require_private(admin);
    sql_words(sql, " BY ");
    sql_literal(sql, password);
    return r;
  }
  sql_words(sql, admin->server.is_mariadb ? " USING " : " AS ");
  return say_verifier(admin, sql, plugin, password);
}

static bool must_see_password(const struct db *db)
{
  return db->server.is_mariadb && db->server.has_policy;
}

/* What the session says from here on is in no log of statements. */
static int leave_logs(struct db *db)
{
  struct kt_step *step = db->step;
  MYSQL_RES *result = NULL;
  int r = db_execute(db, "SET SESSION slow_query_log = 0");
  if (r != KT_OK)
    return r;
  r = db_query(db, "SELECT @@global.general_log", &result);
  if (r != KT_OK)
    return r;
  MYSQL_ROW row = mysql_fetch_row(result);
  bool is_on = !row || !row[0] || row[0][0] != '0';
  mysql_free_result(result);
  r = mysql_query(db->conn, "SET SESSION sql_log_off = 1") == 0 ? KT_OK
                                                                : KT_DENIED;
  if (r == KT_OK || !is_on)
    return KT_OK;
  step->host->error(step, "plaintext-refused",
                    "strict_password_validation wants the password itself, "
                    "which the general log would show: turn that log off, "
                    "turn strict_password_validation off, or GRANT SUPER to "
                    "\"%s\"",
                    db->login->username);
  return KT_CONFIG;
}

/* MariaDB under strict_password_validation.  It replaces the first alternative
 * only, so there must be no other. */
static int set_seen_password(struct db *db, const struct account *account,
                             bool is_alone, const char *password)
{
  struct kt_step *step = db->step;
  struct sql sql;
  if (!is_alone) {
    step->host->error(step, "alternatives",
                      "an account with alternatives cannot be changed under "
                      "strict_password_validation: turn that off");
    return KT_CONFIG;
  }
  int r = require_private(db);
  if (r == KT_OK)
    r = leave_logs(db);
  if (r != KT_OK)
    return r;
  sql_start(&sql, db);
  sql_words(&sql, "SET PASSWORD ");
  if (account) {
    sql_words(&sql, "FOR ");
    sql_account(&sql, account->user, account->host);
  }
  sql_words(&sql, " = PASSWORD(");
  sql_literal(&sql, password);
  sql_words(&sql, ")");
  return sql_change(&sql);
}

static void start_alter(struct sql *sql, struct db *admin,
                        const struct account *account)
{
  sql_start(sql, admin);
  sql_words(sql, "ALTER USER ");
  sql_account(sql, account->user, account->host);
}

int change_password(struct db *admin, const struct account *account,
                    const char *password)
{
  struct sql sql;
  if (must_see_password(admin))
    return set_seen_password(admin, account, account->n_verifiers == 1,
                             password);
  start_alter(&sql, admin, account);
  int r =
      change_say_identified(admin, &sql, account->verifier[0].plugin, password);
  return r == KT_OK ? sql_change(&sql) : r;
}

int change_retaining(struct db *admin, const struct account *account,
                     const char *password, const struct verifier *old)
{
  struct kt_step *step = admin->step;
  struct sql sql;
  if (must_see_password(admin)) {
    step->host->error(step, "verifier-refused",
                      "under strict_password_validation MariaDB takes no "
                      "second password: turn it off, or use "
                      "mysql-alternating-users or mysql-single-user");
    return KT_CONFIG;
  }
  start_alter(&sql, admin, account);
  int r = change_say_identified(admin, &sql, old->plugin, password);
  if (r != KT_OK)
    return r;
  if (admin->server.is_mariadb) {
    sql_words(&sql, " OR ");
    sql_words(&sql, old->plugin);
    sql_words(&sql, " USING ");
    sql_literal(&sql, old->text);
  } else {
    sql_words(&sql, " RETAIN CURRENT PASSWORD");
  }
  return sql_change(&sql);
}

int change_drop_others(struct db *admin, const struct account *account,
                       const struct verifier *kept)
{
  struct sql sql;
  start_alter(&sql, admin, account);
  if (admin->server.is_mariadb) {
    sql_words(&sql, " IDENTIFIED");
    say_plugin(admin, &sql, kept->plugin);
    sql_words(&sql, " USING ");
    sql_literal(&sql, kept->text);
  } else {
    sql_words(&sql, " DISCARD OLD PASSWORD");
  }
  return sql_change(&sql);
}

int change_lock(struct db *admin, const struct account *account)
{
  struct sql sql;
  char *password = admin->step->host->scratch(admin->step, VERIFIER_MAX);
  if (!password || !hash_random_password(password))
    return refuse_verifier(admin, account->verifier[0].plugin);
  start_alter(&sql, admin, account);
  /* A policy would not like that password, and a lock is enough. */
  if (!admin->server.has_policy) {
    int r = change_say_identified(admin, &sql, account->verifier[0].plugin,
                                  password);
    if (r != KT_OK)
      return r;
  }
  sql_words(&sql, " ACCOUNT LOCK");
  return sql_change(&sql);
}

int change_unlock(struct db *admin, const struct account *account)
{
  struct sql sql;
  start_alter(&sql, admin, account);
  sql_words(&sql, " ACCOUNT UNLOCK");
  return sql_change(&sql);
}

static int refuse_own(struct db *own, const char *code, const char *why)
{
  own->step->host->error(own->step, code, "\"%s\" %s", own->login->username,
                         why);
  return KT_CONFIG;
}

static int change_own_mariadb(struct db *own, const char *password)
{
  struct own_account account = {.plugin = "mysql_native_password"};
  struct sql sql;
  /* An expired session may not even ask for its plugin. */
  int r = own->is_expired ? KT_OK : show_own_account(own, &account);
  if (r != KT_OK)
    return r;
  if (!hash_knows(account.plugin))
    return refuse_own(own, "plugin-unknown",
                      "does not log in by a password plugin: it is left alone");
  if (account.has_alternatives)
    return refuse_own(own, "alternatives",
                      "has alternatives, of which it can change only the "
                      "first: give the secret a \"masterarn\"");
  if (own->server.has_policy)
    return set_seen_password(own, NULL, true, password);
  sql_start(&sql, own);
  sql_words(&sql, "SET PASSWORD = ");
  r = say_verifier(own, &sql, account.plugin, password);
  return r == KT_OK ? sql_change(&sql) : r;
}

static int change_own_mysql(struct db *own, const char *password)
{
  struct own_account account;
  struct sql sql;
  int r = require_private(own);
  if (r == KT_OK && !own->is_expired)
    r = show_own_account(own, &account);
  if (r != KT_OK)
    return r;
  if (!own->is_expired && !hash_knows(account.plugin))
    return refuse_own(own, "plugin-unknown",
                      "does not log in by a password plugin: it is left alone");
  sql_start(&sql, own);
  sql_words(&sql, "ALTER USER USER() IDENTIFIED BY ");
  sql_literal(&sql, password);
  /* Some accounts must give their current password; all may. */
  if (own->server.version >= 80013) {
    sql_words(&sql, " REPLACE ");
    sql_literal(&sql, own->login->password);
  }
  return sql_change(&sql);
}

int change_own_password(struct db *own, const char *password)
{
  return own->server.is_mariadb ? change_own_mariadb(own, password)
                                : change_own_mysql(own, password);
}
