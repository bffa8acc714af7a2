/* alternating.c - mysql-alternating-users: one role, two users that take
 * turns.
 *
 *     role "app"                    holds every grant
 *       |-- "app_a"  default role   AWSCURRENT: untouched by the rotation
 *       `-- "app_b"  default role   AWSPENDING: gets a new password, at each
 *                                   host that "app_a" has
 *
 * The current user works throughout; retire_secret locks it once no session of
 * it is left.  All changes are the admin's ("masterarn").
 */
#include <string.h>
#include <strings.h>

#include "change.h"
#include "check.h"
#include "grants.h"
#include "rotators.h"
#include "session.h"
#include "sql.h"
#include "strategy.h"
#include "twin.h"

static int read_all(struct kt_step *step, bool need_pending,
                    struct logins *logins, struct twins *twins)
{
  int r = logins_read(step, need_pending, logins);
  if (r == KT_OK)
    r = logins_require_admin(step, logins);
  if (r == KT_OK)
    r = twins_read(step, &logins->current, twins);
  if (r != KT_OK || !need_pending)
    return r;
  if (login_is_same_server(&logins->pending, &logins->current) &&
      strcmp(logins->pending.username, twins->next) == 0)
    return KT_OK;
  step->host->error(step, "pending-differs",
                    "AWSPENDING must name \"%s\" on AWSCURRENT's server: end "
                    "this rotation and start another",
                    twins->next);
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
  const struct kt_field fields[] = {{"username", twins.next},
                                    {"password", password}};
  return step->host->put_pending_fields(step, fields, 2);
}

static int require_roles(struct db *admin)
{
  struct kt_step *step = admin->step;
  if (server_has_roles(&admin->server))
    return KT_OK;
  step->host->error(step, "server-unsupported",
                    "MySQL before 8.0 has no roles to share between two "
                    "users: use mysql-single-user, or a newer server");
  return KT_CONFIG;
}

struct pair {
  struct accounts current, next;
};

/* Reads both users, and refuses a pair that is none: without this, whoever
 * may write the secret could have the admin hand him any user. */
static int open_pair(struct kt_step *step, const struct logins *logins,
                     const struct twins *twins, struct db *admin,
                     struct pair *pair)
{
  int r = session_open_admin(step, logins, admin);
  if (r == KT_OK)
    r = require_roles(admin);
  if (r == KT_OK)
    r = accounts_read(admin, &logins->current, logins->current.username, false,
                      &pair->current);
  if (r == KT_OK)
    r = accounts_read(admin, &logins->current, twins->next, true, &pair->next);
  for (size_t i = 0; r == KT_OK && i < pair->current.n; i++)
    r = twin_require_model(admin, &pair->current.item[i], twins->role);
  for (size_t i = 0; r == KT_OK && i < pair->next.n; i++) {
    struct account unlocked = pair->next.item[i];
    unlocked.is_locked = false; /* retire_secret has locked it */
    r = account_require(admin, &unlocked);
  }
  return r;
}

static const struct account *find_host(const struct accounts *accounts,
                                       const char *host)
{
  for (size_t i = 0; i < accounts->n; i++)
    if (strcasecmp(accounts->item[i].host, host) == 0)
      return &accounts->item[i];
  return NULL;
}

static int require_current(struct db *admin, const struct logins *logins,
                           const struct accounts *accounts, bool is_proven)
{
  for (size_t i = 0; i < accounts->n; i++) {
    const struct account *account = &accounts->item[i];
    if (account_find(account, logins->current.password, is_proven) >= 0)
      continue;
    int r = session_judge_drift(admin->step, account->user, account->host);
    if (r != KT_OK)
      return r;
  }
  return KT_OK;
}

static int set_secret(struct kt_step *step)
{
  struct logins logins;
  struct twins twins;
  struct pair pair;
  struct db admin = {0};
  int r = read_all(step, true, &logins, &twins);
  if (r != KT_OK)
    return r;
  int proof = session_try(step, &logins.current);
  if (proof != KT_OK && proof != KT_AUTH)
    return proof;
  r = open_pair(step, &logins, &twins, &admin, &pair);
  if (r == KT_OK)
    r = require_current(&admin, &logins, &pair.current, proof == KT_OK);
  for (size_t i = 0; r == KT_OK && i < pair.current.n; i++) {
    const struct account *model = &pair.current.item[i];
    r = twin_set(&admin, model, find_host(&pair.next, model->host), twins.next,
                 twins.role, logins.pending.password);
  }
  db_close(&admin);
  return r;
}

/* The role is active after login, or the user can do nothing. */
static int require_role(struct db *own)
{
  struct kt_step *step = own->step;
  const char *role = NULL;
  MYSQL_RES *result = NULL;
  struct sql sql;
  int r = twins_role(step, own->login, &role);
  if (r != KT_OK)
    return r;
  sql_start(&sql, own);
  if (own->server.is_mariadb) {
    sql_words(&sql, "SELECT COALESCE(CURRENT_ROLE(), '') = ");
    sql_literal(&sql, role);
  } else {
    sql_words(&sql, "SELECT LOCATE(CONCAT('`', REPLACE(");
    sql_literal(&sql, role);
    sql_words(&sql, ", '`', '``'), '`@`%`'), CURRENT_ROLE()) > 0");
  }
  r = sql_query(&sql, &result);
  if (r != KT_OK)
    return r;
  MYSQL_ROW row = mysql_fetch_row(result);
  bool is_active = row && row[0] && row[0][0] == '1';
  mysql_free_result(result);
  if (is_active)
    return KT_OK;
  step->host->error(step, "role-not-active",
                    "\"%s\" has not the role \"%s\" after login: grant it and "
                    "make it the default",
                    own->login->username, role);
  return KT_CONFIG;
}

