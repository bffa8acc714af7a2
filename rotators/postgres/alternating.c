/* alternating.c - postgres-alternating-users: one NOLOGIN owner, two logins
 * that take turns.
 *
 *     owner "app" (NOLOGIN)         owns every object
 *       |-- "app_a"  role = app     AWSCURRENT: untouched by the rotation
 *       `-- "app_b"  role = app     AWSPENDING: gets a new password, and
 *                                   whatever else "app_a" has
 *
 * Both logins act as the owner, so what one creates the other may alter.  The
 * current login works throughout; retire_secret ends it once no session of it
 * is left.  All changes are the admin's ("masterarn"), each step one
 * transaction.
 */
#include <string.h>

#include "check.h"
#include "pair.h"
#include "role.h"
#include "rotators.h"
#include "session.h"
#include "sql.h"
#include "sync.h"

static int require_next(struct kt_step *step, const struct logins *logins,
                        const struct twins *twins)
{
  if (login_is_same_server(&logins->pending, &logins->current) &&
      strcmp(logins->pending.username, twins->next) == 0)
    return KT_OK;
  step->host->error(step, "pending-differs",
                    "AWSPENDING must name \"%s\" on AWSCURRENT's server: end "
                    "this rotation and start another",
                    twins->next);
  return KT_CONFIG;
}

static int read_all(struct kt_step *step, bool need_pending,
                    struct logins *logins, struct twins *twins)
{
  int r = logins_read(step, need_pending, logins);
  if (r == KT_OK)
    r = twins_read(step, &logins->current, twins);
  if (r == KT_OK && need_pending)
    r = require_next(step, logins, twins);
  if (r != KT_OK || logins->has_admin)
    return r;
  step->host->error(step, "admin-missing",
                    "a login cannot change its twin: name an admin's secret "
                    "in \"masterarn\"");
  return KT_CONFIG;
}

static int create_secret(struct kt_step *step)
{
  const char *password = NULL;
  struct logins logins;
  struct twins twins;
  int r = field_read(step, KT_SECRET, "AWSPENDING", "password", &password);
  if (r != KT_OK)
    return r;
  if (password)
    return read_all(step, true, &logins, &twins);
  r = read_all(step, false, &logins, &twins);
  if (r == KT_OK)
    r = draw_password(step, &password);
  if (r != KT_OK)
    return r;
  /* The owner is written down: after an adoption the user name no longer
   * tells. */
  const struct kt_field fields[] = {
      {"username", twins.next}, {"password", password}, {"owner", twins.owner}};
  return step->host->put_pending_fields(step, fields, 3);
}

/* The current login must work: it proves that who wrote the secret has a
 * right to the pair, and that there is something to alternate with. */
static int prove_current(struct kt_step *step, const struct logins *logins)
{
  struct db own = {0};
  int r = db_open(step, &logins->current, &own);
  if (r == KT_OK)
    r = db_require_primary(&own);
  db_close(&own);
  return r;
}

static int change_next(struct db *admin, const struct logins *logins,
                       const struct twins *twins, const struct pair *pair,
                       struct verifier *verifier)
{
  const char *name = twins->next;
  struct kt_step *step = admin->step;
  struct role role;
  struct sql sql;
  int r = role_read(admin, name, &role);
  if (r == KT_OK && pair->next_exists)
    r = role_require(admin, name, &role);
  if (r == KT_OK)
    r = db_begin(admin);
  if (r == KT_OK)
    r = step->host->mutating(step);
  if (r == KT_OK && !pair->next_exists) {
    sql_start(&sql, admin);
    sql_words(&sql, "CREATE ROLE ");
    sql_identifier(&sql, name);
    sql_words(&sql, " NOINHERIT");
    r = sql_run(&sql);
  }
  if (r != KT_OK)
    return r;
  sql_start(&sql, admin);
  sql_words(&sql, "ALTER ROLE ");
  sql_identifier(&sql, name);
  sql_words(&sql, " LOGIN");
  sql_password(&sql, name, verifier);
  r = sql_run(&sql);
  if (r == KT_OK)
    r = sync_login(admin, logins->current.username, twins, SYNC_RUN);
  return r == KT_OK ? db_commit(admin) : r;
}

