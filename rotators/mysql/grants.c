/* grants.c - reads the lines of SHOW GRANTS.
 *
 * Each is "GRANT rights ON what TO whom …", "GRANT `role`@`host` TO whom" or,
 * on MariaDB, "GRANT `role` TO whom" and "SET DEFAULT ROLE …".  What stands
 * after TO may hold a verifier and is never shown.
 */
#include "grants.h"

#include <string.h>

#include "sql.h"

#define NOTHING "GRANT USAGE ON *.* TO "

/* Behind "GRANT `role`" or "GRANT `role`@`%`" if the line begins so. */
static bool is_role_line(const char *line, const char *role)
{
  if (strncmp(line, "GRANT `", 7) != 0)
    return false;
  line += 7;
  for (; *role; role++, line++) {
    if (*line != *role)
      return false;
    if (*role == '`' && *++line != '`')
      return false;
  }
  if (strncmp(line, "`@`%`", 5) == 0)
    line += 5;
  else if (*line++ != '`')
    return false;
  return strncmp(line, " TO ", 4) == 0;
}

/* Up to " TO ", in the host's memory. */
static const char *keep_grant(struct kt_step *step, const char *line)
{
  const char *end = strstr(line, " TO ");
  size_t len = end ? (size_t)(end - line) : strlen(line);
  char *copy = step->host->scratch(step, len + 1);
  if (!copy)
    return "a grant";
  memcpy(copy, line, len);
  return copy;
}

/* MariaDB's is a member of the account. */
static int read_default(struct db *admin, const struct account *account,
                        const char *role, bool *out_is_default)
{
  MYSQL_RES *result = NULL;
  struct sql sql;
  if (admin->server.is_mariadb) {
    *out_is_default =
        account->default_role && strcmp(account->default_role, role) == 0;
    return KT_OK;
  }
  sql_start(&sql, admin);
  sql_words(&sql, "SELECT 1 FROM mysql.default_roles WHERE USER = ");
  sql_literal(&sql, account->user);
  sql_words(&sql, " AND HOST = ");
  sql_literal(&sql, account->host);
  sql_words(&sql, " AND DEFAULT_ROLE_HOST = '%' AND DEFAULT_ROLE_USER = ");
  sql_literal(&sql, role);
  int r = sql_query(&sql, &result);
  if (r != KT_OK)
    return r;
  *out_is_default = mysql_fetch_row(result) != NULL;
  mysql_free_result(result);
  return KT_OK;
}

int grants_read(struct db *admin, const struct account *account,
                const char *role, struct grants *out)
{
  struct grants grants = {0};
  MYSQL_RES *result = NULL;
  MYSQL_ROW row;
  struct sql sql;
  sql_start(&sql, admin);
  sql_words(&sql, "SHOW GRANTS FOR ");
  sql_account(&sql, account->user, account->host);
  int r = sql_query(&sql, &result);
  if (r != KT_OK)
    return r;
  while ((row = mysql_fetch_row(result)) != NULL) {
    if (is_role_line(row[0], role))
      grants.has_role = true;
    else if (!grants.direct &&
             strncmp(row[0], NOTHING, sizeof NOTHING - 1) != 0 &&
             strncmp(row[0], "SET DEFAULT ROLE", 16) != 0)
      grants.direct = keep_grant(admin->step, row[0]);
  }
  mysql_free_result(result);
  r = read_default(admin, account, role, &grants.is_default);
  if (r == KT_OK)
    *out = grants;
  return r;
}

int grants_has_global(struct db *admin, const char *right, bool *out_has)
{
  MYSQL_RES *result = NULL;
  MYSQL_ROW row;
  bool has = false;
  int r = db_query(admin, "SHOW GRANTS", &result);
  if (r != KT_OK)
    return r;
  while ((row = mysql_fetch_row(result)) != NULL) {
    const char *on = strstr(row[0], " ON *.* TO ");
    const char *at = strstr(row[0], right);
    has = has || strncmp(row[0], "GRANT `", 7) == 0 || (on && at && at < on) ||
          strncmp(row[0], "GRANT ALL PRIVILEGES ON *.* TO ", 31) == 0;
  }
  mysql_free_result(result);
  *out_has = has;
  return KT_OK;
}

int grants_require_global(struct db *admin, const char *right)
{
  struct kt_step *step = admin->step;
  bool has = false;
  int r = grants_has_global(admin, right, &has);
  if (r != KT_OK)
    return r;
  if (has) {
    step->host->log(step, KT_INFO, "the admin \"%s\" has %s",
                    admin->login->username, right);
    return KT_OK;
  }
  step->host->error(step, "right-missing",
                    "the admin \"%s\" lacks a right: GRANT %s ON *.* TO it",
                    admin->login->username, right);
  return KT_DENIED;
}
