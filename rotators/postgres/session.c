/* session.c - the candidates of a login, tried in order, and the admin. */
#include "session.h"

#include <string.h>

#include "role.h"

int logins_read(struct kt_step *step, bool need_pending, struct logins *out)
{
  struct logins logins = {0};
  int r = login_read(step, "AWSCURRENT", &logins.current);
  if (r == KT_OK && need_pending)
    r = login_read(step, "AWSPENDING", &logins.pending);
  if (r != KT_OK)
    return r;
  logins.has_pending = need_pending;
  r = login_read(step, "AWSPREVIOUS", &logins.previous);
  logins.has_previous = r == KT_OK;
  r = login_read_admin(step, &logins.current, &logins.admin, &logins.has_admin);
  if (r == KT_OK)
    *out = logins;
  return r;
}

/* A password that was refused once is not tried under another label: failed
 * logins feed whoever counts them. */
static bool was_tried(const struct login *const *logins, size_t i)
{
  for (size_t k = 0; k < i; k++)
    if (logins[k] && login_is_same_role(logins[k], logins[i]) &&
        strcmp(logins[k]->password, logins[i]->password) == 0)
      return true;
  return false;
}

int session_open_first(struct kt_step *step, const struct login *const *logins,
                       size_t n, struct db *out, const struct login **out_used)
{
  int r = KT_AUTH;
  for (size_t i = 0; i < n && r == KT_AUTH; i++) {
    if (!logins[i] || was_tried(logins, i))
      continue;
    r = db_open(step, logins[i], out);
    if (r == KT_OK)
      *out_used = logins[i];
  }
  return r;
}

int session_open_admin(struct kt_step *step, const struct logins *logins,
                       struct db *out)
{
  struct db db = {0};
  int r = db_open(step, &logins->admin, &db);
  if (r == KT_AUTH) {
    /* KT_AUTH would send the engine looking for other passwords. */
    step->host->error(step, "admin-refused",
                      "the server refuses the admin \"%s\": correct or rotate "
                      "the admin secret",
                      logins->admin.username);
    return KT_DENIED;
  }
  if (r == KT_OK)
    r = db_require_primary(&db);
  if (r != KT_OK) {
    db_close(&db);
    return r;
  }
  *out = db;
  return KT_OK;
}

int session_explain_refusal(struct db *admin, const char *name)
{
  struct kt_step *step = admin->step;
  struct role role;
  int r = role_read(admin, name, &role);
  if (r != KT_OK)
    return r;
  if (!role.exists)
    return role_require(admin, name, &role);
  if (option_is_true(step, "repair")) {
    step->host->log(step, KT_WARN,
                    "no stored password of \"%s\" works; the admin sets it, "
                    "as the option repair allows",
                    name);
    return KT_OK;
  }
  step->host->error(
      step, role.is_expired ? "password-expired" : "password-drifted",
      "no stored password of \"%s\" works%s%s: somebody changed it; set the "
      "option repair to let the admin set it",
      name, role.is_expired ? ", and it was VALID UNTIL " : "",
      role.is_expired ? role.expiry : "");
  return KT_AUTH;
}
