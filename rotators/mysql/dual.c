/* dual.c - mysql-dual-password: one user that takes two passwords for a while.
 *
 *     before           (current)
 *     set_secret       (pending, current)     both log in
 *     finish           the engine moves AWSCURRENT; nothing changes here
 *     retire_secret    (what is AWSCURRENT now)
 *     revert_secret    (current)
 *
 * MySQL 8.0.14 and newer retain one password; MariaDB 10.4 and newer join
 * alternatives by OR, to the same effect.  A RETAIN that is repeated pushes the
 * current password out, so before each statement the verifiers tell what the
 * account takes already.
 */
#include <string.h>

#include "change.h"
#include "check.h"
#include "rotators.h"
#include "session.h"
#include "strategy.h"

static int require_overlap(struct db *admin)
{
  struct kt_step *step = admin->step;
  if (server_has_overlap(&admin->server))
    return KT_OK;
  step->host->error(step, "server-unsupported",
                    "MySQL before 8.0.14 keeps one password an account: use "
                    "mysql-single-user, or a newer server");
  return KT_CONFIG;
}

static int open_all(struct kt_step *step, const struct logins *logins,
                    struct db *admin, struct accounts *accounts)
{
  int r = logins_require_admin(step, logins);
  if (r == KT_OK)
    r = session_open_admin(step, logins, admin);
  if (r == KT_OK)
    r = require_overlap(admin);
  if (r == KT_OK)
    r = accounts_read(admin, &logins->current, logins->current.username, false,
                      accounts);
  for (size_t i = 0; r == KT_OK && i < accounts->n; i++)
    r = account_require(admin, &accounts->item[i]);
  return r;
}

/* The account has lost AWSCURRENT, or never had it.  On MySQL it is put first
 * for the moment that it takes to retain it; nothing that worked before stops
 * in between. */
static int set_both(struct db *admin, const struct logins *logins,
                    const struct account *account)
{
  struct kt_step *step = admin->step;
  struct verifier old = account->verifier[0];
  if (!admin->server.is_mariadb) {
    int r = change_retaining(admin, account, logins->current.password, &old);
    return r == KT_OK ? change_retaining(admin, account,
                                         logins->pending.password, &old)
                      : r;
  }
  char *text = step->host->scratch(step, VERIFIER_MAX);
  if (!text || !hash_make(old.plugin, 0, logins->current.password, text)) {
    step->host->error(step, "verifier-impossible",
                      "no verifier for \"%s\" can be made of AWSCURRENT",
                      old.plugin);
    return KT_CONFIG;
  }
  old.text = text;
  return change_retaining(admin, account, logins->pending.password, &old);
}

static int set_one(struct db *admin, const struct logins *logins,
                   bool is_proven, const struct account *account)
{
  int new = account_find(account, logins->pending.password, false);
  int old =
      account_find(account, logins->current.password, is_proven && new < 0);
  if (new == 0 && old > 0)
    return KT_OK;
  if (old == 0 || (old > 0 && admin->server.is_mariadb))
    return change_retaining(admin, account, logins->pending.password,
                            &account->verifier[old]);
  return set_both(admin, logins, account);
}

/* All are judged before one is changed: half of a set is worse than none. */
static int judge_all(struct db *admin, const struct logins *logins,
                     bool is_proven, const struct accounts *accounts)
{
  int r = KT_OK;
  for (size_t i = 0; r == KT_OK && i < accounts->n; i++) {
    const struct account *account = &accounts->item[i];
    if (account_find(account, logins->pending.password, false) < 0 &&
        account_find(account, logins->current.password, is_proven) < 0)
      r = session_judge_drift(admin->step, account->user, account->host);
  }
  return r;
}

/* AWSCURRENT works before and after, so it alone proves that the secret is
 * this user's; AWSPENDING need not be tried. */
static int set_secret(struct kt_step *step)
{
  struct logins logins;
  struct accounts accounts = {0};
  struct db admin = {0};
  int r = logins_read(step, true, &logins);
  if (r == KT_OK)
    r = logins_require_same(step, &logins);
  if (r == KT_OK)
    r = logins_require_admin(step, &logins);
  if (r != KT_OK)
    return r;
  int proof = session_try(step, &logins.current);
  if (proof != KT_OK && proof != KT_AUTH)
    return proof;
  r = open_all(step, &logins, &admin, &accounts);
  if (r == KT_OK)
    r = judge_all(&admin, &logins, proof == KT_OK, &accounts);
  for (size_t i = 0; r == KT_OK && i < accounts.n; i++)
    r = set_one(&admin, &logins, proof == KT_OK, &accounts.item[i]);
  db_close(&admin);
  return r;
}

