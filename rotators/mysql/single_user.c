/* single_user.c - mysql-single-user: the password of one user is changed in
 * place, in all the accounts that the user has.
 *
 * Without "masterarn" the user changes its own account, the one that this
 * machine reaches; with it the admin changes all that are declared, but only
 * once a stored password has logged in: who may write the secret must not
 * thereby get any user's password reset.  Between set_secret and finish_secret
 * AWSCURRENT does not log in; who cannot bear that takes mysql-dual-password
 * or mysql-alternating-users.
 */
#include <string.h>

#include "change.h"
#include "check.h"
#include "rotators.h"
#include "session.h"
#include "strategy.h"

/* Is what this account takes a value of the secret?  `is_proven`: a login with
 * AWSCURRENT or AWSPREVIOUS went through. */
static int judge_one(struct db *admin, const struct logins *logins,
                     bool is_proven, const struct account *account)
{
  int r = account_require(admin, account);
  if (r != KT_OK ||
      account_find(account, logins->pending.password, false) >= 0 ||
      account_find(account, logins->current.password, is_proven) >= 0 ||
      (logins->has_previous &&
       account_find(account, logins->previous.password, is_proven) >= 0))
    return r;
  return session_judge_drift(admin->step, account->user, account->host);
}

/* First all are judged, then all are changed: half of a set is worse than
 * none. */
static int take_by_admin(struct kt_step *step, const struct logins *logins,
                         const struct login *wanted, bool is_proven)
{
  struct db admin = {0};
  struct accounts accounts = {0};
  int r = session_open_admin(step, logins, &admin);
  if (r == KT_OK)
    r = accounts_read(&admin, &logins->current, wanted->username, false,
                      &accounts);
  for (size_t i = 0; r == KT_OK && i < accounts.n; i++)
    r = judge_one(&admin, logins, is_proven, &accounts.item[i]);
  for (size_t i = 0; r == KT_OK && i < accounts.n; i++)
    if (account_find(&accounts.item[i], wanted->password, false) != 0)
      r = change_password(&admin, &accounts.item[i], wanted->password);
  db_close(&admin);
  return r;
}

/* Makes the user take `wanted`'s password, through a session that one of the
 * candidates opens. */
static int take_password(struct kt_step *step, const struct logins *logins,
                         const struct login *wanted,
                         const struct login *const *candidates, size_t n)
{
  struct db own = {0};
  const struct login *used = NULL;
  int r = session_open_first(step, candidates, n, DB_EVEN_EXPIRED, &own, &used);
  if (r == KT_OK && !own.is_expired)
    r = db_require_primary(&own);
  if (logins->has_admin && (r == KT_OK || r == KT_AUTH)) {
    db_close(&own);
    return take_by_admin(step, logins, wanted, used && used != wanted);
  }
  if (r == KT_OK && used == wanted)
    step->host->log(step, KT_INFO, "\"%s\" takes the password already",
                    wanted->username);
  else if (r == KT_OK)
    r = strategy_require_one_host(step, &logins->current);
  if (r == KT_OK && used != wanted)
    r = change_own_password(&own, wanted->password);
  db_close(&own);
  return r;
}

static int set_secret(struct kt_step *step)
{
  struct logins logins;
  int r = logins_read(step, true, &logins);
  if (r == KT_OK)
    r = logins_require_same(step, &logins);
  if (r != KT_OK)
    return r;
  bool has_previous = logins.has_previous &&
                      login_is_same_user(&logins.previous, &logins.current);
  const struct login *const candidates[] = {
      step->maybe_set ? &logins.pending : NULL, &logins.current,
      has_previous ? &logins.previous : NULL};
  return take_password(step, &logins, &logins.pending, candidates, 3);
}

/* Where a revert is asked for, AWSPENDING may be live even if maybe_set does
 * not say so: then it comes last. */
static int revert_secret(struct kt_step *step)
{
  struct logins logins;
  int r = logins_read(step, true, &logins);
  if (r == KT_OK)
    r = logins_require_same(step, &logins);
  if (r != KT_OK)
    return r;
  const struct login *const candidates[] = {
      step->maybe_set ? &logins.pending : NULL, &logins.current,
      step->maybe_set ? NULL : &logins.pending};
  return take_password(step, &logins, &logins.current, candidates, 3);
}

static int test_secret(struct kt_step *step)
{
  return strategy_test(step, NULL);
}

static int check(struct kt_step *step)
{
  struct logins logins;
  struct db own = {0}, admin = {0};
  int r = logins_read(step, false, &logins);
  if (r == KT_OK)
    r = db_open(step, &logins.current, 0, &own);
  if (r == KT_OK)
    r = db_require_primary(&own);
  if (r == KT_OK)
    r = check_server(&own);
  if (r == KT_OK && logins.has_admin)
    r = session_open_admin(step, &logins, &admin);
  if (r == KT_OK && logins.has_admin)
    r = check_admin(&admin, &logins.current);
  else if (r == KT_OK)
    r = check_own(&own);
  if (r == KT_OK && !logins.has_admin)
    r = strategy_require_one_host(step, &logins.current);
  db_close(&admin);
  db_close(&own);
  return r;
}

const struct kt_rotator single_user_rotator = {
    .size = sizeof(struct kt_rotator),
    .name = "mysql-single-user",
    .version = "1",
    .summary = "MySQL, MariaDB: changes the password of one user in place",
    .secret_schema = account_schema,
    .options_schema = options_schema,
    .create_secret = strategy_create,
    .set_secret = set_secret,
    .test_secret = test_secret,
    .check = check,
    .revert_secret = revert_secret,
};