static int set_secret(struct kt_step *step)
{
  struct logins logins;
  struct twins twins;
  struct pair pair;
  struct db admin = {0};
  struct verifier verifier = {0};
  int r = read_all(step, true, &logins, &twins);
  if (r != KT_OK)
    return r;
  verifier.password = logins.pending.password;
  logins.current.meanwhile = &verifier;
  int proof = prove_current(step, &logins);
  if (proof != KT_OK && proof != KT_AUTH) {
    verifier_clear(&verifier);
    return proof;
  }
  r = session_open_admin(step, &logins, &admin);
  if (r == KT_OK && proof == KT_AUTH)
    r = session_explain_refusal(&admin, logins.current.username);
  if (r == KT_OK)
    r = pair_read(&admin, logins.current.username, &twins, &pair);
  if (r == KT_OK)
    r = change_next(&admin, &logins, &twins, &pair, &verifier);
  db_close(&admin);
  verifier_clear(&verifier);
  return r;
}

static int require_acting_as(struct db *db, const char *owner)
{
  struct kt_step *step = db->step;
  PGresult *result = NULL;
  int r = db_query(db, "SELECT current_user, session_user", 0, NULL, &result);
  if (r == KT_OK && strcmp(PQgetvalue(result, 0, 0), owner) != 0) {
    step->host->error(step, "role-not-owner",
                      "\"%s\" acts as \"%s\" after login: ALTER ROLE \"%s\" "
                      "SET role TO '%s', and GRANT it that role",
                      PQgetvalue(result, 0, 1), PQgetvalue(result, 0, 0),
                      PQgetvalue(result, 0, 1), owner);
    r = KT_CONFIG;
  }
  PQclear(result);
  return r;
}

static int test_secret(struct kt_step *step)
{
  const char *owner = NULL;
  struct login login;
  struct db db = {0};
  int r = login_read(step, step->stage, &login);
  if (r == KT_OK)
    r = twins_owner(step, &login, &owner);
  if (r == KT_OK)
    r = db_open(step, &login, &db);
  if (r == KT_OK)
    r = require_acting_as(&db, owner);
  db_close(&db);
  return r;
}

/* Shows the pair, the admin's rights over it, and what set_secret would run. */
static int check_pair(struct db *admin, const struct logins *logins,
                      const struct twins *twins)
{
  struct kt_step *step = admin->step;
  struct role owner;
  struct pair pair;
  int r = pair_read(admin, logins->current.username, twins, &pair);
  if (r == KT_OK)
    r = role_read(admin, twins->owner, &owner);
  if (r != KT_OK)
    return r;
  if (!owner.may_grant) {
    step->host->error(step, "right-missing",
                      "\"%s\" may not grant \"%s\": as a superuser, GRANT "
                      "\"%s\" TO \"%s\" WITH ADMIN OPTION",
                      admin->login->username, twins->owner, twins->owner,
                      admin->login->username);
    return KT_DENIED;
  }
  step->host->log(step, KT_INFO, "owner \"%s\", logins \"%s\" and \"%s\"",
                  twins->owner, twins->login[0], twins->login[1]);
  if (twins->is_adopting)
    step->host->log(step, KT_INFO,
                    "\"%s\" becomes the owner: it logs in until retire_secret "
                    "makes it NOLOGIN; its objects and grants stay its own",
                    twins->owner);
  else if (pair.owner_can_login)
    step->host->log(step, KT_WARN,
                    "the owner \"%s\" can log in itself; retire_secret ends "
                    "that",
                    twins->owner);
  r = pair_warn(admin, twins);
  if (r == KT_OK && pair.next_exists)
    r = check_password_right(admin, twins->next);
  else if (r == KT_OK)
    step->host->log(step, KT_INFO,
                    "will create \"%s\" with all that \"%s\" has", twins->next,
                    logins->current.username);
  return r == KT_OK
             ? sync_login(admin, logins->current.username, twins, SYNC_SHOW)
             : r;
}

static int check(struct kt_step *step)
{
  struct logins logins;
  struct twins twins;
  struct db own = {0}, admin = {0};
  int r = read_all(step, false, &logins, &twins);
  if (r == KT_OK)
    r = db_open(step, &logins.current, &own);
  if (r == KT_OK)
    r = db_require_primary(&own);
  if (r == KT_OK)
    r = check_server(&own);
  if (r == KT_OK)
    r = require_acting_as(&own, twins.owner);
  if (r == KT_OK)
    r = session_open_admin(step, &logins, &admin);
  if (r == KT_OK)
    r = check_pair(&admin, &logins, &twins);
  db_close(&admin);
  db_close(&own);
  return r;
}

