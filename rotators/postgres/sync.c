/* sync.c - the difference between two logins, as statements.
 *
 * Two queries compare the catalogs and answer with the statements that are
 * missing, each quoted by the server's own format(); they are then run one by
 * one, or only shown.  Equal logins give no row.
 *
 * What is carried from the current login to the next: CREATEDB, CREATEROLE,
 * REPLICATION, BYPASSRLS, CONNECTION LIMIT, VALID UNTIL (renewed), memberships
 * and settings, those of single databases too.  Never SUPERUSER.  What the
 * next login has beyond that is taken away.
 */
#include "sync.h"

#include <stdio.h>
#include <string.h>

#include "role.h"

/* $1 current, $2 next, $3 owner, $4 days.  `n` is the order, `kind` is "do"
 * or "warn": a grant that this admin cannot take back. */
#define WHO_ROLES                                                \
  "WITH c AS (SELECT * FROM pg_roles WHERE rolname = $1::text)," \
  " p AS (SELECT * FROM pg_roles WHERE rolname = $2::text),"     \
  " s AS (SELECT * FROM pg_roles WHERE rolname = session_user),"

/* A membership may be granted more than once from 16 on; what counts is the
 * sum.  The adopted user is the owner: its memberships reach the logins. */
#define PLAN_MEMBERS(INHERIT, SET)                                          \
  " member AS (SELECT m.member, m.roleid, r.rolname,"                       \
  "   bool_or(m.admin_option) AS adm, " INHERIT " AS inh, " SET " AS st"    \
  "  FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid"            \
  "  WHERE r.rolname <> $3::text AND r.rolname <> $2::text"                 \
  "  GROUP BY 1, 2, 3),"                                                    \
  " cm AS (SELECT member.* FROM member JOIN c ON c.oid = member"            \
  "  WHERE c.rolname <> $3::text),"                                         \
  " pm AS (SELECT member.* FROM member JOIN p ON p.oid = member),"          \
  " extra AS (SELECT pm.* FROM pm WHERE NOT EXISTS (SELECT FROM cm WHERE"   \
  "  (cm.roleid, cm.adm, cm.inh, cm.st)"                                    \
  "   = (pm.roleid, pm.adm, pm.inh, pm.st))),"                              \
  " missing AS (SELECT cm.* FROM cm WHERE NOT EXISTS (SELECT FROM pm WHERE" \
  "  (cm.roleid, cm.adm, cm.inh, cm.st)"                                    \
  "   = (pm.roleid, pm.adm, pm.inh, pm.st)))"

#define PLAN_ATTRIBUTES                                                    \
  " SELECT 1 AS n, 'do' AS kind,"                                          \
  "  format('ALTER ROLE %I %s', p.rolname, w.words) AS statement"          \
  " FROM c CROSS JOIN p CROSS JOIN LATERAL (SELECT concat_ws(' ',"         \
  "  CASE WHEN c.rolcreatedb > p.rolcreatedb THEN 'CREATEDB'"              \
  "   WHEN c.rolcreatedb < p.rolcreatedb THEN 'NOCREATEDB' END,"           \
  "  CASE WHEN c.rolcreaterole > p.rolcreaterole THEN 'CREATEROLE'"        \
  "   WHEN c.rolcreaterole < p.rolcreaterole THEN 'NOCREATEROLE' END,"     \
  "  CASE WHEN c.rolreplication > p.rolreplication THEN 'REPLICATION'"     \
  "   WHEN c.rolreplication < p.rolreplication THEN 'NOREPLICATION' END,"  \
  "  CASE WHEN c.rolbypassrls > p.rolbypassrls THEN 'BYPASSRLS'"           \
  "   WHEN c.rolbypassrls < p.rolbypassrls THEN 'NOBYPASSRLS' END,"        \
  "  CASE WHEN p.rolinherit THEN 'NOINHERIT' END,"                         \
  "  CASE WHEN c.rolconnlimit <> p.rolconnlimit"                           \
  "   THEN 'CONNECTION LIMIT ' || c.rolconnlimit END,"                     \
  "  CASE WHEN isfinite(c.rolvaliduntil) THEN 'VALID UNTIL ' || "          \
  "quote_literal("                                                         \
  "    greatest(c.rolvaliduntil, date_trunc('second', now())"              \
  "     + $4::int * interval '1 day'))"                                    \
  "   WHEN isfinite(p.rolvaliduntil) THEN 'VALID UNTIL ''infinity''' END)" \
  "  AS words) w WHERE w.words <> ''"

