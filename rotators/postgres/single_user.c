/* single_user.c - postgres-single-user: one role, its password changed in
 * place.
 *
 * Without "masterarn" the role changes its own password; with it the admin
 * does, but only once a stored password of the role has logged in: who may
 * write the secret must not thereby get any role's password reset.  Between
 * set_secret and finish_secret AWSCURRENT does not log in; who cannot bear
 * that takes postgres-alternating-users.
 */
#include <string.h>

#include "check.h"
#include "role.h"
#include "rotators.h"
#include "session.h"

static int require_same_role(struct kt_step *step, const struct logins *logins)
{
  if (login_is_same_role(&logins->pending, &logins->current))
    return KT_OK;
  step->host->error(step, "pending-differs",
                    "AWSPENDING names another role or server than AWSCURRENT: "
                    "only \"password\" may differ");
  return KT_CONFIG;
}

static int create_secret(struct kt_step *step)
{
  const char *password = NULL;
  struct logins logins;
  int r = field_read(step, KT_SECRET, "AWSPENDING", "password", &password);
  if (r != KT_OK)
    return r;
  if (password) {
    r = logins_read(step, true, &logins);
    return r == KT_OK ? require_same_role(step, &logins) : r;
  }
  r = logins_read(step, false, &logins);
  if (r == KT_OK)
    r = draw_password(step, &password);
  if (r != KT_OK)
    return r;
  const struct kt_field fields[] = {{"password", password}};
  return step->host->put_pending_fields(step, fields, 1);
}

/* Makes the role take `wanted`'s password, through a session that one of the
 * candidates opens.  A session of `wanted` itself means that it is done. */
static int take_password(struct kt_step *step, const struct logins *logins,
                         const struct login *wanted, struct verifier *verifier,
                         const struct login *const *candidates, size_t n)
{
  struct db own = {0}, admin = {0};
  const struct login *used = NULL;
  int r = session_open_first(step, candidates, n, &own, &used);
  if (r == KT_OK && used == wanted) {
    step->host->log(step, KT_INFO, "\"%s\" takes the password already",
                    wanted->username);
    r = db_require_primary(&own);
    verifier_clear(verifier);
    db_close(&own);
    return r;
  }
  bool is_refused = r == KT_AUTH && logins->has_admin;
  if (r == KT_OK)
    r = db_require_primary(&own);
  if (logins->has_admin && (r == KT_OK || is_refused)) {
    db_close(&own);
    r = session_open_admin(step, logins, &admin);
    if (r == KT_OK && is_refused)
      r = session_explain_refusal(&admin, wanted->username);
  }
  if (r == KT_OK)
    r = role_set_password(logins->has_admin ? &admin : &own, wanted->username,
                          verifier, false);
  verifier_clear(verifier);
  db_close(&admin);
  db_close(&own);
  return r;
}

static int set_secret(struct kt_step *step)
{
  struct logins logins;
  int r = logins_read(step, true, &logins);
  if (r == KT_OK)
    r = require_same_role(step, &logins);
  if (r != KT_OK)
    return r;
  bool has_previous = logins.has_previous &&
                      login_is_same_role(&logins.previous, &logins.current);
  const struct login *const candidates[] = {
      step->maybe_set ? &logins.pending : NULL, &logins.current,
      has_previous ? &logins.previous : NULL};
  struct verifier verifier = {.password = logins.pending.password};
  logins.current.meanwhile = &verifier;
  return take_password(step, &logins, &logins.pending, &verifier, candidates,
                       3);
}

/* Where a revert is asked for, AWSPENDING may be live even if maybe_set does
 * not say so: then it comes last. */
static int revert_secret(struct kt_step *step)
{
  struct logins logins;
  int r = logins_read(step, true, &logins);
  if (r == KT_OK)
    r = require_same_role(step, &logins);
  if (r != KT_OK)
    return r;
  const struct login *const candidates[] = {
      step->maybe_set ? &logins.pending : NULL, &logins.current,
      step->maybe_set ? NULL : &logins.pending};
  struct verifier verifier = {.password = logins.current.password};
  return take_password(step, &logins, &logins.current, &verifier, candidates,
                       3);
}

static int test_secret(struct kt_step *step)
{
  struct login login;
  int r = login_read(step, step->stage, &login);
  return r == KT_OK ? db_try(step, &login) : r;
}

static int check(struct kt_step *step)
{
  struct logins logins;
  struct db own = {0}, admin = {0};
  int r = logins_read(step, false, &logins);
  if (r == KT_OK)
    r = db_open(step, &logins.current, &own);
  if (r == KT_OK)
    r = db_require_primary(&own);
  if (r == KT_OK)
    r = check_server(&own);
  if (r == KT_OK && logins.has_admin)
    r = session_open_admin(step, &logins, &admin);
  if (r == KT_OK)
    r = check_password_right(logins.has_admin ? &admin : &own,
                             logins.current.username);
  db_close(&admin);
  db_close(&own);
  return r;
}

const struct kt_rotator single_user_rotator = {
    .size = sizeof(struct kt_rotator),
    .name = "postgres-single-user",
    .version = "1",
    .summary = "PostgreSQL: changes the password of one role in place",
    .secret_schema = single_user_schema,
    .options_schema = single_user_options,
    .create_secret = create_secret,
    .set_secret = set_secret,
    .test_secret = test_secret,
    .check = check,
    .revert_secret = revert_secret,
};