static int test_secret(struct kt_step *step)
{
  return strategy_test(step, require_role);
}

static int check_pair(struct db *admin, const struct twins *twins,
                      const struct pair *pair)
{
  struct kt_step *step = admin->step;
  step->host->log(step, KT_INFO, "role \"%s\", users \"%s\" and \"%s\"",
                  twins->role, twins->login[0], twins->login[1]);
  for (size_t i = 0; i < pair->current.n; i++) {
    const struct account *model = &pair->current.item[i];
    struct grants grants;
    int r = grants_read(admin, model, twins->role, &grants);
    if (r != KT_OK)
      return r;
    if (!grants.is_default)
      step->host->log(step, KT_WARN,
                      "the role is not the default of '%s'@'%s'; it will be "
                      "that of its twin",
                      model->user, model->host);
    if (!find_host(&pair->next, model->host))
      step->host->log(step, KT_INFO, "will create '%s'@'%s'", twins->next,
                      model->host);
  }
  for (size_t i = 0; i < pair->next.n; i++)
    if (!find_host(&pair->current, pair->next.item[i].host))
      step->host->log(step, KT_WARN,
                      "'%s'@'%s' has no counterpart and is left alone",
                      twins->next, pair->next.item[i].host);
  return KT_OK;
}

static int check(struct kt_step *step)
{
  struct logins logins;
  struct twins twins;
  struct pair pair;
  struct db own = {0}, admin = {0};
  int r = read_all(step, false, &logins, &twins);
  if (r == KT_OK)
    r = db_open(step, &logins.current, 0, &own);
  if (r == KT_OK)
    r = db_require_primary(&own);
  if (r == KT_OK)
    r = check_server(&own);
  if (r == KT_OK)
    r = open_pair(step, &logins, &twins, &admin, &pair);
  if (r == KT_OK)
    r = check_admin(&admin, &logins.current);
  if (r == KT_OK)
    r = check_pair(&admin, &twins, &pair);
  db_close(&admin);
  db_close(&own);
  return r;
}

/* Ends what takes this password.  An account that does not was ended before, or
 * has a newer value already, which must stay. */
static int lock_holders(struct db *admin, const struct accounts *accounts,
                        const char *password)
{
  int r = KT_OK;
  for (size_t i = 0; r == KT_OK && i < accounts->n; i++) {
    const struct account *account = &accounts->item[i];
    if (account_find(account, password, false) >= 0 &&
        !(account->is_locked && admin->server.has_policy))
      r = change_lock(admin, account);
  }
  return r;
}

/* The current user was never touched: it is put right only if it does not
 * work.  The pending one ends, so that its value works nowhere. */
static int revert_secret(struct kt_step *step)
{
  struct logins logins;
  struct twins twins;
  struct pair pair;
  struct db admin = {0};
  int r = read_all(step, true, &logins, &twins);
  if (r == KT_OK)
    r = open_pair(step, &logins, &twins, &admin, &pair);
  for (size_t i = 0; r == KT_OK && i < pair.current.n; i++) {
    const struct account *account = &pair.current.item[i];
    if (account_find(account, logins.current.password, true) >= 0)
      continue;
    r = session_judge_drift(step, account->user, account->host);
    if (r == KT_OK)
      r = change_password(&admin, account, logins.current.password);
  }
  if (r == KT_OK)
    r = lock_holders(&admin, &pair.next, logins.pending.password);
  db_close(&admin);
  return r;
}

static int retire_secret(struct kt_step *step)
{
  struct logins logins;
  struct twins twins;
  struct pair pair;
  struct db admin = {0};
  int r = read_all(step, false, &logins, &twins);
  if (r != KT_OK || !logins.has_previous ||
      strcmp(logins.previous.username, logins.current.username) == 0)
    return r;
  if (!login_is_same_server(&logins.previous, &logins.current) ||
      strcmp(logins.previous.username, twins.next) != 0) {
    step->host->error(step, "previous-differs",
                      "AWSPREVIOUS names \"%s\", which is no twin of "
                      "AWSCURRENT's user: end it by hand",
                      logins.previous.username);
    return KT_CONFIG;
  }
  r = open_pair(step, &logins, &twins, &admin, &pair);
  if (r == KT_OK)
    r = twin_require_idle(&admin, logins.previous.username);
  if (r == KT_OK)
    r = lock_holders(&admin, &pair.next, logins.previous.password);
  db_close(&admin);
  return r;
}

const struct kt_rotator alternating_rotator = {
    .size = sizeof(struct kt_rotator),
    .name = "mysql-alternating-users",
    .version = "1",
    .summary = "MySQL 8+, MariaDB 10.4+: two users of one role take turns",
    .secret_schema = alternating_schema,
    .options_schema = options_schema,
    .flags = KT_OVERLAP,
    .grace_s = 24 * 60 * 60,
    .create_secret = create_secret,
    .set_secret = set_secret,
    .test_secret = test_secret,
    .check = check,
    .revert_secret = revert_secret,
    .retire_secret = retire_secret,
};