#define PLAN_OWNER(SET_OPTION, OPTIONS)                                      \
  " UNION ALL SELECT 2, 'do', format('GRANT %I TO %I" OPTIONS "', $3::text," \
  "   p.rolname)"                                                            \
  "  FROM p WHERE NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles r" \
  "   ON r.oid = m.roleid WHERE m.member = p.oid AND r.rolname = $3::text"   \
  "   AND " SET_OPTION ")"

#define PLAN_REVOKE_15                                                        \
  " UNION ALL SELECT 3, 'do', format('REVOKE %I FROM %I', rolname, $2::text)" \
  "  FROM extra"                                                              \
  " UNION ALL SELECT 4, 'do', format('GRANT %I TO %I%s', rolname, $2::text,"  \
  "   CASE WHEN adm THEN ' WITH ADMIN OPTION' ELSE '' END) FROM missing"

#define PLAN_REVOKE_16                                                        \
  " UNION ALL SELECT 3, CASE WHEN s.rolsuper"                                 \
  "    OR pg_has_role(s.oid, m.grantor, 'USAGE') THEN 'do' ELSE 'warn' END,"  \
  "   format('REVOKE %I FROM %I GRANTED BY %I', extra.rolname, $2::text,"     \
  "    pg_get_userbyid(m.grantor))"                                           \
  "  FROM extra CROSS JOIN s JOIN pg_auth_members m"                          \
  "   ON (m.roleid, m.member) = (extra.roleid, extra.member)"                 \
  " UNION ALL SELECT 4, 'do', format("                                        \
  "   'GRANT %I TO %I WITH ADMIN %s, INHERIT %s, SET %s', rolname, $2::text," \
  "   adm::text, inh::text, st::text) FROM missing"

/* Settings that are lists (those pg_dump splits) keep their quotes only by way
 * of this session; the session's own value is back before the next word. */
#define PLAN_SETTINGS                                                          \
  " SELECT 5 AS n, 'do' AS kind, format('%s RESET %I', ps.alter, ps.name)"     \
  "  FROM ps WHERE NOT EXISTS (SELECT FROM cs"                                 \
  "   WHERE (cs.setdatabase, cs.name) = (ps.setdatabase, ps.name))"            \
  " UNION ALL SELECT 6, 'do', CASE WHEN name IN ('search_path',"               \
  "    'temp_tablespaces', 'local_preload_libraries',"                         \
  "    'session_preload_libraries') THEN format("                              \
  "    'SELECT pg_catalog.set_config(%L, %L, true); %s SET %I FROM CURRENT; '" \
  "    || 'SELECT pg_catalog.set_config(%L, %L, true)', name, value, alter,"   \
  "    name, name, current_setting(name))"                                     \
  "   ELSE format('%s SET %I TO %L', alter, name, value) END"                  \
  "  FROM cs WHERE NOT EXISTS (SELECT FROM ps WHERE"                           \
  "   (cs.setdatabase, cs.name, cs.value)"                                     \
  "    = (ps.setdatabase, ps.name, ps.value))"

#define PLAN_END                                                            \
  " UNION ALL SELECT 7, 'do', format('ALTER ROLE %I SET role TO %L',"       \
  "   p.rolname, $3::text) FROM p WHERE NOT EXISTS (SELECT FROM setting t"  \
  "   WHERE t.setrole = p.oid AND t.setdatabase = 0 AND t.name = 'role'"    \
  "    AND t.value = $3::text)"                                             \
  " UNION ALL SELECT 8, 'do', format('GRANT CONNECT ON DATABASE %I TO %I'," \
  "   current_database(), p.rolname) FROM p"                                \
  "  WHERE NOT has_database_privilege(p.oid, current_database(), 'CONNECT')"

