/* pair.c - judges the three roles of an alternating secret. */
#include "pair.h"

#include <stdlib.h>
#include <string.h>

/* $1 owner, $2 current login, $3 next login. */
static const char pair_sql[] =
    "SELECT o.oid IS NOT NULL, c.oid IS NOT NULL, p.oid IS NOT NULL,"
    " coalesce(o.rolsuper OR c.rolsuper OR p.rolsuper, false),"
    " coalesce(pg_has_role(c.oid, o.oid, 'MEMBER'), false),"
    " coalesce(pg_has_role(p.oid, o.oid, 'MEMBER'), p.oid IS NULL),"
    " coalesce(o.rolcanlogin, false)"
    " FROM (SELECT) one"
    " LEFT JOIN pg_roles o ON o.rolname = $1"
    " LEFT JOIN pg_roles c ON c.rolname = $2"
    " LEFT JOIN pg_roles p ON p.rolname = $3";

static int refuse(struct db *db, int class, const char *code, const char *role,
                  const char *why)
{
  db->step->host->error(db->step, code, "role \"%s\" %s", role, why);
  return class;
}

static int judge(struct db *db, const char *current, const struct twins *twins,
                 const bool found[7])
{
  if (!found[0])
    return refuse(db, KT_MISSING, "owner-missing", twins->owner,
                  "is not there: create it NOLOGIN, let it own the objects, "
                  "and grant it to the logins");
  if (!found[1])
    return refuse(db, KT_MISSING, "role-missing", current,
                  "is not there: create it, or correct the secret");
  if (found[3])
    return refuse(db, KT_CONFIG, "role-superuser", twins->owner,
                  "or a login of it is a superuser: use ordinary roles");
  if (!found[4])
    return refuse(db, KT_CONFIG, "not-a-member", current,
                  "is no member of the owner: GRANT the owner to it");
  if (!found[5] || strcmp(twins->next, db->login->username) == 0)
    return refuse(db, KT_CONFIG, "not-a-member", twins->next,
                  "exists, but is no member of the owner: GRANT the owner to "
                  "it if it is meant, or name other logins");
  return KT_OK;
}

int pair_read(struct db *admin, const char *current, const struct twins *twins,
              struct pair *out)
{
  const char *const values[] = {twins->owner, current, twins->next};
  PGresult *result = NULL;
  bool found[7];
  int r = db_query(admin, pair_sql, 3, values, &result);
  if (r != KT_OK)
    return r;
  for (int i = 0; i < 7; i++)
    found[i] = PQgetvalue(result, 0, i)[0] == 't';
  PQclear(result);
  r = judge(admin, current, twins, found);
  if (r == KT_OK)
    *out = (struct pair){.next_exists = found[2], .owner_can_login = found[6]};
  return r;
}

int pair_warn(struct db *admin, const struct twins *twins)
{
  static const char sql[] =
      "SELECT r.rolname, count(*) FROM pg_shdepend d JOIN pg_roles r"
      " ON r.oid = d.refobjid WHERE d.refclassid = 'pg_authid'::regclass"
      " AND d.deptype = 'o' AND r.rolname IN ($1, $2) GROUP BY 1";
  struct kt_step *step = admin->step;
  PGresult *result = NULL;
  int r = db_query(admin, sql, 2, twins->login, &result);
  for (int i = 0; r == KT_OK && i < PQntuples(result); i++)
    step->host->log(step, KT_WARN,
                    "%s objects belong to \"%s\" itself, so its twin cannot "
                    "alter them: in each database, REASSIGN OWNED BY \"%s\" TO "
                    "\"%s\"",
                    PQgetvalue(result, i, 1), PQgetvalue(result, i, 0),
                    PQgetvalue(result, i, 0), twins->owner);
  PQclear(result);
  return r;
}

int pair_require_idle(struct db *admin, const char *login)
{
  static const char sql[] =
      "SELECT count(*), coalesce(host(min(client_addr)), 'a Unix socket'),"
      " coalesce(date_trunc('second', min(backend_start))::text, '?')"
      " FROM pg_stat_activity WHERE usename = $1";
  struct kt_step *step = admin->step;
  PGresult *result = NULL;
  int r = db_query(admin, sql, 1, &login, &result);
  if (r == KT_OK && strcmp(PQgetvalue(result, 0, 0), "0") != 0) {
    step->host->error(step, "sessions-open",
                      "%s sessions of \"%s\" are still open, the oldest since "
                      "%s, one from %s: restart those clients",
                      PQgetvalue(result, 0, 0), login, PQgetvalue(result, 0, 2),
                      PQgetvalue(result, 0, 1));
    r = KT_BUSY;
  }
  PQclear(result);
  return r;
}
