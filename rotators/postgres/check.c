/* check.c - the lines that `check` shows.
 *
 * INFO says what was found and what will be done; WARN what may hurt later.
 * What would make the rotation fail is an error, not a line.
 */
#include "check.h"

#include <string.h>

#include "role.h"

static const char server_sql[] =
    "SELECT current_setting('server_version'),"
    " current_setting('password_encryption'),"
    " coalesce((SELECT setting FROM pg_settings"
    "  WHERE name = 'shared_preload_libraries'), ''),"
    " (SELECT string_agg(DISTINCT split_part(name, '.', 1), ', ')"
    "  FROM pg_settings WHERE name LIKE 'credcheck.%'"
    "   OR name LIKE 'passwordcheck%.%' OR name LIKE 'pgtle.%'"
    "   OR name LIKE 'rds.restrict_password_commands')";

int check_server(struct db *db)
{
  struct kt_step *step = db->step;
  PGresult *result = NULL;
  int r = db_query(db, server_sql, 0, NULL, &result);
  if (r != KT_OK)
    return r;
  const char *encryption = PQgetvalue(result, 0, 1);
  const char *libraries = PQgetvalue(result, 0, 2);
  const char *modules = PQgetvalue(result, 0, 3);
  step->host->log(
      step, KT_INFO, "%s:%s is a primary, PostgreSQL %s, TLS %s (sslmode %s)",
      db->login->host, db->login->port, PQgetvalue(result, 0, 0),
      PQsslInUse(db->conn) ? "in use" : "not in use", db->login->sslmode);
  if (strcmp(encryption, "scram-sha-256") != 0)
    step->host->log(step, KT_WARN,
                    "password_encryption is %s here, but the rotation stores "
                    "SCRAM-SHA-256: clients older than PostgreSQL 10's cannot "
                    "log in then",
                    encryption);
  if (modules[0] || strstr(libraries, "passwordcheck") ||
      strstr(libraries, "credcheck"))
    step->host->log(step, KT_WARN,
                    "a password module is loaded (%s): it sees a verifier, not "
                    "the password, and must be set to take one",
                    modules[0] ? modules : libraries);
  PQclear(result);
  return KT_OK;
}

int check_password_right(struct db *db, const char *name)
{
  struct kt_step *step = db->step;
  bool is_self = strcmp(name, db->login->username) == 0;
  struct role role;
  int r = role_read(db, name, &role);
  if (r == KT_OK)
    r = role_require(db, name, &role);
  if (r != KT_OK)
    return r;
  step->host->log(step, KT_INFO, "\"%s\" can change the password of \"%s\"%s",
                  db->login->username, name, is_self ? " (itself)" : "");
  if (!role.has_expiry)
    return KT_OK;
  if (is_self && !role.is_superuser)
    step->host->log(step, KT_WARN,
                    "the password of \"%s\" is VALID UNTIL %s, and a role "
                    "cannot move that itself: give the secret a \"masterarn\"",
                    name, role.expiry);
  else
    step->host->log(step, KT_INFO,
                    "the password of \"%s\" is VALID UNTIL %s; a rotation "
                    "moves that to %s%s",
                    name, role.expiry,
                    role.needs_extension ? role.new_expiry : role.expiry,
                    role.needs_extension ? "" : " (far enough already)");
  return KT_OK;
}
