/* twin.c - statements that make one account the twin of another. */
#include "twin.h"

#include <string.h>

#include "change.h"
#include "grants.h"
#include "show.h"
#include "sql.h"

int twin_require_model(struct db *admin, const struct account *model,
                       const char *role)
{
  struct kt_step *step = admin->step;
  struct grants grants;
  int r = account_require(admin, model);
  if (r == KT_OK)
    r = grants_read(admin, model, role, &grants);
  if (r != KT_OK)
    return r;
  if (!grants.has_role) {
    step->host->error(step, "role-not-granted",
                      "'%s'@'%s' has not the role \"%s\": GRANT it, and make "
                      "it the default",
                      model->user, model->host, role);
    return KT_CONFIG;
  }
  if (grants.direct) {
    step->host->error(step, "grants-not-on-role",
                      "'%s'@'%s' has grants of its own, which its twin would "
                      "lack: give them to the role \"%s\" instead [%s]",
                      model->user, model->host, role, grants.direct);
    return KT_CONFIG;
  }
  return KT_OK;
}

static int create(struct db *admin, const struct account *account,
                  const char *clauses, const char *password)
{
  struct kt_step *step = admin->step;
  struct sql sql;
  if (admin->server.is_mariadb && admin->server.has_policy) {
    step->host->error(step, "account-missing",
                      "under strict_password_validation an account can be "
                      "created by hand only: CREATE USER '%s'@'%s'",
                      account->user, account->host);
    return KT_MISSING;
  }
  sql_start(&sql, admin);
  sql_words(&sql, "CREATE USER ");
  sql_account(&sql, account->user, account->host);
  int r =
      change_say_identified(admin, &sql, account->verifier[0].plugin, password);
  sql_words(&sql, " ");
  sql_words(&sql, clauses);
  return r == KT_OK ? sql_change(&sql) : r;
}

/* MariaDB shows no clause for what is not demanded, and then keeps what the
 * twin has: so that is taken away by name. */
static int alter(struct db *admin, const struct account *twin,
                 const char *clauses)
{
  struct sql sql;
  sql_start(&sql, admin);
  sql_words(&sql, "ALTER USER ");
  sql_account(&sql, twin->user, twin->host);
  if (strncmp(clauses, "REQUIRE", 7) != 0)
    sql_words(&sql, " REQUIRE NONE");
  sql_words(&sql, " ");
  sql_words(&sql, clauses);
  return sql_change(&sql);
}

static int give_role(struct db *admin, const struct account *twin,
                     const char *role)
{
  struct kt_step *step = admin->step;
  struct grants grants;
  struct sql sql;
  int r = grants_read(admin, twin, role, &grants);
  if (r == KT_OK && !grants.has_role) {
    sql_start(&sql, admin);
    sql_words(&sql, "GRANT ");
    sql_literal(&sql, role);
    sql_words(&sql, " TO ");
    sql_account(&sql, twin->user, twin->host);
    r = sql_change(&sql);
  }
  if (r != KT_OK || grants.is_default)
    return r;
  sql_start(&sql, admin);
  if (admin->server.is_mariadb) {
    sql_words(&sql, "SET DEFAULT ROLE ");
    sql_literal(&sql, role);
    sql_words(&sql, " FOR ");
    sql_account(&sql, twin->user, twin->host);
  } else {
    sql_words(&sql, "ALTER USER ");
    sql_account(&sql, twin->user, twin->host);
    sql_words(&sql, " DEFAULT ROLE ");
    sql_literal(&sql, role);
  }
  r = sql_change(&sql);
  if (r == KT_DENIED)
    step->host->error(step, "right-missing",
                      "the admin may not make the role \"%s\" the default of "
                      "'%s'@'%s': do it once by hand (SET DEFAULT ROLE … FOR "
                      "…), or GRANT UPDATE ON mysql.* TO the admin",
                      role, twin->user, twin->host);
  return r;
}

int twin_set(struct db *admin, const struct account *model,
             const struct account *twin, const char *name, const char *role,
             const char *password)
{
  struct account fresh = {.user = name,
                          .host = model->host,
                          .n_verifiers = 1,
                          .verifier = {{model->verifier[0].plugin, ""}}};
  const char *clauses = NULL;
  int r = show_clauses(admin, model->user, model->host, &clauses);
  if (r == KT_OK && !twin) {
    r = create(admin, &fresh, clauses, password);
    return r == KT_OK ? give_role(admin, &fresh, role) : r;
  }
  if (r == KT_OK && account_find(twin, password, false) != 0)
    r = change_password(admin, twin, password);
  if (r == KT_OK && twin->n_verifiers > 1 && !admin->server.is_mariadb)
    r = change_drop_others(admin, twin, NULL);
  if (r == KT_OK)
    r = alter(admin, twin, clauses);
  if (r == KT_OK)
    r = give_role(admin, twin, role);
  if (r == KT_OK && twin->is_locked)
    r = change_unlock(admin, twin);
  return r;
}

int twin_require_idle(struct db *admin, const char *name)
{
  struct kt_step *step = admin->step;
  MYSQL_RES *result = NULL;
  bool can_see = false;
  struct sql sql;
  int r = grants_has_global(admin, "PROCESS", &can_see);
  if (r == KT_OK && !can_see)
    step->host->log(step, KT_WARN,
                    "the admin has not PROCESS and cannot see whether \"%s\" "
                    "is still in use: it is ended all the same",
                    name);
  if (r != KT_OK || !can_see)
    return r;
  sql_start(&sql, admin);
  sql_words(&sql, "SELECT COUNT(*) FROM information_schema.PROCESSLIST"
                  " WHERE USER = ");
  sql_literal(&sql, name);
  r = sql_query(&sql, &result);
  if (r != KT_OK)
    return r;
  MYSQL_ROW row = mysql_fetch_row(result);
  if (row && row[0] && strcmp(row[0], "0") != 0) {
    step->host->error(step, "sessions-open",
                      "%s session(s) of \"%s\" are still open", row[0], name);
    r = KT_BUSY;
  }
  mysql_free_result(result);
  return r;
}