static int disable_if_there(struct db *admin, const char *name)
{
  struct role role;
  int r = role_read(admin, name, &role);
  if (r != KT_OK || !role.exists)
    return r;
  r = role_require(admin, name, &role);
  return r == KT_OK ? role_disable(admin, name) : r;
}

/* The current login was never touched: it is put right only if it does not
 * work.  The pending one ends, so that its value works nowhere. */
static int revert_secret(struct kt_step *step)
{
  struct logins logins;
  struct twins twins;
  struct pair pair;
  struct db admin = {0};
  struct verifier verifier = {0};
  int r = read_all(step, true, &logins, &twins);
  if (r != KT_OK)
    return r;
  verifier.password = logins.current.password;
  int proof = prove_current(step, &logins);
  if (proof != KT_OK && proof != KT_AUTH && proof != KT_LOCKED)
    return proof;
  r = session_open_admin(step, &logins, &admin);
  if (r == KT_OK)
    r = pair_read(&admin, logins.current.username, &twins, &pair);
  if (r == KT_OK && proof != KT_OK)
    r = role_set_password(&admin, logins.current.username, &verifier, true);
  if (r == KT_OK && pair.next_exists)
    r = disable_if_there(&admin, twins.next);
  db_close(&admin);
  verifier_clear(&verifier);
  return r;
}

/* Only a value that still works needs an end.  One that is refused was ended
 * before, or its login has a new value already: that of a later rotation, which
 * must stay. */
static int retire_previous(struct db *admin, const struct login *previous)
{
  struct db probe = {0};
  int r = pair_require_idle(admin, previous->username);
  if (r != KT_OK)
    return r;
  r = db_open(admin->step, previous, &probe);
  db_close(&probe);
  if (r == KT_AUTH)
    return KT_OK;
  return r == KT_OK || r == KT_LOCKED
             ? disable_if_there(admin, previous->username)
             : r;
}

/* The adopted user whose own retirement never came. */
static int retire_owner(struct db *admin, const char *owner)
{
  int r = pair_require_idle(admin, owner);
  return r == KT_OK ? disable_if_there(admin, owner) : r;
}

static int retire_secret(struct kt_step *step)
{
  struct logins logins;
  struct twins twins;
  struct pair pair;
  struct db admin = {0};
  int r = read_all(step, false, &logins, &twins);
  if (r != KT_OK)
    return r;
  const char *previous = logins.previous.username;
  if (!logins.has_previous || strcmp(previous, logins.current.username) == 0)
    return KT_OK;
  bool is_owner = strcmp(previous, twins.owner) == 0;
  if (!login_is_same_server(&logins.previous, &logins.current) ||
      (!is_owner && strcmp(previous, twins.next) != 0)) {
    step->host->error(step, "previous-differs",
                      "AWSPREVIOUS names \"%s\", which is no twin of "
                      "AWSCURRENT's user: end it by hand",
                      previous);
    return KT_CONFIG;
  }
  r = session_open_admin(step, &logins, &admin);
  if (r == KT_OK)
    r = pair_read(&admin, logins.current.username, &twins, &pair);
  if (r == KT_OK)
    r = retire_previous(&admin, &logins.previous);
  if (r == KT_OK && !is_owner && pair.owner_can_login)
    r = retire_owner(&admin, twins.owner);
  db_close(&admin);
  return r;
}

const struct kt_rotator alternating_rotator = {
    .size = sizeof(struct kt_rotator),
    .name = "postgres-alternating-users",
    .version = "1",
    .summary = "PostgreSQL: two logins of one owner role take turns",
    .secret_schema = alternating_schema,
    .options_schema = alternating_options,
    .flags = KT_OVERLAP,
    .grace_s = 24 * 60 * 60,
    .create_secret = create_secret,
    .set_secret = set_secret,
    .test_secret = test_secret,
    .check = check,
    .revert_secret = revert_secret,
    .retire_secret = retire_secret,
};