#define WHO_SETTINGS                                                        \
  "WITH c AS (SELECT * FROM pg_roles WHERE rolname = $1::text),"            \
  " p AS (SELECT * FROM pg_roles WHERE rolname = $2::text),"                \
  " setting AS (SELECT s.setrole, s.setdatabase, split_part(x, '=', 1) AS"  \
  "   name, substr(x, strpos(x, '=') + 1) AS value,"                        \
  "   format('ALTER ROLE %I', $2::text)"                                    \
  "    || coalesce(' IN DATABASE ' || quote_ident(d.datname), '') AS alter" \
  "  FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) x"            \
  "  LEFT JOIN pg_database d ON d.oid = s.setdatabase),"                    \
  " cs AS (SELECT setting.* FROM setting JOIN c ON c.oid = setrole"         \
  "  WHERE name <> 'role'),"                                                \
  " ps AS (SELECT setting.* FROM setting JOIN p ON p.oid = setrole"         \
  "  WHERE name <> 'role' OR setdatabase <> 0)"

static const char roles_15[] = WHO_ROLES PLAN_MEMBERS("true", "true")
    PLAN_ATTRIBUTES PLAN_OWNER("true", "") PLAN_REVOKE_15 " ORDER BY 1, 3";

static const char roles_16[] = WHO_ROLES PLAN_MEMBERS(
    "bool_or(m.inherit_option)", "bool_or(m.set_option)")
    PLAN_ATTRIBUTES PLAN_OWNER("m.set_option", " WITH INHERIT FALSE, SET TRUE")
        PLAN_REVOKE_16 " ORDER BY 1, 3";

static const char settings[] =
    WHO_SETTINGS PLAN_SETTINGS PLAN_END " ORDER BY 1, 3";

static int run_row(struct db *db, const char *kind, const char *statement,
                   enum sync_mode mode)
{
  struct kt_step *step = db->step;
  if (strcmp(kind, "warn") == 0) {
    step->host->log(step, KT_WARN,
                    "a superuser should run: %s (\"%s\" may not)", statement,
                    db->login->username);
    return KT_OK;
  }
  step->host->log(step, KT_INFO, "%s: %s",
                  mode == SYNC_SHOW ? "will run" : "running", statement);
  return mode == SYNC_SHOW ? KT_OK : db_execute(db, statement);
}

/* GRANT CONNECT by who does not own the database is a warning to the server,
 * and nothing is granted. */
static int require_connect(struct db *db, const char *login)
{
  PGresult *result = NULL;
  struct kt_step *step = db->step;
  int r = db_query(
      db, "SELECT has_database_privilege($1, current_database(), 'CONNECT')", 1,
      &login, &result);
  if (r != KT_OK)
    return r;
  bool may_connect = PQgetvalue(result, 0, 0)[0] == 't';
  PQclear(result);
  if (may_connect)
    return KT_OK;
  step->host->error(step, "connect-denied",
                    "as the database's owner: GRANT CONNECT ON DATABASE \"%s\" "
                    "TO \"%s\"",
                    db->login->dbname, login);
  return KT_DENIED;
}

static int run_plan(struct db *db, const char *sql, int n_values,
                    const char *const *values, enum sync_mode mode)
{
  PGresult *plan = NULL;
  int r = db_query(db, sql, n_values, values, &plan);
  for (int i = 0; r == KT_OK && i < PQntuples(plan); i++)
    r = run_row(db, PQgetvalue(plan, i, 1), PQgetvalue(plan, i, 2), mode);
  PQclear(plan);
  return r;
}

int sync_login(struct db *db, const char *current, const struct twins *twins,
               enum sync_mode mode)
{
  char days[16];
  (void)snprintf(days, sizeof days, "%d", role_valid_days(db->step));
  const char *const values[] = {current, twins->next, twins->owner, days};
  int r =
      run_plan(db, db->version < 160000 ? roles_15 : roles_16, 4, values, mode);
  if (r == KT_OK)
    r = run_plan(db, settings, 3, values, mode);
  if (r == KT_OK && mode == SYNC_RUN)
    r = require_connect(db, twins->next);
  return r;
}
