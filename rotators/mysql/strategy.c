/* strategy.c - steps that do not depend on how the old password ends. */
#include "strategy.h"

#include "hosts.h"
#include "rotators.h"
#include "session.h"

int strategy_create(struct kt_step *step)
{
  const char *password = NULL;
  struct logins logins;
  int r = field_read(step, KT_SECRET, "AWSPENDING", "password", &password);
  if (r != KT_OK)
    return r;
  r = logins_read(step, password != NULL, &logins);
  if (r == KT_OK && password)
    return logins_require_same(step, &logins);
  if (r == KT_OK)
    r = draw_password(step, &password);
  if (r != KT_OK)
    return r;
  const struct kt_field fields[] = {{"password", password}};
  return step->host->put_pending_fields(step, fields, 1);
}

int strategy_require_one_host(struct kt_step *step, const struct login *login)
{
  struct hosts hosts;
  int r = hosts_read(step, login->hosts, &hosts);
  if (r != KT_OK || hosts.n <= 1)
    return r;
  step->host->error(step, "admin-missing",
                    "a user changes only the account that it logged in to: for "
                    "several \"hosts\" name an admin's secret in "
                    "\"masterarn\"");
  return KT_CONFIG;
}

int strategy_test_accounts(struct kt_step *step, const struct login *login)
{
  struct logins logins = {.current = *login};
  struct accounts accounts = {0};
  struct db admin = {0};
  int r = login_read_admin(step, login, &logins.admin, &logins.has_admin);
  if (r != KT_OK || !logins.has_admin)
    return r;
  r = session_open_admin(step, &logins, &admin);
  if (r == KT_OK)
    r = accounts_read(&admin, login, login->username, false, &accounts);
  if (r == KT_OK)
    r = accounts_require_password(&admin, &accounts, login->password);
  db_close(&admin);
  return r;
}

int strategy_test(struct kt_step *step, int (*also)(struct db *own))
{
  struct login login;
  struct db own = {0};
  MYSQL_RES *result = NULL;
  int r = login_read(step, step->stage, &login);
  if (r == KT_OK)
    r = db_open(step, &login, DB_WITH_DATABASE, &own);
  if (r == KT_OK)
    r = db_query(&own, "SELECT 1", &result);
  mysql_free_result(result);
  if (r == KT_OK && also)
    r = also(&own);
  db_close(&own);
  return r == KT_OK ? strategy_test_accounts(step, &login) : r;
}