/* The pending value is only good if the old one still is. */
static int test_secret(struct kt_step *step)
{
  struct login current;
  int r = strategy_test(step, NULL);
  if (r != KT_OK || strcmp(step->stage, "AWSPENDING") != 0)
    return r;
  r = login_read(step, "AWSCURRENT", &current);
  if (r == KT_OK)
    r = session_try(step, &current);
  if (r == KT_OK)
    r = strategy_test_accounts(step, &current);
  if (r != KT_AUTH)
    return r;
  step->host->error(step, "old-password-lost",
                    "AWSPENDING works, but AWSCURRENT does not any more: "
                    "another RETAIN may have pushed it out");
  return KT_AMBIGUOUS;
}

static int revert_one(struct db *admin, const struct logins *logins,
                      const struct account *account)
{
  int old = account_find(account, logins->current.password, false);
  if (old == 0 || (old > 0 && admin->server.is_mariadb))
    return account->n_verifiers == 1
               ? KT_OK
               : change_drop_others(admin, account, &account->verifier[old]);
  int r = change_password(admin, account, logins->current.password);
  if (r == KT_OK && account->n_verifiers > 1 && !admin->server.is_mariadb)
    r = change_drop_others(admin, account, NULL);
  return r;
}

static int revert_secret(struct kt_step *step)
{
  struct logins logins;
  struct accounts accounts = {0};
  struct db admin = {0};
  int r = logins_read(step, true, &logins);
  if (r == KT_OK)
    r = logins_require_same(step, &logins);
  if (r == KT_OK)
    r = open_all(step, &logins, &admin, &accounts);
  if (r == KT_OK)
    r = judge_all(&admin, &logins, false, &accounts);
  for (size_t i = 0; r == KT_OK && i < accounts.n; i++)
    r = revert_one(&admin, &logins, &accounts.item[i]);
  db_close(&admin);
  return r;
}

static int retire_one(struct db *admin, const struct logins *logins,
                      const struct account *account)
{
  struct kt_step *step = admin->step;
  int current = account_find(account, logins->current.password, true);
  if (current == 0)
    return account->n_verifiers == 1
               ? KT_OK
               : change_drop_others(admin, account, &account->verifier[0]);
  if (current > 0) {
    step->host->error(step, "rotation-under-way",
                      "'%s'@'%s' has a newer password than AWSCURRENT: the "
                      "next rotation is under way",
                      account->user, account->host);
    return KT_BUSY;
  }
  step->host->error(step, "password-drifted",
                    "'%s'@'%s' does not take AWSCURRENT: nothing is ended "
                    "before somebody looks",
                    account->user, account->host);
  return KT_CONFIG;
}

static int retire_secret(struct kt_step *step)
{
  struct logins logins;
  struct accounts accounts = {0};
  struct db admin = {0};
  int r = logins_read(step, false, &logins);
  if (r == KT_OK)
    r = open_all(step, &logins, &admin, &accounts);
  for (size_t i = 0; r == KT_OK && i < accounts.n; i++)
    r = retire_one(&admin, &logins, &accounts.item[i]);
  db_close(&admin);
  return r;
}

static int check(struct kt_step *step)
{
  struct logins logins;
  struct db own = {0}, admin = {0};
  int r = logins_read(step, false, &logins);
  if (r == KT_OK)
    r = logins_require_admin(step, &logins);
  if (r == KT_OK)
    r = db_open(step, &logins.current, 0, &own);
  if (r == KT_OK)
    r = db_require_primary(&own);
  if (r == KT_OK)
    r = check_server(&own);
  if (r == KT_OK)
    r = session_open_admin(step, &logins, &admin);
  if (r == KT_OK)
    r = require_overlap(&admin);
  if (r == KT_OK)
    r = check_admin(&admin, &logins.current);
  db_close(&admin);
  db_close(&own);
  return r;
}

const struct kt_rotator dual_password_rotator = {
    .size = sizeof(struct kt_rotator),
    .name = "mysql-dual-password",
    .version = "1",
    .summary = "MySQL 8.0.14+, MariaDB 10.4+: one user, two passwords that "
               "overlap",
    .secret_schema = account_schema,
    .options_schema = options_schema,
    .flags = KT_OVERLAP,
    .grace_s = 24 * 60 * 60,
    .create_secret = strategy_create,
    .set_secret = set_secret,
    .test_secret = test_secret,
    .check = check,
    .revert_secret = revert_secret,
    .retire_secret = retire_secret,
};
