/* role.c - one role: its state, its rights, its password, its end.
 *
 * Rights differ by release.  Up to PostgreSQL 15 CREATEROLE may alter every
 * role that is no superuser; from 16 it also needs ADMIN OPTION on it.  Any
 * role may change its own password.
 */
#include "role.h"

#include <stdio.h>
#include <string.h>

#include "sql.h"

#define VALID_DAYS     90
#define VALID_DAYS_MAX 36500

/* $1 role, $2 days.  Unqualified names are pg_catalog's: see connect.c. */
static const char read_sql[] =
    "SELECT r.rolsuper, r.rolcanlogin, e.finite,"
    " e.finite AND r.rolvaliduntil <= now(),"
    " e.finite AND r.rolvaliduntil < now() + $2::int * interval '1 day',"
    " s.rolsuper OR r.rolname = s.rolname"
    "  OR (s.rolcreaterole AND NOT r.rolsuper AND"
    "   (current_setting('server_version_num')::int < 160000"
    "    OR pg_has_role(s.oid, r.oid, 'USAGE WITH ADMIN OPTION'))),"
    " s.rolsuper OR pg_has_role(s.oid, r.oid, 'USAGE WITH ADMIN OPTION')"
    "  OR (s.rolcreaterole AND NOT r.rolsuper AND"
    "   current_setting('server_version_num')::int < 160000),"
    " date_trunc('second', r.rolvaliduntil)::text,"
    " (date_trunc('second', now()) + $2::int * interval '1 day')::text"
    " FROM pg_roles r"
    " CROSS JOIN LATERAL (SELECT coalesce(isfinite(r.rolvaliduntil), false)"
    "  AS finite) e"
    " JOIN pg_roles s ON s.rolname = session_user"
    " WHERE r.rolname = $1";

/* What a role that changes its own password must know of itself; cheap, since
 * a fresh session plans it. */
static const char read_own_sql[] =
    "SELECT rolsuper, rolvaliduntil < 'infinity' FROM pg_roles"
    " WHERE rolname = $1";

int role_valid_days(struct kt_step *step)
{
  return option_number(step, "valid_for_days", VALID_DAYS, VALID_DAYS_MAX);
}

int role_read(struct db *db, const char *name, struct role *out)
{
  PGresult *result = NULL;
  char days[16];
  (void)snprintf(days, sizeof days, "%d", role_valid_days(db->step));
  int r = db_query(db, read_sql, 2, (const char *const[]){name, days}, &result);
  if (r != KT_OK)
    return r;
  *out = (struct role){.exists = PQntuples(result) == 1};
  if (out->exists) {
    bool *const flags[] = {&out->is_superuser,    &out->can_login,
                           &out->has_expiry,      &out->is_expired,
                           &out->needs_extension, &out->may_alter,
                           &out->may_grant};
    for (int i = 0; i < (int)(sizeof flags / sizeof *flags); i++)
      *flags[i] = PQgetvalue(result, 0, i)[0] == 't';
    (void)snprintf(out->expiry, sizeof out->expiry, "%s",
                   PQgetvalue(result, 0, 7));
    (void)snprintf(out->new_expiry, sizeof out->new_expiry, "%s",
                   PQgetvalue(result, 0, 8));
  }
  PQclear(result);
  return KT_OK;
}

/* As role_read, of the session's own role, but for may_grant. */
static int read_own(struct db *db, const char *name, struct role *out)
{
  PGresult *result = NULL;
  int r = db_query(db, read_own_sql, 1, &name, &result);
  if (r != KT_OK)
    return r;
  bool is_plain = PQntuples(result) == 1 && PQgetvalue(result, 0, 1)[0] != 't';
  if (is_plain)
    *out = (struct role){.exists = true,
                         .is_superuser = PQgetvalue(result, 0, 0)[0] == 't',
                         .can_login = true,
                         .may_alter = true};
  PQclear(result);
  return is_plain ? KT_OK : role_read(db, name, out);
}

int role_require(struct db *db, const char *name, const struct role *role)
{
  struct kt_step *step = db->step;
  bool is_self = strcmp(name, db->login->username) == 0;
  if (!role->exists) {
    step->host->error(step, "role-missing",
                      "there is no role \"%s\": create it, or correct the "
                      "secret",
                      name);
    return KT_MISSING;
  }
  if (role->is_superuser && !is_self) {
    step->host->error(step, "role-superuser",
                      "\"%s\" is a superuser: its password is changed only by "
                      "itself; remove \"masterarn\" from the secret",
                      name);
    return KT_CONFIG;
  }
  if (role->may_alter)
    return KT_OK;
  if (db->version < 160000)
    step->host->error(step, "right-missing",
                      "\"%s\" may not alter \"%s\": as a superuser, ALTER ROLE "
                      "\"%s\" CREATEROLE",
                      db->login->username, name, db->login->username);
  else
    step->host->error(step, "right-missing",
                      "\"%s\" may not alter \"%s\": as a superuser, ALTER ROLE "
                      "\"%s\" CREATEROLE; GRANT \"%s\" TO \"%s\" WITH ADMIN "
                      "OPTION",
                      db->login->username, name, db->login->username, name,
                      db->login->username);
  return KT_DENIED;
}

/* The expiry is a right of CREATEROLE: nobody may move his own. */
static void add_expiry(struct sql *sql, const struct role *role,
                       const char *name)
{
  struct kt_step *step = sql->db->step;
  if (!role->needs_extension)
    return;
  if (strcmp(name, sql->db->login->username) == 0 && !role->is_superuser) {
    step->host->log(step, KT_WARN,
                    "the password of \"%s\" stays VALID UNTIL %s: a role "
                    "cannot move its own; give the secret a \"masterarn\"",
                    name, role->expiry);
    return;
  }
  sql_words(sql, " VALID UNTIL ");
  sql_literal(sql, role->new_expiry);
  step->host->log(step, KT_INFO, "\"%s\" is now VALID UNTIL %s", name,
                  role->new_expiry);
}

/* Begins, says "mutating", runs, commits. */
static int run_alone(struct db *db, struct sql *sql)
{
  if (sql->failure != KT_OK)
    return sql->failure;
  int r = db_begin(db);
  if (r == KT_OK)
    r = db->step->host->mutating(db->step);
  if (r == KT_OK)
    r = sql_run(sql);
  return r == KT_OK ? db_commit(db) : r;
}

int role_set_password(struct db *db, const char *name,
                      struct verifier *password, bool enable_login)
{
  bool is_own = strcmp(name, db->login->username) == 0;
  struct role role;
  struct sql sql;
  int r = is_own ? read_own(db, name, &role) : role_read(db, name, &role);
  if (r == KT_OK)
    r = role_require(db, name, &role);
  if (r != KT_OK)
    return r;
  sql_start(&sql, db);
  sql_words(&sql, "ALTER ROLE ");
  sql_identifier(&sql, name);
  if (enable_login && !role.can_login)
    sql_words(&sql, " LOGIN");
  sql_password(&sql, name, password);
  add_expiry(&sql, &role, name);
  return run_alone(db, &sql);
}

int role_disable(struct db *db, const char *name)
{
  struct sql sql;
  sql_start(&sql, db);
  sql_words(&sql, "ALTER ROLE ");
  sql_identifier(&sql, name);
  sql_words(&sql, " NOLOGIN PASSWORD NULL");
  return run_alone(db, &sql);
}
